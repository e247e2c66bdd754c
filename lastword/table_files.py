"""A table on disk is a Parquet file, or where Spark wrote it a folder of parts: what both are asked for in one way."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def parts(path: Path) -> list[Path]:
    """The Parquet files of a table, in the order of its rows."""
    return sorted(path.glob("*.parquet")) if path.is_dir() else [path]


def schema(path: Path) -> "pa.Schema":
    """Names and types of a table's columns."""
    import pyarrow.parquet as pq

    return pq.read_schema(parts(path)[0])


def row_count(path: Path) -> int:
    """How many rows a table has."""
    import pyarrow.parquet as pq

    return sum(pq.read_metadata(part).num_rows for part in parts(path))


def batches(path: Path) -> "Iterator[pa.RecordBatch]":
    """A table's rows in order, some ten thousands at a time."""
    import pyarrow.parquet as pq

    for part in parts(path):
        with pq.ParquetFile(part) as file:
            yield from file.iter_batches()
