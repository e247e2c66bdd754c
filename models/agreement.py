"""How far two gradings of the same accounts agree, beyond what chance gives."""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lastword.contracts import GRADES


@dataclass(frozen=True)
class Agreement:
    """Two gradings of `accounts` accounts that have both; every figure is null where there are none.

    Attributes
    ----------
    same, within_one : shares (0–1) with the same grade, and at most one grade apart.
    kappa : Cohen's κ: 1 where all agree, 0 where no more do than by chance. Null where one grade holds all accounts in both.
    weighted_kappa : the same with each disagreement weighted by the square of its grades.
    """

    accounts: int
    same: float | None
    within_one: float | None
    kappa: float | None
    weighted_kappa: float | None


def agreement(counts: pd.DataFrame) -> Agreement:
    """Agreement of two gradings.

    Parameters
    ----------
    counts : accounts, rows and columns GRADES: how often the first grading gives the row's grade and the second the column's.
    """
    table = counts.reindex(index=GRADES, columns=GRADES, fill_value=0).to_numpy(dtype=float)
    accounts = int(table.sum())
    if not accounts:
        return Agreement(0, None, None, None, None)
    first, second = np.indices(table.shape)
    near = np.abs(first - second) <= 1
    return Agreement(
        accounts,
        float(np.trace(table) / accounts),
        float(table[near].sum() / accounts),
        _kappa(table),
        _kappa(table, "quadratic"),
    )


def _kappa(table: np.ndarray, weights: str | None = None) -> float | None:
    from sklearn.metrics import cohen_kappa_score

    first, second = (place.ravel() for place in np.indices(table.shape))
    labels = list(range(len(table)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # all accounts in one cell: nothing to divide by
        kappa = float(cohen_kappa_score(first, second, labels=labels, weights=weights, sample_weight=table.ravel()))
    return None if np.isnan(kappa) else kappa
