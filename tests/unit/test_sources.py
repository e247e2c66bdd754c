"""Reading inputs: encodings, delimiters, ragged rows, workbooks, Parquet, and what is said where reading fails."""

import csv
import os
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from expectations.copies import ROW
from expectations.sources import open_source
from lastword.errors import InputError
from lastword.mistakes import Mistakes
from lastword.settings import InputSource


def opened(folder, name, content=None, **how):
    if content is not None:
        (folder / name).write_bytes(content)
    return open_source("accounts", InputSource(path=str(folder / name), **how), folder)


def rows(source, folder):
    """The copy's rows without their numbers, and the ragged rows."""
    ragged = source.copy_to(folder / "copy.parquet")
    copy = pq.read_table(folder / "copy.parquet")
    return [tuple(row.values()) for row in copy.drop_columns(ROW).to_pylist()], ragged


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16", "utf-16-le", "mac_roman", "cp037"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "§"])
def test_any_encoding_and_delimiter(tmp_path, encoding, delimiter):
    if delimiter == "§" and encoding == "cp037":
        pytest.skip("the encoding has no such character")
    text = f'Id{delimiter}Név\n0042{delimiter}Café\n7{delimiter}"a{delimiter}b\nc"\n'.replace("Név", "Nom é")
    source = opened(tmp_path, "a.csv", text.encode(encoding), delimiter=delimiter, encoding=encoding)
    assert source.headers == ("Id", "Nom é")
    assert rows(source, tmp_path) == ([("0042", "Café"), ("7", f"a{delimiter}b\nc")], [])


def test_byte_order_mark_is_no_part_of_the_first_name(tmp_path):
    assert opened(tmp_path, "a.csv", "\ufeffId,Name\n1,x\n".encode()).headers == ("Id", "Name")


def test_cells_are_kept_byte_for_byte(tmp_path):
    content = b'Id,Name\n007,"say ""hi"""\n  a b ,=1+1\nNA,null\n,\n'
    cells, _ = rows(opened(tmp_path, "a.csv", content), tmp_path)
    assert cells == [("007", 'say "hi"'), ("  a b ", "=1+1"), ("NA", "null"), ("", "")]


@pytest.mark.parametrize("content", [b"Id,Name\n", b"Id,Name", b"\n\nId,Name\r\n\r\n"])
def test_a_header_alone_is_a_table_without_rows(tmp_path, content):
    source = opened(tmp_path, "a.csv", content)
    assert source.headers == ("Id", "Name")
    assert rows(source, tmp_path) == ([], [])


def test_blank_lines_above_the_header_are_skipped(tmp_path):
    assert rows(opened(tmp_path, "a.csv", b"\n\nId,Name\n1,x\n"), tmp_path)[0] == [("1", "x")]


def test_ragged_rows_are_handed_back_with_their_lines(tmp_path):
    content = b'Id,Name\n1,x\n\n2,y,z\n3,"two\nlines"\n4\n5,v\n'
    source = opened(tmp_path, "a.csv", content)
    cells, ragged = rows(source, tmp_path)
    assert cells == [("1", "x"), ("3", "two\nlines"), ("5", "v")]
    assert ragged == [("2", "y", "z"), ("4",)]
    places = source.locate([1, 2, 3])
    assert places.lines == {1: 2, 2: 5, 3: 8}
    assert list(places.ragged) == [4, 7]


def test_a_file_longer_than_a_block_keeps_all_rows(tmp_path, monkeypatch):
    monkeypatch.setattr("expectations.delimited.BLOCK_BYTES", 4096)
    lines = [f'{number},"name\n{number}"' for number in range(3000)]
    lines[1500] = "ragged"
    source = opened(tmp_path, "a.csv", ("Id,Name\n" + "\n".join(lines)).encode())
    cells, ragged = rows(source, tmp_path)
    assert [int(cell) for cell, _ in cells] == [n for n in range(3000) if n != 1500]
    assert ragged == [("ragged",)]
    assert pq.read_table(tmp_path / "copy.parquet")[ROW].to_pylist() == list(range(1, 3000))
    assert source.locate([2999]).lines == {2999: 2 + 1500 * 2 + 1 + 1498 * 2}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("Id,Name\n1,x\n2,Caf\xe9\n".encode("latin-1"), "a.csv, line 3 (byte 0xe9), is not utf-8"),
        ("Id,Nom\xe9\n1,x\n".encode("latin-1"), "a.csv, line 1 (byte 0xe9), is not utf-8"),
        (b"", "a.csv is empty"),
        (b"\n\n", "a.csv is empty"),
        (b"Id,Name,Id\n1,x,2\n", "two columns named Id"),
        (b"Id,Name,NAME\n1,x,2\n", "two columns named Name and NAME"),
        (b'Id,Name\n1,x\n2,"never closed\n3,y\n', "line 3"),
    ],
)
def test_an_unreadable_text_file_is_said_in_one_line(tmp_path, content, said):
    with pytest.raises(InputError) as error:
        rows(opened(tmp_path, "a.csv", content), tmp_path)
    assert said in str(error.value)
    assert str(error.value).startswith("accounts: a.csv")
    assert "\n" not in str(error.value)


