"""Potential spend by the industry average, expected value, and who counts as valuable."""

import numpy as np
import pandas as pd
import pytest

from lastword.planning.potential_spend import expected_value, potential_spend, trimmed_mean, whitespace
from lastword.planning.tiers import high_value


def test_potential_is_the_average_of_the_closest_group_with_ten_active_accounts():
    accounts = pd.DataFrame(
        {
            "industry": ["Software"] * 22 + ["Retail"] * 3,
            "sub_industry": ["Games"] * 10 + ["Databases"] * 12 + ["Food"] * 3,
            "prior_year_spend": [100.0] * 10 + [200.0] * 9 + [None, 0.0, None] + [900.0, None, None],
        }
    )
    potential = potential_spend(accounts)
    assert potential[0] == 100
    # nine active accounts are too few for Databases, so that Software decides: the middle 80 % of 10 × 100 and 9 × 200
    assert potential[12] == pytest.approx((9 * 100 + 8 * 200) / 17)
    assert potential[23] == trimmed_mean(accounts["prior_year_spend"][accounts["prior_year_spend"] > 0])


def test_no_active_account_no_potential():
    accounts = pd.DataFrame({"industry": ["x"], "sub_industry": [None], "prior_year_spend": [0.0]})
    assert potential_spend(accounts).isna().all()


def test_the_mean_is_trimmed():
    assert trimmed_mean(pd.Series([1.0] * 9 + [1e9])) == 1.0


def test_whitespace_is_what_is_not_spent_yet():
    spend, potential = pd.Series([None, 0.0, 30.0, 150.0]), pd.Series([100.0] * 4)
    assert list(whitespace(spend, potential)) == pytest.approx([1, 1, 0.7, 0])


def test_only_customers_are_worth_less_for_what_they_spend_already():
    value = expected_value(
        pd.Series([0.5, 0.5, np.nan]), pd.Series([100.0] * 3), pd.Series([40.0] * 3), pd.Series([True, False, False])
    )
    assert value[0] == pytest.approx(0.5 * 100 * 0.6)
    assert value[1] == pytest.approx(0.5 * 100)
    assert np.isnan(value[2])


def test_equal_potentials_are_on_one_side_and_unknown_ones_on_none():
    valued = high_value(pd.Series([10.0] * 13 + [20.0] * 7 + [None]))
    assert valued[:20].tolist() == [False] * 13 + [True] * 7
    assert valued.isna()[20]
    assert high_value(pd.Series([None, None], dtype="float64")).isna().all()
