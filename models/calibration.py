"""From log-odds to honest probabilities: the stack of the two models and Platt's correction of the result."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize

from models.folds import group_counts, grouped_folds

type Floats = NDArray[np.float64]

RIDGE = 0.01
"""Keeps the weights finite where the wins are perfectly separated; as much as a hundredth of one row, so no more than that."""
LEAST_SLOPE = 0.001
FOLDS = 3


@dataclass(frozen=True)
class PlattGate:
    """Whether Platt's correction is kept, and why.

    Attributes
    ----------
    kept
        Whether `gain` exceeds `standard_error`.
    slope, intercept
        What is applied to the log-odds: (1, 0) where it isn't kept.
    gain
        Log loss of held-out rows without the correction minus that with it, in nats per row; NaN where there is too little
        to judge by.
    standard_error
        Of the gain, paired by row and clustered by group.
    """

    kept: bool
    slope: float
    intercept: float
    gain: float
    standard_error: float

    def to_json(self) -> dict[str, Any]:
        """The fields by name."""
        return asdict(self)


def fit_stack(logistic: ArrayLike, boosted: ArrayLike | None, won: ArrayLike) -> tuple[float, float, float]:
    """Intercept and non-negative weights of a logistic regression on the two models' out-of-fold log-odds.

    `boosted` None: the logistic regression alone; its weight is then positive, the other 0.
    """
    if boosted is None:
        slope, intercept = fit_platt(logistic, won)
        return intercept, slope, 0.0
    logits = np.column_stack([np.asarray(logistic, dtype=float), np.asarray(boosted, dtype=float)])
    intercept, (first, second) = _fit(logits, np.asarray(won), prior=np.array([0.5, 0.5]), least=0.0)
    return intercept, first, second


def fit_platt(logit: ArrayLike, won: ArrayLike) -> tuple[float, float]:
    """Slope and intercept of Platt's correction: logistic regression of the outcome on the log-odds (Platt 1999).

    The slope is positive, so that the correction keeps every rank; 0.001 where the log-odds say nothing or the contrary.
    """
    intercept, (slope,) = _fit(np.asarray(logit, dtype=float)[:, None], np.asarray(won), np.ones(1), LEAST_SLOPE)
    return slope, intercept


def gated_platt(logit: ArrayLike, won: ArrayLike, group: ArrayLike, seed: int) -> PlattGate:
    """Platt's correction where it lowers the log loss of rows it was not fitted on, beyond noise.

    Judged on three folds that keep groups whole: the mean gain must exceed one paired standard error, clustered by group.
    Too few groups with wins, or without, to do so: not kept, and the gain is NaN.
    """
    logits, wins, groups = np.asarray(logit, dtype=float), np.asarray(won), np.asarray(group)
    if min(group_counts(wins, groups)) < FOLDS:
        return PlattGate(False, 1.0, 0.0, np.nan, np.nan)
    gains = row_losses(logits, wins) - row_losses(_corrected_out_of_fold(logits, wins, groups, seed), wins)
    gain, error = float(gains.mean()), clustered_error(gains, groups)
    kept = gain > error
    slope, intercept = fit_platt(logits, wins) if kept else (1.0, 0.0)
    return PlattGate(kept, slope, intercept, gain, error)


def _corrected_out_of_fold(logits: Floats, wins: NDArray[np.integer], groups: NDArray[Any], seed: int) -> Floats:
    fold, corrected = grouped_folds(wins, groups, seed, FOLDS), np.empty_like(logits)
    for held_out in range(FOLDS):
        slope, intercept = fit_platt(logits[fold != held_out], wins[fold != held_out])
        corrected[fold == held_out] = slope * logits[fold == held_out] + intercept
    return corrected


def clustered_error(gains: Floats, groups: NDArray[Any]) -> float:
    """Standard error of the mean gain of a row where rows of a group move together."""
    by_group = np.bincount(pd.factorize(groups)[0], weights=gains - gains.mean())
    return float(np.sqrt((by_group**2).sum())) / len(gains)


def row_losses(logit: Floats, won: NDArray[np.integer]) -> Floats:
    """Negative log-likelihood of each outcome, in nats."""
    losses: Floats = np.logaddexp(0.0, np.where(won == 1, -logit, logit))
    return losses


def log_loss(logit: Floats, won: NDArray[np.integer]) -> float:
    """Mean negative log-likelihood of the outcomes, in nats."""
    return float(row_losses(logit, won).mean())


def _fit(logits: Floats, won: NDArray[np.integer], prior: Floats, least: float) -> tuple[float, list[float]]:
    """Intercept and weights of least log loss, each weight at least `least`, with a slight pull to `prior`.

    Log-odds are centred while fitting, so that weights and intercept can be found independently of each other.
    """
    centre = logits.mean(axis=0)
    centred = logits - centre

    def loss(parameters: Floats) -> tuple[float, Floats]:
        predicted = parameters[0] + (centred * parameters[1:]).sum(axis=1)
        pull = parameters[1:] - prior
        residual = 1.0 / (1.0 + np.exp(-predicted)) - won
        gradient = np.array([residual.sum(), *((centred * residual[:, None]).sum(axis=0) + RIDGE * pull)])
        value = np.logaddexp(0.0, np.where(won == 1, -predicted, predicted)).sum() + RIDGE * (pull**2).sum() / 2
        return value / len(won), gradient / len(won)

    rate = np.clip(won.mean(), 1e-6, 1 - 1e-6)
    start = np.array([np.log(rate / (1 - rate)), *prior])
    bounds = [(None, None), *[(least, None)] * logits.shape[1]]
    fitted = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-14, "gtol": 1e-9})
    weights = fitted.x[1:]
    return float(fitted.x[0] - (weights * centre).sum()), weights.tolist()
