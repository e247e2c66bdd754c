"""Rows of one account from a file of many groups: the same as from reading all of it."""

from pathlib import Path

import pandas as pd
import pytest

from lastword.run_rows import rows_between, rows_where
from lastword.table_files import row_count


def written(folder: Path, ids: list[str], rows_per_group: int = 2) -> Path:
    path = folder / "rows.parquet"
    table = pd.DataFrame({"account_id": pd.array(ids, dtype="str"), "n": range(len(ids)), "text": [f"t{i}" for i in ids]})
    table.to_parquet(path, index=False, row_group_size=rows_per_group)
    return path


IDS = ["", "001", "001", "001", "01", "1", "ä 1", "株式", "株式", "𝔸/x"]


@pytest.mark.parametrize("asked", [["001"], ["株式", ""], ["𝔸/x"], ["ä 1", "1"], ["nobody"], ["0011"], []])
def test_the_same_rows_as_from_reading_the_whole_file(tmp_path, asked):
    path = written(tmp_path, IDS)
    whole = pd.read_parquet(path)
    expected = whole[whole["account_id"].isin(asked)].reset_index(drop=True)
    pd.testing.assert_frame_equal(rows_where(path, "account_id", asked).to_pandas(), expected)


def test_only_the_columns_asked_for_that_the_file_has_in_that_order(tmp_path):
    rows = rows_where(written(tmp_path, IDS), "account_id", ["001"], ["text", "n", "missing"])
    assert rows.to_pylist() == [{"text": "t001", "n": n} for n in (1, 2, 3)]


def test_stops_at_so_many_rows(tmp_path):
    assert rows_where(written(tmp_path, IDS), "account_id", ["001"], ["n"], at_most=2).to_pylist() == [{"n": 1}, {"n": 2}]


def test_reads_only_groups_that_can_hold_the_value(tmp_path, monkeypatch):
    import pyarrow.parquet as pq

    read, original = [], pq.ParquetFile.read_row_group
    monkeypatch.setattr(pq.ParquetFile, "read_row_group", lambda self, i, **how: read.append(i) or original(self, i, **how))
    rows_where(written(tmp_path, sorted(f"{n:04d}" for n in range(100)), 10), "account_id", ["0042"])
    assert read == [4]


def test_a_file_that_was_replaced_is_read_anew(tmp_path):
    path = written(tmp_path, ["1", "2", "3"])
    assert rows_where(path, "account_id", ["4"]).num_rows == 0
    written(tmp_path, ["4", "4", "5", "6", "7", "8"])
    assert rows_where(path, "account_id", ["4"]).num_rows == 2


def test_a_column_without_known_ends_is_looked_through(tmp_path):
    path = tmp_path / "rows.parquet"
    pd.DataFrame({"account_id": pd.array(["1", "2", None], dtype="str")}).to_parquet(path, index=False, write_statistics=False)
    assert rows_where(path, "account_id", ["2"]).to_pylist() == [{"account_id": "2"}]


def parts(folder: Path) -> Path:
    """IDS in three files of a folder."""
    target = folder / "table.parquet"
    target.mkdir()
    for number, ids in enumerate((IDS[:3], IDS[3:4], IDS[4:])):
        written(folder, ids).replace(target / f"part-{number:05}.parquet")
    return target


@pytest.mark.parametrize("asked", [["001"], ["株式", ""], ["nobody"], []])
def test_a_folder_of_parts_is_one_table(tmp_path, asked):
    table = parts(tmp_path)
    expected = [account for account in IDS if account in asked]
    assert rows_where(table, "account_id", asked)["account_id"].to_pylist() == expected
    assert rows_where(table, "account_id", asked, at_most=1)["account_id"].to_pylist() == expected[:1]


@pytest.mark.parametrize(("start", "stop"), [(0, 10), (0, 2), (2, 5), (3, 4), (4, 99), (5, 5), (9, 10)])
@pytest.mark.parametrize("make", [parts, lambda folder: written(folder, IDS)])
def test_a_stretch_of_a_table(tmp_path, make, start, stop):
    table = make(tmp_path)
    assert rows_between(table, start, stop)["account_id"].to_pylist() == IDS[start:stop]
    assert rows_between(table, start, stop, ["n", "missing"]).column_names == ["n"]
    assert row_count(table) == 10
