"""A model as it is stored and served: the fit, its reference population, its cuts and what its features were built with."""

import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit

from features.build import IntentPolicy
from features.catalog import VERSION, Vocabulary
from lastword.contracts import GRADES
from lastword.errors import Refusal
from models.grades import Reference
from models.landmarks import Mode
from models.priors import propensity_of
from models.propensity import Propensity, Recipe, load_propensity
from models.refits import Refits, load_refits
from models.training import Trained


@dataclass(frozen=True)
class Explained:
    """Accounts scored, and why: what `Served.score` gives; log-odds by feature, which add up to the logit less the base."""

    scores: pd.DataFrame
    contributions: pd.DataFrame
    base: float


@dataclass(frozen=True)
class Served:
    """Everything that scoring needs of a model, so that a table scored today means what it meant at training."""

    model: Propensity
    recipe: Recipe
    reference: Reference
    cuts: dict[str, float]
    mode: Mode
    prior_odds: float | None
    vocabulary: Vocabulary
    intent_policy: IntentPolicy
    folder: Path

    @cached_property
    def refits(self) -> Refits | None:
        """The bootstrap refits, read when they are first asked for; None for a model that was trained without."""
        return load_refits(self.folder)

    def score(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Grain: the rows of `frame`, its index. Columns: logit, propensity (null in look-alike mode without a prior), points."""
        return self._scores(self.model.logit(frame), frame.index)

    def explained(self, frame: pd.DataFrame) -> Explained:
        """What `score` gives, and the contributions and the base of `Propensity.contributions`, at less than the cost of both."""
        logit, contributions, base = self.model.explained(frame)
        return Explained(self._scores(logit, frame.index), contributions, base)

    def _scores(self, logit: NDArray[np.float64], index: pd.Index) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "logit": logit,
                "propensity": propensity_of(logit, self.mode, self.prior_odds),
                "points": self.reference.points(expit(logit)),
            },
            index=index,
        )

    def nearest_cut(self, log_odds: pd.Series) -> pd.DataFrame:
        """The grade cut nearest to each account's log-odds: where a person's answer would change the grade.

        Returns
        -------
        On the index given: cut_log_odds, on the model's scale, and cut_propensity, the probability of a win there: the corrected
        one in look-alike mode, without a class prior the model's own. Null where the log-odds are, or no cut can be passed.
        """
        scores = self.reference.score_at(np.array([self.cuts[grade] for grade in GRADES[:-1]]))
        cuts = logit(np.clip(scores, 0.0, 1.0))
        distance = np.abs(log_odds.to_numpy(dtype=float)[:, None] - cuts)
        nearest = cuts[np.argmin(distance, axis=1)]
        nearest = np.where(np.isfinite(distance).any(axis=1), nearest, np.nan)
        propensity = propensity_of(nearest, self.mode, self.prior_odds)
        propensity = np.where(np.isnan(propensity), expit(nearest), propensity)
        return pd.DataFrame({"cut_log_odds": nearest, "cut_propensity": propensity}, index=log_odds.index)

    def confidence(self, frame: pd.DataFrame, grades: pd.Series) -> pd.DataFrame:
        """Grain: the rows of `frame`, its index. log_odds_sd and grade_confidence of the grades given; null without refits."""
        if self.refits is None:
            return pd.DataFrame({"log_odds_sd": np.nan, "grade_confidence": np.nan}, index=frame.index)
        return self.refits.score(frame, grades)


def save_served(folder: Path, trained: Trained, mode: Mode, vocabulary: Vocabulary, policy: IntentPolicy) -> None:
    """Write model.json, booster.txt, the refits' files, reference.json and serving.json; text only, none names our modules."""
    trained.model.save(folder)
    if trained.refits is not None:
        trained.refits.save(folder)
    (folder / "reference.json").write_text(json.dumps(trained.reference.to_json()))
    serving = {
        "catalog_version": VERSION,
        "mode": mode,
        "prior_odds": trained.prior_odds,
        "cuts": trained.cuts,
        "recipe": trained.recipe.to_json(),
        "vocabulary": asdict(vocabulary),
        "intent_policy": asdict(policy),
    }
    (folder / "serving.json").write_text(json.dumps(serving, indent=1, sort_keys=True))


def vocabulary_of(recipe: Recipe) -> Vocabulary:
    """The technologies, categories and topics among a recipe's features: what scoring must build."""

    def named(prefix: str) -> tuple[str, ...]:
        return tuple(name.removeprefix(prefix) for name in recipe.names if name.startswith(prefix))

    return Vocabulary(named("technology:"), named("technology_category:"), named("intent:"))


def is_current(folder: Path) -> bool:
    """Whether features are still defined as when the model was trained."""
    return bool(json.loads((folder / "serving.json").read_text())["catalog_version"] == VERSION)


def load_served(folder: Path) -> Served:
    """Read what `save_served` wrote.

    Raises
    ------
    Refusal
        The features' definitions have changed since the model was trained.
    """
    serving: dict[str, Any] = json.loads((folder / "serving.json").read_text())
    if serving["catalog_version"] != VERSION:
        raise Refusal(
            f"the model was trained on features of catalog version {serving['catalog_version']}, "
            f"this is version {VERSION}: run `lastword train`"
        )
    return Served(
        model=load_propensity(folder),
        recipe=Recipe.from_json(serving["recipe"]),
        reference=Reference.from_json(json.loads((folder / "reference.json").read_text())),
        cuts=serving["cuts"],
        mode=serving["mode"],
        prior_odds=serving["prior_odds"],
        vocabulary=Vocabulary(**{name: tuple(values) for name, values in serving["vocabulary"].items()}),
        intent_policy=IntentPolicy(**serving["intent_policy"]),
        folder=folder,
    )
