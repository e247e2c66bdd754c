"""Scores accounts with a fitted propensity model: model.json and booster.txt in, propensities out.

Self-contained on purpose (numpy, pandas, LightGBM and the standard library): the same file is logged as the code of the
MLflow model, so that a registered model can be served where Lastword is not installed, and gives the same numbers there.
"""

import json
import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

type Floats = NDArray[np.float64]

BATCH_ROWS = 100_000
INTERACTION = "interaction"
"""Kind of a term of the logistic regression that two features share: a curve of a number for each level of a category."""


class MissingColumnsError(ValueError):
    """The frame to score lacks columns that the model needs; `names` lists them."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"columns that the model needs are missing: {', '.join(names)}")
        self.names = tuple(names)


class Scorer:
    """A fitted propensity model, ready to score frames with one row per account.

    Frames hold the model's features as columns, selected by name: numeric and flag as numbers with NaN for unknown,
    category as text with NaN for unknown. Further columns are ignored.

    Parameters
    ----------
    model : dict
        The content of model.json; `models.propensity.fit_propensity` writes it.
    booster : str or None
        The LightGBM model as text; None where the model is the logistic regression alone.
    trees : type
        What predicts and explains by it.
    """

    def __init__(self, model: dict[str, Any], booster: str | None, trees: "type[Trees] | None" = None) -> None:
        self.features: list[dict[str, Any]] = model["features"]
        self._interactions: list[dict[str, Any]] = model.get("interactions", [])
        intercept, logistic, boosted = model["recipe"]["stack"]
        slope, shift = model["recipe"]["platt"]
        self._prior_odds: float | None = model.get("prior_odds")
        self._trees = (trees or Trees)(booster) if booster is not None else None
        self._logistic_weight: float = slope * logistic
        self._boosted_weight: float = slope * boosted if booster is not None else 0.0
        self._intercept: float = shift + slope * (intercept + logistic * model["logistic_intercept"])

    @classmethod
    def from_folder(cls, folder: str | os.PathLike[str]) -> "Scorer":
        """Read model.json and, where there is one, booster.txt from a folder."""
        booster = Path(folder, "booster.txt")
        model = json.loads(Path(folder, "model.json").read_text(encoding="utf-8"))
        return cls(model, booster.read_text(encoding="utf-8") if booster.exists() else None)

    def predict(self, frame: pd.DataFrame) -> Floats:
        """Probability of a win within the horizon, one per row.

        A model of look-alikes has `prior_odds` where the class prior was given: its propensity is min(1, prior_odds × odds),
        without them it is a score that ranks.
        """
        logit = self.logit(frame)
        propensity: Floats = 1.0 / (1.0 + np.exp(-logit))
        return propensity if self._prior_odds is None else np.minimum(1.0, self._prior_odds * np.exp(logit))

    def logit(self, frame: pd.DataFrame) -> Floats:
        """Log-odds of a win within the horizon, one per row."""
        parts = [self._batch_logit(batch) for batch in self._batches(frame)]
        return np.concatenate(parts) if parts else np.empty(0)

    def boosted_logit(self, frame: pd.DataFrame) -> Floats:
        """Log-odds of the boosted trees alone, before stacking and calibration, one per row; zeros where there are none."""
        parts = [self._batch_boosted(batch) for batch in self._batches(frame)]
        return np.concatenate(parts) if parts else np.empty(0)

    def contributions(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, float]:
        """Log-odds by feature, one row per account, and the base: a row's sum plus the base is its logit.

        Logistic regression: the feature's value on its curve minus the mean over the training rows, and half of what it has
        in common with another; boosted trees: TreeSHAP (Lundberg et al. 2020), one-hot columns summed into their feature; both
        by their weight in the stack.
        """
        _, contributions, base = self.explained(frame)
        return contributions, base

    def explained(self, frame: pd.DataFrame) -> tuple[Floats, pd.DataFrame, float]:
        """The log-odds of `logit`, the contributions and the base: what both take is made once."""
        parts = [self._batch_explained(batch) for batch in self._batches(frame)]
        names = [feature["name"] for feature in self.features]
        logit = np.concatenate([part[0] for part in parts]) if parts else np.empty(0)
        values = np.concatenate([part[1] for part in parts]) if parts else np.empty((0, len(names)))
        base = self._intercept + (self._boosted_weight * self._trees.base if self._trees is not None else 0.0)
        return logit, pd.DataFrame(values, index=frame.index, columns=names), base

    def _batches(self, frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
        missing = [feature["name"] for feature in self.features if feature["name"] not in frame.columns]
        if missing:
            raise MissingColumnsError(missing)
        return batches(frame)

    def _batch_logit(self, frame: pd.DataFrame) -> Floats:
        logistic: Floats = logistic_terms(frame, [*self.features, *self._interactions]).sum(axis=1)
        return self._intercept + self._logistic_weight * logistic + self._boosted_weight * self._batch_boosted(frame)

    def _batch_boosted(self, frame: pd.DataFrame) -> Floats:
        if self._trees is None:
            return np.zeros(len(frame))
        return self._trees.predict(encode(frame, self.features))

    def _batch_explained(self, frame: pd.DataFrame) -> tuple[Floats, Floats]:
        """Log-odds of a batch and, a column per feature, what they consist of."""
        terms = logistic_terms(frame, [*self.features, *self._interactions])
        logit: Floats = self._intercept + self._logistic_weight * terms.sum(axis=1)
        parts = self._logistic_weight * self._by_feature(terms)
        if self._trees is None:
            return logit, parts
        matrix = encode(frame, self.features)
        raw = self._trees.predict(matrix)
        starts = np.cumsum([0, *(width(feature) for feature in self.features)])[:-1]
        parts += self._boosted_weight * np.add.reduceat(self._trees.contributions(matrix, raw), starts, axis=1)
        return logit + self._boosted_weight * raw, parts

    def _by_feature(self, terms: Floats) -> Floats:
        """The logistic regression's terms, what two features share given to each by half."""
        names = [feature["name"] for feature in self.features]
        parts = terms[:, : len(names)].copy()
        for both, interaction in zip(terms.T[len(names) :], self._interactions, strict=True):
            for name in (interaction["category"], interaction["number"]):
                parts[:, names.index(name)] += both / 2
        return parts


