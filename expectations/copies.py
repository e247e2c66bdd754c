"""What a source of rows can do, and the form in which all of them hand their rows over.

A copy is a Parquet file of the source's rows, in its order and unchanged: columns `c0`, `c1`, … (so that no two names can
clash in it), and `ROW`, which orders the rows. What a cell means is decided by whoever reads the copy.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROW = " row number"
"""The column of the copy that orders the rows. A row number is unique in its table; gaps are possible."""


@dataclass(frozen=True)
class Places:
    """Where rows stand in their source: the line of each row number asked for, and of each ragged row in order."""

    lines: Mapping[int, int]
    ragged: Sequence[int]


class Source(Protocol):
    """An opened input."""

    @property
    def label(self) -> str:
        """What people call it: a path as the project writes it, or a URL without password."""
        ...

    @property
    def headers(self) -> tuple[str, ...]:
        """The names of its columns."""
        ...

    def copy_to(self, path: Path) -> list[tuple[str, ...]]:
        """Copy all rows to a Parquet file; return the cells of those that don't have as many as the header."""
        ...

    def locate(self, rows: Collection[int]) -> Places:
        """Find the lines of rows by their row numbers: file lines, sheet rows, or row numbers, each counted from 1."""
        ...


def named(headers: Sequence[object]) -> tuple[str, ...]:
    """Headers as names: without surrounding blanks, and `column_3` where the third one is blank."""
    names = ["" if header is None else str(header).lstrip("\ufeff").strip() for header in headers]
    return tuple(name or f"column_{position}" for position, name in enumerate(names, 1))


def copy_schema(types: Sequence[pa.DataType]) -> pa.Schema:
    """The schema of a copy whose columns have these types."""
    return pa.schema([*((f"c{i}", kind) for i, kind in enumerate(types)), (ROW, pa.int64())])


def row_numbers(before: int, rows: int) -> pa.Array:
    """The numbers of so many rows after so many others."""
    return pa.array(np.arange(before + 1, before + rows + 1, dtype="int64"))


def write_text_rows(path: Path, width: int, batches: Iterable[tuple[Sequence[int], Sequence[Sequence[str | None]]]]) -> None:
    """Write batches of (row numbers, columns of text) as a copy."""
    schema = copy_schema([pa.string()] * width)
    with pq.ParquetWriter(path, schema) as writer:
        for numbers, columns in batches:
            arrays = [*(pa.array(column, pa.string()) for column in columns), pa.array(numbers, pa.int64())]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
