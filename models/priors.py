"""Look-alike mode: from a score of won accounts against the house list to propensities, given how many of the list would win.

That share, the class prior α, is an input: it cannot be estimated from won and unlabelled accounts alone (Ward et al. 2009).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from models.evaluation import Interval

type Floats = NDArray[np.float64]

FACTORS = (0.5, 1.0, 2.0)
MOST_CLIPPED = 0.005
"""Where more of the house list would win for certain, the class prior is too high for what tells the accounts apart."""

WITHOUT_PRIOR = (
    "no [model] class_prior is given, so there are ranks and lift but no propensities: give the share of the house list that "
    "wins within the horizon; it cannot be estimated from wins without dates"
)


def propensity_of(logit: Floats, mode: str, prior_odds: float | None) -> Floats:
    """The calibrated probability of a win within the horizon; null in look-alike mode without a class prior."""
    if mode == "landmarks":
        return expit(logit)
    return np.full(len(logit), np.nan) if prior_odds is None else np.minimum(1.0, prior_odds * np.exp(logit))


def solve_prior_odds(house_logit: Floats, class_prior: float) -> float:
    """The factor c with p = min(1, c · g/(1 − g)) whose mean over the house list is the class prior.

    In theory c is α·n_U/n_P (won and unlabelled accounts collected separately). A fit knows its own rows a little too well,
    which bends that mean, so c is solved for; the mean is then right whatever the fit.
    """
    odds = np.exp(house_logit)
    low, high = 0.0, 1.0 / odds.min()
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if np.minimum(1.0, middle * odds).mean() < class_prior else (low, middle)
    return high


def corrected_auc(auc_pu: float, class_prior: float) -> float:
    """AUC against true non-winners from the AUC of winners against unlabelled prospects, of whom `class_prior` would win.

    Over 1 where the class prior is too high to go with the measured AUC.
    """
    return (auc_pu - class_prior / 2) / (1 - class_prior)


def corrected_auc_interval(auc_pu: Interval, class_prior: float) -> Interval:
    """`corrected_auc` of the estimate and of both bounds."""
    bounds = (corrected_auc(bound, class_prior) for bound in (auc_pu.estimate, auc_pu.low, auc_pu.high))
    return Interval(*bounds)


def prior_sensitivity(house_logit: Floats, auc_pu: Interval, class_prior: float) -> list[dict[str, Any]]:
    """What half and twice the class prior would change: ranks never, propensities in proportion.

    Parameters
    ----------
    house_logit : the model's log-odds of each account of the house list.
    auc_pu : AUC of won accounts against the house list.

    Returns
    -------
    One record for each of α × ½, 1, 2: class_prior, factor (c in p = min(1, c × odds)), mean_propensity over the house list,
    clipped_share (of the house list with p = 1) and auc_corrected {estimate, low, high}. All but the first null where the
    class prior would be 1 or more.
    """
    return [_sensitivity(house_logit, auc_pu, factor * class_prior) for factor in FACTORS]


def _sensitivity(house_logit: Floats, auc_pu: Interval, class_prior: float) -> dict[str, Any]:
    names = ("factor", "mean_propensity", "clipped_share", "auc_corrected")
    if class_prior >= 1:
        return {"class_prior": class_prior} | dict.fromkeys(names)
    factor = solve_prior_odds(house_logit, class_prior)
    propensity = propensity_of(house_logit, "look-alike", factor)
    clipped, auc = float((propensity >= 1).mean()), corrected_auc_interval(auc_pu, class_prior).to_json()
    return {"class_prior": class_prior} | dict(zip(names, (factor, float(propensity.mean()), clipped, auc), strict=True))


def prior_figures(house_logit: Floats, auc_pu: Interval, class_prior: float | None) -> dict[str, Any]:
    """What metrics.json says of the class prior.

    Returns
    -------
    class_prior_said: what it does, or what to give. With a prior also auc_corrected_for_unlabelled, prior_sensitivity and
    prior_warnings, a sentence for each sign that the prior is too high.
    """
    if class_prior is None:
        return {"class_prior_said": WITHOUT_PRIOR}
    table = prior_sensitivity(house_logit, auc_pu, class_prior)
    said = f"the house list's propensities have the mean {class_prior:g}, the class_prior given; ranks don't depend on it"
    return {
        "class_prior_said": said,
        "auc_corrected_for_unlabelled": corrected_auc_interval(auc_pu, class_prior).to_json(),
        "prior_sensitivity": table,
        "prior_warnings": prior_warnings(table[FACTORS.index(1.0)]["clipped_share"], auc_pu, class_prior),
    }


def prior_warnings(clipped_share: float, auc_pu: Interval, class_prior: float) -> list[str]:
    """A sentence for each sign that α is too high: accounts that would win for certain, an AUC that no ranking can have."""
    said = []
    if clipped_share > MOST_CLIPPED:
        said.append(
            f"α is too high: with class_prior = {class_prior:g} {100 * clipped_share:.1f} % of the house list would win for "
            f"certain, where at most {100 * MOST_CLIPPED:g} % may"
        )
    if corrected_auc(auc_pu.estimate, class_prior) > 1:
        most = 2 * (1 - auc_pu.estimate)
        said.append(
            f"α is too high: an AUC of {auc_pu.estimate:.3f} against unlabelled accounts cannot be where {class_prior:g} of them "
            f"would win; with this AUC at most {most:.3f} can"
        )
    return said