class Trees:
    """The boosted trees, as LightGBM predicts and explains them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.booster = lgb.Booster(model_str=text)

    def predict(self, matrix: NDArray[np.float32]) -> Floats:
        """Log-odds of the encoded rows."""
        return np.asarray(self.booster.predict(matrix, raw_score=True))

    def contributions(self, matrix: NDArray[np.float32], raw: Floats) -> Floats:
        """TreeSHAP: what each column adds to the log-odds. A row adds up to `raw`, what is predicted of it, without the base."""
        return np.asarray(self.booster.predict(matrix, pred_contrib=True, num_threads=os.cpu_count()))[:, :-1]

    @cached_property
    def base(self) -> float:
        """The expected log-odds: the last column of TreeSHAP, the same for every row."""
        row = np.zeros((1, self.booster.num_feature()), dtype=np.float32)
        return float(np.asarray(self.booster.predict(row, pred_contrib=True))[0, -1])


def batches(frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The frame in order, at most 100,000 rows at a time."""
    for start in range(0, len(frame), BATCH_ROWS):
        yield frame.iloc[start : start + BATCH_ROWS]


def logistic_terms(frame: pd.DataFrame, features: Sequence[dict[str, Any]]) -> Floats:
    """The logistic regression's log-odds: a row per account, a column per feature."""
    terms = np.empty((len(frame), len(features)))
    for position, feature in enumerate(features):
        if feature["kind"] == "category":
            values = np.array([*feature["values"], feature["other"], feature["missing"]])
            terms[:, position] = values[level_codes(frame[feature["name"]], feature["levels"])]
        elif feature["kind"] == INTERACTION:
            terms[:, position] = interaction_term(frame, feature)
        else:
            x = numbers(frame[feature["name"]])
            curve = np.interp(x, feature["knots"], feature["values"])
            terms[:, position] = np.where(np.isnan(x), feature["missing"], curve)
    return terms


def interaction_term(frame: pd.DataFrame, feature: dict[str, Any]) -> Floats:
    """Each account's number on the curve of its level; `missing` where the number is unknown or the level has no curve."""
    codes, x = level_codes(frame[feature["category"]], feature["levels"]), numbers(frame[feature["number"]])
    term = np.full(len(frame), float(feature["missing"]))
    for code, heights in enumerate(feature["values"]):
        rows = (codes == code) & ~np.isnan(x)
        term[rows] = np.interp(x[rows], feature["knots"], heights)
    return term


def encode(frame: pd.DataFrame, features: Sequence[dict[str, Any]]) -> NDArray[np.float32]:
    """The boosted trees' matrix: numbers as they are, a category as one column per level, one for others, one for unknown."""
    matrix = np.zeros((len(frame), sum(width(feature) for feature in features)), dtype=np.float32)
    rows, start = np.arange(len(frame)), 0
    for feature in features:
        if feature["kind"] == "category":
            matrix[rows, start + level_codes(frame[feature["name"]], feature["levels"])] = 1
        else:
            matrix[:, start] = numbers(frame[feature["name"]])
        start += width(feature)
    return matrix


def width(feature: dict[str, Any]) -> int:
    """How many columns of the encoded matrix the feature takes."""
    return len(feature["levels"]) + 2 if feature["kind"] == "category" else 1


def numbers(column: pd.Series) -> Floats:
    """A numeric or flag column as floats, NaN where unknown."""
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def level_codes(column: pd.Series, levels: Sequence[str]) -> NDArray[np.intp]:
    """Position of each value in the levels; one past them for any other value, two past them for unknown."""
    text = column.astype("str")
    codes = pd.Index(levels, dtype="str").get_indexer(pd.Index(text))
    codes = np.where(codes < 0, len(levels), codes)
    return np.where(text.isna(), len(levels) + 1, codes)


if __name__ != "models.scorer":  # MLflow runs this file as the code of the model, under a name of its own
    import mlflow

    class PropensityModel(mlflow.pyfunc.PythonModel):
        """The registered model: a frame of features in, a frame with the column `propensity` out."""

        def load_context(self, context: Any) -> None:
            self._scorer = Scorer.from_folder(context.artifacts["model"])

        def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
            return pd.DataFrame({"propensity": self._scorer.predict(model_input)}, index=model_input.index)

    mlflow.models.set_model(PropensityModel())
