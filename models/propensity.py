"""The propensity model: logistic regression and boosted trees, stacked and calibrated; its recipe, its fit, its files."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from lastword.errors import Refusal
from models.boosted import Changes, choose_rounds, fit_boosted, fit_folds
from models.calibration import fit_stack
from models.fitting import prepare
from models.folds import grouped_folds
from models.logistic import EVIDENCE_PER_WIN, centre, evidence_of_a_row
from models.quick_trees import QuickTrees
from models.scorer import INTERACTION, MissingColumnsError, Scorer

type Floats = NDArray[np.float64]

FORMAT = 1

MOST_LOGISTIC_ROWS = 300_000
"""What the served logistic regression is fitted on at most; the trees, whose rows take less memory, on all that a fit takes. Of
104,000 rows with 9,500 wins (three draws) 45,000 cost it 0.0006 nats a row and 0.0025 of the AUC, 80,000 0.0001 and 0.0005. The
loss falls with the number of rows: by that rule 300,000 of 480,000 cost some 0.00006 nats, which was not measured."""
MOST_FOLDED_ROWS = 200_000
"""What is fitted only to be tested, on folds, is fitted on so many rows at most; what serves on all that a fit takes."""

EVIDENCE_OF_OLD_RECIPES = 0.1
"""Of a recipe stored when one ridge penalty served all features: about what monthly landmarks come to."""


class NamedFeature(Protocol):
    """What the models know of a feature: `features.catalog.Feature` is one."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str: ...


