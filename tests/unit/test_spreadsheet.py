"""Tables in files: ids untouched, nothing that runs, replaced whole or not at all, and read back as they were."""

import gc
import resource
import string
from datetime import date, datetime

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastword.errors import ConfigurationError, InputError, Refusal
from overrides import workbook
from overrides.spreadsheet import read_table, write_table

FRAME = pd.DataFrame(
    {
        "account_id": ["=007", "+1", "a,b"],
        "parent_account_id": ["-x", None, "@y"],
        "name": ["=HYPERLINK(1)", "Ünïted", "'=as it is"],
        "points": [12.5, float("nan"), 0.1 + 0.2],
        "tier": pd.array([1, None, 3], dtype="Int64"),
        "key_account": [True, False, True],
        "as_of": pd.to_datetime(["2026-06-01", "2026-06-01", None]),
        "scored_at": pd.to_datetime(["2026-06-01T12:30:00Z", "2026-06-01T12:30:00Z", None]),
    },
    index=[5, 3, 9],
)


def test_csv_defuses_text_and_leaves_ids_alone(tmp_path):
    write_table(FRAME, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes().decode().split("\r\n") == [
        "account_id,parent_account_id,name,points,tier,key_account,as_of,scored_at",
        "=007,-x,'=HYPERLINK(1),12.5,1,true,2026-06-01,2026-06-01T12:30:00Z",
        "+1,,Ünïted,,,false,2026-06-01,2026-06-01T12:30:00Z",
        "\"a,b\",@y,''=as it is,0.30000000000000004,3,true,,",
        "",
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_every_start_that_runs_is_defused_and_read_back(tmp_path, start):
    write_table(pd.DataFrame({"name": [f"{start}1", f"'{start}1", f"a{start}", "'quoted'"]}), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes().decode().count(f"'{start}1") == 2
    assert read_table(tmp_path / "t.csv")["name"].tolist() == [f"{start}1", f"'{start}1", f"a{start}", "'quoted'"]


def test_a_workbook_holds_text_as_text_and_dates_as_dates(tmp_path):
    write_table(FRAME, tmp_path / "t.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx")["final_scores"]
    assert [cell.value for cell in sheet[2]] == [
        "=007",
        "-x",
        "=HYPERLINK(1)",
        12.5,
        1,
        True,
        datetime(2026, 6, 1),
        datetime(2026, 6, 1, 12, 30),
    ]
    texts = [cell for row in sheet.iter_rows(min_row=2, max_col=3) for cell in row if cell.value is not None]
    assert {cell.data_type for cell in texts} == {"s"}
    assert all(cell.font.bold for cell in sheet[1])
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("B2", "A1:H4")
    assert [cell.number_format for cell in sheet[2]][-2:] == ["yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"]


def test_parquet_has_the_types_of_the_columns_even_where_all_are_null(tmp_path):
    frame = pd.concat([FRAME, pd.DataFrame({"reason": pd.Series([None] * 3, dtype="str", index=FRAME.index)})], axis=1)
    write_table(frame, tmp_path / "t.parquet")
    types = {field.name: str(field.type) for field in pq.read_schema(tmp_path / "t.parquet")}
    assert types == {
        "account_id": "string",
        "parent_account_id": "string",
        "name": "string",
        "points": "double",
        "tier": "int64",
        "key_account": "bool",
        "as_of": "date32[day]",
        "scored_at": "timestamp[us, tz=UTC]",
        "reason": "string",
    }
    assert pq.read_table(tmp_path / "t.parquet").to_pylist()[0]["as_of"] == date(2026, 6, 1)


def test_the_same_table_gives_the_same_parquet_bytes(tmp_path):
    for name in ("one", "two"):
        write_table(FRAME, tmp_path / f"{name}.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


CELLS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from(string.printable[:-2] + "=+-@'\t\r\n"), min_size=1
)


@settings(deadline=None, max_examples=50)
@given(cells=st.lists(CELLS.filter(str.strip), min_size=1, max_size=5))
def test_any_text_survives_a_csv(tmp_path_factory, cells):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    write_table(pd.DataFrame({"account_id": cells, "name": cells}), path)
    table = read_table(path)
    assert table["account_id"].tolist() == cells
    assert table["name"].tolist() == cells


@settings(deadline=None, max_examples=50)
@given(cells=st.lists(CELLS.filter(str.strip), min_size=1, max_size=5))
def test_any_text_survives_a_workbook(tmp_path_factory, cells):
    path = tmp_path_factory.getbasetemp() / "any.xlsx"
    write_table(pd.DataFrame({"account_id": cells, "name": cells}), path)
    table = read_table(path)
    assert table["account_id"].tolist() == cells
    assert table["name"].tolist() == cells


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_as_spreadsheet_programs_save_it(tmp_path, encoding, delimiter):
    text = 'account_id,name\r\n0042,Müller\r\n,\r\n\r\n7,"a\r\nb"\r\n'.replace(",", delimiter)
    (tmp_path / "t.csv").write_bytes(text.encode(encoding))
    table = read_table(tmp_path / "t.csv")
    assert table.to_dict("index") == {2: {"account_id": "0042", "name": "Müller"}, 5: {"account_id": "7", "name": "a\r\nb"}}


def test_cells_of_a_workbook_become_text(tmp_path):
    book = openpyxl.Workbook()
    for row in [
        ["account_id", "x", None],
        [42, 0.5, "note"],
        [42.0, date(2026, 6, 1), None],
        ["0042", True, None],
        [None, None, None],
    ]:
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    table = read_table(tmp_path / "t.xlsx")
    assert table.values.tolist() == [["42", "0.5"], ["42", "2026-06-01"], ["0042", "true"]]
    assert list(table.index) == [2, 3, 4]


@pytest.mark.parametrize("name", ["t.txt", "t", "t.xls"])
def test_another_suffix_names_the_ones_there_are(tmp_path, name):
    with pytest.raises(ConfigurationError, match=r"expected \.csv, \.parquet or \.xlsx"):
        write_table(FRAME, tmp_path / name)
    with pytest.raises(ConfigurationError, match=r"expected \.csv or \.xlsx"):
        read_table(tmp_path / name)


def test_what_does_not_fit_a_worksheet_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "MOST_ROWS", 2)
    with pytest.raises(Refusal, match=r"t.xlsx: 3 rows don't fit a worksheet, which holds 2: export to .csv or .parquet"):
        write_table(FRAME, tmp_path / "t.xlsx")
    monkeypatch.undo()
    with pytest.raises(Refusal, match=r"name of row 3 has 32768 characters"):
        write_table(pd.DataFrame({"name": ["x", "x" * 32_768]}), tmp_path / "t.xlsx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".xlsx"])
def test_a_full_disk_leaves_the_file_before_untouched(tmp_path, suffix):
    path = tmp_path / f"t{suffix}"
    write_table(FRAME, path)
    before = path.read_bytes()
    large = pd.DataFrame({"account_id": [f"{number * 7919 % 100_003:08}" for number in range(20_000)]})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, limits[1]))
    try:
        with pytest.raises(Refusal, match=rf"t\{suffix} can't be written: .*File too large"):
            write_table(large, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    gc.collect()  # nothing half open complains when it is cleared away
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".xlsx"])
def test_a_folder_that_is_not_there_is_refused(tmp_path, suffix):
    with pytest.raises(Refusal, match=r"No such file or directory; what was there before is untouched"):
        write_table(FRAME, tmp_path / "none" / f"t{suffix}")
    (tmp_path / "file").write_text("")
    with pytest.raises(Refusal, match=r"Not a directory"):
        write_table(FRAME, tmp_path / "file" / f"t{suffix}")


def test_files_that_cannot_be_read_say_why(tmp_path):
    (tmp_path / "open.csv").write_text('account_id,name\n1,"never closed\n2,x\n')
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04 cut off")
    (tmp_path / "empty.csv").write_text("\n\n")
    for name, said in {
        "none.csv": "can't be read: No such file",
        "open.csv": "line 2: unexpected end of data",
        "broken.xlsx": "isn't a readable .xlsx workbook",
        "empty.csv": "is empty",
    }.items():
        with pytest.raises(InputError, match=said):
            read_table(tmp_path / name)
