"""Rows of one account from the tables of a run: of a file sorted by account, only the groups that can hold it are read."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_PER_GROUP = 8_192
"""Rows that are read together of a table that pages read one account of; such tables are sorted by account."""

FOOTERS_KEPT = 24
"""Files whose footers stay in memory: those of the few runs that scored what is published."""


@dataclass(frozen=True)
class _Footer:
    """Where a file's groups of rows are, and the least and greatest value of a column in each; None where that isn't told."""

    metadata: Any
    ends: tuple[tuple[Any, Any] | None, ...]


def rows_where(
    path: Path, column: str, values: Sequence[str], columns: Sequence[str] | None = None, at_most: int | None = None
) -> "pa.Table":
    """The rows of a Parquet file whose `column` is one of `values`, in the file's order.

    Parameters
    ----------
    columns : those to give, all where None; those that the file lacks are left out.
    at_most : stop reading at so many rows.
    """
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
