"""How far today's accounts have moved from those that the model was trained for: feature by feature, and in its scores.

The population stability index over fixed bins, Σ (q − p)·ln(q/p), against a bound that knows how many accounts were compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import chi2

SCORE = "(score)"
"""Stands for the model's score where otherwise a feature's name stands."""

MOST_BINS = 10
RARE = 0.01
"""A level that fewer accounts have is pooled with the others so rare."""

LEAST_BOUND = 0.10
"""What is smaller moves nobody, however surely it is there."""

CONFIDENCE = 0.99
"""Of the bound: many features are looked at in every run, and 5 % of them would cry wolf."""

COLUMNS = ("feature", "psi", "bound", "drifted", "said")


@dataclass(frozen=True)
class ColumnReference:
    """How one column was distributed at training.

    `edges` are the upper ends of a number's bins, a last bin being what lies above; `levels` those of a category, a last bin
    being the others. `shares` are those of the bins and, last, of null. `median` and `mean` are a number's, null without any.
    """

    name: str
    kind: str
    edges: tuple[float, ...]
    levels: tuple[str, ...]
    shares: tuple[float, ...]
    median: float | None
    mean: float | None


@dataclass(frozen=True)
class DriftReference:
    """The accounts at risk when the model was trained, as shares of bins: `size` of them. Stored with the model, as text."""

    size: int
    columns: tuple[ColumnReference, ...]

    @classmethod
    def from_population(
        cls, population: pd.DataFrame, features: Sequence[tuple[str, str]], scores: Sequence[float]
    ) -> "DriftReference":
        """Of a row per account with these features (name, kind), and of the model's scores or as many of their quantiles."""
        columns = [_column_reference(population[name], name, kind) for name, kind in features]
        score = _column_reference(pd.Series(scores, dtype=float), SCORE, "numeric")
        return cls(len(population), (*columns, score))

    def to_json(self) -> dict[str, Any]:
        """A JSON object that from_json reads back."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "DriftReference":
        tuples = ("edges", "levels", "shares")
        columns = [column | {name: tuple(column[name]) for name in tuples} for column in stored["columns"]]
        return cls(stored["size"], tuple(ColumnReference(**column) for column in columns))


def drift(reference: DriftReference, today: pd.DataFrame, scores: Any) -> pd.DataFrame:
    """Compare today's accounts with those at training.

    Parameters
    ----------
    reference : what was stored with the model.
    today : one row per account at risk, a column per feature of the model; null is unknown.
    scores : the model's score of each, on the scale of the reference.

    Returns
    -------
    A row per feature and one for the score: feature, psi (≥ 0; null where there are no accounts), bound (see `psi_bound`),
    drifted (psi > bound), said (of what drifted: what moved most, and what to do; else "").
    """
    rows = []
    for column in reference.columns:
        values = pd.Series(np.asarray(scores, dtype=float)) if column.name == SCORE else today[column.name]
        rows.append(_compare(column, values, reference.size))
    return pd.DataFrame(rows, columns=COLUMNS)


def psi(then: np.ndarray, now: np.ndarray) -> float:
    """Population stability index of two counts by bin; half an account is added to every bin, so that none is empty."""
    p, q = ((count + 0.5) / (count + 0.5).sum() for count in (then, now))
    return float(((q - p) * np.log(q / p)).sum())


def psi_bound(bins: int, size_then: int, size_now: int) -> float:
    """The least PSI that counts as drift: 0.10, or more where so few accounts reach that by chance.

    Without drift PSI·n·m/(n + m) is χ² with bins − 1 degrees of freedom (Yurdakul 2018, Statistical Properties of
    Population Stability Index): the bound is its 99 % quantile.
    """
    if not size_then or not size_now:
        return float("nan")
    by_chance = chi2.ppf(CONFIDENCE, max(1, bins - 1)) * (1 / size_then + 1 / size_now)
    return max(LEAST_BOUND, float(by_chance))


def _compare(column: ColumnReference, values: pd.Series, size: int) -> dict[str, Any]:
    then = np.array(column.shares) * size
    now = np.bincount(_bins(column, values), minlength=len(then)).astype(float)
    seen = (then > 0) | (now > 0)
    moved = psi(then[seen], now[seen]) if len(values) and size else float("nan")
    bound = psi_bound(int(seen.sum()), size, len(values))
    drifted = bool(moved > bound)
    said = _said(column, values, then / max(size, 1), now / max(len(values), 1)) if drifted else ""
    return {"feature": column.name, "psi": moved, "bound": bound, "drifted": drifted, "said": said}


def _column_reference(values: pd.Series, name: str, kind: str) -> ColumnReference:
    edges, levels = ((), _levels(values)) if kind == "category" else (_edges(values), ())
    known = kind != "category" and values.notna().any()
    middles = (float(values.median()), float(values.mean())) if known else (None, None)
    empty = ColumnReference(name, kind, edges, levels, (), *middles)
    counts = np.bincount(_bins(empty, values), minlength=max(len(edges), len(levels)) + 2)
    return replace(empty, shares=tuple((counts / max(len(values), 1)).tolist()))


def _levels(values: pd.Series) -> tuple[str, ...]:
    shares = values.astype("str").value_counts() / max(len(values), 1)
    return tuple(str(level) for level in sorted(shares.index[shares >= RARE]))


def _edges(values: pd.Series) -> tuple[float, ...]:
    """Every value where there are at most ten, else the deciles; a value that many share has a bin of its own."""
    known = np.sort(values.dropna().to_numpy(dtype=float))
    distinct = np.unique(known)
    if len(distinct) <= MOST_BINS:
        return tuple(distinct.tolist())
    edges = np.unique(np.quantile(known, np.arange(1, MOST_BINS) / MOST_BINS, method="inverted_cdf"))
    if (known == edges[0]).mean() > 1 / MOST_BINS and known[0] < edges[0]:
        edges = np.insert(edges, 0, known[known < edges[0]][-1])
    return tuple(edges.tolist())


def _bins(column: ColumnReference, values: pd.Series) -> np.ndarray:
    """The number of each value's bin; the last two are what is above or other, and null."""
    if column.kind == "category":
        codes = pd.Index(column.levels, dtype="str").get_indexer(pd.Index(values.astype("str")))
        found = np.where(codes < 0, len(column.levels), codes)
        return np.where(values.isna(), len(column.levels) + 1, found)
    number = values.to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isnan(number), len(column.edges) + 1, np.searchsorted(column.edges, number))


