"""The review workbook: what goes out comes back the same, through LibreOffice too; what somebody put into it runs nowhere."""

import io
import shutil
import subprocess
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils.escape import unescape

from lastword.errors import InputError, Refusal
from overrides import ledger, review_upload, review_workbook
from overrides.imports import apply_import, plan_import
from overrides.review_upload import pinned, read_review
from overrides.review_workbook import About, write_review_workbook
from overrides.worklist import queue_rows
from tests.stores import scores_of, settings_of

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
REASONS = ("relationship", "budget, known", "=danger()")
SETTINGS = settings_of(reasons=REASONS)
ABOUT = About("r1", date(2026, 6, 1), "all", "rita", NOW, REASONS, 180)
ACCOUNTS = {
    "007": "Leading zeros",
    "12345678901234567890": '=HYPERLINK("http://x")',
    "2026-01-02": "+1 looks like a date",
    "1E5": "-2 looks like a number",
    "=1+1": "@SUM(A1)",
    "1/2": "\tstarts with a tab",
    "TRUE": "'=quoted",
    'a b/c, "d"': "Öst & Söhne; 漢字 🦉",
    "١٢٣": "ends with space ",
    "-5": "",
}
NOTES = ["=1+1", "-1 % margin", "two\nlines", "'=quoted", '"quotes", and; more', "漢字", "+49 30 1234", "@all", "A1", "0012"]


@pytest.fixture
def published(project):
    project.publish(scores_of(list(ACCOUNTS), name=list(ACCOUNTS.values()), plan_segment="=Bronze", why="-why, because"))
    return project


def exported(folder: Path, about: About = ABOUT, name: str = "review.xlsx") -> Path:
    path = folder / name
    rows = queue_rows(list(ACCOUNTS), about.now, SETTINGS)
    assert write_review_workbook(path, [rows[account] for account in ACCOUNTS], about) == len(ACCOUNTS)
    return path