def test_a_wrong_encoding_says_what_to_write(tmp_path):
    with pytest.raises(InputError, match=r'accounts = \{ path = "a.csv", encoding = "cp1252" \}'):
        rows(opened(tmp_path, "a.csv", "Id\n\xe9\n".encode("latin-1")), tmp_path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"accounts: data/none\.csv does not exist"):
        opened(tmp_path, "data/none.csv")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="accounts: folder is a folder"):
        opened(tmp_path, "folder")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_named(tmp_path):
    (tmp_path / "a.csv").write_text("Id\n1\n")
    (tmp_path / "a.csv").chmod(0)
    with pytest.raises(InputError, match=r"accounts: a\.csv cannot be read: Permission denied"):
        opened(tmp_path, "a.csv")


def workbook(path: Path, **sheets) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, lines in sheets.items():
        sheet = book.create_sheet(title)
        for line in lines:
            sheet.append(line)
    book.save(path)


def test_a_workbook_is_read_as_text(tmp_path):
    lines = [
        [None, None],
        ["Id", "Name", None, "Since", "Share", None],
        [42, "Café", None, date(2025, 3, 1), 0.5],
        [43.0, "=1+1", True, datetime(2025, 3, 1, 10, 30), 10**15],
        [None] * 5,
        ["007", "x"],
    ]
    workbook(tmp_path / "a.xlsx", First=lines)
    source = opened(tmp_path, "a.xlsx")
    assert source.headers == ("Id", "Name", "column_3", "Since", "Share")
    cells, _ = rows(source, tmp_path)
    assert cells == [
        ("42", "Café", None, "2025-03-01", "0.5"),
        ("43", None, "true", "2025-03-01 10:30:00", "1000000000000000"),
        ("007", "x", None, None, None),
    ]
    assert pq.read_table(tmp_path / "copy.parquet")[ROW].to_pylist() == [3, 4, 6]
    assert source.locate([6]).lines == {6: 6}


def test_the_sheet_that_is_named_is_read(tmp_path):
    workbook(tmp_path / "a.xlsx", First=[["x"], [1]], Accounts=[["Id"], [2]])
    assert opened(tmp_path, "a.xlsx", sheet="Accounts").headers == ("Id",)
    with pytest.raises(Mistakes, match='has no sheet "Acounts"; did you mean "Accounts"') as error:
        opened(tmp_path, "a.xlsx", sheet="Acounts")
    assert error.value.found[0].at == ("inputs", "accounts", "sheet")


@pytest.mark.parametrize("name", ["a.xlsx", "a.parquet"])
def test_a_file_that_is_not_what_its_name_says(tmp_path, name):
    with pytest.raises(InputError, match=f"accounts: {name} "):
        opened(tmp_path, name, b"Id,Name\n1,x\n")


def test_parquet_keeps_types_and_gives_up_dictionaries_and_the_index(tmp_path):
    frame = pd.DataFrame({"Id": [1, 2], "Kind": pd.Categorical(["a", "b"]), "On": [date(2025, 1, 1), None]}, index=["r", "s"])
    frame.to_parquet(tmp_path / "a.parquet")
    source = opened(tmp_path, "a.parquet")
    assert source.headers == ("Id", "Kind", "On")
    assert rows(source, tmp_path)[0] == [(1, "a", date(2025, 1, 1)), (2, "b", None)]


def test_parquet_bytes_are_text(tmp_path):
    pq.write_table(pa.table({"Id": pa.array([b"007", None]), "Nothing": pa.nulls(2)}), tmp_path / "a.parquet")
    assert rows(opened(tmp_path, "a.parquet"), tmp_path)[0] == [("007", None), (None, None)]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://example.com/accounts.csv", "is no input that can be read"),
        ("postgresql://u:secret@localhost/crm", r"names no table; write it at the end, as in .*\?table=accounts"),
    ],
)
def test_a_url_that_is_no_input(tmp_path, url, said):
    with pytest.raises(Mistakes, match=said) as error:
        open_source("accounts", InputSource(path=url), tmp_path)
    assert "secret" not in str(error.value)


def test_a_database_that_does_not_answer_is_said_without_its_password(tmp_path):
    url = "postgresql://me:s%65cret@127.0.0.1:1/crm?table=accounts&connect_timeout=2"
    with pytest.raises(InputError) as error:
        open_source("accounts", InputSource(path=url), tmp_path)
    message = str(error.value)
    assert message.startswith("accounts: postgresql://127.0.0.1:1/crm?table=accounts cannot be read: ")
    assert "secret" not in message and "s%65cret" not in message and "\n" not in message


def test_cells_longer_than_the_csv_module_takes_are_read(tmp_path):
    long = "x" * (csv.field_size_limit() + 10)
    source = opened(tmp_path, "a.csv", f"Id,Name\n1,{long}\n2,y\n".encode())
    assert rows(source, tmp_path)[0] == [("1", long), ("2", "y")]
