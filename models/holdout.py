"""The randomised holdout: what it does to an account to be upgraded.

`[overrides] holdout` draws a share of the upgrades that people decide; they are recorded and not applied. Applied and
held-out upgrades differ by that draw alone, so the difference of their win rates is the effect of applying one: the
attention that a better grade brings. It is no measure of whom a reviewer picks: they picked both.
"""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from models.override_value import LEAST_DECISIONS, too_few


def drawn_upgrades(decisions: pd.DataFrame, first_win: pd.Series, as_of: date, horizon_days: int) -> pd.DataFrame:
    """The upgrades between which the draw chose, one per account, with their outcome.

    An account's first upgrade after the first that was held out (before it nobody knows whether anything was drawn) on an
    account that had not won by that day (UTC), of which the whole horizon has passed. Later decisions on the account change
    nothing: it is compared as drawn.

    Parameters
    ----------
    decisions
        One row per override in the order of the ledger: account_id, made_at (UTC), held_out, upgrade (bool).
    first_win
        First win of each account that has won, by account_id.

    Returns
    -------
    account_id, held_out, won (1: first win within horizon_days after the day of the decision).
    """
    held = decisions["held_out"].astype(bool)
    if not held.any():
        return pd.DataFrame(
            {"account_id": pd.Series(dtype="str"), "held_out": pd.Series(dtype=bool), "won": pd.Series(dtype=int)}
        )
    began = decisions["made_at"][held].min()
    drawn = decisions[(decisions["made_at"] > began) & (decisions["upgrade"] | held)].drop_duplicates("account_id")
    day = drawn["made_at"].dt.tz_convert(None).dt.normalize()
    win = pd.to_datetime(drawn["account_id"].map(first_win))
    ended = day + timedelta(days=horizon_days) < pd.Timestamp(as_of)
    usable = ended & (win.isna() | (win > day))
    won = (win - day).dt.days.le(horizon_days)
    return pd.DataFrame({"account_id": drawn["account_id"], "held_out": held[drawn.index], "won": won.astype(int)})[usable]


def holdout_effect(drawn: pd.DataFrame) -> dict[str, Any]:
    """Win rates of applied and of held-out upgrades, and their difference.

    Parameters
    ----------
    drawn : one row per account: held_out (bool), won (0 or 1).

    Returns
    -------
    applied, held_out: decisions, and rate with its Wilson 95 % interval; difference: applied minus held out, with Newcombe's
    95 % interval (1998, method 10). All figures are null, and said tells why, while either has fewer than 30.
    """
    arms = {name: drawn.loc[drawn["held_out"] == held, "won"] for name, held in (("applied", False), ("held_out", True))}
    said = next(
        (f"{name.replace('_', ' ')}: {too_few(len(won))}" for name, won in arms.items() if len(won) < LEAST_DECISIONS), None
    )
    figures: dict[str, Any] = {name: {"decisions": len(won), "rate": None if said else _rate(won)} for name, won in arms.items()}
    difference = None if said else _difference(figures["applied"]["rate"], figures["held_out"]["rate"])
    return figures | {"difference": difference, "said": said}


def _rate(won: pd.Series) -> dict[str, float]:
    bounds = binomtest(int(won.sum()), len(won)).proportion_ci(method="wilson")
    return {"estimate": float(won.mean()), "low": float(bounds.low), "high": float(bounds.high)}


def _difference(first: dict[str, float], second: dict[str, float]) -> dict[str, float]:
    estimate = first["estimate"] - second["estimate"]
    below = np.hypot(first["estimate"] - first["low"], second["high"] - second["estimate"])
    above = np.hypot(first["high"] - first["estimate"], second["estimate"] - second["low"])
    return {"estimate": estimate, "low": float(estimate - below), "high": float(estimate + above)}
