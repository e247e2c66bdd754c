"""Win rates of parts of the rows, with Wilson intervals that know how often one account is counted."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

type Floats = NDArray[np.float64]

WILSON_Z = 1.959963984540054


def wilson(wins: Any, count: Any, design_effect: float = 1.0) -> tuple[Floats, Floats, Floats]:
    """Rate and the bounds of its 95 % interval (Wilson 1927), by part; NaN where a part has no rows.

    With a `design_effect` the interval is that of so many times fewer rows at the same rate.
    """
    rows = np.asarray(count, dtype=float)
    n = np.where(rows > 0, rows, np.nan) / design_effect
    rate, z = np.asarray(wins, dtype=float) / design_effect / n, WILSON_Z
    centre = (rate + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return rate, np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def design_effect(won: Any, expected: Any, cluster: Any) -> float:
    """How many rows carry the evidence of one: the variance of accounts' summed residuals over that of single rows (Kish).

    1 where every row is another account; about the number of test landmarks where a win counts at each of them. Never
    below 1, and 1 where nothing varies. `expected` is what each row's rate would be if rows were alike (rate or propensity).
    """
    residual = np.asarray(won, dtype=float) - np.asarray(expected, dtype=float)
    by_account = np.bincount(pd.factorize(np.asarray(cluster))[0], weights=residual)
    alone = float((residual**2).sum())
    return max(1.0, float((by_account**2).sum()) / alone) if alone > 0 else 1.0
