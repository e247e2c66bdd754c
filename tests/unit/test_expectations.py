"""The row rules on literal rows: which are used, not yet known or quarantined, and what cells become."""

from datetime import date, datetime, time
from decimal import Decimal

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.gate_project import quarantined, reasons, take_rows, used, write_project


def accounts_of(count: int) -> str:
    return "account_id,name\n" + "".join(f"a{number},Name {number}\n" for number in range(1, count + 1))


def test_accounts_blank_and_duplicate(tmp_path):
    rows = ["a1,One", " ,Two", ",Three", "a2, ", "a2,Named", "a1,Again", *(f"b{n},B" for n in range(20))]
    project = write_project(
        tmp_path, accounts="account_id,name\n" + "\n".join(rows), won="account_id\n", house_list="account_id\n"
    )
    report = take_rows(project)["accounts"]
    assert reasons(project, "accounts") == [
        ("3", "blank_account_id"),
        ("4", "blank_account_id"),
        ("5", "blank_name"),
        ("7", "duplicate_account_id"),
    ]
    assert report.reasons == {"blank_account_id": 2, "blank_name": 1, "duplicate_account_id": 1}
    assert (report.rows_in, report.rows_used, report.rows_quarantined) == (26, 22, 4)
    assert used(project, "accounts")["name"][:2] == ["One", "Named"]


def test_ids_survive_byte_for_byte(tmp_path):
    ids = ["0042", "42", " 42", "42 ", "a b", "Ünï", "caf\u00e9", "cafe\u0301", "=1+1", "'x", "1e5", "NULL", "nan"]
    lines = "".join(f'"{one}",Name\n' for one in ids)
    won = "".join(f'"{one}"\n' for one in ids)
    project = write_project(
        tmp_path, accounts=f"account_id,name\n{lines}", won=f"account_id\n{won}", house_list=f"account_id\n{won}"
    )
    take_rows(project)
    assert used(project, "accounts")["account_id"] == ids
    assert used(project, "won")["account_id"] == ids
    assert used(project, "house_list")["account_id"] == ids


def test_numbers_of_accounts(tmp_path):
    header = "account_id,name,employee_count,annual_revenue,founded_year,market_share\n"
    rows = [
        "a1,One,10, 1e6 ,1990,0.5",
        "a2,Two,-5,1_000,999,inf",
        'a3,Three,twelve,"1,000",2027,nan',
        "a4,Four,,-0.5,2026,",
        "a5,Five,1e999,+7,1000,-1",
    ]
    project = write_project(tmp_path, accounts=header + "\n".join(rows), won="account_id\n", house_list="account_id\n")
    report = take_rows(project)["accounts"]
    got = used(project, "accounts")
    assert got["employee_count"] == [10.0, None, None, None, None]
    assert got["annual_revenue"] == [1e6, None, None, None, 7.0]
    assert got["founded_year"] == [1990.0, None, None, 2026.0, 1000.0]
    assert got["market_share"] == [0.5, None, None, None, None]
    assert report.cell_issues == {
        "annual_revenue: negative": 1,
        "annual_revenue: unreadable": 2,
        "employee_count: negative": 1,
        "employee_count: unreadable": 2,
        "founded_year: below 1000": 1,
        "founded_year: future": 1,
        "market_share: negative": 1,
        "market_share: unreadable": 2,
    }
    assert report.rows_quarantined == 0


