"""A forest gives what LightGBM predicts, to the last bit, or says that it can't."""

from pathlib import Path

import lightgbm as lgb
import numpy as np
import pytest

from models import forest
from models.forest import Question, complete, forest_of, leaves_below, trees_of
from models.refits import Refits, fit_refits
from tests.sample_rows import RECIPE, training_rows

ROWS = 3000


def matrix(seed: int) -> np.ndarray:
    """Numbers and unknowns, some not finite; nothing unknown; flags with unknowns; counts; one value alone; unknown alone."""
    random = np.random.default_rng(seed)
    number = np.where(random.random(ROWS) < 0.2, np.nan, random.normal(size=ROWS))
    number[:40] = np.repeat([np.inf, -np.inf, 0.0, -0.0, 1e-36, -1e-36, 1e-300, np.finfo(np.float32).max], 5)
    whole = random.normal(-3, 2, size=ROWS)
    flag = np.where(random.random(ROWS) < 0.3, np.nan, random.integers(0, 2, ROWS))
    return np.column_stack([number, whole, flag, random.poisson(2, ROWS), np.ones(ROWS), np.full(ROWS, np.nan)]).astype(
        np.float32
    )


def outcome(found: np.ndarray, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed + 1)
    known = np.nan_to_num(found, posinf=3, neginf=-3).clip(-5, 5)
    unknown = np.isnan(found)
    logit = known[:, 0] + known[:, 1] * known[:, 2] + unknown[:, 0] * 2.0 - 1.5 * unknown[:, 2] + 0.3 * known[:, 3]
    return (random.random(len(found)) < 1 / (1 + np.exp(-logit))).astype(int)


def booster(seed: int = 1, rounds: int = 25, **changes) -> lgb.Booster:
    found = matrix(seed)
    given = {"objective": "binary", "num_leaves": 8, "max_depth": 3, "verbose": -1, "num_threads": 1, "seed": seed} | changes
    return lgb.train(given, lgb.Dataset(found, outcome(found, seed)), num_boost_round=rounds)


def same(boosters: list[lgb.Booster], rows: np.ndarray) -> None:
    found = forest_of([each.model_to_string() for each in boosters])
    assert found is not None
    expected = np.column_stack([each.predict(rows, raw_score=True, num_threads=1) for each in boosters])
    np.testing.assert_array_equal(found.predict(rows), expected)


def at_thresholds(boosters: list[lgb.Booster]) -> np.ndarray:
    """Rows of each value that any tree compares with, the numbers next to it, and unknown."""
    texts = [each.model_to_string() for each in boosters]
    met = [float(value) for text in texts for tree in trees_of(text) for value in tree.get("threshold", [])]
    beside = np.unique(np.concatenate([met, np.nextafter(met, np.inf), np.nextafter(met, -np.inf), [0.0, np.inf, -np.inf]]))
    values = np.concatenate([beside, [np.nan]])
    return np.column_stack([np.random.default_rng(column).permutation(values) for column in range(6)])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"num_leaves": 5},
        {"num_leaves": 2, "max_depth": 1},
        {"max_depth": 2},
        {"max_bin": 15, "colsample_bynode": 0.5, "subsample": 0.6, "subsample_freq": 1},
        {"use_missing": False},
        {"min_child_samples": 1400},
        {"min_child_samples": ROWS},
    ],
    ids=["full", "lopsided", "stumps", "depth two", "bagged", "null is nought", "few leaves", "single leaves"],
)
def test_it_predicts_what_lightgbm_does(changes) -> None:
    boosters = [booster(seed, rounds, **changes) for seed, rounds in ((1, 25), (2, 8), (3, 1))]
    same(boosters, matrix(9))
    same(boosters, at_thresholds(boosters))


def test_unknown_goes_left_right_and_as_nought_in_what_is_tested() -> None:
    asked = [forest_of([each.model_to_string()]).questions for each in (booster(), booster(use_missing=False))]
    assert {question.null for question in asked[0]} == {True, False, None}
    assert {question.null for question in asked[1]} == {None}


def test_a_row_is_the_same_whichever_it_stands_among(monkeypatch: pytest.MonkeyPatch) -> None:
    found, rows = forest_of([booster().model_to_string(), booster(2).model_to_string()]), matrix(5)
    whole = found.predict(rows)
    np.testing.assert_array_equal(found.predict(rows[7:8]), whole[7:8])
    np.testing.assert_array_equal(found.predict(rows[::-1]), whole[::-1])
    monkeypatch.setattr(forest, "ROWS", 123)
    monkeypatch.setattr(forest, "TREES", 3)
    np.testing.assert_array_equal(found.predict(rows), whole)
    assert found.predict(rows[:0]).shape == (0, 2)


@pytest.mark.parametrize(
    "changes", [{"num_leaves": 16, "max_depth": 4}, {"zero_as_missing": True}, {"linear_tree": True, "linear_lambda": 1.0}]
)
def test_deeper_trees_and_other_questions_are_not_for_it(changes) -> None:
    assert forest_of([booster().model_to_string(), booster(**changes).model_to_string()]) is None


def test_nor_are_categorical_splits() -> None:
    random = np.random.default_rng(1)
    level = random.integers(0, 12, ROWS)
    won = (random.random(ROWS) < np.where(np.isin(level, [1, 4, 7]), 0.8, 0.2)).astype(int)
    dataset = lgb.Dataset(level[:, None], won, categorical_feature=[0])
    text = lgb.train({"objective": "binary", "max_depth": 3, "verbose": -1}, dataset, 3).model_to_string()
    assert forest_of([text]) is None


def test_a_tree_by_hand_is_filled_up() -> None:
    fields = {
        "split_feature": ["4", "2"],
        "threshold": ["1.5", "-2"],
        "decision_type": ["2", "8"],
        "left_child": ["-1", "-2"],
        "right_child": ["1", "-3"],
        "leaf_value": ["0.1", "0.2", "0.3"],
    }
    tree = complete(fields)
    assert tree.questions == (Question(4, 1.5, None), None, Question(2, -2.0, True), None, None, None, None)
    assert tree.values == (0.1, 0.1, 0.1, 0.1, 0.2, 0.2, 0.3, 0.3)
    assert [leaves_below(place) for place in (0, 2, 3, 6, 7, 14)] == [(0, 8), (4, 8), (0, 2), (6, 8), (0, 1), (7, 8)]


def test_refits_are_the_same_by_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = training_rows(accounts=600)
    refits = fit_refits(rows, RECIPE, rows, lambda logit: [2.0, 0.0, -2.0, -4.0], count=3)
    expected = refits.logit(rows)
    monkeypatch.setattr("models.refits.WORTH_IT", 1)
    monkeypatch.setattr(lgb.Booster, "predict", None)
    np.testing.assert_array_equal(Refits(refits.content, refits.boosters).logit(rows), expected)
