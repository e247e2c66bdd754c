"""The final table as CSV or Parquet, a batch of rows at a time, however many there are: the files of `lastword export`."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from lastword.contracts import FINAL_COLUMNS
from lastword.web.api.answers import text_of
from overrides.cells import RUNNABLE, holds_ids
from overrides.final import DATES, FLAGS, NUMBERS, TIMES

type Row = Mapping[str, Any]

_RUNNABLE = re.compile(RUNNABLE)


class _Written(io.RawIOBase):
    """A file that gives away what was written to it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(self._parts[-1])

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def csv_parts(batches: Iterable[list[Row]]) -> Iterator[bytes]:
    """UTF-8 with a header, lines ended as RFC 4180 says; text that a spreadsheet would run gets a leading '."""
    yield _lines([FINAL_COLUMNS])
    for rows in batches:
        yield _lines([cell(row[name]) for name, cell in _CELLS.items()] for row in rows)


def parquet_parts(batches: Iterable[list[Row]]) -> Iterator[bytes]:
    """One row group per batch, in the types of final_scores.parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = parquet_schema()
    file = _Written()
    with pq.ParquetWriter(pa.PythonFile(file, mode="w"), schema) as writer:
        for rows in batches:
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))
            yield file.taken()
    yield file.taken()


def parquet_schema() -> Any:
    """Columns and types of the final table as Parquet."""
    import pyarrow as pa

    types = {
        **dict.fromkeys(DATES, pa.date32()),
        **dict.fromkeys(TIMES, pa.timestamp("us", tz="UTC")),
        **dict.fromkeys(FLAGS, pa.bool_()),
        **dict.fromkeys(NUMBERS, pa.float64()),
        "tier": pa.int64(),
    }
    return pa.schema([(name, types.get(name, pa.string())) for name in FINAL_COLUMNS])


def _lines(rows: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def _text(value: str | None) -> str | None:
    return f"'{value}" if value is not None and _RUNNABLE.match(value) else value


def _as_it_is(value: Any) -> Any:
    return value


def _moment(value: date | None) -> str | None:
    return None if value is None else text_of(value)


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _cell_of(name: str) -> Callable[[Any], Any]:
    """What makes a cell of a value of this column."""
    if name in (*DATES, *TIMES):
        return _moment
    if name in FLAGS:
        return _flag
    return _as_it_is if name in NUMBERS or name == "tier" or holds_ids(name) else _text


_CELLS = {name: _cell_of(name) for name in FINAL_COLUMNS}
