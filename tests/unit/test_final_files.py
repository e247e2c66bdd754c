"""The final table as a file, written in parts: the same as written at once."""

import io

import pandas as pd
import pyarrow.parquet as pq

from lastword.contracts import FINAL_COLUMNS
from overrides.final_files import csv_pieces, parquet_pieces, write_xlsx
from overrides.workbook import workbook_lines

ROW = dict.fromkeys(FINAL_COLUMNS) | {"coverage": True, "under_review": False, "key_account": False}
ROWS = [
    ROW | {"account_id": account, "name": name, "tier": tier}
    for account, name, tier in [("007", "=1+1", 1), ("1", "x", None), ("2", "-", 3)]
]


def test_a_csv_in_parts_has_one_header_and_runs_nowhere():
    text = b"".join(csv_pieces([ROWS[:2], ROWS[2:]])).decode()
    assert text == b"".join(csv_pieces([ROWS])).decode()
    assert text.count("account_id") == 1
    assert [line.split(",")[:2] for line in text.splitlines()[1:]] == [["007", "'=1+1"], ["1", "x"], ["2", "'-"]]


def test_a_parquet_has_a_row_group_per_part_and_the_same_rows():
    content = b"".join(parquet_pieces([ROWS[:2], ROWS[2:]]))
    assert pq.ParquetFile(io.BytesIO(content)).num_row_groups == 2
    frame = pd.read_parquet(io.BytesIO(content))
    assert frame["account_id"].tolist() == ["007", "1", "2"]
    assert frame["tier"].tolist()[0::2] == [1, 3]


def test_a_workbook_in_parts_is_one_sheet(tmp_path):
    file = io.BytesIO()
    write_xlsx([ROWS[:2], ROWS[2:]], file)
    lines = [cells[:2] for _, cells in workbook_lines(file.getvalue(), tmp_path)]
    assert lines == [["account_id", "name"], ["007", "=1+1"], ["1", "x"], ["2", "-"]]


def test_without_rows_there_are_still_columns():
    assert b"".join(csv_pieces([])).decode() == ",".join(FINAL_COLUMNS) + "\r\n"
    assert pq.read_table(io.BytesIO(b"".join(parquet_pieces([])))).column_names == list(FINAL_COLUMNS)
