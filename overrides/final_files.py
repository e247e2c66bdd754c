"""The final table under filters as a file, written while it is read: no more than one batch of it is in memory."""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import pandas as pd

from lastword.contracts import FINAL_COLUMNS
from overrides.final import typed
from overrides.spreadsheet import arrow_table, csv_text
from overrides.workbook import write_workbook

type Batches = Iterable[list[dict[str, Any]]]


def csv_pieces(batches: Batches) -> Iterator[bytes]:
    """The text of a .csv, a piece per batch of rows (see final_pages.final_batches); the header alone where there is none."""
    written = False
    for frame in _frames(batches):
        yield csv_text(frame, header=not written).encode()
        written = True


def parquet_pieces(batches: Batches) -> Iterator[bytes]:
    """The bytes of a .parquet, a row group per batch of rows."""
    import pyarrow.parquet as pq

    pending = _Pending()
    writer = None
    for frame in _frames(batches):
        table = arrow_table(frame)
        writer = writer or pq.ParquetWriter(pending, table.schema)
        writer.write_table(table)
        yield pending.taken()
    if writer is not None:
        writer.close()
    yield pending.taken()


def written(batches: Iterable[pd.DataFrame], path: Path) -> Iterator[pd.DataFrame]:
    """Write each batch of a table, at least one, as a row group of a .parquet and hand it on; the file is whole at the end."""
    import pyarrow.parquet as pq

    with ExitStack() as open_files:
        writer = None
        for batch in batches:
            table = arrow_table(batch)
            writer = writer or open_files.enter_context(pq.ParquetWriter(path, table.schema))
            writer.write_table(table)
            yield batch


def write_xlsx(batches: Batches, target: IO[bytes]) -> None:
    """Write the .xlsx. Refusal where the rows don't fit a worksheet or a text doesn't fit a cell."""
    write_workbook(target, _frames(batches), "final_scores", "final_scores.xlsx")


PIECES: Mapping[str, Callable[[Batches], Iterator[bytes]]] = {"csv": csv_pieces, "parquet": parquet_pieces}


def _frames(batches: Batches) -> Iterator[pd.DataFrame]:
    """At least one frame, so that every file has its columns."""
    empty = True
    for batch in batches:
        empty = False
        yield _frame(batch)
    if empty:
        yield _frame([])


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return typed(pd.DataFrame.from_records(rows, columns=list(FINAL_COLUMNS)))


class _Pending(io.RawIOBase):
    """A file that is written to at one end and taken away in pieces at the other."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        return len(piece)

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
