import numpy as np
import pytest

from models.calibration import fit_platt, fit_stack, gated_platt, log_loss


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
    gate = gated_platt(3 * true, won, group, seed=1)
    assert gate.kept and gate.gain > gate.standard_error > 0
    assert (gate.slope, gate.intercept) == fit_platt(3 * true, won)


def test_calibrated_log_odds_are_left_alone() -> None:
    true = logits(6000)
    assert gated_platt(true, outcomes(true - 1), np.arange(6000), seed=1).kept, "a level that is off is corrected"
    kept = [gated_platt(true, outcomes(true, seed), np.arange(6000), seed=1) for seed in range(25)]
    assert [(gate.slope, gate.intercept) for gate in kept].count((1.0, 0.0)) >= 20


@pytest.mark.parametrize("slope", [0.6, 1.6])
def test_a_wrong_slope_is_corrected_at_300_wins(slope: float) -> None:
    true = logits(2000)
    gates = [gated_platt(true / slope, outcomes(true, seed), np.arange(2000), seed=1) for seed in range(12)]
    assert sum(gate.kept for gate in gates) >= 11
    assert np.mean([gate.slope for gate in gates]) == pytest.approx(slope, abs=0.15)


def test_rows_of_one_group_are_not_further_evidence() -> None:
    true, group = logits(400), np.arange(400)
    won = outcomes(0.9 * true, seed=4)
    once, often = (gated_platt(np.tile(true, n), np.tile(won, n), np.tile(group, n), seed=1) for n in (1, 5))
    assert often.standard_error == pytest.approx(once.standard_error, rel=0.2)


def test_platt_is_identity_where_wins_lie_in_too_few_groups() -> None:
    gate = gated_platt([9.0] * 6, [0, 0, 0, 1, 1, 0], [1, 2, 3, 4, 4, 5], seed=1)
    assert (gate.kept, gate.slope, gate.intercept) == (False, 1.0, 0.0)
    assert np.isnan(gate.gain)


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
