"""What a cross table amounts to."""

import math

import pandas as pd
import pytest

from overrides.portfolio import (
    NO_GRADE,
    accounts_per_grade,
    accounts_per_segment,
    confusion,
    decided_by,
    measured,
    sizes,
)

COLUMNS = ["region", "plan_segment", "plan_grade", "model_grade", "final_grade", "decided_by", "accounts", "plan_points"]
MORE = ["model_points", "potential_spend", "expected_value"]


@pytest.fixture
def cross() -> pd.DataFrame:
    rows = [
        ("EMEA", "Gold", "A", "B", "B", "model", 10, 800.0, 600.0, 1000.0, 1.0),
        ("EMEA", "Bronze", "D", "B", "A", "override", 2, 50.0, 130.0, None, None),
        ("APAC", "Gold", "A", "A", "A", "model", 3, 270.0, 285.0, 30.0, 1.0),
        (None, None, None, None, None, "plan", 1, None, None, None, None),
    ]
    return pd.DataFrame(rows, columns=[*COLUMNS, *MORE])


def amounts(table: pd.DataFrame, value: str, opinion: str) -> dict[str, float | None]:
    rows = table[(table["value"] == value) & (table["opinion"] == opinion)]
    return {row.grade: None if math.isnan(row.amount) else row.amount for row in rows.itertuples()}


def test_accounts_per_grade_count_each_opinion(cross):
    counts = accounts_per_grade(cross)
    assert counts["A"] == {"plan": 13, "model": 3, "final": 5}
    assert counts["B"] == {"plan": 0, "model": 12, "final": 10}
    assert counts[NO_GRADE] == {"plan": 1, "model": 1, "final": 1}


def test_the_confusion_has_the_plan_in_rows(cross):
    table = confusion(cross)
    assert table.loc["A", "B"] == 10
    assert table.loc["D", "B"] == 2
    assert table.loc[NO_GRADE, NO_GRADE] == 1
    assert table.to_numpy().sum() == 16


def test_who_decided_and_which_segment(cross):
    assert decided_by(cross) == {"override": 2, "model": 13, "plan": 1}
    assert accounts_per_segment(cross) == {"Gold": 13, "Bronze": 2}


def test_values_come_by_size_and_those_not_given_last(cross):
    assert sizes(cross, "region") == {"EMEA": 12, "APAC": 3, "not given": 1}
    assert list(dict.fromkeys(measured(cross, "region", "accounts")["value"])) == ["EMEA", "APAC", "not given"]


def test_shares_of_an_opinion_add_up_within_a_value(cross):
    table = measured(cross, "region", "share")
    assert amounts(table, "EMEA", "plan")["A"] == pytest.approx(10 / 12)
    sums = table.groupby(["value", "opinion"])["amount"].sum()
    assert sums.tolist() == pytest.approx([1.0] * len(sums))


def test_points_are_those_of_the_opinion_by_its_own_grades(cross):
    total, average = measured(cross, "region", "total_points"), measured(cross, "region", "average_points")
    assert set(total["opinion"]) == {"plan", "model"}
    assert amounts(total, "EMEA", "model") == {"A": None, "B": 730, "C": None, "D": None, "F": None, "none": None}
    assert amounts(average, "EMEA", "plan")["A"] == 80
    assert amounts(average, "EMEA", "model")["B"] == pytest.approx(730 / 12)


def test_spend_that_nobody_knows_is_unknown_and_not_nothing(cross):
    table = measured(cross, "region", "potential_spend")
    assert amounts(table, "EMEA", "plan")["A"] == 1000
    assert amounts(table, "EMEA", "plan")["D"] is None
