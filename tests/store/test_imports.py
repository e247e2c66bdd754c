"""Decisions through a spreadsheet: export, edit, dry run, all or nothing."""

from datetime import UTC, date, datetime, timedelta

import openpyxl
import pandas as pd
import pytest

from lastword.errors import InputError, Refusal
from overrides import ledger
from overrides.imports import apply_import, export_decisions, import_file, plan_import, read_decisions
from tests.stores import scores_of, settings_of

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
SETTINGS = settings_of()


@pytest.fixture
def published(project):
    project.publish(scores_of(["001", "002", "003", "004"], name=["=cmd", "-Zwei", "Drei", "Vier"]))
    return project


def add(account, grade, **given):
    given = {"reason": "other", "note": "", "by": "ann", "expires_on": None, "now": NOW, "settings": SETTINGS} | given
    return ledger.add(account, grade, **given)


def written(folder, text, name="decisions.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def outcomes(path, by="bob"):
    return [(row.line, row.outcome) for row in plan_import(read_decisions(path), LATER, SETTINGS, by)]


def test_new_decisions_are_recorded_all_at_once(published, tmp_path):
    path = written(
        tmp_path, "Account_ID,GRADE,Reason,note,expires_on,by\n001,f,relationship,so it is,2026-09-01,cleo\n002,B,other,,,\n"
    )
    assert [row.outcome for row in import_file(path, "bob", LATER, SETTINGS)] == ["new", "new"]
    found = ledger.in_force(LATER)
    assert found["grade"].to_dict() == {"001": "F", "002": "B"}
    assert found["by"].to_dict() == {"001": "cleo", "002": "bob"}
    assert found["note"].to_dict() == {"001": "so it is", "002": ""}
    assert found["expires_on"].to_dict() == {"001": pd.Timestamp("2026-09-01"), "002": pd.Timestamp("2026-11-28")}
    assert found["seen_run_id"].tolist() == ["r1", "r1"]
    assert {row.outcome for row in import_file(path, "bob", LATER, SETTINGS)} == {"unchanged"}


def test_a_dry_run_shows_the_same_and_changes_nothing(published, tmp_path):
    add("001", "A")
    path = written(
        tmp_path, "account_id,grade,reason\n001,A,other\n001,,\n002,B,other\n003,E,other\n004,B,because\n0005,B,other\n"
    )
    expected = [(2, "unchanged"), (3, "unchanged"), (4, "new"), (5, "error"), (6, "error"), (7, "error")]
    assert outcomes(path) == expected
    said = [row.said for row in import_file(path, "bob", LATER, SETTINGS, dry_run=True)]
    assert "grade 'E' is unknown" in said[3]
    assert "nearest is" in said[4]
    assert "unknown to the current scores" in said[5]
    assert list(ledger.in_force(LATER).index) == ["001"]


def test_one_broken_row_keeps_all_rows_out(published, tmp_path):
    path = written(tmp_path, "account_id,grade,reason\n001,A,other\n002,B,other\n003,B,because\n")
    said = "nothing imported: 0 conflicts and 1 errors in 3 rows; the first is line 4, account '003': reason 'because'"
    with pytest.raises(Refusal, match=said):
        import_file(path, "bob", LATER, SETTINGS)
    assert ledger.in_force(LATER).empty


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_an_export_that_nobody_edits_changes_nothing(published, tmp_path, suffix):
    notes = ["-1 % margin", "two\nlines", "'=quoted", '  spaces, "quotes"; 漢字 ']
    for account, note in zip(["001", "002", "003", "004"], notes, strict=True):
        add(account, "B", note=note, by="=ann", expires_on=date(2026, 12, 31))
    path = tmp_path / f"overrides{suffix}"
    assert export_decisions(path, LATER) == 4
    assert {row.outcome for row in plan_import(read_decisions(path), LATER, SETTINGS, "bob")} == {"unchanged"}
    narrower = settings_of(reasons=("strategic",))
    assert {row.outcome for row in plan_import(read_decisions(path), LATER, narrower, "bob")} == {"unchanged"}


def test_an_edited_workbook_changes_what_was_edited(published, tmp_path):
    add("001", "B", note="was", by="ann")
    add("002", "B")
    path = tmp_path / "overrides.xlsx"
    export_decisions(path, LATER)
    workbook = openpyxl.load_workbook(path)
    sheet = workbook["overrides"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(2, columns["grade"], "c ")
    sheet.cell(2, columns["expires_on"], datetime(2026, 8, 1))
    sheet.append({columns["account_id"]: 3, columns["grade"]: "A", columns["reason"]: "Relationship"})
    sheet.append({columns["account_id"]: "004", columns["grade"]: "A", columns["reason"]: "Relationship"})
    workbook.save(path)
    assert outcomes(path) == [(2, "changed"), (3, "unchanged"), (4, "error"), (5, "new")], "a numeric 3 isn't the id 003"
    sheet.delete_rows(4)
    workbook.save(path)
    import_file(path, "bob", LATER, SETTINGS)
    found = ledger.in_force(LATER)
    assert found.loc["001", ["grade", "note", "by"]].tolist() == ["C", "was", "bob"]
    assert found.loc["001", "expires_on"] == pd.Timestamp("2026-08-01")
    assert found.loc["002", "by"] == "ann"
    assert found.loc["004", ["grade", "reason", "by"]].tolist() == ["A", "relationship", "bob"]
    assert [line["action"] for line in ledger.history("001", LATER)] == ["add", "supersede"]


def test_what_somebody_decided_since_the_export_is_a_conflict(published, tmp_path):
    add("001", "B")
    add("002", "B")
    path = tmp_path / "overrides.csv"
    export_decisions(path, NOW)
    text = path.read_text(encoding="utf-8").replace(",B,other,", ",F,other,")
    written(tmp_path, text + "003,,,,,C,other,,,,,\n", "edited.csv")
    assert outcomes(tmp_path / "edited.csv") == [(2, "changed"), (3, "changed"), (4, "new")]
    add("001", "D", by="cleo", now=LATER)
    ledger.revoke("002", "", "cleo", LATER)
    add("003", "A", by="cleo", now=LATER)
    rows = read_decisions(tmp_path / "edited.csv")
    planned = plan_import(rows, LATER, SETTINGS, "bob")
    assert [row.outcome for row in planned] == ["conflict"] * 3
    assert "D (other) by cleo at 2026-06-01 13:00 UTC is in force now" in planned[0].said
    assert "no override is in force now" in planned[1].said
    with pytest.raises(Refusal, match="3 conflicts and 0 errors in 3 rows"):
        apply_import(rows, LATER, SETTINGS, "bob")


def test_an_account_twice_in_a_file(published, tmp_path):
    same = "account_id,grade,reason\n001,A,other\n001,a,OTHER\n002,B,other\n"
    assert outcomes(written(tmp_path, same)) == [(2, "new"), (3, "unchanged"), (4, "new")]
    different = "account_id,grade,reason\n001,A,other\n001,B,other\n002,B,other\n"
    assert outcomes(written(tmp_path, different)) == [(2, "conflict"), (3, "conflict"), (4, "new")]


def test_an_applied_file_is_applied_once(published, tmp_path):
    add("001", "B")
    path = tmp_path / "overrides.csv"
    export_decisions(path, LATER)
    written(tmp_path, path.read_text(encoding="utf-8").replace(",B,other,", ",F,other,"), "edited.csv")
    assert [row.outcome for row in import_file(tmp_path / "edited.csv", "bob", LATER, SETTINGS)] == ["changed"]
    assert [row.outcome for row in import_file(tmp_path / "edited.csv", "bob", LATER, SETTINGS)] == ["unchanged"]
    assert len(ledger.history("001", LATER)) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "account,grade,reason\n1,A,other\n",
            "column 'account_id' is missing; nearest is 'account': expected account_id, grade, reason",
        ),
        ("account_id,grade\n1,A\n", "column 'reason' is missing"),
        ("account_id,grade,Grade,reason\n1,A,B,other\n", "column 'grade' occurs 2 times"),
        ("", "is empty"),
    ],
)
def test_a_file_without_its_columns_is_an_input_error(tmp_path, text, said):
    with pytest.raises(InputError, match=said):
        read_decisions(written(tmp_path, text))