def test_further_columns_are_read_as_listed(tmp_path):
    settings = """
[features]
columns.fleet = { kind = "numeric", known = "always" }
columns.public = { kind = "flag", known = "always" }
columns.code = { kind = "category", known = "always" }
[columns.accounts]
fleet = "Fleet Size"
industry = "Sector"
"""
    header = "account_id,name,Fleet Size,public,code,Sector,Notes,Domain\n"
    rows = ["a1,One,-3,Yes,007,Software,=x,one.com", "a2,Two,many,0,,,,", "a3,Three,4,perhaps, ,Retail,n,"]
    project = write_project(tmp_path, settings, accounts=header + "\n".join(rows), won="account_id\n", house_list="account_id\n")
    report = take_rows(project)["accounts"]
    got = used(project, "accounts")
    assert list(got) == ["account_id", "name", "domain", "industry", "fleet", "Fleet Size", "public", "code", "Sector", "Notes"]
    assert got["fleet"] == [-3.0, None, 4.0]
    assert got["public"] == [True, False, None]
    assert got["code"] == ["007", None, None]
    assert got["industry"] == got["Sector"] == ["Software", None, "Retail"]
    assert got["Notes"] == ["=x", None, "n"]
    assert got["domain"] == ["one.com", None, None]
    assert got["Fleet Size"] == ["-3", "many", "4"]
    assert report.cell_issues == {"fleet: unreadable": 1, "public: unreadable": 1}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2025-03-01", date(2025, 3, 1)),
        (" 2025-03-01 ", date(2025, 3, 1)),
        ("2025-03-01T10:00:00Z", date(2025, 3, 1)),
        ("2025-03-01 10:00:00", date(2025, 3, 1)),
        ("2025-03-01T10:00", date(2025, 3, 1)),
        ("2025-03-01 23:30:00.123-05:00", date(2025, 3, 2)),
        ("2025-03-01 00:30:00+02", date(2025, 2, 28)),
        ("2024-02-29", date(2024, 2, 29)),
        ("", None),
        ("   ", None),
        ("2025-02-29", "unreadable_date"),
        ("01/02/2025", "unreadable_date"),
        ("2025-3-1", "unreadable_date"),
        ("20250301", "unreadable_date"),
        ("2025-03-01T25:00:00", "unreadable_date"),
        ("infinity", "unreadable_date"),
        ("soon", "unreadable_date"),
        ("1899-12-31", "impossible_dates"),
        ("0001-01-01", "impossible_dates"),
        ("2026-05-31", date(2026, 5, 31)),
        ("2026-06-01", "not yet known"),
        ("2026-11-23", "not yet known"),
        ("2026-11-24", "future_date"),
        ("9999-12-31", "future_date"),
    ],
)
def test_dates_of_wins(tmp_path, written, read):
    others = "".join(f"a{number},2025-01-01\n" for number in range(2, 12))
    project = write_project(
        tmp_path, accounts=accounts_of(12), won=f"account_id,won_on\na1,{written}\n{others}", house_list="account_id\n"
    )
    report = take_rows(project)["won"]
    if read == "not yet known":
        assert (report.rows_not_yet_known, report.rows_quarantined) == (1, 0)
    elif isinstance(read, str):
        assert reasons(project, "won") == [("2", read)]
    else:
        assert used(project, "won")["won_on"][0] == read
    assert report.rows_in == 11 == report.rows_used + report.rows_not_yet_known + report.rows_quarantined


def test_intents(tmp_path):
    rows = [
        "a1,cloud,2026-05-01,",
        "a1,cloud,2026-05-01,",
        "a1,cloud,2026-05-01,40.5",
        "a1,cloud,2026-05-01,-1",
        "a1,cloud,2026-05-01,101",
        "a1,cloud,2026-05-01,strong",
        "zz,cloud,2026-05-01,1",
        "a1,,2026-05-01,1",
        "a1,cloud,,1",
        "a1,cloud,2026-06-01,1",
        *["a1,cloud,2026-04-01,100"] * 30,
    ]
    project = write_project(tmp_path, intents="account_id,topic,observed_on,strength\n" + "\n".join(rows))
    report = take_rows(project)["intents"]
    assert used(project, "intents")["strength"][:3] == [100.0, 100.0, 40.5]
    assert reasons(project, "intents") == [
        ("5", "negative_strength"),
        ("6", "strength_over_100"),
        ("7", "unreadable_strength"),
        ("8", "unknown_account_id"),
        ("9", "blank_topic"),
        ("10", "blank_observed_on"),
    ]
    assert (report.rows_used, report.rows_not_yet_known, report.cell_issues) == (33, 1, {})


