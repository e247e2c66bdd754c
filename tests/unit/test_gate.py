"""The gate as a whole: what it writes, what it refuses, and what it says about settings and files that are wrong."""

import json
import re

import ibis
import pandas as pd
import pytest

from expectations.gate import check_features, check_final, record_leakage
from expectations.leakage import leakage_lines
from expectations.report import render_leakage, render_page
from lastword.contracts import FINAL_COLUMNS
from lastword.errors import ConfigurationError, InputError, Refusal
from tests.gate_project import AS_OF, RUN, pass_gate, used, write_project


def document_of(project):
    return json.loads((project.run_folder(RUN) / "validation.json").read_text(encoding="utf-8"))


def page_of(project):
    return (project.docs_folder / "validation.html").read_text(encoding="utf-8")


def test_the_smallest_project_passes(tmp_path):
    project = write_project(tmp_path)
    report = pass_gate(project)
    assert report.ok
    assert json.loads(report.to_json()) == document_of(project) == report.as_dict()
    assert set(document_of(project)) == {"ok", "tables", "expectations"}
    assert document_of(project)["tables"]["accounts"] == {
        "rows_in": 6,
        "rows_used": 6,
        "rows_not_yet_known": 0,
        "rows_quarantined": 0,
        "reasons": {},
        "cell_issues": {},
    }
    assert all(set(entry) == {"table", "name", "ok", "observed"} for entry in document_of(project)["expectations"])
    assert not project.quarantine_folder.exists() or not list(project.quarantine_folder.iterdir())
    assert sorted(path.name for path in project.run_folder(RUN).iterdir()) == [
        "account_prints.parquet",
        "inputs",
        "validation.json",
    ]


def test_expectations_that_are_not_met_are_remarks(tmp_path):
    accounts = "account_id,name,industry,employee_count\n" + "".join(f"a{n},N,,1e12\n" for n in range(6))
    project = write_project(tmp_path, accounts=accounts, won="account_id\n")
    report = pass_gate(project)
    unmet = {(one.table, one.name): one.observed for one in report.expectations if not one.ok}
    assert report.ok
    assert unmet["accounts", "industry is given for at least 50%"] == "6 of 6 otherwise"
    assert unmet["accounts", "employee_count is between 0 and 5,000,000 for at least 99%"] == "6 of 6 otherwise"
    assert unmet["won", "there is at least one win"] == 0.0


def test_over_a_fifth_quarantined_stops_the_run(tmp_path):
    rows = ["a1,One", "a2,Two", "a3,Three", ",Four", "a1,Five"]
    project = write_project(tmp_path, accounts="account_id,name\n" + "\n".join(rows))
    with pytest.raises(
        Refusal, match=r"accounts: 40 % of 5 rows are broken \(20 % blank_account_id, 20 % duplicate_account_id\)"
    ):
        pass_gate(project)
    assert document_of(project)["ok"] is False
    assert (project.quarantine_folder / "accounts.csv").exists()
    assert "did not pass the gate" in page_of(project)


def test_exactly_a_fifth_quarantined_goes_on(tmp_path):
    project = write_project(tmp_path, accounts="account_id,name\na1,One\na2,Two\na3,Three\na4,Four\n,Five\n")
    assert pass_gate(project).ok


def test_no_account_stops_the_run(tmp_path):
    project = write_project(tmp_path, accounts="account_id,name\n", won="account_id\n", house_list="account_id\n")
    with pytest.raises(Refusal, match="accounts: no usable row is left"):
        pass_gate(project)
    assert document_of(project)["ok"] is False


@pytest.mark.parametrize(
    ("settings", "accounts", "kind", "said"),
    [
        (
            '[columns.accounts]\nname = "Nmae"',
            "account_id,Name\na1,x\n",
            ConfigurationError,
            r'lastword\.toml:6: \[columns\.accounts\] name: data/accounts\.csv has no column "Nmae"; did you mean "Name"',
        ),
        (
            '[features]\ncolumns.flet = { kind = "numeric", known = "always" }',
            "account_id,name,fleet\na1,x,1\n",
            ConfigurationError,
            r'lastword\.toml:6: \[features\.columns\] flet: .* has no column "flet"; did you mean "fleet"',
        ),
        (
            "",
            "Id,name\na1,x\n",
            InputError,
            r"accounts: data/accounts\.csv lacks the required column account_id; its columns are Id, name; "
            r'write account_id = "THEIR NAME" under \[columns\.accounts\]',
        ),
        ("", "account_id;name\na1;x\n", InputError, r'delimiter = ";"'),
    ],
)
def test_wrong_columns(tmp_path, settings, accounts, kind, said):
    project = write_project(tmp_path, settings, accounts=accounts)
    with pytest.raises(kind, match=said) as error:
        pass_gate(project)
    assert "\n" not in str(error.value)
    assert not (project.run_folder(RUN) / "inputs").exists(), "nothing is read before every mapping is right"


