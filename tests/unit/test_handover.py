"""What a hand-over holds: its tables, sentences and figures, from literals."""

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest

from lastword.handover.document import amount, summary_data, summary_pdf
from lastword.handover.package import MANIFEST, manifest_of, package_files
from lastword.handover.tables import ACCOUNT_COLUMNS, SEGMENT_COLUMNS, Origin, accounts_table, by_grade, by_region, segments_table
from lastword.handover.words import LONGEST, reasons_in_words
from lastword.salesforce.rows import digests, salesforce_rows
from lastword.settings import Salesforce
from overrides.final import typed
from tests.unit.test_docs import columns_of_first_cells, section

PAGE = (Path(__file__).parents[2] / "docs" / "handover.md").read_text(encoding="utf-8")
PUBLISHED = datetime(2026, 11, 23, 6, tzinfo=UTC)
ORIGIN = Origin("Acme [*#]", "USD", "r1", PUBLISHED, date(2026, 11, 23), "propensity", "3", "2026", "model", 7)


def final_of(*rows):
    common = {"name": "N", "coverage": True, "under_review": False, "run_id": "r1", "model_version": "3", "plan_version": "2026"}
    common |= {"as_of": date(2026, 11, 23), "scored_at": PUBLISHED, "key_account": False, "account_status": "prospect"}
    from lastword.contracts import FINAL_COLUMNS

    return typed(pd.DataFrame([common | row for row in rows]).reindex(columns=list(FINAL_COLUMNS)))


FINAL = final_of(
    {"account_id": "001", "region": "EMEA", "final_grade": "A", "decided_by": "model", "model_grade": "A", "model_points": 92.4}
    | {"plan_segment": "Gold", "plan_points": 60.0, "tier": 1, "potential_spend": 100.0, "expected_value": 50.0},
    {
        "account_id": "002",
        "region": "EMEA",
        "final_grade": "B",
        "decided_by": "override",
        "model_grade": "D",
        "model_points": 10.0,
    }
    | {"plan_segment": "Gold", "override_by": "rita", "override_reason": "relationship", "override_expires_on": "2027-01-31"}
    | {"tier": 2, "expected_value": 25.0, "key_account": True},
    {"account_id": "=3", "name": "=1+1", "decided_by": "plan", "coverage": False, "plan_segment": None},
    {"account_id": "004", "region": "APAC", "final_grade": "A", "decided_by": "plan", "plan_segment": "Gold", "plan_points": 81.0}
    | {"tier": 1},
)


def reasons_of(*rows):
    return pd.DataFrame(rows, columns=["account_id", "source", "attribute", "family", "contribution", "value"])


REASONS = reasons_of(
    ("001", "model", "employee_count", "firmographic", 20.0, "405300"),
    ("001", "model", "technology:Salesforce", "technographic", -8.0, "no"),
    ("001", "model", "(base)", "(base)", 49.0, None),
    ("001", "plan", "industry", "firmographic", 30.0, "Energy"),
    ("004", "plan", "country", "firmographic", -3.0, None),
)
ACCOUNTS = accounts_table(
    FINAL,
    pd.Series({"001": "C", "002": "C", "004": "A"}),
    pd.Series({"002": "001"}),
    reasons_in_words(FINAL, REASONS),
)


def test_one_sentence_says_who_decided_and_why():
    assert list(ACCOUNTS["reasons"]) == [
        "The model gives A (92 points): for it employee count 405,300, against it no Salesforce.",
        "Decided by rita (relationship) until 2027-01-31; the model says D, the plan Gold.",
        "A rule of the plan excludes it.",
        "The plan gives A (81 points): against it country unknown.",
    ]


def test_a_sentence_fits_a_field_of_a_crm():
    long = final_of({"account_id": "1", "final_grade": "B", "decided_by": "override", "override_by": "x" * 400})
    said = reasons_in_words(long, REASONS)[0]
    assert len(said) == LONGEST
    assert said.endswith("…")


def test_accounts_have_parents_and_the_grade_of_the_plan():
    assert tuple(ACCOUNTS.columns) == ACCOUNT_COLUMNS
    assert ACCOUNTS["parent_account_id"].fillna("").tolist() == ["", "001", "", ""]
    assert ACCOUNTS["plan_grade"].fillna("").tolist() == ["C", "C", "", "A"]


def test_segments_count_every_account_once():
    table = segments_table(ACCOUNTS)
    assert tuple(table.columns) == SEGMENT_COLUMNS
    assert table["accounts"].sum() == 4
    assert table["key_accounts"].sum() == 1
    assert table["expected_value"].sum() == 75.0
    apac = table[table["region"] == "APAC"].iloc[0]
    assert (apac["final_grade"], apac["accounts"]) == ("A", 1)
    assert pd.isna(apac["expected_value"])
    assert table["region"].isna().sum() == 1


def test_figures_by_grade_and_region():
    grades = by_grade(ACCOUNTS).set_index("grade")
    assert grades[["plan", "model", "final"]].to_dict("index")["A"] == {"plan": 1, "model": 1, "final": 2}
    assert grades.loc["none", "final"] == 1
    regions = by_region(ACCOUNTS)
    assert regions["region"].tolist() == ["EMEA", "APAC", "not given"]
    assert regions["expected_value"].iloc[0] == 75.0
    two = by_region(ACCOUNTS, most=2)
    assert two["region"].tolist() == ["EMEA", "2 other regions"]
    assert two["accounts"].tolist() == [2, 2]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "–"),
        (0.0, "0"),
        (730.4, "730"),
        (999.6, "1.00 k"),
        (12_350.0, "12.3 k"),
        (775_328.0, "775 k"),
        (14e6, "14.0 M"),
        (2.5e9, "2.50 bn"),
    ],
)
def test_money_in_few_characters(value, said):
    assert amount(value) == said


