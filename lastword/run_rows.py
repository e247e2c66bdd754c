"""Rows from the tables of a run, of some accounts or of a stretch: only the groups of rows that can hold them are read."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lastword.table_files import parts, row_count

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
    columns : those to give, all where None; those that the file lacks are left out.
    at_most : stop reading at so many rows.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    files = [(part, _footer_of(part, column)) for part in parts(path)]
    there = files[0][1].metadata.schema.to_arrow_schema()
    wanted = [name for name in (there.names if columns is None else columns) if name in there.names]
    found, rows = [there.empty_table().select(wanted)], 0
    for group in _groups_that_can_hold(files, values, [*dict.fromkeys([*wanted, column])]):
        found.append(group.filter(pc.is_in(group[column], pa.array(values, group[column].type))).select(wanted))
        rows += len(found[-1])
        if at_most is not None and rows >= at_most:
            break
    table = pa.concat_tables(found)
    return table if at_most is None else table.slice(0, at_most)


def rows_between(path: Path, start: int, stop: int, columns: Sequence[str] | None = None) -> "pa.Table":
    """The rows of a table from place `start` to `stop`, counted from 0; `columns` as for `rows_where`."""
    import pyarrow as pa

    found: list[pa.Table] = []
    first = 0
    for part in parts(path):
        rows = row_count(part)
        if first < stop and start < first + rows:
            found.append(_stretch(part, max(start - first, 0), min(stop - first, rows), columns))
        first += rows
    return found[0] if len(found) == 1 else pa.concat_tables(found, promote_options="permissive")


def _stretch(path: Path, start: int, stop: int, columns: Sequence[str] | None) -> "pa.Table":
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        sizes = [file.metadata.row_group(group).num_rows for group in range(file.metadata.num_row_groups)]
        firsts = [0, *accumulate(sizes)]
        groups = [group for group, size in enumerate(sizes) if firsts[group] < stop and start < firsts[group] + size]
        wanted = None if columns is None else [name for name in columns if name in file.schema_arrow.names]
        table = file.read_row_groups(groups, columns=wanted, use_threads=False)
    return table.slice(start - (firsts[groups[0]] if groups else 0), stop - start)


def _groups_that_can_hold(
    files: Sequence[tuple[Path, _Footer]], values: Sequence[str], columns: Sequence[str]
) -> "Iterator[pa.Table]":
    """Read one by one, only as many as are asked for."""
    import pyarrow.parquet as pq

    ordered = sorted(values)
    for path, footer in files:
        with pq.ParquetFile(path, metadata=footer.metadata) as file:
            for group in _groups(footer, ordered):
                yield file.read_row_group(group, columns=columns, use_threads=False)


def _groups(footer: _Footer, values: Sequence[str]) -> list[int]:
    """The groups with one of the values between their ends; `values` are in order."""
    return [i for i, ends in enumerate(footer.ends) if values and (ends is None or _any_between(values, *ends))]


def _any_between(values: Sequence[str], least: str, most: str) -> bool:
    place = bisect_left(values, least)
    return place < len(values) and values[place] <= most


def _footer_of(path: Path, column: str) -> _Footer:
    state = path.stat()
    return _footer(path, column, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=FOOTERS_KEPT)
def _footer(path: Path, column: str, written: int, size: int) -> _Footer:
    """Read once for a file as it is: `written` and `size` are another key where it was replaced."""
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(path)
    place = metadata.schema.names.index(column)
    parts = (metadata.row_group(group).column(place).statistics for group in range(metadata.num_row_groups))
    return _Footer(metadata, tuple((part.min, part.max) if part is not None and part.has_min_max else None for part in parts))
