"""What bootstrap refits can't see: how far the model may be from the truth in a direction that all refits share.

A bootstrap knows how much a fit varies, not how far fits of this kind are off on average, and grades that all refits agree on
are then too sure (measured in tests/truth/confidence.py). The remedy is ours; nothing in it looks at a truth. It is the sum
of three variances of the log-odds, each a mean over the reference population:

*What the penalty hides.* A prior of variances Λ⁻¹ is a belief that coefficients vary by so much about zero. Under it the
squared bias at x is expected to be ‖Λ^½(H + Λ)⁻¹x‖², H the information of the rows; with the sampling variance
x'(H + Λ)⁻¹H(H + Λ)⁻¹x that makes up Bayes' posterior variance x'(H + Λ)⁻¹x. Rows of one account tell less than as
many accounts would, so both are multiplied by what the bootstrap over groups finds for the second: its variance ÷ the
formula's. Columns that were dropped count for nothing. The logistic regression stands for the boosted trees too, which hide
about as much.

*What matters was chosen.* Refits keep which features matter and how much. In a few draws that is learnt anew, and what their
log-odds vary more than those of the refits of the same draws is added.

*What the two models dispute.* The stack mixes two kinds of model by weights w and 1 − w; the variance between them is
w(1 − w)·(difference)², the between-model term of model averaging (Draper 1995).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from models.logistic import Design
from models.relevance import BLOCK_ROWS, Fit

type Floats = NDArray[np.float64]


def hidden_variance(design: Design, weight: Floats, fit: Fit, people: Floats, refitted: Floats) -> float:
    """Mean squared log-odds that the prior is expected to hide.

    Parameters
    ----------
    design, weight
        The rows fitted on and what each counts for.
    fit
        The logistic regression on them.
    people
        The reference population's rows, laid out as the design's.
    refitted
        The same people's log-odds by the refits of the logistic regression: a row each, a column per refit.
    """
    kept = fit.variance > 0
    if not kept.any():
        return 0.0
    penalty = 1 / fit.variance[kept]
    spread = information(design.matrix[:, kept], weight, fit.coefficients[kept], fit.intercept)
    shown = people[:, kept] - people[:, kept].mean(axis=0)
    shrunk = shown @ np.linalg.inv(spread + np.diag(penalty))
    by_formula = float(((shrunk @ spread) * shrunk).sum(axis=1).mean())
    by_bootstrap = float(centred(refitted).var(axis=1, ddof=1).mean())
    squared_bias = float((shrunk**2 * penalty).sum(axis=1).mean())
    return squared_bias * by_bootstrap / by_formula if by_formula > 0 else 0.0


def chosen_variance(learnt: Floats, kept: Floats) -> float:
    """Mean variance of the log-odds where it is learnt anew what matters, beyond that of refits that keep it.

    `learnt` and `kept` have a row per person and a column per draw, the same draws in both.
    """
    beyond = centred(learnt).var(axis=1, ddof=1).mean() - centred(kept).var(axis=1, ddof=1).mean()
    return max(float(beyond), 0.0)


def disputed_variance(logistic: Floats, boosted: Floats, weights: tuple[float, float]) -> float:
    """Mean squared log-odds that the two models dispute.

    `logistic` and `boosted` have a row per person and a column per refit; `weights` are the stack's, Platt's slope included.
    """
    both = sum(weights)
    if both <= 0:
        return 0.0
    gap = centred(logistic).mean(axis=1) - centred(boosted).mean(axis=1)
    return float((gap**2).mean()) * weights[0] * weights[1]


def information(matrix: Floats, weight: Floats, coefficients: Floats, intercept: float) -> Floats:
    """Fisher's information of the coefficients, the intercept fitted along; in blocks, for memory."""
    risk = expit(matrix @ coefficients + intercept)
    certainty = weight * risk * (1 - risk)
    mean = certainty @ matrix / certainty.sum()
    spread = np.zeros((matrix.shape[1], matrix.shape[1]))
    for start in range(0, len(matrix), BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        block = (matrix[rows] - mean) * np.sqrt(certainty[rows])[:, None]
        spread += block.T @ block
    return spread


def centred(logit: Floats) -> Floats:
    """Each column about its mean: a shift that all people share moves nobody across a grade."""
    return logit - logit.mean(axis=0)
