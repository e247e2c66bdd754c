"""Tables are written and read, and tasks carried out, alike on both engines."""

import os
from functools import partial

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.engine import carry_out, read, write
from lastword.run_rows import rows_where
from lastword.table_files import parts, row_count, schema

IDS = [f"a{number:05}" for number in range(3000)]
ROWS = pa.table({"account_id": IDS[::-1], "number": pa.array([None, *map(float, range(2999))])})


def noted(folder, number):
    """Leave a file that says by which process, to be found by whoever carries tasks out."""
    (folder / str(number)).write_text(str(os.getpid()), encoding="utf-8")


@pytest.mark.parametrize("name", ["duckdb", "spark"])
def test_every_task_is_carried_out_once(engines, tmp_path, name):
    notes = tmp_path / "notes"
    notes.mkdir()
    carry_out(engines[name], partial(noted, notes), 5)
    assert sorted(path.name for path in notes.iterdir()) == list("01234")
    own = {path.read_text(encoding="utf-8") == str(os.getpid()) for path in notes.iterdir()}
    assert own == {name == "duckdb"}


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
    assert row_count(tmp_path / "written.parquet") == 0
    assert schema(tmp_path / "written.parquet").names == ["account_id", "number"]
    assert rows_where(tmp_path / "written.parquet", "account_id", ["a00001"]).num_rows == 0
    joined = engines[name].to_pyarrow(ibis.memtable(ROWS).anti_join(none, "account_id").count().as_table())
    assert joined.to_pylist() == [{joined.column_names[0]: 3000}]
