import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from models.grades import Reference, assign_grades, grade_cuts

CUTS = {"A": 85.0, "B": 65.0, "C": 35.0, "D": 15.0}


def test_points_are_midrank_percentiles():
    reference = Reference.from_population([0.4, 0.1, 0.2, 0.2, np.nan])
    assert reference.points(np.array([0.1, 0.2, 0.4])).tolist() == [12.5, 50.0, 87.5]


def test_points_between_below_above_and_without_a_score():
    reference = Reference.from_population([0.1, 0.2, 0.3, 0.4])
    points = reference.points(pd.Series([0.15, 0.0, 0.9, np.nan], index=list("abcd")))
    assert points.index.tolist() == list("abcd")
    assert points.iloc[:3].tolist() == pytest.approx([25.0, 0.0, 100.0])
    assert np.isnan(points["d"])
    assert reference.points(0.25) == pytest.approx(50.0)


def test_an_empty_reference_gives_no_points():
    assert np.isnan(Reference.from_population([]).points(np.array([0.5]))).all()


def test_a_score_at_no_points_is_any_and_beyond_the_best_is_the_best():
    reference = Reference.from_population([0.1, 0.2, 0.3, 0.4])
    scores = reference.score_at(np.array([0.0, 5.0, 50.0, 62.5, 100.0, np.nan]))
    assert scores[0] == -np.inf and np.isnan(scores[5])
    assert scores[1:5].tolist() == pytest.approx([0.1, 0.25, 0.3, 0.4])
    assert reference.score_at(37.5) == pytest.approx(0.2)
    assert np.isnan(Reference(()).score_at(50.0))


def test_a_large_population_is_kept_as_quantiles_and_hardly_moves():
    scores = np.random.default_rng(0).beta(1, 30, 50_000)
    reference = Reference.from_population(scores)
    assert len(reference.values) == 10_001
    exact = 100 * (np.argsort(np.argsort(scores)) + 0.5) / len(scores)
    assert np.abs(reference.points(scores) - exact).max() < 0.02


def test_a_reference_survives_json_bit_for_bit():
    reference = Reference.from_population(np.random.default_rng(0).random(500))
    assert Reference.from_json(json.loads(json.dumps(reference.to_json()))) == reference


def settings(policy, cuts=None):
    return SimpleNamespace(policy=policy, shares={"A": 0.15, "B": 0.20, "C": 0.30, "D": 0.20, "F": 0.15}, cuts=cuts)


def test_cuts_from_shares_give_those_shares():
    scores = np.random.default_rng(1).random(2000)
    reference = Reference.from_population(scores)
    cuts = grade_cuts(settings("shares"), reference)
    assert cuts == CUTS
    grades = assign_grades(pd.Series(reference.points(scores)), cuts)
    assert grades.value_counts().to_dict() == {"A": 300, "B": 400, "C": 600, "D": 400, "F": 300}


def test_cuts_from_points_are_as_given():
    given = {"A": 90, "B": 70, "C": 40, "D": 20}
    assert grade_cuts(settings("points", given), Reference(())) == given


def test_cuts_from_propensity_give_the_grade_of_the_propensity():
    scores = np.round(np.random.default_rng(1).beta(1, 9, 3000), 2)  # many ties
    reference = Reference.from_population(scores)
    cuts = grade_cuts(settings("propensity", {"A": 0.3, "B": 0.2, "C": 0.1, "D": 0.05}), reference)
    grades = assign_grades(pd.Series(reference.points(scores)), cuts)
    expected = np.array(list("FDCBA"))[np.searchsorted([0.05, 0.1, 0.2, 0.3], scores, side="right")]
    assert grades.tolist() == expected.tolist()


def test_a_grade_begins_at_its_cut():
    grades = assign_grades(pd.Series([85.0, 84.999, 65.0, 35.0, 15.0, 14.0, np.nan]), CUTS)
    assert grades.iloc[:6].tolist() == ["A", "B", "B", "C", "D", "F"]
    assert pd.isna(grades.iloc[6]) and grades.dtype == "str"


@pytest.mark.parametrize(
    ("points", "before", "now"),
    [
        (87.9, "B", "B"),
        (88.0, "B", "B"),
        (88.1, "B", "A"),
        (82.0, "A", "A"),
        (81.9, "A", "B"),
        (86.0, "D", "B"),  # past C and B for sure, past A not by enough
        (63.0, "A", "B"),  # below A for sure, below B not by enough
        (10.0, "A", "F"),
        (100.0, "F", "A"),
        (50.0, None, "C"),
        (86.0, None, "A"),
    ],
)
def test_a_grade_changes_only_when_the_points_pass_a_cut_by_more_than_three(points, before, now):
    index = pd.Index(["one"])
    previous = pd.Series([before], index=index, dtype="str")
    assert assign_grades(pd.Series([points], index=index), CUTS, previous).tolist() == [now]


def test_an_account_that_is_new_since_has_no_grade_to_keep():
    grades = assign_grades(pd.Series([83.0, 83.0], index=["old", "new"]), CUTS, pd.Series(["A"], index=["old"]))
    assert grades.to_dict() == {"old": "A", "new": "B"}


def test_no_accounts_no_grades():
    assert assign_grades(pd.Series([], dtype=float), CUTS, pd.Series([], dtype="str")).empty