def test_a_date_that_is_none_is_said_with_its_row(published, tmp_path):
    path = written(tmp_path, "account_id;grade;reason;expires_on\n001;A;other;1.8.2026\n")
    (row,) = plan_import(read_decisions(path), LATER, SETTINGS, "bob")
    assert (row.outcome, row.said) == ("error", "expires_on '1.8.2026' isn't a date: expected YYYY-MM-DD")


SEEN = "account_id,grade,reason,seen_run_id,seen_plan_grade,seen_model_grade\n"


def test_evidence_that_moved_since_the_export_is_a_conflict_in_words(published, tmp_path):
    path = written(tmp_path, SEEN + "001,F,other,r1,D,A\n002,F,other,r1,D,B\n003,F,other,,D,A\n004,F,other,r0,B,\n")
    said = "the evidence moved since the file was exported: "
    planned = plan_import(read_decisions(path), LATER, SETTINGS, "bob")
    assert [row.outcome for row in planned] == ["new", "new", "new", "conflict"]
    assert planned[3].said == said + "the model said no grade and says D, the plan said B and says D in run r1"
    published.publish(scores_of(["001", "002", "003", "004"], model_grade="A"), "r2")
    planned = plan_import(read_decisions(path), LATER, SETTINGS, "bob")
    assert [row.outcome for row in planned] == ["new", "conflict", "new", "conflict"], "another run that says the same is none"
    assert planned[1].said == said + "the model said B and says A in run r2"


