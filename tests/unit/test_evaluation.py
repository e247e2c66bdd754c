import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from models.evaluation import (
    Interval,
    attainable_lift,
    chance,
    compare,
    evaluate,
    grade_table,
    interval_gap,
    lift_at_share,
    rising_grades,
)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    log_odds = -2 + 1.2 * rng.normal(size=3000)
    return pd.DataFrame({"p": expit(log_odds), "won": rng.random(3000) < expit(log_odds), "account": np.arange(3000) // 2})


def test_figures_agree_with_scikit_learn(rows):
    figures = evaluate(rows.won, rows.p, rows.account, is_propensity=True, seed=1, replicates=20)
    assert figures["auc"].estimate == pytest.approx(roc_auc_score(rows.won, rows.p))
    assert figures["average_precision"].estimate == pytest.approx(average_precision_score(rows.won, rows.p))
    assert figures["log_loss"].estimate == pytest.approx(log_loss(rows.won, rows.p))
    assert figures["brier"].estimate == pytest.approx(brier_score_loss(rows.won, rows.p))


def test_figures_agree_with_scikit_learn_when_scores_tie(rows):
    coarse = rows.p.round(1)
    figures = evaluate(rows.won, coarse, rows.account, is_propensity=False, seed=1, replicates=5)
    assert figures["auc"].estimate == pytest.approx(roc_auc_score(rows.won, coarse))
    assert figures["average_precision"].estimate == pytest.approx(average_precision_score(rows.won, coarse))
    assert "brier" not in figures


def test_a_calibrated_propensity_is_found_calibrated_and_a_sharpened_one_is_not(rows):
    good = evaluate(rows.won, rows.p, rows.account, is_propensity=True, seed=1, replicates=50)
    assert good["calibration_slope"].low < 1 < good["calibration_slope"].high
    assert good["calibration_intercept"].low < 0 < good["calibration_intercept"].high
    sharpened = expit(2 * np.log(rows.p / (1 - rows.p)) + 1)
    bad = evaluate(rows.won, sharpened, rows.account, is_propensity=True, seed=1, replicates=50)
    assert bad["calibration_slope"].estimate == pytest.approx(good["calibration_slope"].estimate / 2, abs=1e-4)
    assert bad["ece"].low > good["ece"].estimate


def test_calibration_error_of_ten_bins_of_equal_mass():
    won = np.array([0, 1] * 5)
    figures = evaluate(won, np.linspace(0.05, 0.95, 10), np.arange(10), is_propensity=True, seed=1, replicates=2)
    assert figures["ece"].estimate == pytest.approx(np.abs(won - np.linspace(0.05, 0.95, 10)).mean())


def test_accounts_that_tie_at_the_cut_are_shared_fractionally():
    won = [1, 1, 0, 0] + [0] * 6
    figures = evaluate(won, [1.0] * 4 + [0.0] * 6, range(10), is_propensity=False, seed=1, replicates=2)
    assert figures["capture_at_10"].estimate == pytest.approx(0.25)
    assert figures["lift_at_10"].estimate == pytest.approx(2.5)
    assert figures["capture_at_35"].estimate == pytest.approx(3.5 / 4)


def test_a_constant_score_gives_the_figures_of_chance():
    won = [1, 0, 0, 0, 1, 0, 0, 0, 0, 0]
    figures = evaluate(won, [0.2] * 10, range(10), is_propensity=False, seed=1, replicates=2)
    assert {name: figure.estimate for name, figure in figures.items()} == pytest.approx(chance(won))


def test_a_missing_score_ranks_last():
    figures = evaluate([0, 1, 0, 1], [np.nan, 0.1, 0.05, 0.9], range(4), is_propensity=False, seed=1, replicates=2)
    assert figures["auc"].estimate == 1.0


def test_rows_of_one_account_are_drawn_together():
    rng = np.random.default_rng(0)
    score, won = rng.normal(size=200), rng.random(200) < 0.3
    tripled = [np.tile(each, 3) for each in (won, score, np.arange(200))]
    single = evaluate(won, score, np.arange(200), is_propensity=False, seed=5)["auc"]
    together = evaluate(*tripled, is_propensity=False, seed=5)["auc"]
    assert (together.low, together.high) == pytest.approx((single.low, single.high))


@pytest.mark.parametrize("won", [[], [0, 0, 0], [1, 1, 1]])
def test_rows_of_one_class_give_no_ranking_figure_and_no_error(won):
    figures = evaluate(won, np.full(len(won), 0.3), range(len(won)), is_propensity=True, seed=1, replicates=3)
    assert np.isnan(figures["auc"].estimate)
    assert np.isnan(figures["calibration_slope"].estimate)
    assert figures["auc"].to_json() == {"estimate": None, "low": None, "high": None}


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    covered = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        won = np.arange(400) < 80
        score = rng.normal(size=400) + won  # true AUC Φ(1/√2) = 0.7602
        auc = evaluate(won, score, np.arange(400), is_propensity=False, seed=seed, replicates=100)["auc"]
        covered += auc.low <= 0.7602 <= auc.high
    assert 34 <= covered <= 40


def test_same_seed_same_figures(rows):
    once, twice = (evaluate(rows.won, rows.p, rows.account, is_propensity=True, seed=9, replicates=5) for _ in range(2))
    assert once == twice


def test_a_difference_is_paired(rows):
    noisier = rows.p + np.random.default_rng(1).normal(size=len(rows)) * 0.02
    difference = compare(rows.won, rows.p, noisier, rows.account, metric="auc", seed=2)
    alone = evaluate(rows.won, rows.p, rows.account, is_propensity=False, seed=2)["auc"]
    assert difference.estimate == pytest.approx(roc_auc_score(rows.won, rows.p) - roc_auc_score(rows.won, noisier))
    assert difference.standard_error < (alone.high - alone.low) / 8
    same = compare(rows.won, rows.p, rows.p, rows.account, metric="lift_at_15", seed=2, replicates=5)
    assert (same.estimate, same.low, same.high, same.standard_error) == (0, 0, 0, 0)


def test_an_unknown_metric_is_an_error(rows):
    with pytest.raises(ValueError, match="lift_at_K"):
        compare(rows.won, rows.p, rows.p, rows.account, metric="gini", seed=2)


def test_lift_at_a_share_and_the_most_it_could_be():
    won = [1] * 10 + [0] * 90
    lift = lift_at_share(won, -np.arange(100), 0.15, range(100), seed=1)
    assert lift.estimate == pytest.approx(1 / 0.15) == attainable_lift(won, 0.15)
    assert attainable_lift([1] * 50 + [0] * 50, 0.15) == 2.0
    assert np.isnan(attainable_lift([0, 0], 0.15))


def test_grade_table_counts_observed_and_expected():
    won, propensity = [1, 1, 0, 0, 0, 1], [0.5, 0.5, 0.5, 0.1, 0.1, 0.9]
    table = grade_table(won, propensity, ["A", "A", "A", "D", "D", None])
    assert list(table.index) == ["A", "B", "C", "D", "F"]
    assert table.loc["A", ["accounts", "wins", "expected"]].tolist() == [3, 2, 1.5]
    assert table.loc["A", "observed_over_expected"] == pytest.approx(4 / 3)
    assert table.loc["A", ["rate_low", "rate_high"]].tolist() == pytest.approx([0.2077, 0.9385], abs=1e-4)  # Wilson of 2 in 3
    assert table.loc["A", ["oe_low", "oe_high"]].tolist() == pytest.approx([0.2077 / 0.5, 0.9385 / 0.5], abs=1e-3)
    assert table.loc["D", "oe_low"] == 0 and np.isnan(table.loc["B", "oe_high"])
    assert table.loc["D", "rate"] == 0 and table.loc["D", "rate_high"] < 1
    assert table.loc["B", "accounts"] == 0 and np.isnan(table.loc["B", "rate"])
    assert grade_table(won, None, ["A"] * 6)["expected"].isna().all()


def test_a_win_that_counts_at_three_landmarks_is_one_win(rows):
    grade, account = np.where(rows.p > 0.2, "A", "C"), np.arange(len(rows))
    once = grade_table(rows.won, rows.p, grade, account)
    thrice = grade_table(*(np.tile(each, 3) for each in (rows.won, rows.p, grade, account)))
    assert thrice.loc["A", "wins"] == 3 * once.loc["A", "wins"]
    bounds = ["rate_low", "rate_high", "oe_low", "oe_high"]
    assert thrice.loc["A", bounds].tolist() == pytest.approx(once.loc["A", bounds].tolist(), rel=1e-3)


def test_a_win_rate_that_rises_is_found_and_a_handful_of_wins_is_not():
    grade = np.repeat(list("ABCDF"), 200)
    won = np.concatenate([np.arange(200) < wins for wins in (60, 20, 40, 3, 0)])
    assert rising_grades(won, grade, np.arange(1000), seed=1) == (("B", "C"),)
    scarce = np.concatenate([np.arange(200) < wins for wins in (30, 12, 6, 0, 3)])
    assert rising_grades(scarce, grade, np.arange(1000), seed=1) == ()
    assert rising_grades([], [], [], seed=1) == ()
    assert rising_grades([0, 0], ["A", "B"], [1, 2], seed=1) == ()
    assert rising_grades([1, 0], [None, "B"], [1, 2], seed=1) == ()


def test_repeated_rows_of_an_account_are_no_further_evidence_of_rising_grades():
    grade = np.repeat(list("ABCDF"), 200)
    won = np.concatenate([np.arange(200) < wins for wins in (30, 12, 6, 0, 3)])
    assert rising_grades(np.tile(won, 6), np.tile(grade, 6), np.tile(np.arange(1000), 6), seed=1) == ()


def test_the_gap_of_two_figures_has_the_error_of_both():
    gap = interval_gap(Interval(0.9, 0.86, 0.94), Interval(0.7, 0.67, 0.73))
    assert gap.estimate == pytest.approx(0.2)
    assert (gap.low, gap.high) == pytest.approx((0.15, 0.25))
