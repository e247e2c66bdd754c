import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from overrides.value_of_information import believed_move, review_gain

NAN = float("nan")


def test_at_the_cut_the_gain_is_value_times_slope_times_move_times_the_height_of_the_normal():
    tau = 0.8**2 / (0.8**2 + 0.6**2) ** 0.5  # 0.64
    assert believed_move(0.8) == pytest.approx(0.64)
    assert review_gain(-2.0, 0.8, -2.0, 0.2, 1000.0) == pytest.approx(1000 * 0.16 * tau * 0.3989423)


def test_away_from_the_cut_it_is_the_formula_on_either_side():
    tau, z = 0.64, 0.5 / 0.64
    expected = 0.16 * tau * (norm.pdf(z) - z * (1 - norm.cdf(z)))
    assert review_gain([-1.5, -2.5], [0.8, 0.8], -2.0, 0.2, 1.0).tolist() == pytest.approx([expected, expected])


@pytest.mark.parametrize(
    ("account", "gain"),
    [
        ((0.0, 0.0, 0.0, 0.5, 1.0), 0.0),  # nothing is to be learnt
        ((0.0, 0.0, 3.0, 0.5, 1.0), 0.0),
        ((0.0, NAN, 0.0, 0.5, 1.0), NAN),
        ((NAN, 0.5, 0.0, 0.5, 1.0), NAN),
        ((0.0, 0.5, NAN, 0.5, 1.0), NAN),
        ((0.0, 0.0, NAN, 0.5, 1.0), NAN),
        ((0.0, 0.5, 400.0, 0.5, 1e9), 0.0),
    ],
)
def test_without_a_spread_nothing_without_a_figure_null(account, gain):
    np.testing.assert_equal(float(review_gain(*account)), gain)


def test_a_value_that_is_not_known_counts_as_one():
    assert review_gain(0.0, 0.5, 0.1, 0.5, NAN) == review_gain(0.0, 0.5, 0.1, 0.5, 1.0)


def test_it_is_what_a_simulated_reviewer_gains_near_the_cut():
    rng, log_odds, spread, cut = np.random.default_rng(5), -2.1, 0.3, -2.0
    truth = rng.normal(log_odds, spread, 400_000)
    said = rng.normal(truth, 0.6)
    believed = log_odds + spread**2 / (spread**2 + 0.36) * (said - log_odds)
    p = 1 / (1 + np.exp(-cut))
    gained = (p * (1 - p) * (truth - cut))[believed > cut].sum() / len(truth)
    assert review_gain(log_odds, spread, cut, p, 1.0) == pytest.approx(gained, rel=0.03)


@settings(deadline=None, max_examples=60)
@given(st.floats(-6, 3), st.floats(0.01, 2), st.floats(-6, 3), st.floats(0.001, 0.9), st.floats(0, 1e6))
def test_more_value_more_doubt_and_less_distance_never_make_a_look_worth_less(log_odds, spread, cut, p, value):
    gain = review_gain(log_odds, spread, cut, p, value)
    assert gain >= 0
    assert review_gain(log_odds, spread, cut, p, value + 1) >= gain
    assert review_gain(log_odds, spread + 0.1, cut, p, value) >= gain * (1 - 1e-9)
    assert review_gain((log_odds + cut) / 2, spread, cut, p, value) >= gain * (1 - 1e-9)
    assert review_gain(log_odds, spread, cut, p, value, reviewer_sd=0.0) >= gain * (1 - 1e-9)
