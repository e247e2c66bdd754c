"""What a look at an account is worth: how much a person's answer can be expected to change what is done, in money.

After Howard (1966), Information value theory, for a decision between two grades and a reviewer whose judgement of the
log-odds is normal about the truth; the account's own log-odds are known with the spread of bootstrap refits.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

type Floats = NDArray[np.float64]

REVIEWER_SD = 0.6
"""Spread of a reviewer's judgement about the truth, in log-odds."""


def review_gain(
    log_odds: ArrayLike,
    log_odds_sd: ArrayLike,
    cut_log_odds: ArrayLike,
    cut_propensity: ArrayLike,
    value: ArrayLike,
    reviewer_sd: float = REVIEWER_SD,
) -> Floats:
    """Expected gain of reviewing each account: V·p*(1 − p*)·τ·[φ(z) − z(1 − Φ(z))].

    τ = s²/√(s² + s_h²) is how far a review can be expected to move what is believed of the account, z = |η − η*|/τ how many
    such moves the nearest grade cut is away, and p*(1 − p*) turns log-odds into probability there.

    Parameters
    ----------
    log_odds : η, the model's.
    log_odds_sd : s, its standard deviation over bootstrap refits, in log-odds.
    cut_log_odds : η*, the nearest grade cut.
    cut_propensity : p*, the probability of a win at the cut, 0–1.
    value : V, what a win is worth, in the project's currency or any unit; null counts as 1.
    reviewer_sd : s_h, in log-odds; 0 is somebody who knows.

    Returns
    -------
    One per account, in units of `value`: 0 where s is 0, as nothing is to be learnt, and null where the log-odds, their
    spread or the cut is unknown: the account then comes after those with a gain.
    """
    p, worth = np.asarray(cut_propensity, dtype=float), np.asarray(value, dtype=float)
    distance = np.abs(np.asarray(log_odds, dtype=float) - np.asarray(cut_log_odds, dtype=float))
    tau = believed_move(log_odds_sd, reviewer_sd)
    z = np.divide(distance, tau, out=np.zeros(np.broadcast(distance, tau).shape), where=~(tau <= 0))
    past_the_cut = np.maximum(tau * (norm.pdf(z) - z * norm.sf(z)), 0.0)
    gain: Floats = np.where(np.isnan(worth), 1.0, worth) * p * (1 - p) * past_the_cut
    return np.where(np.isnan(distance), np.nan, gain)


def believed_move(log_odds_sd: ArrayLike, reviewer_sd: float = REVIEWER_SD) -> Floats:
    """τ = s²/√(s² + s_h²): the spread, before a review, of what will be believed after it; 0 where s is 0."""
    variance = np.square(np.asarray(log_odds_sd, dtype=float))
    total = np.sqrt(variance + reviewer_sd**2)
    return np.divide(variance, total, out=np.zeros_like(variance), where=~(variance <= 0))
