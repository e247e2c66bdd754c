"""Who has an account open: a claim warns a colleague and forbids nothing. It lapses by itself after CLAIM_MINUTES."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched
from typing import Any

from overrides.decisions import checked_author
from overrides.store import reading, transaction

CLAIM_MINUTES = 5

_CLAIM = """
INSERT INTO lastword_claim (account_id, "by", claimed_at, until) VALUES (%s, %s, %s, %s)
ON CONFLICT (account_id) DO UPDATE SET
    claimed_at = CASE WHEN lastword_claim."by" = excluded."by" AND lastword_claim.until > excluded.claimed_at
                      THEN lastword_claim.claimed_at ELSE excluded.claimed_at END,
    "by" = excluded."by", until = excluded.until
WHERE lastword_claim."by" = excluded."by" OR lastword_claim.until <= excluded.claimed_at
"""


@dataclass(frozen=True)
class Holder:
    """Who has an account open, since when, and until when that counts unless they renew it."""

    account_id: str
    by: str
    claimed_at: datetime
    until: datetime


def claim(account_id: str, by: str, now: datetime) -> Holder:
    """Say that `by` has the account open; renews their own claim and takes over a lapsed one.

    Returns
    -------
    Who has it open now: `by`, or whoever opened it before and still counts. One statement, so that of two at once one wins.

    Raises
    ------
    Refusal
        Unknown account.
    """
    from overrides.models import Claim
    from overrides.reviewing import scored

    by = checked_author(by)
    with transaction() as cursor:
        scored(account_id)
        stored: Any = cursor.db.ops.adapt_datetimefield_value
        cursor.execute(_CLAIM, [account_id, by, stored(now), stored(now + timedelta(minutes=CLAIM_MINUTES))])
        row = Claim.objects.get(account_id=account_id)
    return Holder(account_id, row.by, row.claimed_at, row.until)


def release(account_id: str, by: str, now: datetime) -> bool:
    """End one's own claim, when the account is closed; gives whether there was one that still counted."""
    from overrides.models import Claim

    by = checked_author(by)
    with transaction():
        counted = Claim.objects.filter(account_id=account_id, by=by, until__gt=now).exists()
        Claim.objects.filter(account_id=account_id, by=by).delete()
    return counted


def holders(account_ids: Iterable[str], now: datetime) -> dict[str, Holder]:
    """Who has which of these accounts open, by account_id; those that nobody has are left out."""
    from overrides.models import Claim

    found: dict[str, Holder] = {}
    with reading():
        for part in batched(dict.fromkeys(account_ids), 1000):
            for row in Claim.objects.filter(account_id__in=part, until__gt=now):
                found[row.account_id] = Holder(row.account_id, row.by, row.claimed_at, row.until)
    return found
