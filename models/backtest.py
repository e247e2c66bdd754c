"""Past landmarks replayed: what each opinion would have said of the accounts at risk then, and how many wins it found.

At every landmark the model is refitted on outcome windows that had ended 7 days before, so that it knows no more than it
could have known. The reference of its points and grades is the accounts at risk at that landmark.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from features.catalog import Feature
from models.captured import Draws, draw_captured, interval, ratio
from models.grades import Reference, assign_grades, grade_cuts, grade_numbers
from models.landmarks import RollingSplit, TrainingSet, part, rolling_splits
from models.propensity import Recipe, choose_recipe, fit_propensity

MOST_LANDMARKS = 6
OPINIONS = ("plan", "model", "blend", "final")
DIFFERENCES = (("model", "plan"), ("blend", "plan"), ("final", "plan"), ("final", "model"))


def replayed_splits(
    training: TrainingSet, horizon_days: int, least_winners: int, most: int = MOST_LANDMARKS
) -> tuple[RollingSplit, ...]:
    """Up to `most` landmarks, oldest first, evenly between the newest and the oldest by which enough accounts had won.

    Enough: `least_winners` accounts win in windows that had ended, those that were not drawn counted by those that were.
    Earlier no model would have been trained.
    """
    rows, least = training.rows, least_winners * training.share
    possible = rolling_splits(rows["landmark"], horizon_days, len(rows["landmark"].unique()))
    usable = [split for split in possible if winners(part(rows, split.fitting)) >= least and rows["won"][split.test].any()]
    places = np.linspace(0, len(usable) - 1, min(most, len(usable))).round().astype(int)
    return tuple(usable[place] for place in places)


def winners(rows: pd.DataFrame) -> int:
    """Accounts that win in some window."""
    return int(rows.loc[rows["won"] == 1, "account_id"].nunique())


def replay(
    training: TrainingSet, split: RollingSplit, recipe: Recipe | None, features: Sequence[Feature], grades: Any, seed: int
) -> pd.DataFrame:
    """The accounts at risk at one landmark, with both opinions as they would have been.

    Parameters
    ----------
    recipe : how the model is fitted; None: chosen on the rows that it is fitted on, among `features`.
    grades : [grades] of lastword.toml.

    Returns
    -------
    Grain: account. account_id, landmark, won, plan_points, plan_grade, plan_covers, plan_percentile (0–100), propensity,
    model_points, model_grade.
    """
    fitting, test = part(training.rows, split.fitting), part(training.rows, split.test)
    if recipe is None:
        recipe, _ = choose_recipe(fitting, fitting["won"], fitting["group"], features, seed)
    propensity = fit_propensity(fitting, fitting["won"], recipe).predict(test)
    reference = Reference.from_population(propensity)
    points = pd.Series(reference.points(propensity), index=test.index)
    columns = ["account_id", "landmark", "won", "plan_points", "plan_grade", "plan_covers"]
    return test[columns].assign(
        plan_percentile=Reference.from_population(test["plan_points"]).points(test["plan_points"]),
        propensity=propensity,
        model_points=points,
        model_grade=assign_grades(points, grade_cuts(grades, reference)),
    )


def final_order(final_grade: pd.Series, policy_grade: pd.Series, model_points: pd.Series) -> np.ndarray:
    """A score that ranks by final grade, then by the model's points; without a grade (the plan excludes it) below F.

    Within a grade an account that a person moved up goes before the others, one moved down behind them. By points alone an
    upgrade would find its new grade full of accounts that the model prefers, and at equal k nothing would ever come of it.
    """
    final, policy = (np.nan_to_num(grade_numbers(grade), nan=-1.0) for grade in (final_grade, policy_grade))
    return final * 1000 + np.sign(final - policy) * 200 + model_points.to_numpy(dtype=float)


def compare_opinions(past: pd.DataFrame, share: float, seed: int) -> dict[str, Any]:
    """Wins found by plan, model, blend and final among the best `share` of the accounts, at each landmark and pooled.

    Parameters
    ----------
    past : grain account × landmark: account_id, landmark, won, plan_points, model_points, blend_points, policy_grade,
        final_grade.

    Returns
    -------
    landmarks: a record each with rows, wins and, by opinion, captured (wins), capture (share of wins), lift and auc with
    95 % intervals; pooled: the same of all, and the paired differences of capture; chance: what a random order captures.
    """
    final = final_order(past["final_grade"], past["policy_grade"], past["model_points"])
    scores = {"plan": past["plan_points"], "model": past["model_points"], "blend": past["blend_points"], "final": final}
    draws = draw_captured(past, scores, share, seed, with_auc=True)
    rows = past.groupby("landmark").size()
    landmarks = [
        {"landmark": str(landmark.date()), "rows": int(rows[landmark]), "wins": int(draws.wins[0, place])}
        | {name: _figures_at(draws, name, place, share) for name in OPINIONS}
        for place, landmark in enumerate(draws.landmarks)
    ]
    pooled = {"rows": len(past), "wins": int(draws.wins[0].sum())} | {name: _pooled(draws, name, share) for name in OPINIONS}
    differences = {
        f"{first}_minus_{second}": interval(draws.capture(first) - draws.capture(second)).to_json()
        for first, second in DIFFERENCES
    }
    return {"landmarks": landmarks, "pooled": pooled | {"differences": differences}, "chance": {"capture": share, "auc": 0.5}}


def _figures_at(draws: Draws, name: str, place: int, share: float) -> dict[str, Any]:
    capture = ratio(draws.captured[name][:, place], draws.wins[:, place])
    return _figures(draws.captured[name][0, place], capture, draws.auc[name][:, place], share)


def _pooled(draws: Draws, name: str, share: float) -> dict[str, Any]:
    return _figures(draws.captured[name][0].sum(), draws.capture(name), draws.pooled_auc(name), share)


def _figures(captured: float, capture: np.ndarray, auc: np.ndarray, share: float) -> dict[str, Any]:
    measured = {"capture": capture, "lift": capture / share, "auc": auc}
    return {"captured": float(captured)} | {name: interval(drawn).to_json() for name, drawn in measured.items()}
