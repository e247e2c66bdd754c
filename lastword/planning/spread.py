"""How accounts and past wins spread over the values of one attribute, and over its bands."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10
from typing import Literal

import numpy as np
import pandas as pd

from models.rates import design_effect, wilson
from models.scorecard import Floats, Indexes, texts_of

BINS = 48
SKEWED = 8.0
"""Where the 99th percentile is so many times the median, numbers are drawn by their ratios."""

FIGURES = ("accounts", "rows", "wins", "rate", "low", "high")


@dataclass(frozen=True)
class Scale:
    """Where numbers are drawn, from 0 (low) to 1 (high); what lies beyond stands at the end. log: by their ratios, low > 0."""

    kind: Literal["linear", "log"]
    low: float
    high: float

    def place(self, value: float) -> float:
        """The place of a number, 0–1."""
        low, high, at = (self._drawn(each) for each in (self.low, self.high, value))
        return min(1.0, max(0.0, (at - low) / (high - low)))

    def value(self, place: float) -> float:
        """The number at a place."""
        low, high = self._drawn(self.low), self._drawn(self.high)
        at = low + place * (high - low)
        return 10**at if self.kind == "log" else at

    def ticks(self, most: int = 6) -> list[float]:
        """Round numbers to write along the axis."""
        if self.kind == "log":
            first, last = floor(log10(self.low)) - 1, floor(log10(self.high)) + 1
            every = [10.0**power for power in range(first, last + 1)]
            inside = [each for each in every if self.low <= each <= self.high]
            return inside[:: 1 + len(inside) // (most + 1)]
        step = _round_step((self.high - self.low) / most)
        return [step * each for each in range(int(np.ceil(self.low / step)), floor(self.high / step) + 1)]

    def _drawn(self, value: float) -> float:
        return log10(max(value, self.low)) if self.kind == "log" else value


@dataclass(frozen=True)
class Spread:
    """Numbers of one attribute as a histogram.

    Attributes
    ----------
    bins : low, high (the ends of a bin; what lies beyond the scale is in the first and the last), accounts, wins (past wins,
        each counted at each past date on which it was still to come). One row per bin.
    known, unknown : accounts with and without a number.
    """

    scale: Scale
    bins: pd.DataFrame
    known: int
    unknown: int


def scale_of(numbers: Floats) -> Scale:
    """A scale that shows 99 of 100 numbers; NaN is left out."""
    known = numbers[np.isfinite(numbers)]
    if not len(known):
        return Scale("linear", 0.0, 1.0)
    low, middle, high = np.quantile(known, [0.005, 0.5, 0.99])
    positive = known[known > 0]
    if known.min() >= 0 and len(positive) and high > SKEWED * max(middle, np.median(positive) / SKEWED):
        least = max(float(np.quantile(positive, 0.005)), high / 1e7)
        start, end = 10.0 ** floor(log10(least)), float(f"{high * 1.5:.2g}")
        return Scale("log", start, max(end, 10 * start))
    start = 0.0 if 0 <= low <= high / 3 else float(low)
    return Scale("linear", start, float(high) if high > start else start + 1)


def spread_of(numbers: Floats, past: Floats | None, won: Floats | None, scale: Scale | None = None) -> Spread:
    """The histogram of an attribute's numbers (NaN: unknown); `past` and `won`: rows of past dates, None where none are kept."""
    scale = scale_of(numbers) if scale is None else scale
    ends = [scale.value(each / BINS) for each in range(BINS + 1)]
    accounts = _counted(numbers, ends)
    wins = np.zeros(BINS, dtype=np.intp) if past is None or won is None else _counted(past[won > 0], ends)
    table = pd.DataFrame({"low": ends[:-1], "high": ends[1:], "accounts": accounts, "wins": wins})
    known = int(np.isfinite(numbers).sum())
    return Spread(scale, table.astype({"accounts": int, "wins": int}), known, len(numbers) - known)


