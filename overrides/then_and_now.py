"""The final grades as they stood at an instant, beside those of now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lastword.contracts import GRADES
from overrides.filters import NONE, Filters
from overrides.final_query import FINAL_GRADE, Moment, all_at_once, moment_at, moment_now


@dataclass(frozen=True)
class GradeCount:
    """Accounts with a final grade ("none": without one) at the instant and now."""

    grade: str
    then: int
    now: int

    @property
    def difference(self) -> int:
        return self.now - self.then


def grades_then_and_now(filters: Filters, instant: datetime, now: datetime) -> tuple[GradeCount, ...]:
    """Accounts per final grade at an instant and now, best grade first: one query each.

    Raises
    ------
    Refusal
        Nothing had been published by `instant`.
    """
    from overrides.store import reading

    with reading() as cursor:
        then = _counts(cursor, filters, moment_at(cursor, instant), instant)
        current = moment_now(cursor, now)
        today = {} if current is None else _counts(cursor, filters, current, now)
    return tuple(GradeCount(grade, then.get(grade, 0), today.get(grade, 0)) for grade in (*GRADES, NONE))


def _counts(cursor: Any, filters: Filters, moment: Moment, instant: datetime) -> dict[str, int]:
    source, parameters = all_at_once(moment)
    conditions, asked = filters.conditions(instant)
    cursor.execute(f"SELECT {FINAL_GRADE}, COUNT(*) {source} AND {conditions} GROUP BY 1", [*parameters, *asked])
    return {grade or NONE: int(accounts) for grade, accounts in cursor.fetchall()}
