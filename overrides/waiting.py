"""The queue and the overrides in figures: how many wait, since when and why, and what expires soon."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from overrides.filters import Filters
from overrides.final_query import all_at_once, bound_date, moment_now
from overrides.valid_rows import CURRENT
from overrides.worklist import View, queue_groups


@dataclass(frozen=True)
class Waiting:
    """How many accounts wait, by why, and since when; None where nobody waits."""

    accounts: int
    by_reason: tuple[tuple[str, int], ...]
    oldest: datetime | None
    median: datetime | None


def waiting(view: View, now: datetime, settings: Any) -> Waiting:
    """The queue of a view in figures; `median` is since when the middle one waits (the later of two)."""
    groups = queue_groups(view, now, settings)
    reasons: Counter[str] = Counter()
    for reason, _, accounts in groups:
        reasons[reason or "disparity"] += accounts
    by_age = sorted((since, accounts) for _, since, accounts in groups if since is not None)
    oldest = by_age[0][0] if by_age else None
    return Waiting(sum(reasons.values()), tuple(reasons.most_common()), oldest, _median(by_age))


def expiring(filters: Filters, now: datetime, within_days: int) -> int:
    """How many overrides in force end within so many days, today included."""
    from overrides.store import reading

    with reading() as cursor:
        moment = moment_now(cursor, now)
        if moment is None:
            return 0
        source, parameters = all_at_once(moment)
        wanted, asked = filters.conditions(now)
        last = bound_date(moment.day + timedelta(days=within_days))
        cursor.execute(f"SELECT COUNT(*) {source} AND {wanted} AND o.expires_on <= %s", [*parameters, *asked, last])
        return int(cursor.fetchone()[0])


def has_propensities() -> bool:
    """Whether the current publication says of anybody how likely a win is; a model of look-alikes without a prior does not."""
    from overrides.store import reading

    with reading() as cursor:
        cursor.execute(f"SELECT 1 FROM lastword_score s WHERE {CURRENT} AND s.propensity IS NOT NULL LIMIT 1")
        return cursor.fetchone() is not None


def _median(by_age: list[tuple[datetime, int]]) -> datetime | None:
    half, passed = sum(accounts for _, accounts in by_age) / 2, 0
    for since, accounts in by_age:
        passed += accounts
        if passed > half:
            return since
    return None
