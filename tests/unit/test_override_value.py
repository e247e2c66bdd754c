"""What overriding was worth, on examples small enough to count by hand."""

import numpy as np
import pandas as pd
import pytest

from models.backtest import final_order
from models.captured import draw_captured, interval
from models.override_value import override_value, shrink

LANDMARK = pd.Timestamp("2026-01-01")


def accounts(winners, overrides, count=400, author="ann", reason="other"):
    """`count` accounts from the model's best to its last: a tenth A, the others C; k is a tenth."""
    ids = np.arange(count)
    first = count // 10
    past = pd.DataFrame(
        {
            "account_id": [f"a{number}" for number in ids],
            "landmark": LANDMARK,
            "won": np.isin(ids, list(winners)).astype(int),
            "plan_points": ids / count * 100,
            "propensity": np.where(ids < first, 0.5, 0.1),
            "model_points": 100 - 100 * (ids + 0.5) / count,
            "policy_grade": np.where(ids < first, "A", "C"),
        }
    )
    grade = pd.Series(ids, index=past.index).map(dict(overrides)).astype("str")
    decided = grade.notna()
    given = {"entry_id": past["account_id"], "override_by": author, "override_reason": reason}
    text = {name: pd.Series(value, index=past.index, dtype="str").where(decided) for name, value in given.items()}
    return past.assign(override_grade=grade, **text)


def by_name(value, group):
    return {record["name"]: record for record in value["groups"][group]}


def test_upgrades_push_the_last_of_a_out_and_count_at_equal_k():
    """40 places; the last 30 of A make way for 30 others, of whom 6 win against 2: 4 wins of 20 more."""
    past = accounts([*range(6), 10, 11, *range(100, 106), 200, 201, 202, 203, 204, 205], dict.fromkeys(range(100, 130), "A"))
    value = override_value(past, 0.1, seed=1)
    assert (value["decisions"], value["rows"], value["said"]) == (30, 30, None)
    assert value["value"]["estimate"] == pytest.approx((6 - 2) / 20)
    assert value["value"]["low"] < 0.2 < value["value"]["high"]
    assert value["wins_per_100"]["estimate"] == pytest.approx(100 * 4 / 30)
    assert value["against_plan"]["estimate"] == pytest.approx((6 + 6 - 0) / 20)  # the plan's best tenth holds no winner
    assert set(by_name(value, "direction")) == {"upgrade"}


def test_downgrades_let_the_next_ones_in():
    past = accounts([*range(5), 40, 41, 42], dict.fromkeys(range(10, 40), "F"))
    value = override_value(past, 0.1, seed=1)
    assert value["value"]["estimate"] == pytest.approx(3 / 8)
    assert set(by_name(value, "direction")) == {"downgrade"}


def test_confirming_the_policys_grade_changes_nothing():
    value = override_value(accounts(range(20), dict.fromkeys(range(35), "A")), 0.1, seed=1)
    assert value["value"]["estimate"] == 0
    assert value["brier_difference"]["estimate"] == 0
    confirmed = by_name(value, "direction")["confirmed"]
    assert (confirmed["decisions"], confirmed["wins_per_100"]) == (35, None)
    assert confirmed["said"] == "confirms the grade, so nothing moves"


def test_the_brier_score_takes_the_mean_propensity_of_the_grade_that_was_given():
    past = accounts(range(100, 130), dict.fromkeys(range(100, 130), "A"))
    assert override_value(past, 0.1, seed=1)["brier_difference"]["estimate"] == pytest.approx(0.5**2 - 0.9**2)


def test_under_thirty_decisions_there_is_no_figure():
    value = override_value(accounts(range(9), dict.fromkeys(range(100, 129), "A")), 0.1, seed=1)
    assert value["said"] == "n = 29: too few, 30 needed"
    assert [value[name] for name in ("value", "against_plan", "wins_per_100", "brier_difference")] == [None] * 4
    assert by_name(value, "author")["ann"] == {
        "name": "ann",
        "decisions": 29,
        "rows": 29,
        "said": "n = 29: too few, 30 needed",
        "value": None,
        "wins_per_100": None,
        "shrunk": None,
    }


