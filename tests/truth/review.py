"""What reviewing the first of the queue gains where the truth is known, by the order in which the accounts are looked at.

Called with the scores of a demo run joined with its truth.parquet.
"""

import numpy as np
import pandas as pd
from scipy.special import logit
from scipy.stats import norm

from overrides.queue import order
from overrides.value_of_information import REVIEWER_SD, review_gain


def review_figures(accounts: pd.DataFrame, share: float = 0.05, reviewer_sd: float = REVIEWER_SD) -> dict[str, float]:
    """What the first `share` of the accounts gains in each order, as a share of the most that any order could gain.

    Parameters
    ----------
    accounts
        One row per account that might be reviewed: account_id, disparity, log_odds, log_odds_sd, cut_log_odds, cut_propensity,
        review_value (null counts as 1) and p_observable; see `candidates`.

    Returns
    -------
    "disparity", "disparity × value", "value of information", and "advantage", the last over the first. Null where nothing
    could be gained.
    """
    gain = realised_gain(accounts, reviewer_sd)
    count = max(1, round(share * len(accounts)))
    most = np.sort(gain.to_numpy())[::-1][:count].clip(0).sum()
    factors = ("log_odds", "log_odds_sd", "cut_log_odds", "cut_propensity", "review_value")
    expected = review_gain(*(accounts[name] for name in factors), reviewer_sd=reviewer_sd)
    ordered = {
        "disparity": order(accounts.assign(review_gain=np.nan), "disparity"),
        "disparity × value": order(accounts.assign(review_gain=np.nan)),
        "value of information": order(accounts.assign(review_gain=expected)),
    }
    if most <= 0:
        return dict.fromkeys((*ordered, "advantage"), float("nan"))
    captured = {name: float(gain[rows.index[:count]].sum() / most) for name, rows in ordered.items()}
    plain = captured["disparity"]
    return captured | {"advantage": captured["value of information"] / plain if plain > 0 else float("inf")}


def candidates(scores: pd.DataFrame, truth: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Of a run's scores.parquet and the population's truth.parquet: the covered prospects whose gain is known, all and queued."""
    prospects = scores[scores["coverage"].astype(bool) & (scores["account_status"] == "prospect")]
    known = prospects[prospects[["log_odds_sd", "cut_log_odds"]].notna().all(axis=1)]
    joined = known.merge(truth[["account_id", "p_observable"]], on="account_id", validate="one_to_one")
    return {"all prospects": joined, "under review": joined[joined["open_reason"].notna()]}


def realised_gain(accounts: pd.DataFrame, reviewer_sd: float = REVIEWER_SD) -> pd.Series:
    """What reviewing each account gains, in the mean over what the reviewer may say.

    The reviewer names the account's observable log-odds with a noise of reviewer_sd. What is believed after is the mean of
    that and the model's, each by its precision; where it lies beyond the nearest cut, the decision changes, and is then worth
    V·(p_observable − p*), which is less than nothing where the change was wrong.
    """
    variance = accounts["log_odds_sd"] ** 2
    weight = variance / (variance + reviewer_sd**2)
    truth = logit(accounts["p_observable"].clip(1e-9, 1 - 1e-9))
    believed = accounts["log_odds"] + weight * (truth - accounts["log_odds"])
    above = norm.cdf((believed - accounts["cut_log_odds"]) / (weight * reviewer_sd).clip(1e-12))
    change = above - (accounts["log_odds"] >= accounts["cut_log_odds"])
    return accounts["review_value"].fillna(1.0) * (accounts["p_observable"] - accounts["cut_propensity"]) * change
