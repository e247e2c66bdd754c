"""Which past landmarks are replayed, and that the model of one knows nothing of what came after."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from models.backtest import compare_opinions, replay, replayed_splits
from models.landmarks import TrainingSet
from models.propensity import Recipe
from tests.sample_rows import GRADES

HORIZON = 60
RECIPE = Recipe((("size", "numeric"),), 1.0, 0, (0.0, 1.0, 0.0), (1.0, 0.0), False, 1)


def training(months=12, count=60):
    """Accounts at risk on the first of each month; the larger one is, the likelier it wins, five a month for sure."""
    rng = np.random.default_rng(4)
    size = rng.uniform(0, 10, count)
    at = [
        pd.DataFrame(
            {
                "account_id": [f"a{number}" for number in range(count)],
                "landmark": pd.Timestamp("2025-01-01") + pd.DateOffset(months=month),
                "won": ((rng.random(count) < size / 20) | (np.arange(count) // 5 == month)).astype(int),
                "group": np.arange(count),
                "plan_points": rng.uniform(0, 100, count),
                "plan_grade": "C",
                "plan_covers": True,
                "size": size,
            }
        )
        for month in range(months)
    ]
    rows = pd.concat(at[::-1], ignore_index=True)
    return TrainingSet("landmarks", rows, (), winners=rows.loc[rows["won"] == 1, "account_id"].nunique())


def test_landmarks_lie_evenly_between_the_first_with_enough_winners_and_the_newest():
    given = training()
    splits = replayed_splits(given, HORIZON, least_winners=40, most=3)
    assert len(splits) == 3
    assert splits[-1].landmark == given.landmarks[-1]
    assert [split.landmark for split in splits] == sorted(split.landmark for split in splits)
    for split in splits:
        fitting = given.rows[split.fitting]
        assert fitting.loc[fitting["won"] == 1, "account_id"].nunique() >= 40
        assert (fitting["landmark"] + pd.Timedelta(days=HORIZON + 7) <= pd.Timestamp(split.landmark)).all()
    everything = replayed_splits(given, HORIZON, least_winners=1, most=99)
    assert everything[0].landmark < splits[0].landmark


def test_no_landmark_has_more_winners_than_there_are():
    assert replayed_splits(training(), HORIZON, least_winners=61) == ()


def test_winners_that_were_not_drawn_count_towards_enough():
    given = training()
    half = replace(given, at_risk_rows=2 * len(given.rows))
    found, expected = replayed_splits(half, HORIZON, least_winners=80), replayed_splits(given, HORIZON, least_winners=40)
    assert [split.landmark for split in found] == [split.landmark for split in expected]
    assert replayed_splits(given, HORIZON, least_winners=80) == ()


def test_what_came_later_changes_no_opinion_of_a_landmark():
    given = training()
    split = replayed_splits(given, HORIZON, least_winners=30, most=99)[0]
    before = replay(given, split, RECIPE, (), GRADES, seed=1)
    rows = given.rows.copy()
    rows.loc[~split.fitting, "won"] = 1 - rows.loc[~split.fitting, "won"]
    after = replay(TrainingSet("landmarks", rows, (), given.winners), split, RECIPE, (), GRADES, seed=1)
    said = ["account_id", "landmark", "propensity", "model_points", "model_grade", "plan_percentile"]
    pd.testing.assert_frame_equal(before[said], after[said])
    assert before["won"].ne(after["won"]).all()
    assert before["model_grade"].eq("A").sum() == 9


def test_opinions_are_compared_on_the_same_wins():
    given = training()
    past = pd.concat([replay(given, split, RECIPE, (), GRADES, 1) for split in replayed_splits(given, HORIZON, 30)])
    past = past.assign(blend_points=past["model_points"], policy_grade=past["model_grade"], final_grade=past["model_grade"])
    compared = compare_opinions(past, 0.15, seed=1)
    pooled = compared["pooled"]
    assert pooled["wins"] == sum(record["wins"] for record in compared["landmarks"]) == past["won"].sum()
    assert pooled["model"] == pooled["blend"] == pooled["final"]
    assert pooled["differences"]["final_minus_model"] == {"estimate": 0.0, "low": 0.0, "high": 0.0}
    assert pooled["model"]["captured"] == pytest.approx(sum(record["model"]["captured"] for record in compared["landmarks"]))
    assert pooled["model"]["lift"]["estimate"] == pytest.approx(pooled["model"]["capture"]["estimate"] / 0.15)
    assert pooled["differences"]["model_minus_plan"]["estimate"] == pytest.approx(
        pooled["model"]["capture"]["estimate"] - pooled["plan"]["capture"]["estimate"]
    )