def test_without_any_decision_there_are_no_groups():
    value = override_value(accounts(range(9), {}), 0.1, seed=1)
    assert (value["decisions"], value["said"]) == (0, "n = 0: too few, 30 needed")
    assert value["groups"] == {"direction": [], "reason": [], "author": []}


def test_an_override_in_force_at_two_landmarks_is_one_decision():
    once = accounts(range(9), dict.fromkeys(range(100, 120), "A"))
    value = override_value(pd.concat([once, once.assign(landmark=pd.Timestamp("2026-02-01"))], ignore_index=True), 0.1, seed=1)
    assert (value["decisions"], value["rows"], value["said"]) == (20, 40, "n = 20: too few, 30 needed")


def test_one_author_has_the_value_of_all():
    value = override_value(accounts(range(100, 110), dict.fromkeys(range(100, 140), "A")), 0.1, seed=1)
    ann = by_name(value, "author")["ann"]
    assert ann["value"] == value["value"]
    assert ann["shrunk"] == pytest.approx(value["wins_per_100"]["estimate"])


def test_a_group_is_measured_by_its_own_overrides_alone():
    past = accounts([*range(100, 130), *range(300, 330)], dict.fromkeys([*range(100, 130), *range(200, 230)], "A"))
    past["override_by"] = past["override_by"].where(~past["account_id"].isin([f"a{n}" for n in range(200, 230)]), "bob")
    authors = by_name(override_value(past, 0.1, seed=1), "author")
    assert authors["ann"]["wins_per_100"]["estimate"] == pytest.approx(100)
    assert authors["bob"]["wins_per_100"]["estimate"] == 0
    assert 0 < authors["bob"]["shrunk"] < authors["ann"]["shrunk"] < 100


def test_an_account_that_the_plan_excludes_ranks_last_unless_somebody_grades_it():
    points = pd.Series([90.0, 10.0, 50.0])
    policy = pd.Series([None, "F", "F"], dtype="str")
    assert list(np.argsort(-final_order(policy, policy, points))) == [2, 1, 0]
    assert np.argmax(final_order(pd.Series(["A", "F", "F"], dtype="str"), policy, points)) == 0


def test_ties_at_the_cut_count_fractionally():
    """Four accounts tie for two places: half of the two wins among them."""
    past = pd.DataFrame({"account_id": list("abcd"), "landmark": LANDMARK, "won": [1, 1, 0, 0]})
    draws = draw_captured(past, {"all alike": np.zeros(4)}, 0.5, seed=1, with_auc=True)
    assert draws.captured["all alike"][0] == pytest.approx([1.0])
    assert interval(draws.pooled_auc("all alike")).estimate == pytest.approx(0.5)


def test_a_landmark_without_a_win_counts_for_nothing():
    past = pd.DataFrame({"account_id": list("abab"), "landmark": [LANDMARK] * 2 + [LANDMARK + pd.Timedelta(days=30)] * 2})
    draws = draw_captured(past.assign(won=[1, 0, 0, 0]), {"best first": [1, 0, 1, 0]}, 0.5, seed=1, with_auc=True)
    assert interval(draws.capture("best first")).estimate == 1
    assert interval(draws.pooled_auc("best first")).estimate == 1


def test_shrinkage_by_hand():
    """Equal errors of 1: spread of the values 0, 10 is Q = 50, τ² = (50 − 1) ÷ 1 = 49, B = 49/50."""
    assert shrink({"a": 0.0, "b": 10.0}, {"a": 1.0, "b": 1.0}, 5.0) == pytest.approx({"a": 0.1, "b": 9.9})


def test_groups_that_differ_by_no_more_than_chance_are_the_pools():
    assert shrink({"a": 4.5, "b": 5.5}, {"a": 1.0, "b": 2.0}, 5.0) == {"a": 5.0, "b": 5.0}


def test_the_less_is_known_of_a_group_the_closer_it_is_drawn():
    shrunk = shrink({"a": 0.0, "b": 10.0, "c": 10.0}, {"a": 1.0, "b": 1.0, "c": 5.0}, 5.0)
    assert 5 < shrunk["c"] < shrunk["b"] < 10
