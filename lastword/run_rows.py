"""Rows from the tables of a run, of some accounts or of a stretch: only the groups of rows that can hold them are read.

A table is a Parquet file, or a folder of such files whose rows follow on each other in the order of their names.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_PER_GROUP = 8_192
"""Rows that are read together of a table that pages read one account of; such tables are sorted by account."""

FOOTERS_KEPT = 128
"""Files whose footers stay in memory: those of the few runs that scored what is published, and their parts."""


@dataclass(frozen=True)
class _Footer:
    """Where a file's groups of rows are, and the least and greatest value of a column in each; None where that isn't told."""

    metadata: Any
    ends: tuple[tuple[Any, Any] | None, ...]


def rows_where(
    path: Path, column: str, values: Sequence[str], columns: Sequence[str] | None = None, at_most: int | None = None
) -> "pa.Table":
    """The rows of a table whose `column` is one of `values`, in the table's order.

    Parameters
    ----------
    columns : those to give, all where None; those that the table lacks are left out.
    at_most : stop reading at so many rows.
    """
    import pyarrow as pa

    found: list[pa.Table] = []
    for file in parts_of(path):
        left = None if at_most is None else at_most - sum(map(len, found))
        if left is None or left > 0:
            found.append(_rows_of_file(file, column, values, columns, left))
    return found[0] if len(found) == 1 else pa.concat_tables(found, promote_options="permissive")


def rows_between(path: Path, start: int, stop: int, columns: Sequence[str] | None = None) -> "pa.Table":
    """The rows of a table from place `start` to `stop`, counted from 0; `columns` as for `rows_where`."""
    import pyarrow as pa

    found: list[pa.Table] = []
    first = 0
    for file in parts_of(path):
        rows = row_count(file)
        if first < stop and start < first + rows:
            found.append(_stretch_of_file(file, max(start - first, 0), min(stop - first, rows), columns))
        first += rows
    return found[0] if len(found) == 1 else pa.concat_tables(found, promote_options="permissive")


def row_count(path: Path) -> int:
    """How many rows a table has."""
    import pyarrow.parquet as pq

    return sum(pq.read_metadata(file).num_rows for file in parts_of(path))


def parts_of(path: Path) -> list[Path]:
    """The files of a table, in the order of their rows."""
    return sorted(path.glob("*.parquet")) if path.is_dir() else [path]


def _stretch_of_file(path: Path, start: int, stop: int, columns: Sequence[str] | None) -> "pa.Table":
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        sizes = [file.metadata.row_group(group).num_rows for group in range(file.metadata.num_row_groups)]
        firsts = [0, *accumulate(sizes)]
        groups = [group for group, size in enumerate(sizes) if firsts[group] < stop and start < firsts[group] + size]
        wanted = None if columns is None else [name for name in columns if name in file.schema_arrow.names]
        table = file.read_row_groups(groups, columns=wanted, use_threads=False)
    return table.slice(start - (firsts[groups[0]] if groups else 0), stop - start)


def _rows_of_file(
    path: Path, column: str, values: Sequence[str], columns: Sequence[str] | None, at_most: int | None
) -> "pa.Table":
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    state = path.stat()
    footer = _footer(path, column, state.st_mtime_ns, state.st_size)
    schema = footer.metadata.schema.to_arrow_schema()
    wanted = [name for name in (schema.names if columns is None else columns) if name in schema.names]
    found, rows = [], 0
    with pq.ParquetFile(path, metadata=footer.metadata) as file:
        for group in _groups(footer, values):
            part = file.read_row_group(group, columns=[*dict.fromkeys([*wanted, column])], use_threads=False)
            found.append(part.filter(pc.is_in(part[column], pa.array(values, part[column].type))).select(wanted))
            rows += len(found[-1])
            if at_most is not None and rows >= at_most:
                break
    table = pa.concat_tables(found) if found else schema.empty_table().select(wanted)
    return table if at_most is None else table.slice(0, at_most)


def _groups(footer: _Footer, values: Sequence[str]) -> list[int]:
    least, most = min(values, default=""), max(values, default="")
    return [i for i, ends in enumerate(footer.ends) if values and (ends is None or (ends[0] <= most and least <= ends[1]))]


@lru_cache(maxsize=FOOTERS_KEPT)
def _footer(path: Path, column: str, written: int, size: int) -> _Footer:
    """Read once for a file as it is: `written` and `size` are another key where it was replaced."""
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(path)
    place = metadata.schema.names.index(column)
    parts = (metadata.row_group(group).column(place).statistics for group in range(metadata.num_row_groups))
    return _Footer(metadata, tuple((part.min, part.max) if part is not None and part.has_min_max else None for part in parts))
