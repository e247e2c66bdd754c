"""How accounts and past wins spread over an attribute and its bands."""

import numpy as np
import pandas as pd
import pytest

from lastword.planning.spread import BINS, Scale, band_figures, scale_of, spread_of, value_figures

INF = float("inf")


def test_a_scale_goes_both_ways():
    for scale in (Scale("linear", -10, 30), Scale("log", 100, 1e6)):
        assert [scale.place(scale.value(each)) for each in (0, 0.3, 1)] == pytest.approx([0, 0.3, 1])
        assert (scale.place(-1e9), scale.place(1e12)) == (0, 1)
        assert all(scale.low <= tick <= scale.high for tick in scale.ticks())
    assert Scale("log", 100, 1e6).ticks() == [100, 1000, 10_000, 100_000, 1_000_000]
    assert Scale("linear", 0, 100).ticks() == [0, 20, 40, 60, 80, 100]


def test_skewed_numbers_are_drawn_by_their_ratios():
    skewed = 10 ** np.random.default_rng(1).normal(7, 1, 2000)
    assert scale_of(skewed).kind == "log"
    assert scale_of(np.append(skewed, [0.0, np.nan])).kind == "log"
    assert scale_of(np.arange(100.0)) == Scale("linear", 0.0, pytest.approx(98.01))
    assert scale_of(np.append(skewed, -1.0)).kind == "linear"
    assert scale_of(np.array([np.nan])).high == 1.0
    assert scale_of(np.full(5, 7.0)).high > scale_of(np.full(5, 7.0)).low


def test_every_account_is_in_one_bin_and_unknown_ones_are_told():
    spread = spread_of(np.array([1, 2, 3, 1e9, -5, np.nan]), np.array([1.0, 2.0, np.nan]), np.array([1.0, 0.0, 1.0]))
    assert len(spread.bins) == BINS
    assert (spread.bins["accounts"].sum(), spread.known, spread.unknown, spread.bins["wins"].sum()) == (5, 5, 1, 1)


def test_bands_hold_accounts_wins_and_their_rate():
    past = np.array([5.0, 5.0, 15.0, 15.0, np.nan])
    won = np.array([0.0, 0.0, 1.0, 0.0, 1.0])
    found = band_figures([-INF, 10.0], np.array([1.0, 10.0, 11.0, np.nan]), past, won, pd.Series(list("abcde")))
    assert found["accounts"].tolist() == [1, 2, 1]
    assert found["rows"].tolist() == [2, 2, 1]
    assert found["wins"].tolist() == [0, 1, 1]
    assert found["rate"].tolist() == [0.0, 0.5, 1.0]
    assert (found["low"] <= found["rate"]).all()
    assert (found["rate"] <= found["high"]).all()
    alone = band_figures([-INF], np.array([1.0]), None, None, None)
    assert alone["accounts"].tolist() == [1, 0]
    assert alone["rate"].isna().all()


def test_rows_of_one_account_carry_less_evidence():
    numbers, won = np.zeros(40), np.array([1.0, 0.0] * 20)
    own = band_figures([0.0], numbers, numbers, won, pd.Series([f"a{n}" for n in range(40)]))
    shared = band_figures([0.0], numbers, numbers, np.sort(won), pd.Series([f"a{n // 10}" for n in range(40)]))
    assert (shared["high"] - shared["low"])[0] > (own["high"] - own["low"])[0]


def test_values_that_are_listed_others_and_unknown_ones():
    values = pd.Series(["x", "y", "z", "z", None, " "], dtype="category")
    found, others = value_figures(["y", "x", "gone"], values, None, None, None)
    assert found["accounts"].tolist() == [1, 1, 0, 2, 2]
    assert others == [("z", 2)]


def test_numbers_and_flags_go_by_their_texts():
    found, _ = value_figures(["5"], pd.Series([5.0, 6.0, np.nan]), None, None, None)
    assert found["accounts"].tolist() == [1, 1, 1]
    found, _ = value_figures(["yes"], pd.Series([True, False]), None, None, None)
    assert found["accounts"].tolist() == [1, 1, 0]
