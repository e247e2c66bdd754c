"""Parquet inputs that the engine reads where they are: the same rows as of a copy, in order, and what is said of a torn file."""

from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from expectations.sources import open_source
from lastword.errors import InputError
from lastword.settings import InputSource
from tests.gate_project import quarantined, take_rows, used, write_project

FIRST, SECOND = date(2026, 1, 15), date(2026, 2, 1)
WON = {
    "account_id": ["a1", "a1", "a9", "a1", "a2", None, "a2"],
    "won_on": [None, FIRST, FIRST, None, SECOND, SECOND, SECOND],
    "product": [None, None, None, None, "Compass", None, "Compass"],
}


def project_of(folder, **tables):
    """The smallest project, of whose inputs these are Parquet files."""
    (folder / "data").mkdir(parents=True)
    for name, table in tables.items():
        pq.write_table(table, folder / "data" / f"{name}.parquet", row_group_size=2)
    return write_project(folder, inputs={name: f'"data/{name}.parquet"' for name in tables})


@pytest.mark.parametrize("plain", [True, False])
def test_rows_are_judged_alike_where_they_are_and_in_a_copy(tmp_path, plain):
    table = pa.table(WON, pa.schema({"account_id": pa.string(), "won_on": pa.date32(), "product": pa.string()}))
    if not plain:  # bytes are text to us and to no engine
        table = table.set_column(0, "account_id", table["account_id"].cast(pa.binary()))
    project = project_of(tmp_path, won=table)
    assert open_source("won", InputSource(path=str(tmp_path / "data" / "won.parquet")), tmp_path).plain is plain
    report = take_rows(project)["won"]
    assert (report.rows_in, report.rows_used) == (7, 3)
    assert report.reasons == {"duplicate_row": 2, "blank_account_id": 1, "unknown_account_id": 1}
    assert used(project, "won") == {
        "account_id": ["a1", "a1", "a2"],
        "won_on": [None, FIRST, SECOND],
        "product": [None, None, "Compass"],
    }
    assert [(row["line"], row["reason"]) for row in quarantined(project, "won")] == [
        ("3", "unknown_account_id"),
        ("4", "duplicate_row"),
        ("6", "blank_account_id"),
        ("7", "duplicate_row"),
    ]


def test_a_repeat_of_a_quarantined_row_is_used_and_issues_are_of_used_rows(tmp_path):
    table = pa.table(
        {"account_id": ["a1", "a2", "a2", "a3"], "name": [None, "Two", "Two", "Three"], "employee_count": [-1.0, -1.0, -1.0, 5.0]}
    )
    project = project_of(tmp_path, accounts=table.append_column("domain", pa.array([None, "two.com", "two.com", "three.com"])))
    report = take_rows(project)["accounts"]
    assert report.rows_used + report.rows_quarantined == report.rows_in == 4
    assert report.reasons["duplicate_account_id"] == 1
    assert report.cell_issues == {"employee_count: negative": report.rows_used - 1}


def test_many_accounts_stay_in_order(tmp_path):
    ids = [f"a{number}" for number in range(300_000, 0, -1)]
    (tmp_path / "data").mkdir(parents=True)
    table = pa.table({"account_id": [*ids, ids[7]], "name": [*ids, "n"]})
    pq.write_table(table, tmp_path / "data" / "accounts.parquet", row_group_size=20_000)
    project = write_project(tmp_path, inputs={"accounts": '"data/accounts.parquet"'})
    assert take_rows(project)["accounts"].reasons == {"duplicate_account_id": 1}
    assert used(project, "accounts")["account_id"] == ids


def test_a_torn_file_is_named(tmp_path):
    numbers = [str(number * 7919) for number in range(50_000)]
    project = project_of(tmp_path, house_list=pa.table({"account_id": numbers}))
    path = tmp_path / "data" / "house_list.parquet"
    pq.write_table(pa.table({"account_id": numbers}), path, use_dictionary=False)
    content = bytearray(path.read_bytes())
    content[2_000:2_400] = bytes(400)
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"house_list: data/house_list.parquet cannot be read as Parquet"):
        take_rows(project)