def test_the_same_tables_give_the_same_bytes_and_the_manifest_tells_them():
    files, rows = package_files(ACCOUNTS, ORIGIN, Salesforce())
    again, _ = package_files(ACCOUNTS.copy(), ORIGIN, Salesforce())
    assert files == again
    manifest = manifest_of(files, rows, ORIGIN, datetime(2026, 11, 24, tzinfo=UTC))
    assert manifest["files"]["accounts.csv"]["rows"] == 4
    assert manifest["files"]["summary.pdf"]["rows"] is None
    later = manifest_of(files, rows, ORIGIN, datetime(2026, 11, 25, tzinfo=UTC))
    assert {key for key in manifest if manifest[key] != later[key]} == {"made_at"}
    assert files["accounts.csv"].decode().splitlines()[3].startswith("=3,'=1+1,")  # ids unchanged, other text made safe
    assert files["summary.pdf"].startswith(b"%PDF-")


def test_the_workbook_has_filters_formats_and_charts():
    import io

    import openpyxl

    files, _ = package_files(ACCOUNTS, ORIGIN, Salesforce())
    workbook = openpyxl.load_workbook(io.BytesIO(files["handover.xlsx"]))
    assert workbook.sheetnames == ["summary", "accounts", "segments"]
    sheet = workbook["accounts"]
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref.startswith("A1:")
    assert [cell.value for cell in sheet[1]] == list(ACCOUNT_COLUMNS)
    place = ACCOUNT_COLUMNS.index("expected_value")
    assert sheet[2][place].number_format == "#,##0"
    assert sheet["A4"].value == "=3"
    assert sheet["A4"].data_type == "s"
    assert len(workbook["summary"]._charts) == 2


def test_a_summary_without_any_money_or_region_is_still_one():
    bare = ACCOUNTS.assign(region=None, expected_value=float("nan"), potential_spend=float("nan"))
    bare["region"] = bare["region"].astype("str")
    said = summary_data(bare, ORIGIN, {"accounts.csv": 4})
    assert said["figures"][-1] == {"name": "expected value", "value": "–"}
    assert summary_pdf(bare, ORIGIN, {"accounts.csv": 4}).startswith(b"%PDF-")
    assert json.dumps(said)


@pytest.mark.parametrize(("heading", "columns"), [("accounts: one row", ACCOUNT_COLUMNS), ("segments: one row", SEGMENT_COLUMNS)])
def test_exactly_these_columns_are_documented(heading, columns):
    assert columns_of_first_cells(section(PAGE, heading)) - {"column"} == set(columns)


def test_every_file_and_key_is_documented():
    files, rows = package_files(ACCOUNTS, ORIGIN, Salesforce())
    manifest = manifest_of(files, rows, ORIGIN, PUBLISHED)
    keys = {
        name
        for row in re.findall(r"^\| (`[^|]+`) \|", section(PAGE, "manifest.json"), re.M)
        for name in re.findall(r"`(\w+)`", row)
    }
    assert keys == set(manifest)
    listed = set(re.findall(r"`([\w.]+\.(?:csv|parquet|xlsx|pdf|json))`", PAGE.partition("## accounts")[0]))
    assert listed == {*files, MANIFEST}


def test_salesforce_gets_one_field_each_and_empty_ones_are_emptied():
    rows = salesforce_rows(ACCOUNTS.assign(propensity=[0.12346, None, None, 1.0]), Salesforce())
    assert rows.columns.tolist() == [
        "Lastword_Id__c",
        "Lastword_Grade__c",
        "Lastword_Tier__c",
        "Lastword_Propensity__c",
        "Lastword_Reasons__c",
        "Lastword_Decided_By__c",
    ]
    assert rows.iloc[0].tolist() == ["001", "A", "1", "0.1235", ACCOUNTS["reasons"][0], "model"]
    assert rows.iloc[2, [0, 1, 2, 3]].tolist() == ["=3", "#N/A", "#N/A", "#N/A"]


def test_a_digest_changes_with_what_is_said_and_with_the_fields():
    rows = salesforce_rows(ACCOUNTS, Salesforce())
    other = salesforce_rows(ACCOUNTS.assign(tier=3), Salesforce())
    renamed = salesforce_rows(ACCOUNTS, Salesforce(fields={"tier": "Tier__c"}))
    assert digests(rows) == digests(rows.copy())
    assert all(digests(rows)[account] != digests(changed)[account] for changed in (other, renamed) for account in ("001", "=3"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"fields": {"tier": "Lastword_Grade__c"}},
        {"external_id": "Id FROM Account"},
        {"pull": {"won": {"amount": "Amount"}}},
        {"pull": {"won": {"account_id": "AccountId", "amuont": "Amount"}}},
    ],
)
def test_wrong_fields_of_salesforce_are_refused(wrong):
    with pytest.raises(ValueError):
        Salesforce.model_validate(wrong)
