from types import SimpleNamespace

import pandas as pd
import pytest

from lastword.kept_reasons import reasons_of
from models.gap import CAUSES, causes, gap_parts, gap_sentences, points_text, signed, widest_families


def reasons(*rows, account="1"):
    names = ["source", "attribute", "family", "contribution", "value"]
    table = pd.DataFrame(rows, columns=names).astype({"value": "str"})
    return table.assign(account_id=account, cause=causes(table, {"annual_revenue", "founded_year", "industry"}))


BOTH = [
    ("model", "technology:Salesforce", "technographic", 14.0, "yes"),
    ("model", "technology:Rivalscore", "technographic", 4.0, "no"),
    ("model", "annual_revenue", "firmographic", 2.0, "64820000"),
    ("model", "employee_count", "firmographic", -11.0, None),
    ("model", "age_years", "firmographic", 3.0, "8.9"),
    ("model", "days_since_signal", "intent", 1.0, "none"),
    ("model", "(other)", "intent", 0.7, None),
    ("model", "(base)", "(base)", 50.0, None),
    ("plan", "annual_revenue", "firmographic", 11.0, "64820000"),
    ("plan", "founded_year", "firmographic", 1.0, "2018"),
    ("plan", "industry", "firmographic", -6.0, None),
    ("plan", "(base)", "(base)", 40.0, None),
    ("plan", "(scale)", "(scale)", 5.0, None),
]


def test_each_reason_has_its_cause():
    rows = reasons(*BOTH).set_index(["source", "attribute"])["cause"]
    ignored = {name for (source, name), cause in rows.items() if cause == "plan_ignores"}
    assert ignored == {"technology:Salesforce", "technology:Rivalscore", "days_since_signal", "(other)"}
    assert {name for (_, name), cause in rows.items() if cause == "missing_data"} == {"employee_count", "industry"}
    assert rows["model", "age_years"] == rows["plan", "founded_year"] == rows["model", "(base)"] == "weighted_differently"


def test_the_parts_are_by_attribute_under_the_plans_name_and_add_up():
    parts = gap_parts(reasons(*BOTH))
    assert parts["gap"].sum() == pytest.approx(signed(reasons(*BOTH)).sum()) == pytest.approx(63.7 - 51)
    revenue = parts.set_index("attribute").loc["annual_revenue"]
    assert (revenue["model"], revenue["plan"], revenue["gap"]) == (2.0, 11.0, -9.0)
    assert parts.set_index("attribute").loc["founded_year", "gap"] == 2.0
    assert parts["gap"].abs().is_monotonic_decreasing


def test_an_analyst_reads_what_makes_the_difference():
    assert gap_sentences(gap_parts(reasons(*BOTH))) == [
        "The model stands 13 points above the plan.",
        "The plan ignores technology:Salesforce (+14), technology:Rivalscore (no, +4), days_since_signal (none, +1), "
        "smaller ones (+0.7); together +20.",
        "Weighed differently: annual_revenue (64820000, −9: model +2, plan +11), founded_year (8.9, +2: model +3, plan +1); "
        "together −7.",
        "Missing data: employee_count (−11), industry (+6); together −5.",
        "Where each starts and the change of scale to percentiles: +5.",
    ]


def test_more_than_fit_are_counted_and_small_ones_not_named():
    rows = [("model", f"technology:{k}", "technographic", 10.0 - 3 * k, "yes") for k in range(4)]
    many = reasons(*rows, ("plan", "industry", "firmographic", 0.1, "Energy"))
    assert gap_sentences(gap_parts(many), shown=2)[1] == (
        "The plan ignores technology:0 (+10), technology:1 (+7), 2 more (+5); together +22."
    )
    assert len(gap_sentences(gap_parts(many))) == 2


def test_two_opinions_that_agree_say_so():
    same = [("model", "annual_revenue", "firmographic", 3.0, "1"), ("plan", "annual_revenue", "firmographic", 3.2, "1")]
    assert gap_sentences(gap_parts(reasons(*same))) == ["The model and the plan agree."]


def test_an_account_with_one_opinion_has_no_parts():
    alone = reasons(*(row for row in BOTH if row[0] == "plan"))
    assert gap_parts(alone).empty and gap_sentences(gap_parts(alone)) == []
    assert set(alone["cause"]) <= set(CAUSES)


def test_points_have_a_sign_and_nothing_is_nought():
    assert [points_text(points) for points in (12.4, -3.0, 0.31, 0.01)] == ["+12", "−3", "+0.3", "0"]


def test_reasons_of_a_run_before_causes_were_kept_get_theirs(tmp_path):
    old = reasons(*BOTH).drop(columns="cause")
    for name, table in (("old", old), ("new", reasons(*BOTH, account="2"))):
        (tmp_path / name).mkdir()
        table.to_parquet(tmp_path / name / "reasons.parquet")
    project = SimpleNamespace(run_folder=lambda run_id: tmp_path / run_id)
    accounts = pd.DataFrame({"account_id": ["1", "2"], "run_id": ["old", "new"]})
    read = reasons_of(project, accounts)
    by_account = read.groupby("account_id")["cause"].apply(list)
    assert by_account["1"] == by_account["2"] == reasons(*BOTH)["cause"].tolist()


def test_the_widest_family_has_the_largest_part_of_the_gap_either_way():
    rows = pd.DataFrame(
        [
            ("a", "model", "surge", "intent", 5.0),
            ("a", "model", "x", "technographic", 9.0),
            ("a", "plan", "technology:X", "technographic", 8.0),
            ("a", "plan", "annual_revenue", "firmographic", 6.0),
            ("a", "model", "(base)", "(base)", 50.0),
            ("a", "plan", "(scale)", "(scale)", -70.0),
            ("b", "model", "surge", "intent", 5.0),
            ("c", "model", "surge", "intent", 3.0),
            ("c", "plan", "industry", "firmographic", 3.0),
            ("d", "model", "surge", "intent", 0.0),
            ("d", "plan", "(base)", "(base)", 3.0),
        ],
        columns=["account_id", "source", "attribute", "family", "contribution"],
    )
    assert widest_families(rows).to_dict() == {"a": "firmographic", "c": "firmographic"}
