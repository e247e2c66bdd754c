"""Which traits winners have more often than the house list: lift, coverage, and whether it is beyond chance."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.stats import false_discovery_control, gamma, hypergeom, nbinom

MOST_FALSE_DISCOVERIES = 0.10
FEWEST_FOR_A_PRIOR = 5
PRIOR_OF_FEW = 4.0
"""Shape of the gamma prior where there are too few indicators to learn it from: lifts within about ½ and 2."""

_Z = 1.96


def indicators(won: Any, house: Any, table: pd.DataFrame, families: Mapping[str, str]) -> pd.DataFrame:
    """Lift and significance of every indicator, strongest evidence first.

    Parameters
    ----------
    won, house : per account, does it count as a win, as one of the house list. An account may be both, which makes the lift
        smaller and the test more careful.
    table : one row per account, one column per indicator: 1 has it, 0 hasn't, null unknown, which counts as hasn't.
    families : indicator → family.

    Returns
    -------
    One row per indicator: indicator, family, wins_with, house_with, coverage_won, coverage_house (a/P, b/H), lift with
    lift_low and lift_high (95 %), eb_lift and eb05 (posterior mean and 5th percentile under a gamma prior of mean 1
    learned from all indicators; DuMouchel 1999), p_value (Fisher, one-sided), q_value (Benjamini and Hochberg),
    significant (q < .10 and eb05 > 1). Without a win or without a house list the figures are null and nothing is significant.
    """
    winners, prospects = np.asarray(won, dtype=bool), np.asarray(house, dtype=bool)
    has = table.to_numpy(dtype=float, na_value=np.nan) > 0
    a, b = has[winners].sum(axis=0), has[prospects].sum(axis=0)
    wins, listed = int(winners.sum()), int(prospects.sum())
    frame = pd.DataFrame(
        {
            "indicator": pd.array(list(table.columns), dtype="str"),
            "family": pd.array([families[name] for name in table.columns], dtype="str"),
            "wins_with": a,
            "house_with": b,
            **_figures(a, b, wins, listed),
        }
    )
    frame["significant"] = (frame["q_value"] < MOST_FALSE_DISCOVERIES) & (frame["eb05"] > 1)
    return frame.sort_values(["eb05", "indicator"], ascending=[False, True], kind="stable").reset_index(drop=True)


def bands(values: pd.Series, edges: Sequence[float]) -> pd.DataFrame:
    """A number as indicators, one per band [min, max): "NAME under 10", "NAME 10 to 50", "NAME from 50". Null stays null."""
    limits = [-np.inf, *sorted(edges), np.inf]
    number = values.astype(float)
    columns = {
        f"{values.name} {_band_name(low, high)}": ((number >= low) & (number < high)).astype(float).where(number.notna())
        for low, high in pairwise(limits)
    }
    return pd.DataFrame(columns, index=values.index)


def levels(values: pd.Series, least: int = 20) -> pd.DataFrame:
    """A category as indicators, "NAME: LEVEL", for the levels that at least so many accounts have. Null stays null."""
    counts = values.value_counts()
    columns = {
        f"{values.name}: {level}": (values == level).astype(float).where(values.notna())
        for level in sorted(counts[counts >= least].index)
    }
    return pd.DataFrame(columns, index=values.index)


def _figures(a: np.ndarray, b: np.ndarray, wins: int, listed: int) -> dict[str, np.ndarray]:
    names = ["coverage_won", "coverage_house", "lift", "lift_low", "lift_high", "eb_lift", "eb05", "p_value", "q_value"]
    if not wins or not listed or not len(a):
        return {name: np.full(len(a), np.nan) for name in names}
    rate_won, rate_house = (a + 0.5) / (wins + 1), (b + 0.5) / (listed + 1)
    lift = rate_won / rate_house
    reach = np.exp(_Z * np.sqrt(1 / (a + 0.5) - 1 / (wins + 1) + 1 / (b + 0.5) - 1 / (listed + 1)))
    expected = wins * rate_house
    shape = _prior_shape(a, expected)
    p_value = hypergeom.sf(a - 1, wins + listed, a + b, wins)
    figures = (
        a / wins,
        b / listed,
        lift,
        lift / reach,
        lift * reach,
        (a + shape) / (expected + shape),
        gamma.ppf(0.05, a + shape, scale=1 / (expected + shape)),
        p_value,
        false_discovery_control(np.clip(p_value, 0, 1)),
    )
    return dict(zip(names, figures, strict=True))


def _prior_shape(count: np.ndarray, expected: np.ndarray) -> float:
    """Shape (and rate) of the gamma prior of mean 1 under which the counts are likeliest: they are negative binomial."""
    if len(count) < FEWEST_FOR_A_PRIOR:
        return PRIOR_OF_FEW

    def unlikelihood(log_shape: float) -> float:
        shape = np.exp(log_shape)
        return -float(nbinom.logpmf(count, shape, shape / (shape + expected)).sum())

    return float(np.exp(minimize_scalar(unlikelihood, bounds=(np.log(0.05), np.log(1e4)), method="bounded").x))


def _band_name(low: float, high: float) -> str:
    if np.isinf(low) and np.isinf(high):
        return "known"
    if np.isinf(low):
        return f"under {high:,.10g}"
    return f"from {low:,.10g}" if np.isinf(high) else f"{low:,.10g} to {high:,.10g}"
