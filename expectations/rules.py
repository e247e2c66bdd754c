"""Row rules: what becomes of every row of an input, as expressions on the engine, exact at any size.

A row is *quarantined* for one reason (the first of those below that holds), *not yet known* where it is dated from the as-of
date to today, else *used*. A bad optional cell becomes null and is counted as a cell issue of the used row.

==========================  ==================================================================================================
unreadable_row              not as many cells as the header has (found while reading)
blank_COLUMN                a required column is blank, as in blank_account_id
unknown_account_id          no usable account has this id
unreadable_date             a date is present but is no ISO date or timestamp, or no day of the calendar
impossible_dates            a date before 1900, or last seen before first seen
future_date                 dated after today (a last_seen is merely not known yet)
unreadable_strength,        a signal's strength is no number, or below 0 or over 100: it must not pass for an absent one,
negative_strength,          which counts as 100
strength_over_100
duplicate_account_id        accounts, house_list: the id was there before, in a row that is used
duplicate_row               the other tables: so was the key, as far as the source has its columns; blanks are equal
==========================  ==================================================================================================
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from expectations.cells import Cell, read_cell
from expectations.columns import Given
from expectations.copies import ROW
from lastword.contracts import InputTable

REASON = " quarantine reason"
LATER = " not yet known"
ISSUE = " cell issue: "
"""Columns beside ours. No column of a source has such a name: headers have no surrounding blanks."""

EARLIEST = date(1900, 1, 1)
FULL_STRENGTH = 100.0


@dataclass(frozen=True)
class Day:
    """`as_of`: strictly before it is known. `today`: after it nothing can be dated."""

    as_of: date
    today: date


def judge(copy: ibis.Table, columns: Sequence[Given], day: Day, account_ids: ibis.Table | None) -> ibis.Table:
    """Read every row and say what becomes of it, looked at alone; see `repeats` for what the rows before it decide.

    Parameters
    ----------
    copy
        The source's rows, as `expectations.copies` has them.
    columns
        What the source gives of what is expected.
    day
        The dates that decide what is known.
    account_ids
        One column account_id, the usable accounts'; None for accounts themselves.

    Returns
    -------
    ibis.Table
        A row per row of the copy: `ROW`; our columns, typed, null where blank or bad; `REASON`, null where it isn't
        quarantined; `LATER`, true where it isn't known yet; and one boolean `ISSUE…` per kind of cell issue.
    """
    cells = {column.name: read_cell(column, copy[f"c{column.position}"]) for column in columns}
    issues = [(label, bad) for column in columns for label, bad in _issues(column, cells[column.name], day)]
    return copy.select(
        copy[ROW],
        *(_kept(column, cells[column.name], day).name(column.name) for column in columns),
        _reason(columns, cells, day, account_ids).name(REASON),
        _later(columns, cells, day).name(LATER),
        *(bad.name(f"{ISSUE}{label}") for label, bad in issues),
    )


def noted(judged: ibis.Table) -> ibis.Table:
    """Rows of which there is something to say, few as a rule, without their cells: `ROW`, `REASON`, `LATER` and the issues."""
    issues = [name for name in judged.columns if name.startswith(ISSUE)]
    remarkable = judged[REASON].notnull() | judged[LATER]
    for name in issues:
        remarkable = remarkable | judged[name]
    return judged.filter(remarkable).select(ROW, REASON, LATER, *issues)


def unused(noted: ibis.Table) -> ibis.Table:
    """Of the rows noted those that are not used: `ROW`."""
    return noted.filter(noted[REASON].notnull() | noted[LATER]).select(ROW)


def repeats(usable: ibis.Table, table: InputTable) -> ibis.Table | None:
    """The rows whose key was there before, in a row that is used: `ROW`. None where rows may repeat.

    Keys that come twice are found by counting, which takes far less memory than to rank all rows; only their rows are ranked.
    """
    key = [name for name in table.key if name in usable.columns]
    if not key:
        return None
    counted = usable.group_by(key).aggregate(rows=usable.count())
    twice = counted.filter(counted.rows > 1).select(key)
    again = usable.semi_join(twice, [usable[name].identical_to(twice[name]) for name in key])
    ranked = again.select(ROW, rank=ibis.row_number().over(group_by=[again[name] for name in key], order_by=again[ROW]))
    return ranked.filter(ranked["rank"] > 0).select(ROW)


def with_repeats(noted: ibis.Table, repeats: ibis.Table, table: InputTable) -> ibis.Table:
    """The rows noted, those among `repeats` that repeat a key included."""
    reason = "duplicate_account_id" if table.key == ("account_id",) else "duplicate_row"
    issues = {name: ibis.literal(False) for name in noted.columns if name.startswith(ISSUE)}
    known = noted.mutate(**{REASON: noted[ROW].isin(repeats[ROW]).ifelse(reason, noted[REASON])})
    more = repeats.anti_join(noted, ROW).mutate(**{REASON: ibis.literal(reason), LATER: ibis.literal(False)}, **issues)
    return known.union(more.select(known.columns))


def _reason(columns: Sequence[Given], cells: dict[str, Cell], day: Day, account_ids: ibis.Table | None) -> ir.StringValue:
    rules = [(~cells[column.name].filled, f"blank_{column.name}") for column in columns if column.required]
    if account_ids is not None:
        rules.insert(1, (cells["account_id"].value.notin(account_ids.account_id), "unknown_account_id"))
    dates = [(column.name, cells[column.name]) for column in columns if column.kind == "date"]
    rules += [(cell.filled & cell.value.isnull(), "unreadable_date") for _, cell in dates]
    rules += [(cell.value < ibis.literal(EARLIEST), "impossible_dates") for _, cell in dates]
    if "first_seen" in cells and "last_seen" in cells:
        rules.append((cells["last_seen"].value < cells["first_seen"].value, "impossible_dates"))
    rules += [(cell.value > ibis.literal(day.today), "future_date") for name, cell in dates if name != "last_seen"]
    if "strength" in cells:
        strength = cells["strength"]
        rules += [
            (strength.filled & strength.value.isnull(), "unreadable_strength"),
            (strength.value < 0, "negative_strength"),
            (strength.value > FULL_STRENGTH, "strength_over_100"),
        ]
    return ibis.cases(*rules, else_=ibis.null("string"))


def _later(columns: Sequence[Given], cells: dict[str, Cell], day: Day) -> ir.BooleanValue:
    """Whether the row's own date is the as-of date or after it. A last_seen says nothing about when the row was known."""
    later = ibis.literal(False)
    for column in columns:
        if column.kind == "date" and column.name != "last_seen":
            later = later | (cells[column.name].value >= ibis.literal(day.as_of)).fill_null(False)
    return later


def _kept(column: Given, cell: Cell, day: Day) -> ir.Value:
    """The value that a used row has: null where it is an issue or not known yet, full strength where none is given."""
    value = cell.value
    for _, bad in _issues(column, cell, day):
        value = bad.ifelse(ibis.null(value.type()), value)
    if column.name == "last_seen":
        value = (value >= ibis.literal(day.as_of)).ifelse(ibis.null("date"), value)
    return value.fill_null(FULL_STRENGTH) if column.name == "strength" else value


def _issues(column: Given, cell: Cell, day: Day) -> list[tuple[str, ir.BooleanValue]]:
    """(label, where it holds) of what may be wrong with an optional cell. Bad dates and strengths quarantine the row instead."""
    if column.kind not in ("number", "flag") or column.name == "strength":
        return []
    issues = [(f"{column.name}: unreadable", cell.filled & cell.value.isnull())]
    if column.least is not None:
        label = "negative" if column.least == 0 else f"below {column.least:g}"
        issues.append((f"{column.name}: {label}", (cell.value < column.least).fill_null(False)))
    if column.name == "founded_year":
        issues.append((f"{column.name}: future", (cell.value > day.today.year).fill_null(False)))
    return issues
