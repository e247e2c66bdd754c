"""Who looks after which account. An owner is a name; the record of events keeps every change."""

from collections.abc import Iterable
from datetime import datetime
from itertools import batched

from lastword.errors import Refusal
from overrides.decisions import checked_author
from overrides.store import lock_ledger, reading, transaction
from overrides.valid_rows import current_rows

LARGEST_ASSIGNMENT = 20_000


def assign(account_ids: Iterable[str], owner: str | None, by: str, now: datetime) -> int:
    """Let `owner` look after these accounts, or with None nobody; gives how many changed. All of them, or none.

    Raises
    ------
    Refusal
        An unknown account, or more than LARGEST_ASSIGNMENT.
    """
    from overrides.events import ASSIGNMENT, new_event
    from overrides.models import Event, Ownership

    by, owner = checked_author(by), (owner or "").strip() or None
    accounts = list(dict.fromkeys(account_ids))
    if len(accounts) > LARGEST_ASSIGNMENT:
        raise Refusal(f"{len(accounts):,} accounts are too many to assign at once: choose at most {LARGEST_ASSIGNMENT:,}")
    with transaction() as cursor:
        lock_ledger(cursor)
        _refuse_unknown(accounts)
        before = owners(accounts)
        changed = [account for account in accounts if before.get(account) != owner]
        if owner is None:
            for part in batched(changed, 1000):
                Ownership.objects.filter(account_id__in=part).delete()
        else:
            rows = [Ownership(account_id=account, owner=owner, assigned_by=by, assigned_at=now) for account in changed]
            kept = ["owner", "assigned_by", "assigned_at"]
            Ownership.objects.bulk_create(
                rows, batch_size=500, update_conflicts=True, unique_fields=["account_id"], update_fields=kept
            )
        told = [
            new_event(ASSIGNMENT, by, account, _said(owner, was), now, {"owner": owner, "before": was})
            for account in changed
            for was in [before.get(account)]
        ]
        Event.objects.bulk_create(told, batch_size=500)
    return len(changed)


def owners(account_ids: Iterable[str]) -> dict[str, str]:
    """The owner of each of these accounts that has one, by account_id."""
    from overrides.models import Ownership

    found: dict[str, str] = {}
    with reading():
        for part in batched(account_ids, 1000):
            found |= dict(Ownership.objects.filter(account_id__in=part).values_list("account_id", "owner"))
    return found


def _refuse_unknown(accounts: list[str]) -> None:
    from overrides.accounts import unknown_account

    current = current_rows()
    for part in batched(accounts, 1000):
        known = set(current.filter(account_id__in=part).values_list("account_id", flat=True))
        for account in part:
            if account not in known:
                raise unknown_account(account)


def _said(owner: str | None, before: str | None) -> str:
    if owner is None:
        return f"Nobody looks after it any more; {before} did"
    return f"{owner} looks after it" + (f", as {before} did before" if before else "")
