"""The logistic regression that learns how much each group of columns matters."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from models import relevance
from models.relevance import Fit, fit_relevance, refit

GROUP = np.array([0, 0, 0, 1, *range(2, 42)])
TRUTH = np.array([0.8, -0.6, 0.4, 1.0, *[0.0] * 40])


def population(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Forty-four standardised columns in 42 groups, of which two matter, and outcomes, of which about a tenth are wins."""
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(rows, len(TRUTH)))
    return matrix, (random.random(rows) < expit(matrix @ TRUTH - 2.8)).astype(int)


def test_what_matters_is_found_and_the_rest_shrunk_to_nothing() -> None:
    matrix, won = population(4000)
    fit = fit_relevance(matrix, GROUP, won, np.ones(4000))
    np.testing.assert_allclose(fit.coefficients[:4], TRUTH[:4], atol=0.2)
    assert (fit.variance[:4] > 0.05).all()
    assert fit.variance[0] == fit.variance[1] == fit.variance[2]
    assert np.abs(fit.coefficients[4:]).max() < 0.15
    assert (fit.variance[4:] == 0).sum() > 10
    assert (fit.coefficients[fit.variance == 0] == 0).all()


def test_it_ranks_better_than_one_ridge_penalty_where_wins_are_few() -> None:
    gains = []
    for seed in range(8):
        matrix, won = population(900, seed)
        later, _ = population(20_000, seed + 100)
        ridges = [LogisticRegression(C=c, max_iter=500).fit(matrix, won).coef_[0] for c in (0.001, 0.01, 0.1, 1.0)]
        best = max(np.corrcoef(later @ ridge, later @ TRUTH)[0, 1] for ridge in ridges)
        learnt = fit_relevance(matrix, GROUP, won, np.ones(900)).coefficients
        gains.append(np.corrcoef(later @ learnt, later @ TRUTH)[0, 1] - best)
    assert np.mean(gains) > 0.01


def test_where_nothing_matters_everybody_gets_the_rate() -> None:
    matrix, _ = population(3000)
    won = np.random.default_rng(5).permutation(np.arange(3000) % 20 == 0).astype(int)
    fit = fit_relevance(matrix, GROUP, won, np.full(3000, 0.5))
    assert np.std(matrix @ fit.coefficients) < 0.35 < 0.8 * np.std(matrix @ TRUTH)
    assert expit(matrix @ fit.coefficients + fit.intercept).mean() == pytest.approx(0.05, abs=0.002)


@pytest.mark.parametrize("outcome", [0, 1])
def test_one_outcome_alone_is_no_error(outcome: int) -> None:
    fit = fit_relevance(population(200)[0], GROUP, np.full(200, outcome), np.ones(200))
    assert np.isfinite([*fit.coefficients, fit.intercept]).all()


def test_under_given_variances_it_is_scikit_learn_s_ridge() -> None:
    matrix, won = population(1500)
    variance = np.linspace(0.02, 0.5, len(TRUTH))
    found = refit(Fit(np.zeros(len(TRUTH)), 0.0, variance), matrix, won, np.ones(1500))
    ridge = LogisticRegression(C=1.0, max_iter=5000, tol=1e-10).fit(matrix * np.sqrt(variance), won)
    np.testing.assert_allclose(found.coefficients, ridge.coef_[0] * np.sqrt(variance), atol=1e-4)
    assert found.intercept == pytest.approx(ridge.intercept_[0], abs=1e-4)


def test_weights_stand_for_rows_and_dropped_columns_stay_dropped() -> None:
    matrix, won = population(600)
    variance = np.where(np.arange(len(TRUTH)) < 8, 0.1, 0.0)
    start = Fit(np.zeros(len(TRUTH)), -2.0, variance)
    weighted = refit(start, matrix, won, np.where(won == 1, 1.0, 2.0))
    twice = np.concatenate([np.arange(600), np.flatnonzero(won == 0)])
    repeated = refit(start, matrix[twice], won[twice], np.ones(len(twice)))
    np.testing.assert_allclose(weighted.coefficients, repeated.coefficients, atol=1e-8)
    assert (weighted.coefficients[8:] == 0).all()


def test_summed_in_small_blocks_it_is_the_same_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix, won = population(3_000)
    weight = np.linspace(0.2, 1.0, 3_000)
    at_once = fit_relevance(matrix, GROUP, won, weight)
    monkeypatch.setattr(relevance, "BLOCK_ROWS", 64)
    in_blocks = fit_relevance(matrix, GROUP, won, weight)
    np.testing.assert_allclose(in_blocks.coefficients, at_once.coefficients, rtol=0, atol=1e-10)
    np.testing.assert_allclose(in_blocks.variance, at_once.variance, rtol=1e-10)
    assert in_blocks.intercept == pytest.approx(at_once.intercept, abs=1e-10)


def test_rows_given_by_their_places_are_those_rows() -> None:
    matrix, won = population(3_000)
    places = np.flatnonzero(np.arange(3_000) % 3 > 0)
    copied = fit_relevance(matrix[places], GROUP, won[places], np.ones(2_000))
    found = fit_relevance(matrix, GROUP, won[places], np.ones(2_000), places)
    np.testing.assert_array_equal(found.coefficients, copied.coefficients)
    again = refit(copied, matrix, won[:1_500], np.ones(1_500), np.arange(1_500))
    np.testing.assert_array_equal(again.coefficients, refit(copied, matrix[:1_500], won[:1_500], np.ones(1_500)).coefficients)


def test_many_rows_are_sampled_for_the_variances_alone() -> None:
    matrix, won = population(60_000)
    fit = fit_relevance(matrix, GROUP, won, np.ones(60_000))
    np.testing.assert_allclose(fit.coefficients[:4], TRUTH[:4], atol=0.06)
    assert expit(matrix @ fit.coefficients + fit.intercept).mean() == pytest.approx(won.mean(), rel=0.01)