def band_figures(
    starts: Sequence[float], numbers: Floats, past: Floats | None, won: Floats | None, account_id: pd.Series | None
) -> pd.DataFrame:
    """Accounts and past wins by band.

    Parameters
    ----------
    starts : where each band starts, ascending; the lowest may start at −∞.
    numbers : of the accounts, NaN where unknown.
    past, won, account_id : rows of past dates: the number then, 1 where the win came, whose it is; None where none are kept.

    Returns
    -------
    DataFrame
        FIGURES, one row per band and a last one for unknown values: accounts; rows and wins of past dates; the share of rows
        that won with its 95 % interval (Wilson, rows of one account counted as the evidence that they are), NaN without rows.
    """
    size = len(starts)
    code = _band(starts, numbers)
    if past is None or won is None or account_id is None:
        return _figures(code, None, None, None, size + 1)
    return _figures(code, _band(starts, past), won, account_id, size + 1)


def value_figures(
    listed: Sequence[str], values: pd.Series, past: pd.Series | None, won: Floats | None, account_id: pd.Series | None
) -> tuple[pd.DataFrame, list[tuple[str, int]]]:
    """Accounts and past wins by value, and the values that aren't listed with their accounts, most first.

    The rows are those of `listed`, then all other values, then unknown ones; columns as in `band_figures`.
    """
    code, others = _value_codes(listed, values)
    size = len(listed) + 2
    if past is None or won is None or account_id is None:
        return _figures(code, None, None, None, size), others
    return _figures(code, _value_codes(listed, past)[0], won, account_id, size), others


def _figures(
    code: Indexes, past_code: Indexes | None, won: Floats | None, account_id: pd.Series | None, size: int
) -> pd.DataFrame:
    table = pd.DataFrame({"accounts": np.bincount(code, minlength=size)})
    if past_code is None or won is None or account_id is None:
        return table.reindex(columns=list(FIGURES))
    table["rows"] = np.bincount(past_code, minlength=size)
    table["wins"] = np.bincount(past_code, weights=won, minlength=size).astype(int)
    effect = design_effect(won, won.mean() if len(won) else 0.0, account_id)
    table["rate"], table["low"], table["high"] = wilson(table["wins"], table["rows"], effect)
    return table[list(FIGURES)]


def _band(starts: Sequence[float], numbers: Floats) -> Indexes:
    """The band of each number, the one after the last where there is none."""
    index = np.searchsorted(np.asarray(starts, dtype=float), numbers, side="right") - 1
    return np.where(np.isnan(numbers) | (index < 0), len(starts), index)


def _value_codes(listed: Sequence[str], values: pd.Series) -> tuple[Indexes, list[tuple[str, int]]]:
    """The place of each value: in `listed`, else len(listed); len(listed) + 1 where it is unknown. And the others."""
    places = {value: index for index, value in reversed(list(enumerate(listed)))}
    codes, distinct = pd.factorize(values)
    other, unknown = len(listed), len(listed) + 1
    where, said = [], []
    for value in distinct:
        texts = texts_of(value)
        found = next((places[text] for text in texts if text in places), other)
        where.append(found if texts[0].strip() else unknown)
        said.append(texts[0])
    counts = np.bincount(codes[codes >= 0], minlength=len(where))
    others = [(said[index], int(counts[index])) for index in np.argsort(-counts, kind="stable") if where[index] == other]
    return np.array([*where, unknown])[codes], others


def _counted(numbers: Floats, ends: Sequence[float]) -> Indexes:
    """Numbers per bin; those beyond the ends are in the first and the last one."""
    known = numbers[np.isfinite(numbers)]
    index = np.searchsorted(np.asarray(ends[1:-1]), known, side="right")
    return np.bincount(index, minlength=len(ends) - 1)


def _round_step(step: float) -> float:
    size = 10.0 ** floor(log10(step))
    return size * next(each for each in (1, 2, 5, 10) if each * size >= step - 1e-12)
