"""Figures to draw: how calibrated the propensities are, what a ranking captures, how propensities are spread."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.ranking import Ranking, captured
from models.rates import design_effect, wilson

type Floats = NDArray[np.float64]

CALIBRATION_BINS = 10
SHARES = (*(n / 100 for n in range(21)), *(n / 20 for n in range(5, 21)))
"""Shares of the accounts at which gains are drawn: closer together where a team would stop."""

_SMALL = [mantissa / 1000 * 10**power for power in range(3) for mantissa in (1.0, 1.5, 2, 3, 5, 7)]
EDGES = (0.0, *(edge for edge in _SMALL if edge < 0.5), 0.5, *(1 - edge for edge in reversed(_SMALL) if edge < 0.5), 1.0)
"""Bounds of the bins of a distribution: about equal steps of the logarithm near 0, mirrored near 1."""


def curves(won: Any, scores: Mapping[str, Any], propensity: Any, cluster: Any) -> dict[str, Any]:
    """What `calibration`, `gains` and `distribution` give, by name; the first and last are empty without a `propensity`."""
    known = propensity is not None
    return {
        "calibration": calibration(won, propensity, cluster) if known else [],
        "gains": {name: gains(won, score) for name, score in scores.items()},
        "distribution": distribution(won, propensity) if known else [],
    }


def calibration(won: Any, propensity: Any, cluster: Any) -> list[dict[str, float | int]]:
    """Predicted against observed in ten bins of equal mass, from the lowest propensities to the highest.

    Returns
    -------
    One record per bin: propensity (its mean), observed (rate of wins) with low and high (Wilson 95 %, widened where accounts
    are counted more than once), rows, wins. Equal propensities share a bin, so that there may be fewer than ten.
    """
    rows = pd.DataFrame({"won": np.asarray(won, dtype=float), "propensity": np.asarray(propensity, dtype=float)})
    if rows.empty:
        return []
    bins = rows.groupby(_bin_of_equal_mass(rows["propensity"], CALIBRATION_BINS))
    table = bins.agg(propensity=("propensity", "mean"), rows=("won", "size"), wins=("won", "sum"))
    effect = design_effect(rows["won"], bins["won"].transform("mean"), cluster)
    observed, low, high = wilson(table["wins"], table["rows"], effect)
    records = table.assign(observed=observed, low=low, high=high, wins=table["wins"].astype(int))
    return _records(records[["propensity", "observed", "low", "high", "rows", "wins"]])


def gains(won: Any, score: Any) -> list[list[float]]:
    """[share of the accounts, share of the wins among them], best score first; accounts that tie at a share count in part.

    Empty without a win.
    """
    outcome = np.asarray(won, dtype=float)
    if not outcome.sum() > 0:
        return []
    ranking = Ranking(np.nan_to_num(np.asarray(score, dtype=float), nan=-np.inf))
    found = captured(ranking, outcome, np.ones(len(outcome)), np.array(SHARES))
    return [[share, round(float(part), 5)] for share, part in zip(SHARES, found, strict=True)]


def distribution(won: Any, propensity: Any) -> list[dict[str, float | int]]:
    """How many accounts have which propensity: low (inclusive), high, rows, wins of each bin, first in use to last."""
    outcome, edges = np.asarray(won, dtype=float), np.array(EDGES)
    place = np.clip(np.searchsorted(edges, np.asarray(propensity, dtype=float), side="right") - 1, 0, len(edges) - 2)
    rows, wins = (np.bincount(place, weights=weight, minlength=len(edges) - 1).astype(int) for weight in (None, outcome))
    table = pd.DataFrame({"low": edges[:-1], "high": edges[1:], "rows": rows, "wins": wins})
    filled = np.flatnonzero(rows)
    return _records(table.iloc[filled[0] : filled[-1] + 1]) if len(filled) else []


def _bin_of_equal_mass(values: pd.Series, bins: int) -> Floats:
    """The bin of each value by its midrank, so that equal values are together."""
    midrank = values.rank(method="average").to_numpy(dtype=float) - 0.5
    return np.floor(midrank * bins / len(values))


def _records(table: pd.DataFrame) -> list[dict[str, float | int]]:
    """Rows as JSON objects, fractions to six significant digits."""
    return [
        {str(name): int(value) if name in ("rows", "wins") else float(f"{value:.6g}") for name, value in record.items()}
        for record in table.to_dict("records")
    ]
