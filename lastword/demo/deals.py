"""What customers have that prospects do not: wins and repeat wins, products, spend, tenure and share."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

PRODUCTS = ("Compass Core", "Compass Insight", "Compass Territory", "Compass Connect")
REPEAT_SHARE = 0.35
LAPSED_SHARE = 0.12
DAYS_A_YEAR = 365.25


@dataclass(frozen=True)
class Deals:
    """won: account (position), day, product, amount, one row per win. owned: account, product, day, annual_value.

    customers: prior_year_spend, tenure_years and market_share of every account, null where it is no customer.
    """

    won: pd.DataFrame
    owned: pd.DataFrame
    customers: pd.DataFrame


def make_deals(rng: np.random.Generator, first_win: NDArray[np.int64], size_effect: NDArray[np.float64]) -> Deals:
    """The deals up to the day before the as-of date; days count from it, a first win from 0 on is none yet."""
    won = _wins(rng, first_win)
    won["amount"] = np.round(np.exp(rng.normal(9.8 + 0.2 * size_effect[won["account"]], 0.7)), -2)
    owned = won.groupby(["account", "product"], as_index=False).agg(day=("day", "min"), annual_value=("amount", "max"))
    owned["annual_value"] = np.round(owned["annual_value"] * rng.uniform(0.5, 0.9, len(owned)), -1)
    return Deals(won, owned, _customers(rng, first_win, owned))


def _wins(rng: np.random.Generator, first_win: NDArray[np.int64]) -> pd.DataFrame:
    customers = np.flatnonzero(first_win < 0)
    repeats = np.repeat(customers, (rng.random(len(customers)) < REPEAT_SHARE) * rng.integers(1, 3, len(customers)))
    wait = 60 + (rng.random(len(repeats)) * (-first_win[repeats])).astype(np.int64)
    day = first_win[repeats] + wait
    account = np.concatenate([customers, repeats[day < 0]])
    won = pd.DataFrame({"account": account, "day": np.concatenate([first_win[customers], day[day < 0]])})
    pick = np.where(np.arange(len(won)) < len(customers), rng.integers(0, 2, len(won)), rng.integers(0, len(PRODUCTS), len(won)))
    won["product"] = np.array(PRODUCTS, dtype=object)[pick]
    return won.drop_duplicates(["account", "day", "product"]).sort_values(["day", "account", "product"], ignore_index=True)


def _customers(rng: np.random.Generator, first_win: NDArray[np.int64], owned: pd.DataFrame) -> pd.DataFrame:
    count = len(first_win)
    customer = first_win < 0
    value = np.bincount(owned["account"], owned["annual_value"], minlength=count)
    lapsed = rng.random(count) < LAPSED_SHARE
    spend = np.where(lapsed, 0.0, np.round(value * rng.uniform(0.7, 1.3, count), 2))
    share = np.round(rng.beta(2.0, 4.0, count), 3)
    columns = {
        "prior_year_spend": spend,
        "tenure_years": np.round(-first_win / DAYS_A_YEAR, 1),
        "market_share": np.where(lapsed, 0.0, share),
    }
    return pd.DataFrame({name: np.where(customer, values, np.nan) for name, values in columns.items()})