def test_technographics(tmp_path):
    rows = [
        "a1,K8s,2025-01-01,2026-01-01",
        "a2,K8s,2025-01-01,2026-09-01",
        "a3,K8s,,9999-12-31",
        "a4,K8s,2025-01-01,2024-12-31",
        "a5,K8s,2026-09-01,",
        "a5,K8s,2025-01-01,",
        "a5,K8s,2024-01-01,",
        *(f"a{number},T{kind},," for number in range(1, 7) for kind in range(5)),
    ]
    project = write_project(tmp_path, technographics="account_id,technology,first_seen,last_seen\n" + "\n".join(rows))
    report = take_rows(project)["technographics"]
    got = used(project, "technographics")
    assert got["last_seen"][:4] == [date(2026, 1, 1), None, None, None]
    assert got["first_seen"][3] == date(2025, 1, 1), "a row that is not known yet must not displace one that is"
    assert reasons(project, "technographics") == [("5", "impossible_dates"), ("8", "duplicate_row")]
    assert report.rows_not_yet_known == 1


def test_wins_that_are_equal_are_one(tmp_path):
    rows = ["a1,2025-01-01,P,5", "a1,2025-01-01,P,5.0", "a1,2025-01-01,Q,5", "a1,,,", "a1,,,"]
    rows += [f"a{number},2025-01-01,P,-2" for number in range(2, 10)]
    header = "account_id,won_on,product,amount\n"
    project = write_project(tmp_path, accounts=accounts_of(10), won=header + "\n".join(rows), house_list="account_id\n")
    report = take_rows(project)["won"]
    assert reasons(project, "won") == [("3", "duplicate_row"), ("6", "duplicate_row")]
    assert report.cell_issues == {"amount: negative": 8}


def test_parquet_types(tmp_path):
    rows = pd.DataFrame(
        {
            "Id": [42.0, 43.0, np.nan, 44.0],
            "n": ["x", "y", "z", "w"],
            "employees": np.array([1, -2, 3, 4], dtype="int32"),
            "annual_revenue": [1.5, np.inf, 2.0, np.nan],
            "public": [True, False, True, None],
            "grew": pd.array([1, 0, None, 7], dtype="Int8"),
            "since": pd.to_datetime(["2020-01-01"] * 4),
        }
    )
    pd.concat([rows, pd.DataFrame({"Id": [100.0, 101.0], "n": ["v", "u"]})]).to_parquet(tmp_path / "a.parquet")
    won_on = pd.to_datetime(["2025-01-01 23:30", None]).tz_localize("America/New_York")
    pd.DataFrame({"account_id": [42, 43], "won_on": won_on}).to_parquet(tmp_path / "w.parquet")
    settings = """
[columns.accounts]
account_id = "Id"
name = "n"
employee_count = "employees"
[features]
columns.public = { kind = "flag", known = "always" }
columns.grew = { kind = "flag", known = "always" }
"""
    inputs = {"accounts": '"a.parquet"', "won": '"w.parquet"'}
    project = write_project(tmp_path, settings, inputs, house_list="account_id\n42\n100\n")
    report = take_rows(project)["accounts"]
    got = used(project, "accounts")
    assert got["account_id"] == ["42", "43", "44", "100", "101"]
    assert got["employee_count"] == [1.0, None, 4.0, None, None]
    assert got["annual_revenue"] == [1.5, None, None, None, None]
    assert got["public"] == [True, False, None, None, None]
    assert got["grew"] == [True, False, None, None, None]
    assert got["since"][0] == datetime(2020, 1, 1)
    assert got["Id"][0] == 42.0
    assert used(project, "won") == {"account_id": ["42", "43"], "won_on": [date(2025, 1, 2), None]}
    assert reasons(project, "accounts") == [("3", "blank_account_id")]
    assert report.cell_issues == {"annual_revenue: unreadable": 1, "employee_count: negative": 1, "grew: unreadable": 1}


