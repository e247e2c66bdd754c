"""From log-odds to honest probabilities: the stack of the two models and Platt's correction of the result."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize

from models.folds import group_counts, grouped_folds

type Floats = NDArray[np.float64]

RIDGE = 0.01
"""Keeps the weights finite where the wins are perfectly separated; as much as a hundredth of one row, so no more than that."""
LEAST_SLOPE = 0.001
FOLDS = 3


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


def keep_platt_if_better(logit: ArrayLike, won: ArrayLike, group: ArrayLike, seed: int) -> tuple[float, float]:
    """Platt's (slope, intercept) where it lowers the log loss of rows it was not fitted on, else (1, 0).

    Judged on three folds that keep groups whole. Too few groups with wins, or without, to do so: (1, 0).
    """
    logits, wins, groups = np.asarray(logit, dtype=float), np.asarray(won), np.asarray(group)
    if min(group_counts(wins, groups)) < FOLDS:
        return 1.0, 0.0
    fold = grouped_folds(wins, groups, seed, FOLDS)
    corrected = np.empty_like(logits)
    for held_out in range(FOLDS):
        slope, intercept = fit_platt(logits[fold != held_out], wins[fold != held_out])
        corrected[fold == held_out] = slope * logits[fold == held_out] + intercept
    return fit_platt(logits, wins) if log_loss(corrected, wins) < log_loss(logits, wins) else (1.0, 0.0)


def log_loss(logit: Floats, won: NDArray[np.integer]) -> float:
    """Mean negative log-likelihood of the outcomes, in nats."""
    return float(np.logaddexp(0.0, np.where(won == 1, -logit, logit)).mean())


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