def _said(column: ColumnReference, values: pd.Series, then: np.ndarray, now: np.ndarray) -> str:
    """The cause that tells most, and what to do about it."""
    parts = (now - then) * np.log((now + 1e-4) / (then + 1e-4))
    if int(np.argmax(parts)) == len(then) - 1:
        advice = "check the source" if now[-1] > then[-1] else "lastword train"
        return f"{_percent(now[-1])} empty, was {_percent(then[-1])}: {advice}"
    if column.kind == "category":
        return _level_said(column, values, then, now, int(np.argmax(parts)))
    if column.kind == "flag":
        yes, was = float(values.mean()), 1 - (then[0] / max(then[:-1].sum(), 1e-9) if column.edges[:1] == (0.0,) else 0.0)
        return f"yes for {_percent(yes)}, was {_percent(was)}: lastword train"
    return _middle_said(column, values)


def _level_said(column: ColumnReference, values: pd.Series, then: np.ndarray, now: np.ndarray, most: int) -> str:
    if most < len(column.levels):
        return f"{column.levels[most]} {_percent(now[most])}, was {_percent(then[most])}: lastword train"
    others = values.dropna().astype("str")
    newest = others[~others.isin(column.levels)].value_counts()
    if newest.empty:
        return f"rare levels {_percent(now[most])}, were {_percent(then[most])}: lastword train"
    level, share = newest.index[0], newest.iloc[0] / len(values)
    return f'level "{level}" {_percent(share)}, was rare or new: check the source, or lastword train'


def _middle_said(column: ColumnReference, values: pd.Series) -> str:
    """Up or down by the median, by the mean where half the accounts share one value as before."""
    if column.median is None or column.mean is None:
        return "values where there were none: lastword train"
    for name, was in (("median", column.median), ("mean", column.mean)):
        now = float(getattr(values, name)())
        if not np.isclose(now, was, rtol=1e-3):
            return f"{'higher' if now > was else 'lower'} ({name} {now:.4g}, was {was:.4g}): lastword train"
    return f"spread differently about the same median {column.median:.4g}: lastword train"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.01 or share == 0 else "under 1 %"
