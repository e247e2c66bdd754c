"""The same evaluation as of several past dates: whether what is measured on the newest landmarks was luck.

At each origin the fit knows only windows that ended before it. Regularisation, number of trees and weights of the stack are
chosen anew in those windows too; only at origins whose windows hold all that the served recipe was chosen on is that recipe
taken. Whether boosted trees are used at all is the one choice taken over from the newest landmarks, so that every origin
measures the kind of model that serves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from features.catalog import Feature
from models.evaluation import chance, evaluate
from models.folds import group_counts
from models.grades import blended
from models.landmarks import RollingSplit, part, rolling_splits
from models.propensity import Recipe, choose_recipe, fit_propensity

type Floats = NDArray[np.float64]

MOST_ORIGINS = 4
LEAST_TEST_WINS = 10
LEAST_FITTED_WINS = 30
LEAST_GROUPS = 3
NON_WINS_PER_WIN = 5
WHOLE_UP_TO = 10_000
"""Larger windows of the past keep every win and, of the other rows, 5 for each win or what fills so many rows."""


@dataclass(frozen=True)
class Rolling:
    """`origins` is figures["rolling"], oldest first; `left_out` names each origin that could not be measured and why."""

    origins: list[dict[str, Any]]
    left_out: list[dict[str, str]]


def roll(rows: pd.DataFrame, features: Sequence[Feature], recipe: Recipe, chosen_on: Floats, horizon_days: int) -> Rolling:
    """Fit and measure at up to four origins.

    Parameters
    ----------
    rows
        As `models.landmarks.TrainingSet.rows`.
    features
        What the model may use.
    recipe
        The one that is to serve, before its correction by Platt; its seed is used throughout.
    chosen_on
        Boolean, one per row: the rows that it was chosen on.

    Returns
    -------
    An origin is a record: landmark, fitted_rows, fitted_wins (all rows of the windows before, whether drawn or not), recipe
    ("served" or "chosen anew"), rows, wins, and for model, plan and blend every figure of `evaluate` with its interval, and
    chance.
    """
    origins, left_out = [], []
    for split in rolling_splits(rows["landmark"], horizon_days, MOST_ORIGINS):
        reason = too_little(rows, split)
        if reason:
            left_out.append({"landmark": str(split.landmark), "said": reason})
        else:
            served = recipe if not (chosen_on & ~split.fitting).any() else None
            origins.append(measure(rows, split, features, served, recipe))
    return Rolling(origins, left_out)


def too_little(rows: pd.DataFrame, split: RollingSplit) -> str | None:
    """Why nothing can be said at an origin; None where something can."""
    fitting, tested = part(rows, split.fitting), int(rows.loc[split.test, "won"].sum())
    if tested < LEAST_TEST_WINS:
        return f"{tested} wins follow it, where {LEAST_TEST_WINS} are asked for"
    wins = int(fitting["won"].sum())
    if wins < LEAST_FITTED_WINS:
        return f"{wins} wins precede it, where {LEAST_FITTED_WINS} are asked for"
    groups = min(group_counts(fitting["won"].to_numpy(), fitting["group"].to_numpy()))
    if groups < LEAST_GROUPS:
        return f"{groups} groups of accounts precede it with, or without, a win, where folds need {LEAST_GROUPS}"
    return None


def measure(
    rows: pd.DataFrame, split: RollingSplit, features: Sequence[Feature], served: Recipe | None, like: Recipe
) -> dict[str, Any]:
    """One origin: model, plan, blend and chance on the same rows."""
    fitting, test = part(rows, split.fitting), part(rows, split.test)
    propensity = expit(later_log_odds(fitting, test, features, served, like))
    won, account, plan = test["won"], test["account_id"], test["plan_points"]
    opinions = {"model": propensity, "plan": plan, "blend": blended(propensity, plan)}
    figures = {
        name: evaluate(won, score, account, is_propensity=name == "model", seed=like.seed) for name, score in opinions.items()
    }
    return {
        "landmark": str(split.landmark),
        "fitted_rows": len(fitting),
        "fitted_wins": int(fitting["won"].sum()),
        "recipe": "chosen anew" if served is None else "served",
        "rows": len(test),
        "wins": int(won.sum()),
        **{name: {metric: each.to_json() for metric, each in measured.items()} for name, measured in figures.items()},
        "chance": chance(won),
    }


def later_log_odds(
    fitting: pd.DataFrame, test: pd.DataFrame, features: Sequence[Feature], served: Recipe | None, like: Recipe
) -> Floats:
    """Log-odds of the test rows from a fit on the windows before them.

    Where rows without a win were drawn, ln(share drawn) takes the log-odds back to all rows (King and Zeng 2001).
    """
    drawn, share = thinned(fitting, like.seed)
    recipe = served
    if recipe is None:
        usable = [feature for feature in features if drawn[feature.name].nunique(dropna=False) > 1]
        recipe, _ = choose_recipe(drawn, drawn["won"], drawn["group"], usable, like.seed, use_boosted=like.use_boosted)
    log_odds: Floats = fit_propensity(drawn, drawn["won"], recipe).logit(test) + np.log(share)
    return log_odds


def thinned(rows: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, float]:
    """Every win and some of the other rows, in order; and the share of the others that was drawn."""
    lost = np.flatnonzero(rows["won"] == 0)
    wins = len(rows) - len(lost)
    kept = min(len(lost), max(NON_WINS_PER_WIN * wins, WHOLE_UP_TO - wins))
    drawn = np.random.default_rng(seed).choice(lost, size=kept, replace=False)
    return rows.iloc[np.sort(np.concatenate([np.flatnonzero(rows["won"] == 1), drawn]))], kept / len(lost)
