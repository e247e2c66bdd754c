from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.curves import SHARES, calibration, curves, distribution, gains


def test_ten_bins_of_equal_mass_from_low_to_high() -> None:
    propensity = np.linspace(0.005, 0.995, 100)
    won = np.arange(100) >= 50
    bins = calibration(won, propensity, np.arange(100))
    assert [each["rows"] for each in bins] == [10] * 10
    assert [each["wins"] for each in bins] == [0] * 5 + [10] * 5
    assert bins[0]["propensity"] == pytest.approx(0.05)
    assert bins[0]["observed"] == 0 and bins[0]["high"] == pytest.approx(0.2775, abs=1e-4)  # Wilson of 0 in 10


def test_equal_propensities_share_a_bin() -> None:
    (only,) = calibration([1, 0, 0, 0], [0.25] * 4, range(4))
    assert (only["propensity"], only["observed"], only["rows"]) == (0.25, 0.25, 4)


def test_a_win_counted_three_times_is_no_further_evidence() -> None:
    won, propensity = np.random.default_rng(0).random(400) < 0.2, np.full(400, 0.2)
    (once,) = calibration(won, propensity, np.arange(400))
    (thrice,) = calibration(np.tile(won, 3), np.tile(propensity, 3), np.tile(np.arange(400), 3))
    assert (thrice["low"], thrice["high"]) == pytest.approx((once["low"], once["high"]), rel=1e-5)


def test_gains_of_a_perfect_a_constant_and_a_missing_score() -> None:
    won = np.arange(100) < 10
    perfect = dict(map(tuple, gains(won, -np.arange(100))))
    assert (perfect[0.05], perfect[0.1], perfect[1.0]) == (0.5, 1.0, 1.0)
    assert gains(won, np.zeros(100)) == [[share, pytest.approx(share)] for share in SHARES]
    last = dict(map(tuple, gains(won, np.where(won, np.nan, 1.0))))
    assert (last[0.9], last[0.95]) == (0.0, 0.5)
    assert gains([0, 0], [1, 2]) == []


def test_the_distribution_counts_accounts_and_wins_by_bin() -> None:
    assert distribution([1, 0, 0, 1], [0.0015, 0.0012, 0.0029, 0.003]) == [
        {"low": 0.001, "high": 0.0015, "rows": 1, "wins": 0},
        {"low": 0.0015, "high": 0.002, "rows": 1, "wins": 1},
        {"low": 0.002, "high": 0.003, "rows": 1, "wins": 0},
        {"low": 0.003, "high": 0.005, "rows": 1, "wins": 1},
    ]
    assert [(each["high"], each["rows"]) for each in distribution([1], [1.0])] == [(1.0, 1)]
    assert distribution([], []) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_bins_adjoin_and_lose_nobody(propensity: list[float]) -> None:
    bins = distribution([1] * len(propensity), propensity)
    assert sum(each["rows"] for each in bins) == sum(each["wins"] for each in bins) == len(propensity)
    assert all(left["high"] == right["low"] for left, right in pairwise(bins))
    assert bins[0]["low"] <= min(propensity) + 1e-12 and max(propensity) <= bins[-1]["high"] + 1e-12
    assert bins[0]["rows"] > 0 and bins[-1]["rows"] > 0


def test_without_propensities_there_are_gains_alone() -> None:
    drawn = curves([1, 0], {"model": [2, 1], "plan": [1, 2]}, None, [1, 2])
    assert (drawn["calibration"], drawn["distribution"], set(drawn["gains"])) == ([], [], {"model", "plan"})