@dataclass(frozen=True)
class Recipe:
    """Every choice made before the final fit: enough to fit the same kind of model on other rows.

    Attributes
    ----------
    features
        (name, kind) of each, kind numeric, flag or category.
    evidence
        What a training row counts for in the logistic regression: the less, the more its features are shrunk.
    boosting_rounds
        Number of trees.
    stack
        Intercept, weight of the logistic regression's log-odds, weight of the boosted trees'.
    platt
        Slope and intercept applied to the stack's log-odds; (1, 0) changes nothing.
    use_boosted
        False: the logistic regression alone.
    seed
        Decides folds, bagging and the rows drawn from a large set.
    boosting
        (name, value) of each LightGBM parameter that differs from `models.boosted.SHALLOW`.
    """

    features: tuple[tuple[str, str], ...]
    evidence: float
    boosting_rounds: int
    stack: tuple[float, float, float]
    platt: tuple[float, float]
    use_boosted: bool
    seed: int
    boosting: Changes = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that a frame must have."""
        return tuple(name for name, _ in self.features)

    def logistic_alone(self) -> "Recipe":
        """The same without the boosted trees, to be calibrated anew."""
        return replace(self, use_boosted=False, stack=(0.0, 1.0, 0.0), platt=(1.0, 0.0))

    def with_platt(self, slope: float, intercept: float) -> "Recipe":
        """The same with a correction of its log-odds, on top of any it has."""
        first, shift = self.platt
        return replace(self, platt=(slope * first, slope * shift + intercept))

    def to_json(self) -> dict[str, Any]:
        """As JSON values: tuples are lists."""
        pairs = {"features": [list(pair) for pair in self.features], "boosting": [list(pair) for pair in self.boosting]}
        return {**asdict(self), **pairs, "stack": list(self.stack), "platt": list(self.platt)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Recipe":
        """From what `to_json` gave, through a file or not; one stored before there was `boosting` changes nothing there."""
        features = tuple((name, kind) for name, kind in values["features"])
        boosting = tuple((name, value) for name, value in values.get("boosting", ()))
        stack, platt = tuple(values["stack"]), tuple(values["platt"])
        values = {
            "evidence": EVIDENCE_OF_OLD_RECIPES,
            **{name: value for name, value in values.items() if name != "regularization"},
        }
        return cls(**{**values, "features": features, "stack": stack, "platt": platt, "boosting": boosting})


@dataclass(frozen=True)
class Propensity:
    """A fitted model. `model` is the content of model.json, `booster` that of booster.txt (None where there is none)."""

    model: dict[str, Any]
    booster: str | None

    @property
    def recipe(self) -> Recipe:
        """What it was fitted by."""
        return Recipe.from_json(self.model["recipe"])

    @property
    def prior_odds(self) -> float | None:
        """Look-alike mode with a class prior: what the odds are multiplied by to give the propensity. Else None."""
        odds: float | None = self.model.get("prior_odds")
        return odds

    def with_prior_odds(self, prior_odds: float | None) -> "Propensity":
        """The same with propensities min(1, prior_odds × odds); its log-odds stay what they are."""
        return replace(self, model=self.model | {"prior_odds": prior_odds})

    @cached_property
    def scorer(self) -> Scorer:
        """What does the arithmetic; raises ValueError for a frame that lacks columns, where the methods here refuse."""
        return Scorer(self.model, self.booster, QuickTrees)

    def logit(self, frame: pd.DataFrame) -> Floats:
        """Log-odds of a win within the horizon, one per row.

        As all methods here: frames have one row per account and the recipe's features as columns, NaN where unknown; a
        Refusal names the columns that a frame lacks.
        """
        with _refusing_missing_columns():
            return self.scorer.logit(frame)

    def predict(self, frame: pd.DataFrame) -> Floats:
        """Calibrated probability of a win within the horizon, one per row; with `prior_odds` corrected by them."""
        with _refusing_missing_columns():
            return self.scorer.predict(frame)

    def boosted_logit(self, frame: pd.DataFrame) -> Floats:
        """Log-odds of the boosted trees alone, before stacking and calibration; zeros where the recipe has none."""
        with _refusing_missing_columns():
            return self.scorer.boosted_logit(frame)

    def contributions(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, float]:
        """Log-odds by feature (one-hots and missing flags summed into theirs), one row per account, and the base.

        A row's contributions plus the base are its logit, to 1e-5.
        """
        _, contributions, base = self.explained(frame)
        return contributions, base

    def explained(self, frame: pd.DataFrame) -> tuple[Floats, pd.DataFrame, float]:
        """What `logit` gives, and what `contributions` gives, at less than the cost of both."""
        with _refusing_missing_columns():
            return self.scorer.explained(frame)

    def save(self, folder: Path) -> None:
        """Write model.json and, where there are boosted trees, booster.txt. The same model gives the same bytes."""
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.model, ensure_ascii=False, indent=1, allow_nan=False)
        (folder / "model.json").write_text(text + "\n", encoding="utf-8")
        trees = folder / "booster.txt"
        if self.booster is None:
            trees.unlink(missing_ok=True)
        else:
            trees.write_text(self.booster, encoding="utf-8")


def load_propensity(folder: Path) -> Propensity:
    """Read what `Propensity.save` wrote."""
    booster = folder / "booster.txt"
    model = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    return Propensity(model, booster.read_text(encoding="utf-8") if booster.exists() else None)


def choose_recipe(
    frame: pd.DataFrame,
    won: ArrayLike,
    group: ArrayLike,
    features: Sequence[NamedFeature],
    seed: int,
    *,
    use_boosted: bool = True,
    boosting: Changes = (),
    evidence_per_win: float = EVIDENCE_PER_WIN,
) -> tuple[Recipe, Floats]:
    """Choose the number of trees and the weights of the stack on three folds that keep groups whole.

    Parameters
    ----------
    frame
        One row per account and landmark, with the features as columns.
    won
        1 for a win within the horizon of the row's landmark, else 0.
    group
        Whole numbers; rows of equal group stay on one side of every split.
    features
        What the model may use.
    seed
        Decides folds, bagging and the rows drawn from a large set.
    use_boosted
        False for the logistic regression alone.
    boosting
        (name, value) of LightGBM parameters to differ from `models.boosted.SHALLOW`.
    evidence_per_win
        What a group that wins counts for in the logistic regression: the less, the more is shrunk.

    Returns
    -------
    The recipe, and the log-odds it gives each row when that row's fold was not fitted on.

    Raises
    ------
    Refusal
        Fewer than three groups hold wins.
    """
    wins = np.asarray(won, dtype=int)
    fold = grouped_folds(wins, np.asarray(group), seed)
    chosen = tuple((feature.name, feature.kind) for feature in features)
    fitting = prepare(frame, wins, chosen, seed, boosting, MOST_FOLDED_ROWS)
    sampled = fold[fitting.rows]
    with ThreadPoolExecutor(1) as beside:
        trees = beside.submit(choose_rounds, fitting.dataset, sampled, seed, boosting) if use_boosted else None
        evidence = evidence_of_a_row(wins, np.asarray(group), evidence_per_win)
        logistic = fitting.logistic_out_of_fold(fold, evidence)
        rounds, boosters = trees.result() if trees else (0, [])
    boosted = fitting.boosted_out_of_fold(fold, boosters, rounds) if use_boosted else None
    stack = fit_stack(logistic, boosted, wins)
    recipe = Recipe(chosen, evidence, rounds, stack, (1.0, 0.0), use_boosted, seed, boosting)
    return recipe, stacked(recipe, logistic, boosted)


def out_of_fold(frame: pd.DataFrame, won: ArrayLike, group: ArrayLike, recipe: Recipe) -> Floats:
    """The log-odds that the recipe gives each row when that row's fold was not fitted on; three folds, groups kept whole."""
    wins = np.asarray(won, dtype=int)
    fold = grouped_folds(wins, np.asarray(group), recipe.seed)
    fitting = prepare(frame, wins, recipe.features, recipe.seed, recipe.boosting, MOST_FOLDED_ROWS)
    rounds = recipe.boosting_rounds
    with ThreadPoolExecutor(1) as beside:
        sampled = fold[fitting.rows]
        fit = partial(fit_folds, fitting.dataset, sampled, rounds, recipe.seed, recipe.boosting)
        trees = beside.submit(fit) if recipe.use_boosted else None
        logistic = fitting.logistic_out_of_fold(fold, recipe.evidence)
        boosted = fitting.boosted_out_of_fold(fold, trees.result(), rounds) if trees else None
    return stacked(recipe, logistic, boosted)