def test_names_that_differ_in_case_are_found(tmp_path):
    project = write_project(
        tmp_path, accounts="Account_ID,NAME,Industry\na1,One,Software\na2,Two,\n", won="account_id\n", house_list="account_id\n"
    )
    pass_gate(project)
    assert used(project, "accounts") == {"account_id": ["a1", "a2"], "name": ["One", "Two"], "industry": ["Software", None]}


def test_one_source_column_serves_several(tmp_path):
    settings = '[columns.accounts]\naccount_id = "Site"\nname = "Site"\ndomain = "Site"\n'
    project = write_project(tmp_path, settings, accounts="Site\nx.com\ny.com\n", won="account_id\n", house_list="account_id\n")
    pass_gate(project)
    assert used(project, "accounts") == {name: ["x.com", "y.com"] for name in ("account_id", "name", "domain", "Site")}


def test_two_runs_write_the_same_bytes(tmp_path):
    intents = "account_id,topic,observed_on\n" + "".join(f"a{n % 7},t{n % 5},2026-0{1 + n % 5}-01\n" for n in range(5000))
    project = write_project(tmp_path, intents=intents)
    written = []
    for _ in range(2):
        pass_gate(project)
        state = [project.quarantine_folder / "intents.csv", *(project.run_folder(RUN) / "inputs").iterdir()]
        written.append({path.name: path.read_bytes() for path in state})
    assert written[0] == written[1]


def test_the_page_needs_nothing_else_and_escapes(tmp_path):
    project = write_project(tmp_path, accounts="account_id,name\na1,One\na2,Two\na3,Three\na4,Four\n,Five\n")
    pass_gate(project)
    page = page_of(project)
    assert "blank_account_id" in page and "20.00%" in page
    assert not re.search(r"https?:|src=|@import|url\(|<script|<link", page)
    entry = {"table": "<b>", "name": "<script>alert(1)</script>", "ok": False, "observed": "<i>"}
    escaped = render_page({"ok": True, "tables": {}, "expectations": [entry]}, "<run>")
    assert "<script>" not in escaped and "&lt;script&gt;" in escaped and "<run>" not in escaped


LEAK = {
    "column": "<b>",
    "rule": "single-feature AUC",
    "figure": 0.954,
    "limit": 0.9,
    "message": 'column "<b>" seems to know the future: it ranks; declare it',
    "advice": "declare it",
}


def test_what_the_leakage_gate_found_is_on_the_page_and_in_validation_json(tmp_path):
    project = write_project(tmp_path)
    pass_gate(project)
    folder = project.run_folder(RUN)
    found = {"blocked": [LEAK], "warned": [], "excluded": [{**LEAK, "figure": None, "limit": None}], "waived": []}
    record_leakage(found, True, folder, project.docs_folder)
    document, page = document_of(project), page_of(project)
    assert document["leakage"] == found and not document["ok"]
    assert "the leakage gate</a> stopped the run" in page
    assert "1 blocked, 0 warned, 1 excluded" in page and "<b>" not in page and "0.95" in page and "0.90" in page
    assert page.count("declare it") == 2, "beside each finding, and not in what was found too"
    assert "1 blocked" in render_leakage(found, RUN)
    nothing = {outcome: [] for outcome in found}
    pass_gate(project)
    record_leakage(nothing, False, folder, project.docs_folder)
    assert document_of(project)["ok"] and "0 blocked, 0 warned, 0 excluded" in page_of(project)


