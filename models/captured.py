"""Wins among the best accounts of several landmarks, for several rankings, with paired replicates over accounts.

Every ranking sees the same rows, the same share of each landmark's accounts and, in each replicate, the same draw of
accounts, all landmarks of an account together. In every array the first replicate is the estimate: each account once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from models.evaluation import Interval
from models.ranking import Ranking, auc, lift

REPLICATES = 200


@dataclass(frozen=True)
class Draws:
    """What rankings captured. Arrays are replicate × landmark, landmarks oldest first.

    wins : wins among the landmark's rows.
    captured : by ranking, those among its best share; accounts that tie at the cut count fractionally.
    auc : by ranking; empty where it was not asked for. NaN where a landmark has no win.
    """

    landmarks: tuple[pd.Timestamp, ...]
    wins: np.ndarray
    captured: dict[str, np.ndarray]
    auc: dict[str, np.ndarray]

    def capture(self, name: str) -> np.ndarray:
        """Share of all wins that the ranking captured, the landmarks pooled, by replicate."""
        return ratio(self.captured[name].sum(axis=1), self.wins.sum(axis=1))

    def pooled_auc(self, name: str) -> np.ndarray:
        """Mean of the landmarks' AUC, weighted by their wins, by replicate: accounts are compared within a landmark alone."""
        known = ~np.isnan(self.auc[name])
        weight = np.where(known, self.wins, 0.0)
        return ratio((weight * np.where(known, self.auc[name], 0.0)).sum(axis=1), weight.sum(axis=1))

    def gain(self, name: str, other: str) -> np.ndarray:
        """Wins that one ranking captured and the other did not, all landmarks together, by replicate."""
        return (self.captured[name] - self.captured[other]).sum(axis=1)


def draw_captured(
    past: pd.DataFrame,
    scores: Mapping[str, Any],
    share: float,
    seed: int,
    *,
    with_auc: bool = False,
    replicates: int = REPLICATES,
) -> Draws:
    """Count for every ranking the wins among the best `share` (0–1) of each landmark's accounts.

    Parameters
    ----------
    past : grain account × landmark; columns account_id, landmark, won (0 or 1).
    scores : by ranking, a score for every row of `past`, the higher the better.
    """
    landmarks = tuple(sorted(past["landmark"].unique()))
    places = [np.flatnonzero(past["landmark"] == landmark) for landmark in landmarks]
    won = past["won"].to_numpy(dtype=float)
    ranked = {name: [Ranking(np.asarray(score, dtype=float)[rows]) for rows in places] for name, score in scores.items()}
    shape = (1 + replicates, len(landmarks))
    wins = np.zeros(shape)
    captured, areas = ({name: np.zeros(shape) for name in ranked} for _ in range(2))
    for number, weight in enumerate(account_weights(past["account_id"], seed, replicates)):
        for place, rows in enumerate(places):
            wins[number, place] = (weight[rows] * won[rows]).sum()
            for name, rankings in ranked.items():
                found = lift(rankings[place], won[rows], weight[rows], share) * share * wins[number, place]
                captured[name][number, place] = np.nan_to_num(found)
                if with_auc:
                    areas[name][number, place] = auc(rankings[place], won[rows], weight[rows])
    return Draws(landmarks, wins, captured, areas if with_auc else {})


def draw_sums(
    past: pd.DataFrame, rows: np.ndarray, values: Mapping[str, Any], seed: int, replicates: int = REPLICATES
) -> dict[str, np.ndarray]:
    """Σ of each column of values over some rows of `past` (a mask; values are of those rows), by replicate as drawn above."""
    columns = np.column_stack([np.asarray(column, dtype=float) for column in values.values()])
    weights = account_weights(past["account_id"], seed, replicates)
    sums = np.array([np.einsum("i,ij->j", weight[rows], columns) for weight in weights])
    return dict(zip(values, sums.T, strict=True))


def account_weights(account: pd.Series, seed: int, replicates: int) -> Iterator[np.ndarray]:
    """How often each row counts: once, then for each replicate as often as its account is drawn."""
    codes, accounts = pd.factorize(account)
    size, rng = len(accounts), np.random.default_rng(seed)
    yield np.ones(len(codes))
    for _ in range(replicates):
        yield np.bincount(rng.integers(0, size, size), minlength=size)[codes].astype(float)


def interval(drawn: np.ndarray, level: float = 0.95) -> Interval:
    """The first of the values with percentile bounds from the others; NaN where it cannot be computed."""
    replicates = drawn[1:][~np.isnan(drawn[1:])]
    if np.isnan(drawn[0]) or not len(replicates):
        return Interval(float(drawn[0]), np.nan, np.nan)
    low, high = np.quantile(replicates, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(drawn[0]), float(low), float(high))


def ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """above ÷ below, NaN where there is nothing below."""
    return np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0)