def filled(path: Path, *decisions: tuple[str, dict[str, object]]) -> Path:
    """The workbook as somebody edits and saves it."""
    workbook = openpyxl.load_workbook(path)
    sheet = workbook["review"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    lines = {unescape(row[0].value): row[0].row for row in sheet.iter_rows(min_row=2)}
    for account, cells in decisions:
        for name, value in cells.items():
            sheet.cell(lines[account], columns[name]).value = value
    workbook.save(path)
    return path


def read(path: Path):
    return read_review(path.read_bytes(), path.name)


def planned(path: Path, settings=SETTINGS, now=LATER):
    file = read(path)
    return {row.account_id: (row.outcome, row.said) for row in [*plan_import(file.rows, now, settings, "bob"), *file.broken]}


def decide(account: str, grade: str, **given):
    given = {"reason": "relationship", "note": "", "by": "ann", "expires_on": None, "now": NOW, "settings": SETTINGS} | given
    return ledger.add(account, grade, **given)


def through_libreoffice(path: Path, suffix: str) -> Path:
    """What LibreOffice makes of a file when it opens and saves it."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice (soffice) isn't installed")
    folder = path.parent / f"as-{suffix}"
    profile = f"-env:UserInstallation=file://{path.parent}/profile"
    form = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false" if suffix == "csv" else suffix
    command = [program, "--headless", profile, "--convert-to", form, "--outdir", str(folder), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return folder / f"{path.stem}.{suffix}"


def test_no_text_becomes_a_formula_and_ids_are_text(published, tmp_path):
    for account, note in zip(ACCOUNTS, NOTES, strict=True):
        decide(account, "B", note=note, reason="=danger()")
    path = exported(tmp_path)
    with zipfile.ZipFile(path) as archive:
        sheets = [archive.read(name).decode() for name in archive.namelist() if name.startswith("xl/worksheets/")]
    assert len(sheets) == 2
    assert not any("<f>" in sheet or "<f " in sheet for sheet in sheets)
    sheet = openpyxl.load_workbook(path)["review"]
    assert [unescape(row[0].value) for row in sheet.iter_rows(min_row=2)] == list(ACCOUNTS)
    assert {cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row} <= {"s", "n", "d"}


def test_only_the_columns_to_fill_in_are_open(published, tmp_path):
    sheet = openpyxl.load_workbook(exported(tmp_path))["review"]
    titles = [cell.value for cell in sheet[1]]
    assert titles[:13] == [
        *("account_id", "name", "region", "country", "industry", "plan_points", "plan_segment", "plan_grade"),
        *("model_points", "model_grade", "disparity", "why", "final_grade"),
    ]
    unlocked = {titles[cell.column - 1] for row in sheet.iter_rows(min_row=2) for cell in row if not cell.protection.locked}
    assert unlocked == {"grade", "reason", "note", "expires_on"}
    assert sheet.protection.sheet
    assert not sheet.protection.password
    hidden = {
        titles[openpyxl.utils.column_index_from_string(name) - 1]
        for name, column in sheet.column_dimensions.items()
        if column.hidden
    }
    assert "entry_id" in hidden
    assert not hidden & set(titles[:17])
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref == "A1:U11"
    rules = {rule.type: rule for rule in sheet.data_validations.dataValidation}
    assert str(rules["date"].sqref) == "Q2:Q11"
    lists = [rule.formula1 for rule in sheet.data_validations.dataValidation if rule.type == "list"]
    assert lists == ['"A,B,C,D,F"', "'how to'!$A$13:$A$15"]


@pytest.mark.parametrize(
    ("project", "suffix"), [("sqlite", ""), ("postgresql", ""), ("sqlite", "xlsx"), ("sqlite", "csv")], indirect=["project"]
)
def test_what_is_exported_again_is_what_was_imported(published, tmp_path, suffix):
    wishes = {
        account: {"grade": "C", "reason": REASONS[place % 3], "note": note, "expires_on": date(2026, 9, 1 + place)}
        for place, (account, note) in enumerate(zip(ACCOUNTS, NOTES, strict=True))
    }
    path = filled(exported(tmp_path), *wishes.items())
    workbook = openpyxl.load_workbook(path)
    for row in workbook["review"].iter_rows(min_row=2):
        for cell in row:
            if cell.data_type == "f":  # openpyxl's guess: what somebody types into a text cell is text
                cell.data_type = "s"
    workbook.save(path)
    if suffix:
        path = through_libreoffice(path, suffix)
    assert [said for outcome, said in planned(path).values() if outcome != "new"] == []
    apply_import(read(path).rows, LATER, SETTINGS, "bob")
    found = ledger.in_force(LATER)
    assert set(found.index) == set(ACCOUNTS)
    for account, wish in wishes.items():
        assert found.loc[account, "note"] == str(wish["note"]).removeprefix("'" if wish["note"] == "'=quoted" else "\0")
        assert found.loc[account, ["grade", "reason"]].tolist() == ["C", wish["reason"]]
        assert found.loc[account, "expires_on"].date() == wish["expires_on"]
    again = exported(tmp_path, About("r1", date(2026, 6, 1), "all", "rita", LATER, REASONS, 180), "again.xlsx")
    assert {outcome for outcome, _ in planned(again).values()} == {"unchanged"}


def test_a_row_nobody_filled_in_changes_nothing(published, tmp_path):
    decide("007", "B", note="-1 %", expires_on=date(2026, 12, 31))
    assert {outcome for outcome, _ in planned(exported(tmp_path)).values()} == {"unchanged"}


def test_what_moved_since_the_export_is_a_conflict(published, tmp_path):
    path = filled(
        exported(tmp_path), *((account, {"grade": "F", "reason": "relationship"}) for account in ("007", "1E5", "TRUE"))
    )
    decide("007", "A", by="cleo")
    published.publish(scores_of(list(ACCOUNTS), plan_grade=["C" if account == "1E5" else "D" for account in ACCOUNTS]), "r2")
    found = planned(path)
    assert found["007"][0] == "conflict"
    assert "by cleo" in found["007"][1]
    assert found["1E5"] == ("conflict", "the evidence moved since the file was exported: the plan said D and says C in run r2")
    assert found["TRUE"][0] == "new"


def test_a_file_without_what_was_seen_is_pinned_to_what_holds_when_it_comes(published):
    file = read_review(b"account_id,grade,reason\n007,F,relationship\n1E5,F,relationship\n", "short.csv")
    rows = pinned(file.rows, NOW)
    assert [(row.entry_id, row.seen_run_id, row.seen_plan_grade) for row in rows] == [("", "r1", "D")] * 2
    decide("007", "A", by="cleo")
    outcomes = [row.outcome for row in apply_import(rows, LATER, SETTINGS, "bob", only_clean=True)]
    assert outcomes == ["conflict", "new"]
    assert ledger.in_force(LATER)["by"].to_dict() == {"007": "cleo", "1E5": "bob"}


def test_a_formula_breaks_its_row_and_no_other(published, tmp_path):
    path = filled(
        exported(tmp_path),
        ("007", {"grade": '=IF(TRUE,"A","B")', "reason": "relationship"}),
        ("1E5", {"grade": "A", "reason": "relationship", "note": '=HYPERLINK("http://x","y")'}),
        ("TRUE", {"grade": "A", "reason": "relationship", "why": "=1+1"}),
    )
    found = planned(path)
    assert found["007"] == ("error", 'row 2: grade holds a formula (=IF(TRUE,"A","B")): paste its value')
    assert found["1E5"] == ("error", 'row 5: note holds a formula (=HYPERLINK("http://x","y")): paste its value')
    assert found["TRUE"][0] == "new", "a formula where nothing is read harms nobody"


def test_an_id_that_a_spreadsheet_has_rounded_is_an_error(published, tmp_path):
    path = tmp_path / "rounded.xlsx"
    workbook = openpyxl.Workbook()
    for row in (["account_id", "grade", "reason"], [12345678901234567890, "A", "relationship"]):
        workbook.active.append(row)
    workbook.save(path)
    file = read(path)
    assert not file.rows
    assert "row 2: account_id holds a number of more than 15 digits" in file.broken[0].said


def test_the_author_in_a_file_counts_for_nothing(published):
    file = read_review(b"account_id,grade,reason,by\n007,F,relationship,cleo\n", "by.csv")
    assert file.remarks == ["The column by is left out: the decisions are yours."]
    apply_import(file.rows, LATER, SETTINGS, "bob")
    assert ledger.in_force(LATER)["by"].to_dict() == {"007": "bob"}


def workbook_bytes(*titles: str, rows: tuple[list[str], ...] = (["account_id", "grade", "reason"],)) -> bytes:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for title in titles:
        sheet = workbook.create_sheet(title)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def archive_bytes(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"%PDF-1.7 ...", "report.xlsx", "report.xlsx is a PDF, whatever its name says: expected .xlsx or .csv"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 ...", "secret.xlsx", "secret.xlsx is encrypted, or an old .xls"),
        (b"PK\x03\x04 broken", "broken.xlsx", "broken.xlsx isn't a readable .xlsx workbook: save it again as .xlsx"),
        (b"", "empty.csv", "empty.csv is empty: expected a header and rows"),
        (b" \n\n", "blank.csv", "blank.csv is empty"),
        (b"account_id;grade\n1;A\n", "short.csv", "short.csv, line 1: column 'reason' is missing"),
        (b"anything", "picture.png", "picture.png ends in '.png': expected .xlsx or .csv"),
        (b"PK\x03\x04", "named.csv", "named.csv is a workbook, whatever its name says: rename it to .xlsx"),
        (archive_bytes("notes.txt", b"x"), "notes.xlsx", "notes.xlsx is an archive but no workbook"),
        (workbook_bytes("a", "b", "c"), "three.xlsx", r"three.xlsx has 3 sheets \('a', 'b', 'c'\) and none is called 'review'"),
        (workbook_bytes("only", rows=()), "nothing.xlsx", "nothing.xlsx is empty: expected a header and rows"),
        (workbook_bytes("only", rows=(["account_id", "grade"],)), "two.xlsx", "two.xlsx, line 1: column 'reason' is missing"),
    ],
)
def test_a_wrong_file_is_refused_in_a_sentence(content, name, said):
    with pytest.raises(InputError, match=said) as refused:
        read_review(content, f"../folder/{name}")
    assert "\n" not in str(refused.value)


def test_an_archive_that_unpacks_to_too_much_is_not_unpacked(monkeypatch):
    bomb = archive_bytes("xl/worksheets/sheet1.xml", b" " * 3_000_000)
    monkeypatch.setattr(review_upload, "LARGEST_CONTENT", 2_000_000)
    with pytest.raises(InputError, match="bomb.xlsx unpacks to 3 MB: expected at most 2 MB"):
        read_review(bomb, "bomb.xlsx")


def test_more_rows_than_a_workbook_holds(published, tmp_path, monkeypatch):
    monkeypatch.setattr(review_upload, "MOST_ACCOUNTS", 2)
    monkeypatch.setattr(review_workbook, "MOST_ACCOUNTS", 2)
    assert len(read_review(b"account_id,grade,reason\n1,,\n2,,\n\n", "two.csv").rows) == 2
    with pytest.raises(InputError, match="three.csv has more than 2 rows: import it in parts"):
        read_review(b"account_id,grade,reason\n1,,\n2,,\n3,,\n", "three.csv")
    with pytest.raises(Refusal, match="holds at most 2 accounts and these are more"):
        exported(tmp_path)
