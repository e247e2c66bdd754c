"""Parquet files: cells keep the types they have."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from expectations.copies import Places, copy_schema, named, row_numbers
from lastword.errors import InputError

PANDAS_INDEX = "__index_level_"
"""How the names of the columns begin in which pandas keeps an index."""


@dataclass(frozen=True)
class ParquetTable:
    """A Parquet file."""

    table: str
    path: Path
    label: str
    columns: tuple[str, ...]
    """The columns' names as the file has them, those of an index apart."""
    headers: tuple[str, ...]

    plain: bool = False
    """Whether an engine that reads the file itself finds in it what a copy would have."""

    def copy_to(self, path: Path) -> list[tuple[str, ...]]:
        count = 0
        try:
            with pq.ParquetFile(self.path) as file:
                empty = [_plain(pa.array([], file.schema_arrow.field(name).type)) for name in self.columns]
                schema = copy_schema([array.type for array in empty])
                with pq.ParquetWriter(path, schema) as writer:
                    for batch in file.iter_batches(columns=list(self.columns)):
                        arrays = [_plain(batch.column(name)) for name in self.columns]
                        writer.write_batch(pa.record_batch([*arrays, row_numbers(count, batch.num_rows)], schema=schema))
                        count += batch.num_rows
        except pa.ArrowException as error:
            raise self.unreadable(error) from error
        return []

    def locate(self, rows: Collection[int]) -> Places:
        """A Parquet file has no lines: rows are counted from 1."""
        return Places({row: row for row in rows}, ())

    def unreadable(self, error: Exception) -> InputError:
        """What is said where reading it failed."""
        return _unreadable(self.table, self.label, error)


def open_parquet(table: str, path: Path, label: str) -> ParquetTable:
    """Open a Parquet file and read its columns' names."""
    try:
        metadata = pq.read_metadata(path)
    except pa.ArrowException as error:
        raise _unreadable(table, label, error) from error
    schema = metadata.schema.to_arrow_schema()
    columns = tuple(name for name in schema.names if not name.startswith(PANDAS_INDEX))
    if not columns:
        raise InputError(f"{table}: {label} has no columns")
    return ParquetTable(table, path, label, columns, named(columns), _is_plain(metadata, schema))


def _is_plain(metadata: pq.FileMetaData, schema: pa.Schema) -> bool:
    """Whether all columns have types that are the same to every engine. Stamps of 96 bits are not, nor is what is nested."""
    stamps = {metadata.schema.column(i).physical_type for i in range(metadata.num_columns)}
    return "INT96" not in stamps and all(_is_common(kind) for kind in schema.types)


def _is_common(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_common(kind.value_type)
    known = (pa.types.is_integer, pa.types.is_boolean, pa.types.is_date, pa.types.is_timestamp, pa.types.is_decimal128)
    texts = (pa.types.is_string, pa.types.is_large_string, pa.types.is_float32, pa.types.is_float64)
    return any(is_kind(kind) for is_kind in (*known, *texts))


def _unreadable(table: str, label: str, error: Exception) -> InputError:
    return InputError(f"{table}: {label} cannot be read as Parquet: {str(error).splitlines()[0]}")


def _plain(array: pa.Array) -> pa.Array:
    """Plain types that any engine has: values for dictionaries, text for bytes, floats for half floats, microseconds for less."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return _plain(array.dictionary_decode())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind):
        return array.cast(pa.string())
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return array.cast(pa.timestamp("us", kind.tz), safe=False)
    return array.cast(pa.float32()) if pa.types.is_float16(kind) else array
