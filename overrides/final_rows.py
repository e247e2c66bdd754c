"""Rows of the final table for given accounts, and which state the table is in: what its readers compare."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from typing import Any

from overrides.final_query import FINAL, Moment, bound_time, marks, moment_at, moment_now, one_by_one, read_rows, read_value


@dataclass(frozen=True)
class TableState:
    """A publication and the newest entry of the ledger (None: none yet): while both stand, the table of a day is the same."""

    run_id: str
    published_at: datetime
    entry_id: int | None
    made_at: datetime | None

    @property
    def changed_at(self) -> datetime:
        """When it last changed."""
        return self.published_at if self.made_at is None else max(self.published_at, self.made_at)


def final_rows(account_ids: Iterable[str], now: datetime, instant: datetime | None = None) -> dict[str, dict[str, Any]]:
    """Rows of the final table by account_id: contracts.FINAL_COLUMNS, None for null; unknown accounts are left out.

    Parameters
    ----------
    instant
        The table as it stood then; None: as it is now.

    Raises
    ------
    Refusal
        Nothing had been published by `instant`.
    """
    from overrides.store import reading

    found: dict[str, dict[str, Any]] = {}
    with reading() as cursor:
        moment = _moment(cursor, now, instant)
        if moment is None:
            return {}
        for part in batched(dict.fromkeys(account_ids), 500):
            source, parameters = one_by_one(moment)
            cursor.execute(
                f"SELECT {', '.join(FINAL.values())} {source} AND s.account_id IN ({marks(part)})", [*parameters, *part]
            )
            found |= {row["account_id"]: row for row in read_rows(cursor, list(FINAL))}
    return found


def table_state(now: datetime, instant: datetime | None = None) -> TableState | None:
    """What the final table rests on, now or at an instant; None before the first publication.

    Raises
    ------
    Refusal
        Nothing had been published by `instant`.
    """
    from overrides.store import reading

    with reading() as cursor:
        moment = _moment(cursor, now, instant)
        if moment is None:
            return None
        until, at = ("", []) if instant is None else ("WHERE made_at <= %s", [bound_time(instant)])
        cursor.execute(f"SELECT entry_id, made_at FROM lastword_override_entry {until} ORDER BY entry_id DESC LIMIT 1", at)
        row = cursor.fetchone()
    newest = (None, None) if row is None else (int(row[0]), read_value("made_at", row[1]))
    return TableState(moment.publication, moment.published_at, *newest)


def _moment(cursor: Any, now: datetime, instant: datetime | None) -> Moment | None:
    return moment_now(cursor, now) if instant is None else moment_at(cursor, instant)
