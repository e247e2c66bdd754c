import numpy as np
import pytest

from models.calibration import fit_platt, fit_stack, keep_platt_if_better, log_loss


def outcomes(logit: np.ndarray, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).random(len(logit)) < 1 / (1 + np.exp(-logit))).astype(int)


def logits(rows: int = 20_000, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(-2, 1, rows)


def test_platt_recovers_slope_and_intercept() -> None:
    true = logits()
    slope, intercept = fit_platt((true - 0.5) / 2, outcomes(true, seed=5))
    assert slope == pytest.approx(2, abs=0.15)
    assert intercept == pytest.approx(0.5, abs=0.15)


def test_platt_of_the_contrary_keeps_ranks_and_gives_the_base_rate() -> None:
    true = logits()
    won = outcomes(true)
    slope, intercept = fit_platt(-true, won)
    assert slope > 0
    assert np.mean(1 / (1 + np.exp(slope * true - intercept))) == pytest.approx(won.mean(), abs=0.001)


def test_platt_stays_finite_where_wins_are_perfectly_separated() -> None:
    slope, intercept = fit_platt([-1.0, -0.5, 0.5, 1.0], [0, 0, 1, 1])
    assert 1 < slope < 100
    assert abs(intercept) < 1e-6


def test_platt_of_constant_log_odds_is_the_base_rate() -> None:
    slope, intercept = fit_platt(np.zeros(100), np.arange(100) < 25)
    assert slope == pytest.approx(1)
    assert intercept == pytest.approx(np.log(1 / 3), abs=1e-6)


def test_platt_is_kept_where_it_helps() -> None:
    true, group = logits(), np.arange(20_000)
    won = outcomes(true)
    assert keep_platt_if_better(3 * true, won, group, seed=1) == fit_platt(3 * true, won)


def test_platt_is_identity_where_held_out_rows_do_not_gain() -> None:
    true, group = logits(300), np.arange(300)
    kept = [keep_platt_if_better(true, outcomes(true, seed), group, seed=1) for seed in range(20)]
    assert 3 <= kept.count((1.0, 0.0)) <= 17


def test_platt_is_identity_where_wins_lie_in_too_few_groups() -> None:
    assert keep_platt_if_better([9.0] * 6, [0, 0, 0, 1, 1, 0], [1, 2, 3, 4, 4, 5], seed=1) == (1.0, 0.0)


def test_the_stack_weighs_what_each_model_knows() -> None:
    first, second = logits(seed=1), logits(seed=2) * 0.5
    won = outcomes(1 + 0.7 * first + 0.4 * second)
    intercept, *weights = fit_stack(first, second, won)
    assert (intercept, *weights) == pytest.approx((1, 0.7, 0.4), abs=0.15)


def test_the_stack_never_subtracts_a_model() -> None:
    true = logits()
    noise = np.random.default_rng(3).normal(size=len(true))
    won = outcomes(true)
    _, first, second = fit_stack(true + noise, noise, won)
    assert second == 0
    assert 0 < first < 1


def test_the_stack_shares_between_equal_models() -> None:
    true = logits()
    _, first, second = fit_stack(true, true, outcomes(true))
    assert first == pytest.approx(second)


def test_the_stack_of_one_is_a_platt_correction() -> None:
    true = logits()
    won = outcomes(true)
    slope, intercept = fit_platt(2 * true, won)
    assert fit_stack(2 * true, None, won) == (intercept, slope, 0.0)


def test_log_loss_of_certainty() -> None:
    assert log_loss(np.array([800.0, -800.0]), np.array([1, 0])) == 0.0
    assert log_loss(np.array([800.0]), np.array([0])) == 800.0
