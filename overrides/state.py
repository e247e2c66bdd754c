"""What the pages show rests on: while this is the same, so is everything counted from the final table and the queue."""

from dataclasses import dataclass
from datetime import date, datetime

from overrides.decisions import utc_date


@dataclass(frozen=True)
class State:
    """The current publication (None before the first), the newest ledger entry and the newest snooze or dismissal, and the day in
    UTC on which overrides expire."""

    run_id: str | None
    entry_id: int
    aside_id: int
    day: date


def store_state(now: datetime) -> State:
    """How things stand, in one statement."""
    from overrides.store import reading

    with reading() as cursor:
        cursor.execute(
            "SELECT (SELECT publication_id FROM lastword_current), "
            "(SELECT MAX(entry_id) FROM lastword_override_entry), (SELECT MAX(id) FROM lastword_setting_aside)"
        )
        run_id, entry_id, aside_id = cursor.fetchone()
    return State(run_id, entry_id or 0, aside_id or 0, utc_date(now))
