"""A function over batches gives the same table on both engines."""

import ibis
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from features.engine import map_batches, read, write
from lastword.run_rows import rows_where
from lastword.table_files import parts, row_count, schema

SCHEMA = pa.schema([("account_id", pa.string()), ("twice", pa.float64()), ("at", pa.timestamp("us", "UTC"))])
IDS = [f"a{number:05}" for number in range(3000)]
ROWS = pa.table({"account_id": IDS[::-1], "number": pa.array([None, *map(float, range(2999))])})


def doubled(batch):
    """The rows whose number is known, and twice that."""
    known = batch.filter(pc.is_valid(batch["number"]))
    at = pa.array([0] * len(known), pa.timestamp("us", "UTC"))
    return pa.record_batch([known["account_id"].cast(pa.string()), pc.multiply(known["number"], 2.0), at], schema=SCHEMA)


@pytest.mark.parametrize("name", ["duckdb", "spark"])
def test_every_row_is_mapped_in_order_whatever_the_batches(engines, tmp_path, name):
    pq.write_table(ROWS, tmp_path / "rows.parquet")
    rows = read(engines[name], tmp_path / "rows.parquet", "rows").order_by("account_id")
    made = tmp_path / "made.parquet"
    map_batches(rows, doubled, made, SCHEMA, rows_per_batch=700)
    map_batches(rows, doubled, made, SCHEMA, rows_per_batch=200)  # what was there is replaced
    assert made.is_dir() == (name == "spark")
    assert schema(made).equals(SCHEMA)
    assert row_count(made) == 2999
    found = pq.read_table(made)
    assert found["account_id"].to_pylist() == IDS[:-1]
    assert found["twice"].to_pylist() == [2.0 * (2998 - number) for number in range(2999)]


@pytest.mark.parametrize("name", ["duckdb", "spark"])
def test_a_table_is_written_in_its_order_and_rows_of_it_are_found(engines, tmp_path, name):
    pq.write_table(ROWS, tmp_path / "rows.parquet")
    rows = read(engines[name], tmp_path / "rows.parquet", "rows")
    write(rows.order_by("account_id"), tmp_path / "sorted.parquet", rows_per_group=500)
    groups = sum(pq.read_metadata(part).num_row_groups for part in parts(tmp_path / "sorted.parquet"))
    assert groups >= (6 if name == "spark" else 1)
    again = read(engines[name], tmp_path / "sorted.parquet", "again")
    assert again.count().execute() == 3000
    assert pq.read_table(tmp_path / "sorted.parquet")["account_id"].to_pylist() == IDS
    found = rows_where(tmp_path / "sorted.parquet", "account_id", ["a00007", "a02999", "nobody"])
    assert found.to_pylist() == [{"account_id": "a00007", "number": 2991.0}, {"account_id": "a02999", "number": None}]


@pytest.mark.parametrize("name", ["duckdb", "spark"])
def test_a_table_without_a_row_is_written_too(engines, tmp_path, name):
    pq.write_table(ROWS.slice(0, 0), tmp_path / "none.parquet")
    none = read(engines[name], tmp_path / "none.parquet", "none")
    write(none.order_by("account_id"), tmp_path / "written.parquet")
    map_batches(none, doubled, tmp_path / "mapped.parquet", SCHEMA)
    assert (row_count(tmp_path / "written.parquet"), row_count(tmp_path / "mapped.parquet")) == (0, 0)
    assert schema(tmp_path / "mapped.parquet").names == SCHEMA.names
    assert rows_where(tmp_path / "written.parquet", "account_id", ["a00001"]).num_rows == 0
    joined = engines[name].to_pyarrow(ibis.memtable(ROWS).anti_join(none, "account_id").count().as_table())
    assert joined.to_pylist() == [{joined.column_names[0]: 3000}]