def test_the_terminal_tells_every_finding_that_a_person_should_judge():
    warned = [{**LEAK, "column": f"fact {k}", "figure": 250.0, "limit": 200.0, "rule": "categories"} for k in range(12)]
    lines = leakage_lines({"blocked": [], "warned": warned, "excluded": [LEAK], "waived": []})
    assert lines[0] == "Leakage     0 blocked, 12 warned, 1 excluded"
    assert lines[1].startswith("  warned  fact 0: ") and lines[-1] == "  and 2 more in leakage.json"
    assert len(lines) == 12
    assert leakage_lines(None) == []


def final_table(**changed):
    """Two covered accounts and one that the plan excludes."""
    columns = {name: [None] * 3 for name in FINAL_COLUMNS} | {
        "account_id": ["a1", "a2", "a3"],
        "name": ["One", "Two", "Three"],
        "plan_points": [10.0, 20.0, 30.0],
        "plan_segment": ["A", "B", "C"],
        "propensity": [0.1, 0.2, None],
        "model_grade": ["A", "F", None],
        "account_status": ["prospect", "customer", "other"],
        "coverage": [True, True, False],
        "under_review": [False, True, False],
        "final_grade": ["A", "F", None],
        "decided_by": ["model", "override", "plan"],
        "key_account": [False] * 3,
        "run_id": ["r1"] * 3,
        "plan_version": ["2026"] * 3,
        "as_of": [AS_OF] * 3,
        "scored_at": [pd.Timestamp("2026-11-23", tz="UTC")] * 3,
    }
    return pd.DataFrame(columns | changed)


@pytest.fixture
def passed(tmp_path):
    project = write_project(tmp_path)
    pass_gate(project)
    return project


def test_a_sound_final_table_passes_and_is_reported_once(passed):
    before = len(document_of(passed)["expectations"])
    for _ in range(2):
        outcomes = check_final([final_table()], passed.run_folder(RUN))
        assert [one.name for one in outcomes if not one.ok] == []
    assert len(document_of(passed)["expectations"]) == before + len(outcomes)
    assert document_of(passed)["ok"] is True
    assert 'id="final_scores"' in page_of(passed)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"account_id": ["a1", "a1", "a3"]}, "account_id is unique"),
        ({"account_id": ["a1", None, "a3"]}, "account_id is given"),
        ({"final_grade": ["A", "E", None]}, "final_grade is one of A, B, C, D, F"),
        ({"final_grade": ["A", None, None]}, "final_grade is given wherever the plan covers"),
        ({"plan_points": [10.0, 100.1, 3.0]}, "plan_points is between 0 and 100"),
        ({"plan_points": [10.0, None, 3.0]}, "plan_points is given"),
        ({"propensity": [1.2, None, None]}, "propensity is between 0 and 1"),
        ({"disparity": [-101.0, None, None]}, "disparity is between -100 and 100"),
        ({"decided_by": ["model", "chance", "plan"]}, "decided_by is one of"),
        ({"further": [1, 2, 3]}, "it has the contract's columns and no other"),
    ],
)
def test_a_broken_final_table_is_refused(passed, changed, said):
    with pytest.raises(Refusal, match=re.escape(said)):
        check_final([final_table(**changed)], passed.run_folder(RUN))
    assert document_of(passed)["ok"] is False


def test_an_empty_final_table_is_refused(passed):
    with pytest.raises(Refusal, match="it has accounts"):
        check_final([final_table().head(0)], passed.run_folder(RUN))


def test_features(passed):
    features = pd.DataFrame(
        {
            "account_id": ["a1", "a2"],
            "log_employees": [1.0, 2.0],
            "industry": ["x", None],
            "flag": [0.0, 1.0],
            "gone": [None, None],
        }
    )
    outcomes = check_features(ibis.memtable(features), passed.run_folder(RUN))
    assert {one.name: one.ok for one in outcomes} == {
        "account_id is given": True,
        "account_id is unique": True,
        "no feature has an infinite value": True,
        "at least 80% of the features are known for some account": False,
        "at least half of the features tell accounts apart": True,
    }
    assert document_of(passed)["ok"] is True
    infinite = check_features(ibis.memtable(features.assign(log_employees=[float("inf"), 1.0])), passed.run_folder(RUN))
    assert next(one.name for one in infinite if not one.ok) == "no feature has an infinite value"
    with pytest.raises(Refusal, match="the features broke an expectation: account_id is unique"):
        check_features(ibis.memtable(features.assign(account_id="a1")), passed.run_folder(RUN))
