"""How much an account could spend in a year, from what active accounts of its industry do spend."""

import numpy as np
import pandas as pd

ENOUGH_ACTIVE = 10
"""An industry with fewer active accounts says too little: its sub-industry backs off to it, and it to all accounts."""

TRIMMED = 0.10
"""Share cut off at either end before averaging, so that one giant doesn't set everybody's potential."""


def potential_spend(accounts: pd.DataFrame) -> pd.Series:
    """Potential yearly spend by the industry average.

    Parameters
    ----------
    accounts
        One row per account: prior_year_spend (the project's currency, null or 0: not active), industry, sub_industry.

    Returns
    -------
    pandas.Series
        The trimmed mean of prior_year_spend over the active accounts of the sub-industry, with fewer than 10 of them of the
        industry, then of all; null for every account where no account is active.
    """
    return industry_average(accounts)["potential"]


def industry_average(accounts: pd.DataFrame) -> pd.DataFrame:
    """`potential`, as potential_spend gives it, and `whose`: the accounts averaged, in words (null: none is active)."""
    spend = active_spend(accounts)
    average = trimmed_mean(spend)
    potential = pd.Series(average, index=accounts.index, dtype="float64")
    whose = pd.Series(None if np.isnan(average) else "of all", index=accounts.index, dtype="str")
    for level in ("industry", "sub_industry"):
        averages = spend.groupby(accounts[level]).agg(lambda s: trimmed_mean(s) if s.count() >= ENOUGH_ACTIVE else np.nan)
        at_level = accounts[level].map(averages).astype("float64")
        whose = whose.mask(at_level.notna(), "of " + level.replace("_", "-") + " " + accounts[level].astype("str"))
        potential = at_level.fillna(potential)
    return pd.DataFrame({"potential": potential, "whose": whose})


def active_spend(accounts: pd.DataFrame) -> pd.Series:
    """prior_year_spend of the active accounts, null of all others."""
    return accounts["prior_year_spend"].where(accounts["prior_year_spend"] > 0)


def trimmed_mean(spend: pd.Series) -> float:
    """Mean of the middle 80 % of the spends given; null without one."""
    given = np.sort(spend.dropna().to_numpy())
    cut = int(TRIMMED * len(given))
    return float(given[cut : len(given) - cut].mean()) if len(given) else float("nan")


def whitespace(spend: pd.Series, potential: pd.Series) -> pd.Series:
    """The part of the potential that the account doesn't spend yet, 0–1: 1 − S ÷ max(potential, S); 1 without spend."""
    given = spend.fillna(0.0)
    return (1 - given / np.maximum(potential, given).where(lambda most: most > 0)).fillna(1.0)


def expected_value(propensity: pd.Series, potential: pd.Series, spend: pd.Series, customer: pd.Series) -> pd.Series:
    """propensity × win_value; null where either is."""
    return propensity * win_value(potential, spend, customer)


def win_value(potential: pd.Series, spend: pd.Series, customer: pd.Series) -> pd.Series:
    """What a win would bring in a year: the potential, of customers what they don't spend yet; null without a potential."""
    return potential * whitespace(spend, potential).where(customer, 1.0)
