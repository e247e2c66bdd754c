"""Bootstrap refits: what is drawn, what comes of it, and that it is kept."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from models.blur import centred, chosen_variance, disputed_variance, hidden_variance
from models.fitting import prepare
from models.grades import assign_grades, log_odds_cuts
from models.logistic import fit_logistic, standardised
from models.propensity import fit_propensity
from models.refits import Draw, Refits, draw, fit_draws, fit_refits, graded_so, load_refits, scale_cuts
from tests.sample_rows import CUTS, GRADES, RECIPE, training_rows
from tests.truth.confidence import confidence_bins, confidence_figures, true_grades

SPARSE = replace(RECIPE, stack=(0.0, 0.5, 0.5), platt=(1.0, 0.0))


def cuts(logit: np.ndarray) -> list[float]:
    return log_odds_cuts(logit, GRADES)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return training_rows(accounts=1200)


@pytest.fixture(scope="module")
def population() -> pd.DataFrame:
    return training_rows(accounts=800, landmarks=1, seed=5)


@pytest.fixture(scope="module")
def refits(rows: pd.DataFrame, population: pd.DataFrame) -> Refits:
    return fit_refits(rows, SPARSE, population, cuts, count=8)


@pytest.fixture(scope="module")
def grades(rows: pd.DataFrame, population: pd.DataFrame) -> pd.Series:
    logit = pd.Series(fit_propensity(rows, rows["won"], SPARSE).logit(population), index=population.index)
    return assign_grades(100 * logit.rank(pct=True), CUTS)


def test_a_group_is_drawn_whole_and_weighs_as_often_as_it_was_drawn() -> None:
    group, won = np.array([0, 0, 1, 1, 1, 2, 3, 3]), np.array([1, 0, 0, 0, 1, 0, 1, 0])
    drawn = [draw(group, 4, won, np.full(8, 2.0), [7, number]) for number in range(50)]
    for each in drawn:
        weights = np.bincount(each.rows, weights=each.weight, minlength=8)
        assert (pd.Series(weights).groupby(group).nunique() == 1).all()
        assert pd.Series(weights).groupby(group).first().sum() == 2.0 * 4
    assert len({tuple(each.weight) for each in drawn}) > 5


def test_a_draw_without_a_win_is_drawn_again() -> None:
    won = np.array([1, 0, 0, 0, 0, 0])
    drawn = [draw(np.arange(6), 6, won, np.ones(6), [7, number]) for number in range(50)]
    assert all(0 in each.rows and len(each.rows) > 1 for each in drawn)


def test_of_a_large_draw_all_wins_are_kept_and_few_rows_stand_for_the_rest() -> None:
    won = (np.arange(40_000) % 50 == 0).astype(int)
    drawn: Draw = draw(np.arange(40_000), 40_000, won, np.ones(40_000), [7, 0])
    assert len(drawn.rows) == 6000
    assert drawn.weight.sum() == pytest.approx(40_000, rel=0.02)
    assert drawn.weight[won[drawn.rows] == 1].sum() == pytest.approx(800, rel=0.12)


def test_where_wins_are_most_a_large_draw_is_cut_to_size() -> None:
    won = (np.arange(90_000) % 3 > 0).astype(int)
    drawn = draw(np.arange(90_000), 90_000, won, np.ones(90_000), [7, 0])
    assert len(drawn.rows) == 30_000
    assert drawn.weight.sum() == pytest.approx(90_000, rel=0.02)
    assert np.average(won[drawn.rows], weights=drawn.weight) == pytest.approx(2 / 3, abs=0.01)


def test_a_refit_of_the_logistic_regression_is_what_scikit_learn_fits_to_the_draw(rows: pd.DataFrame) -> None:
    won, recipe = rows["won"].to_numpy(), SPARSE.logistic_alone()
    fitting = prepare(rows, won, recipe.features, recipe.seed)
    start = fit_logistic(fitting.design, slice(None), won, fitting.weight, recipe.evidence)
    fits, boosters = fit_draws(fitting, rows["group"].to_numpy(), recipe, start, 2)
    drawn = draw(rows["group"].to_numpy(), 1200, won, fitting.weight, [recipe.seed, 1])
    scale = np.sqrt(start.variance)
    model = LogisticRegression(C=recipe.evidence, max_iter=5000, tol=1e-10)
    model.fit(fitting.design.matrix[drawn.rows] * scale, won[drawn.rows], sample_weight=drawn.weight)
    assert boosters == []
    np.testing.assert_allclose(fits[1].coefficients, model.coef_[0] * scale, atol=1e-3)


def test_stored_slopes_give_the_refit_s_log_odds(rows: pd.DataFrame, population: pd.DataFrame) -> None:
    recipe = SPARSE.logistic_alone()
    refits = fit_refits(rows, recipe, population, cuts, count=3)
    fitting = prepare(rows, rows["won"].to_numpy(), recipe.features, recipe.seed)
    start = fit_logistic(fitting.design, slice(None), rows["won"].to_numpy(), fitting.weight, recipe.evidence)
    fits, _ = fit_draws(fitting, rows["group"].to_numpy(), recipe, start, 3)
    expected = standardised(fitting.design, population) @ fits[2].coefficients + fits[2].intercept
    slope, shift = recipe.platt
    np.testing.assert_allclose(refits.logit(population)[:, 2], slope * expected + shift)
    assert refits.boosters == ()


def test_each_refit_hands_out_the_shares(refits: Refits, population: pd.DataFrame) -> None:
    plain = scale_cuts(refits.logit(population), 0.0, cuts)
    given = (refits.logit(population)[:, :, None] >= np.array(plain)).mean(axis=0)
    np.testing.assert_allclose(given, np.tile([0.15, 0.35, 0.65, 0.85], (8, 1)), atol=0.002)


def test_refits_spread_about_the_full_fit(
    rows: pd.DataFrame, population: pd.DataFrame, refits: Refits, grades: pd.Series
) -> None:
    full = fit_propensity(rows, rows["won"], SPARSE).logit(population)
    logit, said = refits.logit(population), refits.score(population, grades)
    assert np.corrcoef(logit.mean(axis=1), full)[0, 1] > 0.95
    assert logit.mean() == pytest.approx(full.mean(), abs=0.15)
    np.testing.assert_allclose(said["log_odds_sd"], logit.std(axis=1, ddof=1))
    assert 0.05 < said["log_odds_sd"].mean() < 0.6


def test_more_rows_narrow_the_sd_and_the_blur(refits: Refits, population: pd.DataFrame, grades: pd.Series) -> None:
    many = fit_refits(training_rows(accounts=6000), SPARSE, population, cuts, count=8)
    assert many.score(population, grades)["log_odds_sd"].mean() < 0.8 * refits.score(population, grades)["log_odds_sd"].mean()
    assert many.content["blur"]["hidden"] < refits.content["blur"]["hidden"]


def test_the_confidence_of_all_grades_sums_to_one(refits: Refits, population: pd.DataFrame) -> None:
    sums = sum(refits.score(population, pd.Series(grade, index=population.index))["grade_confidence"] for grade in "ABCDF")
    np.testing.assert_allclose(sums, 1.0)


def test_an_account_without_a_grade_has_no_confidence(refits: Refits, population: pd.DataFrame, grades: pd.Series) -> None:
    said = refits.score(population, grades.where(population.index > 10))
    assert said["grade_confidence"].isna().sum() == 11
    assert said["log_odds_sd"].notna().all()


def test_nobody_to_score(refits: Refits, population: pd.DataFrame, grades: pd.Series) -> None:
    assert refits.score(population[:0], grades[:0]).empty


def test_without_blur_the_confidence_is_the_share_of_refits() -> None:
    logit = np.array([[1.0, 3.0, 3.0, 5.0]])
    each = np.tile([4.0, 2.0, 0.0, -2.0], (4, 1))
    assert graded_so(logit, np.array([3.0]), each, 0.0).tolist() == [0.5]
    assert graded_so(logit, np.array([4.0]), each, 0.0).tolist() == [0.25]
    assert graded_so(logit, np.array([0.0]), each, 0.0).tolist() == [0.0]


def test_blur_takes_from_what_all_refits_agree_on() -> None:
    logit, each = np.full((1, 4), 4.1), np.tile([4.0, 2.0, 0.0, -2.0], (4, 1))
    assert graded_so(logit, np.array([4.0]), each, 0.0).tolist() == [1.0]
    assert graded_so(logit, np.array([4.0]), each, 0.1).tolist() == pytest.approx([0.8413], abs=1e-4)


def test_the_same_rows_and_seed_give_the_same_bytes_on_one_thread_and_on_two(
    tmp_path: Path, rows: pd.DataFrame, population: pd.DataFrame
) -> None:
    for threads in (1, 2):
        with threadpool_limits(threads):
            fit_refits(rows, SPARSE, population, cuts, count=4).save(tmp_path / str(threads))
    for name in ("refits.json", "refits.txt"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


@pytest.mark.parametrize("recipe", [SPARSE, SPARSE.logistic_alone()])
def test_saved_and_loaded_they_are_the_same(tmp_path: Path, rows: pd.DataFrame, population: pd.DataFrame, recipe) -> None:
    refits = fit_refits(rows, recipe, population, cuts, count=3)
    refits.save(tmp_path)
    loaded = load_refits(tmp_path)
    assert loaded == refits
    np.testing.assert_array_equal(loaded.logit(population), refits.logit(population))


def test_a_model_from_before_there_were_refits_has_none(tmp_path: Path) -> None:
    assert load_refits(tmp_path) is None


def test_only_so_many_of_a_large_population_set_the_scale(rows: pd.DataFrame, population: pd.DataFrame) -> None:
    crowd = pd.concat([population] * 20)
    few = fit_refits(rows, SPARSE.logistic_alone(), population, cuts, count=2).content["cuts"]
    many = fit_refits(rows, SPARSE.logistic_alone(), crowd, cuts, count=2).content["cuts"]
    np.testing.assert_allclose(few, many, atol=0.1)


def test_the_penalty_hides_what_bayes_adds_to_the_sampling_variance() -> None:
    """One column, no clustering: the posterior variance is the sampling variance plus what is hidden."""
    rows = training_rows(accounts=2000, landmarks=1)
    fitting = prepare(rows, rows["won"].to_numpy(), (("technology:Kubernetes", "flag"),), 7)
    fit = fit_logistic(fitting.design, slice(None), rows["won"].to_numpy(), fitting.weight, 0.3)
    people = standardised(fitting.design, rows)
    risk = 1 / (1 + np.exp(-fitting.design.matrix @ fit.coefficients - fit.intercept))
    certainty = 0.3 * risk * (1 - risk)
    mean = np.average(fitting.design.matrix[:, 0], weights=certainty)
    known, penalty = float((certainty * (fitting.design.matrix[:, 0] - mean) ** 2).sum()), 1 / fit.variance[0]
    sampling = known / (known + penalty) ** 2
    refitted = people * np.sqrt(sampling) * np.array([-1.0, 0.0, 1.0])
    hidden = hidden_variance(fitting.design, 0.3 * fitting.weight, fit, people, refitted)
    assert hidden + sampling == pytest.approx(1 / (known + penalty))


def test_what_is_chosen_anew_varies_more_or_counts_for_nothing() -> None:
    kept = np.array([[1.0, -1.0], [-1.0, 1.0], [0.0, 0.0]])
    assert chosen_variance(2 * kept, kept) == pytest.approx(3 * centred(kept).var(axis=1, ddof=1).mean())
    assert chosen_variance(kept, 2 * kept) == 0.0


def test_the_two_models_dispute_by_their_weights() -> None:
    logistic, boosted = np.array([[1.0, 1.0], [-1.0, -1.0]]), np.array([[5.0, 5.0], [5.0, 5.0]])
    assert disputed_variance(logistic, boosted, (0.5, 0.5)) == pytest.approx(0.25)
    assert disputed_variance(logistic, boosted, (0.0, 1.0)) == 0.0
    assert disputed_variance(logistic, boosted, (0.0, 0.0)) == 0.0


@pytest.mark.parametrize(
    ("policy", "given", "prior_odds", "expected"),
    [
        ("shares", {}, None, [85.0, 65.0, 35.0, 15.0]),
        ("points", {"A": 90, "B": 50, "C": 20, "D": 0}, None, [90.0, 50.0, 20.0, -1000.0]),
        ("propensity", {"A": 0.5, "B": 0.2, "C": 0.1, "D": 0.0}, None, [0.0, -1.3863, -2.1972, -1000.0]),
        ("propensity", {"A": 0.5, "B": 0.2, "C": 0.1, "D": 0.05}, 0.1, [1.6094, 0.6931, 0.0, -0.6931]),
    ],
)
def test_cuts_on_the_log_odds(policy, given, prior_odds, expected) -> None:
    settings = SimpleNamespace(policy=policy, shares=GRADES.shares, cuts=given)
    logit = np.arange(0, 100.0) + 0.5
    assert log_odds_cuts(logit, settings, prior_odds) == pytest.approx(expected, abs=1e-4)


def test_confidence_is_as_good_as_its_word(rows: pd.DataFrame) -> None:
    people = training_rows(accounts=3000, landmarks=1, seed=11)
    model = fit_propensity(rows, rows["won"], SPARSE)
    truth = true_grades(people["truth"], CUTS)
    grades = true_grades(pd.Series(model.logit(people), index=people.index), CUTS)
    said = fit_refits(rows, SPARSE, people, cuts, count=32).score(people, grades)["grade_confidence"]
    figures = confidence_figures(grades, said, truth)
    assert figures["right_when_sure"] >= 0.8
    assert figures["confidence"] == pytest.approx(figures["right"], abs=0.15)
    bins = confidence_bins(grades, said, truth)
    assert bins["accounts"].sum() == 3000
    assert bins["right"].iloc[-1] > bins["right"].iloc[0]
