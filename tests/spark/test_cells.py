"""The gate reads a cell as the same value on both engines."""

import math
from datetime import datetime
from decimal import Decimal

import ibis
import pyarrow as pa
import pytest

from expectations.cells import read_cell
from expectations.columns import Given

TEXTS = [
    "1.5",
    "\t1.5 ",
    "\v1",
    "1e400",
    "1E5",
    "-.5",
    "0x1",
    "NaN",
    "inf",
    "1_0",
    "１",
    "",
    " ",
    "\u00a0",
    "\u2003",
    "\v",
    "\u2028",
]
DATES = ["2024-01-01", "2024-02-30", " 2024-01-01T23:30:00-05:00\n", "2024-01-01 10:00", "2024-01-01T10:00:00,5Z", "9999-12-31"]
DATES += ["2024-01-01\u2028", "0001-01-01", "2024-01-01T10:00+0530", "2024-01-01T10:61:00Z", "2024-01-01 10:00+99:00"]
WORDS = ["yes\t", "TRUE", " t", "No\n", "false", "falsef", "vtruev", "a\u2028", None]
NUMBERS = [1.5, 1.0, 2.0, 1e7 + 1, 123456789012.0, 1e15, 1e16, -3.0, math.nan, math.inf, None, 0.1]
TIMES = [datetime(2024, 1, 1, 23, 30), None]
COLUMNS = {
    "text": pa.array([*TEXTS, *DATES, *WORDS]),
    "number": pa.array(NUMBERS),
    "decimal": pa.array([Decimal("42.00"), Decimal("1.50"), Decimal("1.00")]),
    "time": pa.array(TIMES, pa.timestamp("us")),
    "time with a zone": pa.array(TIMES, pa.timestamp("us", "America/New_York")),
}
READ_AS = {
    "text": ("number", "date", "flag"),
    "number": ("number", "date", "flag"),
    "decimal": ("text", "number"),
    "time": ("text", "date"),
    "time with a zone": ("date",),
}


@pytest.mark.parametrize("held", COLUMNS)
def test_a_cell_is_read_as_the_same_value(engines, held):
    cells = COLUMNS[held]
    table = ibis.memtable(pa.table({"row": range(len(cells)), "cell": cells}))
    for kind in READ_AS[held]:
        cell = read_cell(Given("any", 0, kind), table.cell)
        asked = table.select("row", value=cell.value, filled=cell.filled).order_by("row")
        duckdb, spark = (connection.to_pyarrow(asked).to_pydict() for connection in engines.values())
        assert spark == duckdb, kind
        assert any(value is not None for value in duckdb["value"]) or (held, kind) == ("number", "date")


def test_ids_that_are_large_numbers_are_whole_on_both_engines(engines):
    table = ibis.memtable(pa.table({"cell": [10000001.0, 123456789012.0, 1e15]}))
    asked = table.select(value=read_cell(Given("account_id", 0, "text"), table.cell).value)
    for connection in engines.values():
        assert sorted(connection.to_pyarrow(asked)["value"].to_pylist()) == ["1000000000000000", "10000001", "123456789012"]