def fit_propensity(frame: pd.DataFrame, won: ArrayLike, recipe: Recipe) -> Propensity:
    """Fit the recipe on all rows given: one per account and landmark, `won` 0 or 1."""
    fitting = prepare(frame, np.asarray(won, dtype=int), recipe.features, recipe.seed, recipe.boosting)
    with ThreadPoolExecutor(1) as beside:
        fit = partial(fit_boosted, fitting.dataset, recipe.boosting_rounds, recipe.seed, recipe.boosting)
        trees = beside.submit(fit) if recipe.use_boosted else None
        curves = fitting.at_most(MOST_LOGISTIC_ROWS)
        terms, intercept = centre(*curves.logistic(slice(None), recipe.evidence), frame)
        booster = trees.result().model_to_string() if trees else None
    return Propensity(_model(recipe, terms, intercept), booster)


def stacked(recipe: Recipe, logistic: Floats, boosted: Floats | None) -> Floats:
    """The recipe's log-odds from those of its two models (None: no boosted trees): stack, then Platt's correction."""
    intercept, first, second = recipe.stack
    slope, shift = recipe.platt
    both = intercept + first * logistic + (0.0 if boosted is None else second * boosted)
    return slope * both + shift


def _model(recipe: Recipe, terms: list[dict[str, Any]], intercept: float) -> dict[str, Any]:
    """The content of model.json; `models.scorer.Scorer` reads it."""
    return {
        "format": FORMAT,
        "recipe": recipe.to_json(),
        "logistic_intercept": intercept,
        "features": [term for term in terms if term["kind"] != INTERACTION],
        "interactions": [term for term in terms if term["kind"] == INTERACTION],
        "prior_odds": None,
    }


@contextmanager
def _refusing_missing_columns() -> Iterator[None]:
    try:
        yield
    except MissingColumnsError as error:
        raise Refusal(
            f"the model was trained on features that are not there today: {', '.join(error.names)}; give the inputs and "
            "[features] columns that they come from again, or run `lastword train` without them"
        ) from error
