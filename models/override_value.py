"""What overriding was worth: wins found with the overrides in force then, and without them, at the same k.

Without overrides every account has the grade that the policy gives it, and accounts rank by grade, then by the model's
points. With them the overridden accounts have the grade that a person gave (`final_order`); whoever moves up to A pushes
the last of A out of the best k, and whoever moves down lets the next one in.
An upgraded account also gets more attention, so what it wins isn't all foresight: models/holdout.py tells the two apart.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from models.backtest import final_order
from models.captured import draw_captured, draw_sums, interval, ratio
from models.grades import grade_numbers

LEAST_DECISIONS = 30
"""Of fewer decisions no figure is given."""

CONFIRMED = ("direction", "confirmed")
GROUPS = {"direction": "direction", "reason": "override_reason", "author": "override_by"}


def override_value(past: pd.DataFrame, share: float, seed: int) -> dict[str, Any]:
    """Override value added at the landmarks of a back-test, in all and by direction, reason and author.

    Parameters
    ----------
    past
        Grain: account × landmark, all accounts at risk. account_id, landmark, won, plan_points, propensity, model_points,
        policy_grade (null where the plan excludes it), and of the override in force then, null where there was none:
        entry_id, override_grade, override_reason, override_by.
    share
        k, as a share of each landmark's accounts.

    Returns
    -------
    decisions (distinct overrides in force), rows (override × landmark), said (why there is no figure, else null), and with
    95 % intervals of a paired bootstrap over accounts, null under 30 decisions: value (wins captured with overrides minus
    without, ÷ wins), against_plan (the same against the plan's order), wins_per_100 (rows), brier_difference (of the
    overridden rows; below 0 is better). groups: for direction (upgrade, downgrade, confirmed), reason and author a record
    for each with name, decisions, rows, said, value and wins_per_100 where the group's overrides alone are applied, and
    shrunk: wins_per_100 drawn towards that of all (see `shrink`).
    """
    decided = past["override_grade"].notna().to_numpy()
    past = past.assign(direction=_direction(past["policy_grade"], past["override_grade"]))
    masks = {("all", "all"): decided} | {
        (group, name): (decided & (past[column] == name)).to_numpy()
        for group, column in GROUPS.items()
        for name in sorted(past.loc[decided, column].unique())
    }
    counts = {key: _counts(past, mask) for key, mask in masks.items()}
    if CONFIRMED in counts:
        counts[CONFIRMED]["said"] = "confirms the grade, so nothing moves"
    enough = {key: mask for key, mask in masks.items() if counts[key]["said"] is None}
    drawn = _values(past, enough, share, seed) if enough else {}
    figures = {key: {name: interval(value) for name, value in each.items()} for key, each in drawn.items()}
    whole = counts["all", "all"] | dict.fromkeys(("value", "against_plan", "wins_per_100", "brier_difference"))
    if ("all", "all") in figures:
        whole |= {name: figure.to_json() for name, figure in figures["all", "all"].items()}
        whole["brier_difference"] = interval(_brier_difference(past, decided, seed)).to_json()
    return whole | {"groups": {group: _records(group, counts, drawn) for group in GROUPS}}


def shrink(values: Mapping[str, float], errors: Mapping[str, float], pooled: float) -> dict[str, float]:
    """Each group's value drawn towards the pooled one, the more the less is known of it (empirical Bayes).

    shrunk = pooled + B·(value − pooled) with B = τ²/(τ² + s²), s the group's standard error and τ² the variance between
    groups by the method of moments: max(0, (Q − (G − 1)) ÷ (Σw − Σw²/Σw)), w = 1/s², Q = Σw·(value − Σw·value/Σw)²
    (DerSimonian and Laird 1986). Where groups differ by no more than chance τ² is 0, and so all of them are the pool's.
    """
    value, weight = np.array(list(values.values())), np.array([errors[name] ** -2.0 for name in values])
    if len(value) < 2:
        return dict.fromkeys(values, pooled)
    heterogeneity = (weight * (value - (weight * value).sum() / weight.sum()) ** 2).sum()
    spread = weight.sum() - (weight**2).sum() / weight.sum()
    between = max(0.0, (heterogeneity - (len(value) - 1)) / spread)
    kept = between / (between + 1 / weight)
    return dict(zip(values, (pooled + kept * (value - pooled)).tolist(), strict=True))


def _direction(policy: pd.Series, override: pd.Series) -> np.ndarray:
    """Where the override moves the account from the grade it would have had at that landmark."""
    steps = grade_numbers(override) - np.nan_to_num(grade_numbers(policy), nan=-1.0)
    return np.select([steps > 0, steps < 0, steps == 0], ["upgrade", "downgrade", "confirmed"], default="")


def _counts(past: pd.DataFrame, mask: np.ndarray) -> dict[str, Any]:
    decisions = int(past.loc[mask, "entry_id"].nunique())
    return {"decisions": decisions, "rows": int(mask.sum()), "said": too_few(decisions)}


def too_few(count: int) -> str | None:
    """Why there is no figure of so many decisions; None where there is one."""
    return None if count >= LEAST_DECISIONS else f"n = {count}: too few, {LEAST_DECISIONS} needed"


def _values(
    past: pd.DataFrame, masks: Mapping[tuple[str, str], np.ndarray], share: float, seed: int
) -> dict[tuple[str, str], dict[str, np.ndarray]]:
    """For each set of overrides, by replicate, what applying it alone does."""
    policy, override, points = past["policy_grade"], past["override_grade"], past["model_points"]
    orders: dict[str, Any] = {"without": final_order(policy, policy, points), "plan": past["plan_points"]}
    orders |= {str(key): final_order(policy.where(~mask, override), policy, points) for key, mask in masks.items()}
    draws = draw_captured(past, orders, share, seed)
    decided = override.notna().to_numpy()
    rows = draw_sums(past, decided, {str(key): mask[decided] for key, mask in masks.items()}, seed)
    wins = draws.wins.sum(axis=1)
    return {
        key: {
            "value": ratio(draws.gain(str(key), "without"), wins),
            "against_plan": ratio(draws.gain(str(key), "plan"), wins),
            "wins_per_100": 100 * ratio(draws.gain(str(key), "without"), rows[str(key)]),
        }
        for key in masks
    }


def _brier_difference(past: pd.DataFrame, decided: np.ndarray, seed: int) -> np.ndarray:
    """Mean squared error of the overridden rows with the propensity that their grade implies, minus with the model's.

    A grade implies the mean propensity of the accounts to which the policy gives it at that landmark; an override that
    confirms the policy's grade leaves the account its own.
    """
    implied = past.groupby(["landmark", "policy_grade"])["propensity"].mean()
    rows = past[decided]
    there = pd.MultiIndex.from_arrays([rows["landmark"], rows["override_grade"]])
    propensity, won = rows["propensity"].to_numpy(), rows["won"].to_numpy(dtype=float)
    said = implied.reindex(there).to_numpy()
    said = np.where(np.isnan(said) | (rows["direction"] == "confirmed"), propensity, said)
    sums = draw_sums(past, decided, {"excess": (said - won) ** 2 - (propensity - won) ** 2, "rows": np.ones(len(rows))}, seed)
    return ratio(sums["excess"], sums["rows"])


def _records(
    group: str,
    counts: Mapping[tuple[str, str], dict[str, Any]],
    drawn: Mapping[tuple[str, str], Mapping[str, np.ndarray]],
) -> list[dict[str, Any]]:
    rates = {name: drawn[key]["wins_per_100"] for key in drawn for name in [key[1]] if key[0] == group}
    shrunk: dict[str, float] = {}
    if rates:
        errors = {name: _standard_error(rate, counts[group, name]["rows"]) for name, rate in rates.items()}
        pooled = float(drawn["all", "all"]["wins_per_100"][0])
        shrunk = shrink({name: float(rate[0]) for name, rate in rates.items()}, errors, pooled)
    return [
        {"name": key[1]}
        | counts[key]
        | {figure: interval(drawn[key][figure]).to_json() if key in drawn else None for figure in ("value", "wins_per_100")}
        | {"shrunk": shrunk.get(key[1])}
        for key in counts
        if key[0] == group
    ]


def _standard_error(rate: np.ndarray, rows: int) -> float:
    """Of wins per 100 rows; at least one win's worth, for a group in which by luck no win moved isn't known exactly."""
    return max(float(np.nanstd(rate[1:], ddof=1)), 100 / rows)
