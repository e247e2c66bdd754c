"""How much was decided in a day: what a person who works the queue sees grow."""

from dataclasses import dataclass
from datetime import UTC, datetime, time

from overrides.decisions import utc_date
from overrides.final_query import bound_time
from overrides.store import reading


@dataclass(frozen=True)
class Tally:
    """Decisions since midnight (UTC): `mine` of one person, `all` of everybody."""

    mine: int
    all: int


def decided_today(by: str, now: datetime) -> Tally:
    """Decisions of today that stand or were superseded since; those taken back and the undoing itself don't count."""
    start = datetime.combine(utc_date(now), time(), UTC)
    with reading() as cursor:
        cursor.execute(_DECIDED, [by, bound_time(start), bound_time(now)])
        mine, everybody = cursor.fetchone()
    return Tally(mine or 0, everybody)


_DECIDED = """
    SELECT SUM(CASE WHEN e."by" = %s THEN 1 ELSE 0 END), COUNT(*)
    FROM lastword_override_entry e
    WHERE e.made_at >= %s AND e.made_at <= %s AND e.action <> 'revoke' AND e.note NOT LIKE 'undo of %%'
    AND NOT EXISTS (
        SELECT 1 FROM lastword_override_entry u
        WHERE u.account_id = e.account_id AND u.previous_id = e.entry_id AND (u.action = 'revoke' OR u.note LIKE 'undo of %%')
    )"""
