from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from models.evaluation import evaluate
from models.landmarks import rolling_splits
from models.propensity import choose_recipe, fit_propensity
from models.rolling import Rolling, later_log_odds, roll, thinned, too_little
from tests.sample_rows import NAMES_AND_KINDS, Named, training_rows

FEATURES = [Named(name, kind) for name, kind in NAMES_AND_KINDS]
HORIZON_DAYS = 180


def landmark_rows(accounts: int = 400, landmarks: int = 5) -> pd.DataFrame:
    """The sample rows at landmarks 100 days apart."""
    rows = training_rows(accounts, landmarks, seed=3)
    number = np.arange(len(rows)) % landmarks
    return rows.assign(
        account_id=rows["group"].astype(str),
        landmark=[pd.Timestamp(date(2024, 1, 1) + timedelta(days=100 * int(n))) for n in number],
        plan_points=np.random.default_rng(1).uniform(0, 100, len(rows)),
    )


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return landmark_rows()


@pytest.fixture(scope="module")
def rolled(rows: pd.DataFrame) -> Rolling:
    first = rolling_splits(rows["landmark"], HORIZON_DAYS, 4)[-1]
    recipe, _ = choose_recipe(rows[first.fitting], rows.loc[first.fitting, "won"], rows.loc[first.fitting, "group"], FEATURES, 7)
    return roll(rows, FEATURES, recipe, first.fitting, HORIZON_DAYS)


def test_origins_are_told_from_the_oldest_with_model_plan_blend_and_chance(rolled: Rolling) -> None:
    assert [each["landmark"] for each in rolled.origins] == ["2024-07-19", "2024-10-27", "2025-02-04"]
    assert rolled.left_out == []
    for each in rolled.origins:
        assert {"auc", "lift_at_15", "log_loss", "calibration_slope", "ece"} <= set(each["model"])
        assert set(each["plan"]) == set(each["blend"])
        assert each["chance"]["auc"] == 0.5
        assert each["model"]["auc"]["low"] < each["model"]["auc"]["estimate"] < each["model"]["auc"]["high"]
    assert rolled.origins[-1]["model"]["auc"]["low"] > 0.5


def test_only_where_its_windows_have_ended_is_the_served_recipe_taken(rolled: Rolling) -> None:
    assert [each["recipe"] for each in rolled.origins] == ["chosen anew", "chosen anew", "served"]


def test_what_comes_later_changes_nothing_at_an_older_origin(rows: pd.DataFrame, rolled: Rolling) -> None:
    later = rows["landmark"] > pd.Timestamp(rolled.origins[0]["landmark"])
    changed = rows.assign(won=rows["won"].where(~later, 1 - rows["won"]), noise=rows["noise"].where(~later, 99.0))
    split = rolling_splits(rows["landmark"], HORIZON_DAYS, 4)[0]
    recipe, _ = choose_recipe(rows, rows["won"], rows["group"], FEATURES, 7)
    before, after = (later_log_odds(each[split.fitting], each[split.test], FEATURES, None, recipe) for each in (rows, changed))
    assert (before == after).all()


def test_an_origin_with_too_few_wins_says_so(rows: pd.DataFrame) -> None:
    split = rolling_splits(rows["landmark"], HORIZON_DAYS, 4)[-1]
    assert too_little(rows, split) is None
    quiet = rows.assign(won=rows["won"].where(~split.test, 0))
    assert too_little(quiet, split) == "0 wins follow it, where 10 are asked for"
    before = rows.assign(won=rows["won"].where(~split.fitting, 0))
    assert too_little(before, split) == "0 wins precede it, where 30 are asked for"
    tied = rows.assign(group=0)
    assert "groups of accounts precede it" in str(too_little(tied, split))


def test_drawn_rows_give_the_level_of_all_rows() -> None:
    random = np.random.default_rng(0)
    size = random.normal(size=40_000)
    won = (random.random(40_000) < expit(-4 + size)).astype(int)
    frame = pd.DataFrame({"size": size, "won": won, "group": np.arange(40_000)})
    drawn, share = thinned(frame, seed=1)
    assert len(drawn) == 10_000 and drawn["won"].sum() == won.sum()
    assert share == pytest.approx((10_000 - won.sum()) / (40_000 - won.sum()))
    named = [Named("size", "numeric")]
    recipe, _ = choose_recipe(drawn, drawn["won"], drawn["group"], named, 7, use_boosted=False)
    propensity = expit(fit_propensity(drawn, drawn["won"], recipe).logit(frame) + np.log(share))
    figures = evaluate(won, propensity, frame["group"], is_propensity=True, seed=1, replicates=2)
    assert figures["calibration_intercept"].estimate == pytest.approx(0, abs=0.1)
    assert figures["calibration_slope"].estimate == pytest.approx(1, abs=0.1)


def test_few_rows_are_all_kept(rows: pd.DataFrame) -> None:
    drawn, share = thinned(rows, seed=1)
    assert share == 1
    pd.testing.assert_frame_equal(drawn, rows)
