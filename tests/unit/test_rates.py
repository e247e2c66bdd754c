import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rates import design_effect, wilson


def test_wilson_of_two_in_three_and_of_nobody() -> None:
    rate, low, high = wilson([2, 0], [3, 0])
    assert (rate[0], low[0], high[0]) == pytest.approx((2 / 3, 0.2077, 0.9385), abs=1e-4)
    assert np.isnan([rate[1], low[1], high[1]]).all()


@given(st.integers(0, 50), st.integers(1, 50), st.integers(1, 6))
def test_rows_that_are_repeated_give_the_interval_of_one_copy(wins: int, more: int, copies: int) -> None:
    count = wins + more
    repeated = wilson([copies * wins], [copies * count], copies)
    assert np.concatenate(repeated) == pytest.approx(np.concatenate(wilson([wins], [count])))


def test_the_design_effect_counts_how_often_an_account_is_there() -> None:
    won = np.random.default_rng(1).random(500) < 0.1
    assert design_effect(won, 0.1, np.arange(500)) == pytest.approx(1)
    assert design_effect(np.tile(won, 3), 0.1, np.tile(np.arange(500), 3)) == pytest.approx(3)
    assert design_effect([0, 0], 0.0, [1, 1]) == 1
