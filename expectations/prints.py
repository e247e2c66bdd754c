"""A fingerprint of every account: of all that the inputs have on it, as they are given. Any change of it is another fingerprint.

It says which accounts changed since another run without a look at what their rows mean, and so before they pass the gate.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from expectations.cells import read_cell
from expectations.columns import Given
from features.engine import hash_of, write

if TYPE_CHECKING:
    from expectations.intake import Input

PRINTS = "account_prints.parquet"


def write_prints(connection: ibis.BaseBackend, copies: "Sequence[tuple[Input, ibis.Table]]", as_of: date, folder: Path) -> None:
    """Write account_prints.parquet, by account_id, from the rows of all inputs as `expectations.copies` has them.

    Columns: account_id, of every account that has a row in accounts; print, a whole number; newest, the latest date before
    `as_of` that any of its rows is dated on, null where none is.
    """
    each = [_of_input(connection, one, copy, as_of) for one, copy in copies]
    accounts = next(prints for (one, _), prints in zip(copies, each, strict=True) if one.name == "accounts")
    rows = ibis.union(*each) if len(each) > 1 else each[0]
    of_accounts = rows.group_by("account_id").aggregate(print=rows.print.bit_xor(), newest=rows.newest.max())
    write(of_accounts.semi_join(accounts, "account_id").order_by("account_id"), folder / PRINTS)


def _of_input(connection: ibis.BaseBackend, one: "Input", copy: ibis.Table, as_of: date) -> ibis.Table:
    """The same of one input. Its name is part of the print, and so is how many rows there are: equal rows cancel each other."""
    cells = {column.name: _given(column, copy) for column in one.columns}
    if "parent_account_id" in cells:  # a feature counts the accounts that name the same parent
        parent = cells["parent_account_id"].cast("string")
        others = copy.count().over(ibis.window(group_by=parent))
        cells["siblings"] = (parent.fill_null("").strip() != "").ifelse(others, 0)
    rows = copy.select(
        account_id=account_id_of(one.columns, copy),
        hashed=hash_of(connection, ibis.struct(cells)),
        newest=_newest(one, copy, as_of),
    )
    known = rows.filter(rows.account_id.notnull())
    found = known.group_by("account_id").aggregate(hashed=known.hashed.bit_xor(), count=known.count(), newest=known.newest.max())
    named = ibis.struct({"input": ibis.literal(one.name), "hashed": found.hashed, "count": found["count"]})
    return found.select("account_id", "newest", print=hash_of(connection, named))


def account_id_of(columns: Sequence[Given], copy: ibis.Table) -> ir.StringValue:
    """The id as the gate reads it."""
    return _given(next(column for column in columns if column.name == "account_id"), copy)


def _given(column: Given, copy: ibis.Table) -> ir.Value:
    """Text as it is, which saves the search for blanks; anything else as the gate reads it, whichever type it is kept in."""
    cell = copy[f"c{column.position}"]
    return cell if cell.type().is_string() else read_cell(column, cell).value


def _newest(one: "Input", copy: ibis.Table, as_of: date) -> ir.DateValue:
    """The row's latest date before `as_of`. What accounts say of themselves isn't dated."""
    dates = [] if one.name == "accounts" else [column for column in one.columns if column.kind == "date"]
    values = [read_cell(column, copy[f"c{column.position}"]).value for column in dates]
    known = [(value < ibis.literal(as_of)).ifelse(value, ibis.null("date")) for value in values]
    return ibis.greatest(*known) if len(known) > 1 else known[0] if known else ibis.null("date")