def test_a_run_alone_or_grades_alone_are_no_evidence_that_moved(published, tmp_path):
    run_alone = written(tmp_path, "account_id,grade,reason,seen_run_id\n001,F,other,r0\n")
    assert outcomes(run_alone) == [(2, "new")]
    grades_alone = written(tmp_path, "account_id,grade,reason,seen_plan_grade,seen_model_grade\n001,F,other,A,F\n")
    assert outcomes(grades_alone) == [(2, "new")]


def test_the_clean_rows_are_applied_and_the_others_come_back_as_what_they_are(published, tmp_path):
    path = written(tmp_path, SEEN + "001,F,other,r1,D,A\n002,F,other,r0,D,A\n003,E,other,r1,D,C\n")
    rows = read_decisions(path)
    with pytest.raises(Refusal, match="nothing imported: 1 conflicts and 1 errors in 3 rows"):
        apply_import(rows, LATER, SETTINGS, "bob")
    assert [row.outcome for row in apply_import(rows, LATER, SETTINGS, "bob", only_clean=True)] == ["new", "conflict", "error"]
    assert ledger.in_force(LATER)["grade"].to_dict() == {"001": "F"}
    assert [row.outcome for row in apply_import(rows, LATER, SETTINGS, "bob", only_clean=True)] == [
        "unchanged",
        "conflict",
        "error",
    ]


def test_a_reason_that_asks_for_a_note_asks_for_it_in_a_file_too(published, tmp_path):
    path = written(tmp_path, "account_id,grade,reason,note\n001,F,other,\n002,F,other,so it is\n003,F,relationship,\n")
    planned = plan_import(read_decisions(path), LATER, settings_of(note_for=("other",)), "bob")
    assert [row.outcome for row in planned] == ["error", "new", "new"]
    assert planned[0].said.startswith("a note is asked for with reason 'other'")
