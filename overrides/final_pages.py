"""The final table a page at a time, counted and crossed, live or as it stood at an instant."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lastword.errors import ConfigurationError
from overrides.cursors import from_cursor, to_cursor
from overrides.filters import HIERARCHY, Filters
from overrides.final_query import (
    DECIDED_BY,
    FINAL,
    FINAL_GRADE,
    Moment,
    all_at_once,
    moment_at,
    moment_now,
    one_by_one,
    read_rows,
)
from overrides.worklist import Page, bounded_count

if TYPE_CHECKING:
    import pandas as pd

ATTRIBUTES = (*HIERARCHY, "account_status")
"""What accounts can be crossed by."""

_OPINIONS = {
    "plan_segment": "s.plan_segment",
    "plan_grade": "s.plan_grade",
    "model_grade": "s.model_grade",
    "final_grade": FINAL_GRADE,
    "decided_by": DECIDED_BY,
}
_SUMS = ("plan_points", "model_points", "potential_spend", "expected_value")
_KIND = "account_id"


def final_page(filters: Filters, after: str | None = None, limit: int = 100, instant: datetime | None = None) -> Page:
    """Rows of the final table by account_id, as `final_table` has them: contracts.FINAL_COLUMNS, None for null.

    Parameters
    ----------
    after
        `Page.after` of the page before; None: from the start.
    instant
        The table as it stood then; None: as it is now.

    Raises
    ------
    ConfigurationError
        `after` is no such place.
    Refusal
        Nothing had been published by `instant`.
    """
    from overrides.store import reading

    last = "" if after is None else from_cursor(after, _KIND, (str,))[0]
    with reading() as cursor:
        moment = _moment(cursor, instant)
        rows = [] if moment is None else _rows_after(cursor, filters, moment, last, limit + 1)
    more = len(rows) > limit
    return Page(rows[:limit], to_cursor(_KIND, rows[limit - 1]["account_id"]) if more else None)


def final_batches(filters: Filters, instant: datetime | None = None, size: int = 5000) -> Iterator[list[dict[str, Any]]]:
    """All these rows of one publication by account_id, `size` at a time; a decision taken meanwhile shows in what comes after it.

    Raises
    ------
    Refusal
        Nothing had been published by `instant`.
    """
    from overrides.store import reading

    with reading() as cursor:
        moment = _moment(cursor, instant)
    moment = moment and replace(moment, latest=False)
    last = ""
    while moment is not None:
        with reading() as cursor:
            rows = _rows_after(cursor, filters, moment, last, size)
        if rows:
            yield rows
        if len(rows) < size:
            return
        last = rows[-1]["account_id"]


def final_count(filters: Filters, at_most: int = 10_000, instant: datetime | None = None) -> tuple[int, bool]:
    """How many accounts there are, counted up to `at_most`, and whether that is all of them."""
    from overrides.store import reading

    with reading() as cursor:
        moment = _moment(cursor, instant)
        if moment is None:
            return 0, True
        source, parameters = _filtered(filters, moment, one_by_one(moment))
        return bounded_count(cursor, f"{source} ORDER BY s.account_id", parameters, at_most)


def cross_table(filters: Filters, attribute: str | None) -> "pd.DataFrame":
    """How the opinions on the accounts meet: the grain of everything that an overview counts.

    Parameters
    ----------
    attribute
        One of ATTRIBUTES, or None for all accounts together (then there is no such column).

    Returns
    -------
    One row per value of the attribute (null where it isn't given) × plan_segment × plan_grade × model_grade × final_grade
    × decided_by that occurs: accounts, and the sums plan_points, model_points, potential_spend and expected_value, null where
    none of the accounts has it.

    Raises
    ------
    ConfigurationError
        Accounts can't be crossed by `attribute`.
    """
    import pandas as pd

    by = {} if attribute is None else {attribute: f"s.{_checked(attribute)}"}
    groups = {**by, **_OPINIONS}
    sums = [f"SUM(s.{name})" for name in _SUMS]
    columns = [*groups, "accounts", *_SUMS]
    places = ", ".join(str(place) for place in range(1, len(groups) + 1))
    rows = _whole(filters, ", ".join([*groups.values(), "COUNT(*)", *sums]), f"GROUP BY {places} ORDER BY {places}")
    types = {**dict.fromkeys(groups, "str"), "accounts": "int64", **dict.fromkeys(_SUMS, "float64")}
    return pd.DataFrame.from_records(rows, columns=columns).astype(types)


def _moment(cursor: Any, instant: datetime | None) -> Moment | None:
    return moment_now(cursor, datetime.now(UTC)) if instant is None else moment_at(cursor, instant)


def _rows_after(cursor: Any, filters: Filters, moment: Moment, last: str, limit: int) -> list[dict[str, Any]]:
    source, parameters = _filtered(filters, moment, one_by_one(moment))
    query = f"SELECT {', '.join(FINAL.values())} {source} AND s.account_id > %s ORDER BY s.account_id LIMIT %s"
    cursor.execute(query, [*parameters, last, limit])
    return read_rows(cursor, list(FINAL))


def _whole(filters: Filters, columns: str, ending: str) -> list[tuple[Any, ...]]:
    """Figures of the table as it is now."""
    from overrides.store import reading

    with reading() as cursor:
        moment = _moment(cursor, None)
        if moment is None:
            return []
        source, parameters = _filtered(filters, moment, all_at_once(moment))
        cursor.execute(f"SELECT {columns} {source} {ending}", parameters)
        return list(cursor.fetchall())


def _filtered(filters: Filters, moment: Moment, source: tuple[str, list[Any]]) -> tuple[str, list[Any]]:
    conditions, values = filters.conditions(moment.instant)
    sql, parameters = source
    return f"{sql} AND {conditions}", [*parameters, *values]


def _checked(attribute: str) -> str:
    if attribute not in ATTRIBUTES:
        raise ConfigurationError(f"accounts can't be counted by {attribute!r}: expected one of {', '.join(ATTRIBUTES)}")
    return attribute
