"""How long accounts have been under review: the queue forgets nobody when it is published again."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import pandas as pd

from overrides.final_query import QUEUED, UNDER_REVIEW, Moment, bound_time, moment_now, one_by_one, read_value

_UNTOUCHED = """
    AND NOT EXISTS (SELECT 1 FROM lastword_override_entry e
                    WHERE e.account_id = s.account_id AND e.made_at > %s AND e.action <> 'hold_out')
    AND NOT EXISTS (SELECT 1 FROM lastword_setting_aside a WHERE a.account_id = s.account_id AND a.made_at > %s)"""

_BY_INDEX = "ORDER BY (COALESCE(ABS(s.disparity), 0.0)) DESC"
"""An order of the queue, so that SQLite reads the accounts that have a reason by its index, and not all that there are."""


def queued_since(scores: pd.DataFrame, in_force: pd.DataFrame, waiting: pd.Series, now: datetime) -> pd.Series:
    """Since when each account is under review without interruption; null where it isn't.

    That is since the publication that first had it under review, where it was so in every one up to the current, and nobody has
    decided on it or set it aside since; else `now`.

    Parameters
    ----------
    scores : index account_id: open_reason, override_review, scored_at.
    in_force : overrides in force at `now` (ledger.in_force): made_at by account_id.
    waiting : what `waiting_since(now)` gave.

    Returns
    -------
    Times in UTC on the index of `scores`.
    """
    made_at = in_force["made_at"].reindex(scores.index)
    stands = made_at.notna() & (made_at <= scores["scored_at"].dt.tz_convert("UTC"))
    queued = scores["open_reason"].mask(made_at.notna(), scores["override_review"].where(stands)).notna()
    before = waiting.reindex(scores.index)
    return before.fillna(pd.Timestamp(now).tz_convert("UTC")).where(queued).astype("datetime64[us, UTC]")


def waiting_since(now: datetime) -> pd.Series:
    """Since when the accounts of the current publication have been under review that still wait: times by account_id."""
    from overrides.store import reading

    with reading() as cursor:
        current = moment_now(cursor, now)
        rows = [] if current is None else _waiting(cursor, current)
    since = pd.Series([time for _, time in rows], index=pd.Index([account for account, _ in rows], dtype="str"))
    return pd.to_datetime(since, utc=True).astype("datetime64[us, UTC]")


def decided_since(published_at: datetime, now: datetime) -> set[str]:
    """The accounts whose wait begins anew though their scores are the same: a rescore stores their rows again.

    On these somebody has decided since the current publication, or set them aside, or an override that was in force then has
    lapsed. A decision that was held out leaves an account where it is.
    """
    from overrides.ledger import in_force
    from overrides.models import HOLD_OUT, OverrideEntry, SettingAside
    from overrides.store import reading

    entries = OverrideEntry.objects.filter(made_at__gt=published_at).exclude(action=HOLD_OUT)
    asides = SettingAside.objects.filter(made_at__gt=published_at)
    with reading():
        touched = set(entries.values_list("account_id", flat=True)) | set(asides.values_list("account_id", flat=True))
    return touched | set(in_force(published_at).index.difference(in_force(now).index))


def _waiting(cursor: Any, current: Moment) -> list[tuple[str, datetime]]:
    published = current.published_at
    rows, parameters = one_by_one(replace(current, day=published.date(), instant=published))
    cursor.execute(
        f"SELECT s.account_id, COALESCE(s.queued_since, %s) {rows} AND {QUEUED} AND {UNDER_REVIEW} {_UNTOUCHED} {_BY_INDEX}",
        [bound_time(published), *parameters, bound_time(published), bound_time(published)],
    )
    return [(account, read_value("queued_since", since)) for account, since in cursor.fetchall()]
