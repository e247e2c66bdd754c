"""Points on the scale of a reference population, and the grades they are cut into."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lastword.contracts import GRADES

MOST_VALUES = 10_001
"""A larger reference population is kept as this many quantiles."""

BEYOND = 1_000.0
"""Log-odds that nothing reaches."""


@dataclass(frozen=True)
class Reference:
    """A population's scores, sorted, against which points are percentiles. Stored, so that points keep their meaning."""

    values: tuple[float, ...]

    @classmethod
    def from_population(cls, scores: Any) -> "Reference":
        """The reference of these scores: exact up to 10,001 of them, as that many quantiles above. Missing scores don't count."""
        known = np.asarray(scores, dtype=float)
        known = np.sort(known[~np.isnan(known)])
        if len(known) > MOST_VALUES:
            known = np.quantile(known, np.linspace(0, 1, MOST_VALUES))
        return cls(tuple(known.tolist()))

    def points(self, scores: Any) -> Any:
        """Midrank percentile, 0–100, of each score: 100 × (share below + half the share equal).

        Equal scores get equal points and higher scores never fewer. Between two values of the reference the points are
        interpolated; below all of them they are 0, above 100. Null for a missing score or an empty reference.

        Returns
        -------
        The kind that was given: Series (same index), array, or float.
        """
        given = np.asarray(scores, dtype=float)
        points = self._percentiles(given) if self.values else np.full(given.shape, np.nan)
        if isinstance(scores, pd.Series):
            return pd.Series(points, index=scores.index, name="points")
        return points if given.ndim else float(points)

    def score_at(self, points: Any) -> Any:
        """The least score that gets so many points: the inverse of `points`, by which a grade cut becomes a score.

        More points than the best of the reference has only a better score gets: the best is where that begins. No points
        at all every score gets, and the least is then −∞. Null for missing points or an empty reference.

        Returns
        -------
        An array of the shape given, or float.
        """
        given = np.asarray(points, dtype=float)
        if not self.values:
            scores = np.full(given.shape, np.nan)
        else:
            distinct, midranks = self._scale()
            scores = np.where(given <= 0, -np.inf, np.interp(given, midranks, distinct))
        return scores if given.ndim else float(scores)

    def _percentiles(self, scores: np.ndarray) -> np.ndarray:
        distinct, midranks = self._scale()
        return np.where(np.isnan(scores), np.nan, np.interp(scores, distinct, midranks, left=0.0, right=100.0))

    def _scale(self) -> tuple[np.ndarray, np.ndarray]:
        """The distinct values, rising, and the points of each."""
        distinct, counts = np.unique(np.array(self.values), return_counts=True)
        return distinct, 100 * (np.cumsum(counts) - counts / 2) / counts.sum()

    def to_json(self) -> dict[str, list[float]]:
        """A JSON object that from_json reads back bit for bit."""
        return {"values": list(self.values)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Reference":
        return cls(tuple(float(value) for value in stored["values"]))


def grade_cuts(settings: Any, reference: Reference) -> dict[str, float]:
    """The fewest points that give A, B, C and D; F lies below.

    Parameters
    ----------
    settings : [grades]: policy, shares, cuts. Under "shares" the cuts follow from the shares of the reference population,
        under "points" they are given, under "propensity" given propensities are put on the points scale of `reference`.
        A propensity cut above everything in the reference becomes 100 points.
    """
    passing = GRADES[:-1]
    if settings.policy == "shares":
        above = np.cumsum([settings.shares[grade] for grade in passing])
        return {grade: float(np.clip(round(100 * (1 - share), 9), 0, 100)) for grade, share in zip(passing, above, strict=True)}
    given = {grade: float(settings.cuts[grade]) for grade in passing}
    if settings.policy == "points":
        return given
    return {grade: float(reference.points(np.array([cut]))[0]) for grade, cut in given.items()}


def log_odds_cuts(logit: Any, settings: Any, prior_odds: float | None = None) -> list[float]:
    """The log-odds from which a population with these log-odds is graded A, B, C and D, by [grades] as in `grade_cuts`.

    `prior_odds`: in look-alike mode the factor from the model's odds to the propensity.
    """
    if settings.policy == "propensity":
        cuts = np.array([settings.cuts[grade] for grade in GRADES[:-1]], dtype=float)
        with np.errstate(divide="ignore"):
            found = np.log(cuts) - (np.log1p(-cuts) if prior_odds is None else np.log(prior_odds))
    else:
        shares = np.array(list(grade_cuts(settings, Reference(())).values())) / 100
        found = np.where(shares > 0, np.quantile(logit, np.clip(shares, 0, 1), method="hazen"), -BEYOND)
    return np.clip(found, -BEYOND, BEYOND).tolist()


def assign_grades(
    points: pd.Series, cuts: Mapping[str, float], previous: pd.Series | None = None, hysteresis: float = 3.0
) -> pd.Series:
    """A–F for each account's points, null where there are none.

    An account that had a grade keeps it until its points pass a cut by more than `hysteresis`, and then moves only
    past the cuts it so passed.

    Parameters
    ----------
    points : 0–100, null where no model serves.
    cuts : fewest points of A, B, C and D.
    previous : the grade last published, same index; null where there was none.
    """
    value = points.to_numpy(dtype=float)
    steps = np.array([cuts[grade] for grade in GRADES[:-1]])
    level = (value[:, None] >= steps).sum(axis=1)
    if previous is not None:
        surely = (value[:, None] > steps + hysteresis).sum(axis=1)
        barely = (value[:, None] >= steps - hysteresis).sum(axis=1)
        before = grade_numbers(previous.reindex(points.index))
        level = np.where(np.isnan(before), level, np.clip(np.nan_to_num(before), surely, barely)).astype(int)
    letters = np.array(GRADES[::-1], dtype=object)[level]
    return pd.Series(np.where(np.isnan(value), None, letters), index=points.index, dtype="str", name="grade")


def blended(propensity: Any, plan_points: Any) -> np.ndarray:
    """Half the model's percentile, half the plan's."""
    percentiles = [Reference.from_population(score).points(np.asarray(score)) for score in (propensity, plan_points)]
    return np.mean(percentiles, axis=0)


def grade_numbers(grades: pd.Series) -> np.ndarray:
    """A = 4 … F = 0, NaN where there is no grade."""
    return grades.map({grade: float(number) for number, grade in enumerate(GRADES[::-1])}).to_numpy(dtype=float)
