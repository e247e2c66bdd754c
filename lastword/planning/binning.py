"""Bands and points that a sample suggests for one attribute of a plan. The only file that imports optbinning.

optbinning (Navas-Palencia 2020) chooses where to cut; points follow from the weight of evidence of each band, 0 for the
lowest and 100 for the highest, so that a plan that adds them up adds up log-odds.
"""

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lastword.bands import Band
from lastword.plan import TECHNOLOGY, YES_OR_NO, Attribute

MOST_BANDS = 5
LEAST_SHARE = 0.05
"""Of the known values, in every band; a level of a category needs LEAST_LEVEL of all."""

LEAST_LEVEL = 0.02
MOST_LEVELS = 50
FEWEST_MISSING_WINS = 5
"""With fewer wins among accounts whose value is unknown, unknown leaves the attribute out of their points."""

EDGE_DIGITS = 2


@dataclass(frozen=True)
class Shape:
    """Bands or points that a sample suggests, as an attribute of weight 1, and how much they tell of wins.

    information_value: Σ (share of wins − share of others) × ln(their ratio) over the bands, that of unknown values included;
    under .02 an attribute says nothing, from .1 on it is worth a place.
    """

    attribute: Attribute
    information_value: float


def shape_of(name: str, kind: str, values: pd.Series, won: pd.Series) -> Shape | None:
    """Bands (quantitative) or points per level (qualitative) for one attribute; None where the sample doesn't tell two apart.

    Parameters
    ----------
    values : as the plan sees them: numbers, or text; null is unknown.
    won : 0 or 1, the same rows.
    """
    if kind == "quantitative":
        numbers = pd.to_numeric(values, errors="coerce").astype(float)
        return _banded(name, numbers.to_numpy(), won.to_numpy(dtype=float))
    return _levelled(name, values.map(_level, na_action="ignore"), won.to_numpy(dtype=float))


def _banded(name: str, numbers: np.ndarray, won: np.ndarray) -> Shape | None:
    known = np.isfinite(numbers)
    edges = _rounded(_cuts(name, numbers[known], won[known]), numbers[known])
    codes = np.where(known, np.searchsorted(edges, numbers, side="right"), -1)
    evidence, value = _evidence(codes, won, len(edges) + 1)
    points = _points(evidence[:-1])
    if points is None:
        return None
    limits = [None, *edges, None]
    bands = [Band(min=limits[k], max=limits[k + 1], points=points[k]) for k in range(len(points))]
    merged = tuple(_merged(bands))
    return Shape(Attribute(name=name, kind="quantitative", weight=1, bands=merged, missing=_missing(evidence, codes, won)), value)


def _levelled(name: str, levels: pd.Series, won: np.ndarray) -> Shape | None:
    common = levels.value_counts(normalize=True, dropna=False).drop(np.nan, errors="ignore")
    names = [str(level) for level in common[common >= LEAST_LEVEL].index[:MOST_LEVELS]]
    groups = _groups(name, levels, won, names)
    others = max(groups.values(), default=-1) + 1
    codes = levels.map(groups).fillna(others).astype(int).where(levels.notna(), -1).to_numpy()
    rest = bool((codes == others).any())
    evidence, value = _evidence(codes, won, others + rest)
    points = _points(evidence[:-1])
    if points is None:
        return None
    by_level = {level: points[group] for level, group in sorted(groups.items(), key=lambda each: (-points[each[1]], each[0]))}
    default = points[others] if rest else 0.0 if name.startswith(TECHNOLOGY) else _average(evidence)
    missing = _missing(evidence, codes, won)
    return Shape(Attribute(name=name, kind="qualitative", weight=1, points=by_level, default=default, missing=missing), value)


def _cuts(name: str, numbers: np.ndarray, won: np.ndarray) -> np.ndarray:
    """Where optbinning cuts: signals only ever speak for an account; of other numbers the middle may be best, or worst."""
    if len(np.unique(won)) < 2 or len(np.unique(numbers)) < 2:
        return np.array([])
    from optbinning import OptimalBinning

    logging.getLogger("optbinning").setLevel(logging.ERROR)
    trend = "ascending" if name.startswith("intent") else "auto"
    binning = OptimalBinning(name, monotonic_trend=trend, max_n_bins=MOST_BANDS, min_bin_size=LEAST_SHARE)
    binning.fit(numbers, won.astype(int))
    return np.asarray(binning.splits if binning.status in ("OPTIMAL", "FEASIBLE") else [], dtype=float)


def _groups(name: str, levels: pd.Series, won: np.ndarray, names: list[str]) -> dict[str, int]:
    """Level → group of levels that win about equally often, by optbinning; a technology is used or not."""
    if name.startswith(TECHNOLOGY) or len(names) <= 2:
        return {level: k for k, level in enumerate(YES_OR_NO if name.startswith(TECHNOLOGY) else sorted(names))}
    from optbinning import OptimalBinning

    among = levels.isin(names).to_numpy()
    binning = OptimalBinning(name, dtype="categorical", max_n_bins=MOST_BANDS, min_bin_size=LEAST_LEVEL)
    binning.fit(levels[among].to_numpy(dtype=object), won[among].astype(int))
    if binning.status not in ("OPTIMAL", "FEASIBLE"):
        return {}
    return {str(level): k for k, group in enumerate(binning.splits) for level in group}


def _rounded(cuts: np.ndarray, numbers: np.ndarray) -> list[float]:
    edges = {float(f"{cut:.{EDGE_DIGITS}g}") for cut in cuts}
    return sorted(edge for edge in edges if numbers.min() < edge <= numbers.max())


def _evidence(codes: np.ndarray, won: np.ndarray, groups: int) -> tuple[np.ndarray, float]:
    """Weight of evidence of each group, that of unknown values last, and the information value of all; half a row is added."""
    place = np.where(codes < 0, groups, codes)
    wins = np.bincount(place, weights=won, minlength=groups + 1)
    others = np.bincount(place, weights=1 - won, minlength=groups + 1)
    share_won, share_other = (wins + 0.5) / (wins + 0.5).sum(), (others + 0.5) / (others + 0.5).sum()
    evidence = np.log(share_won / share_other)
    filled = wins + others > 0
    return evidence, float(((share_won - share_other) * evidence)[filled].sum())


def _points(evidence: np.ndarray) -> list[float] | None:
    """0 for the lowest evidence, 100 for the highest; None where there is one band, or all say the same."""
    if len(evidence) < 2 or np.ptp(evidence) < 1e-9:
        return None
    return [float(points) for points in _scaled(evidence, evidence)]


def _scaled(evidence: Any, known: np.ndarray) -> np.ndarray:
    return np.round(np.clip(100 * (evidence - known.min()) / np.ptp(known), 0, 100))


def _average(evidence: np.ndarray) -> float:
    """The points of an account about which a level says nothing."""
    return float(_scaled(0.0, evidence[:-1]))


def _missing(evidence: np.ndarray, codes: np.ndarray, won: np.ndarray) -> Any:
    if won[codes < 0].sum() < FEWEST_MISSING_WINS:
        return "reweight"
    return float(_scaled(evidence[-1], evidence[:-1]))


def _merged(bands: list[Band]) -> list[Band]:
    """Neighbours of equal points as one band."""
    merged: list[Band] = []
    for band in bands:
        if merged and merged[-1].points == band.points:
            band = Band(min=merged.pop().min, max=band.max, points=band.points)
        merged.append(band)
    return merged


def _level(value: Any) -> Any:
    """The text that a plan writes for a value; null for blank text."""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value) if str(value).strip() else np.nan