def test_unusual_types_and_names_of_further_columns(tmp_path):
    columns = {
        "account_id": pa.array([Decimal("7.00"), Decimal("12.50"), None], pa.decimal128(10, 2)),
        "name": pa.array(["x", "y", "z"], pa.large_string()),
        "self": [{"a": 1}, None, {"a": 2}],
        'quo"te %s': [[1, 2], [], None],
        " padded ": pa.array([1, None, 3], pa.uint64()),
        "count": [time(1, 2), None, None],
        "domain": pa.array(["a", "b", "c"]).dictionary_encode(),
    }
    given = pa.table(columns)
    more = given.slice(0, 2).set_column(0, "account_id", pa.array([1, 2], pa.decimal128(10, 2)))
    pq.write_table(pa.concat_tables([given, more]), tmp_path / "a.parquet")
    project = write_project(tmp_path, "", {"accounts": '"a.parquet"'}, won="account_id\n7\n", house_list="account_id\n")
    report = take_rows(project)
    got = used(project, "accounts")
    assert got["account_id"] == ["7", "12.50", "1", "2"]
    assert got["self"][0] == {"a": 1}
    assert got['quo"te %s'][0] == [1, 2]
    assert got["padded"][0] == 1
    assert got["count"][0] == time(1, 2)
    assert got["domain"][:2] == ["a", "b"]
    assert quarantined(project, "accounts")[0]["reason"] == "blank_account_id"
    assert report["won"].rows_used == 1


def test_a_workbook_passes_the_gate(tmp_path):
    book = openpyxl.Workbook()
    for line in [["Kunde", "Firma", "Umsatz"], [42, "Ünï", 1.5], [None] * 3, [43, "-5", "x"], [None, "Nobody", 1]]:
        book.active.append(line)
    for number in range(100, 110):
        book.active.append([number, "More", number])
    book.save(tmp_path / "a.xlsx")
    settings = '[columns.accounts]\naccount_id = "Kunde"\nname = "Firma"\nannual_revenue = "Umsatz"\n'
    project = write_project(tmp_path, settings, {"accounts": '"a.xlsx"'}, won="account_id\n42\n", house_list="account_id\n43\n")
    report = take_rows(project)["accounts"]
    assert used(project, "accounts")["account_id"][:3] == ["42", "43", "100"]
    assert used(project, "accounts")["annual_revenue"][:3] == [1.5, None, 100.0]
    assert used(project, "accounts")["name"][1] == "-5"
    assert reasons(project, "accounts") == [("5", "blank_account_id")]
    assert report.cell_issues == {"annual_revenue: unreadable": 1}


def test_the_quarantine_shows_the_row_as_it_was(tmp_path):
    header = "account_id,topic,Note,observed_on\n"
    good = "a1,cloud,,2026-05-01\n" * 20
    bad = 'a1,"=HYPERLINK(""x"")",@cmd,\n=zz,cloud,-5,2026-05-01\na1,cloud\na1,cloud,b,2026-05-01,more,still\n'
    project = write_project(tmp_path, intents=header + good + bad)
    report = take_rows(project)["intents"]
    assert report.reasons == {"unreadable_row": 2, "blank_observed_on": 1, "unknown_account_id": 1}
    assert quarantined(project, "intents") == [
        {
            "source_file": "data/intents.csv",
            "line": "22",
            "reason": "blank_observed_on",
            "account_id": "a1",
            "topic": '\'=HYPERLINK("x")',
            "Note": "'@cmd",
            "observed_on": "",
        },
        {
            "source_file": "data/intents.csv",
            "line": "23",
            "reason": "unknown_account_id",
            "account_id": "=zz",
            "topic": "cloud",
            "Note": "-5",
            "observed_on": "2026-05-01",
        },
        {
            "source_file": "data/intents.csv",
            "line": "24",
            "reason": "unreadable_row",
            "account_id": "a1",
            "topic": "cloud",
            "Note": "",
            "observed_on": "",
        },
        {
            "source_file": "data/intents.csv",
            "line": "25",
            "reason": "unreadable_row",
            "account_id": "a1",
            "topic": "cloud",
            "Note": "b",
            "observed_on": "2026-05-01 more still",
        },
    ]


def test_a_clean_run_takes_the_old_quarantine_away(tmp_path):
    project = write_project(tmp_path, house_list="account_id\n" + "".join(f"a{n}\n" for n in range(1, 7)) + "zz\n")
    take_rows(project)
    assert reasons(project, "house_list") == [("8", "unknown_account_id")]
    take_rows(write_project(tmp_path))
    assert reasons(project, "house_list") == []
