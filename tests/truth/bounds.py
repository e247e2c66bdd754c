"""The checks of method section 11: what is measured, on which populations, and the bound of each figure.

The one place where a bound is written: tests, `make evidence` and docs/evidence.md take them from here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import inf, isnan, nan, sqrt
from typing import Literal

import pandas as pd

LEAST_RIGHT_WHEN_SURE = 0.85
"""A confidence over .8 means that at least 85 % of the grades are those of the truth."""

MOST_FALSE = 0.10
"""Of the indicators called significant at q < .10, on average at most so much is false."""

type Outcome = Literal["holds", "within two standard errors", "does not hold", "not measured", "for comparison"]
type Form = Literal["number", "percent", "times", "count"]


@dataclass(frozen=True)
class Check:
    """One figure and its bound.

    figure    its name in what a unit measures (see units.py)
    unit      the kind of unit that measures it
    low, high the bound, both infinite for a figure that is shown beside others
    strictly  the bound itself is not within it
    over      the figure is the sum of `figure` over the seeds divided by the sum of this one
    accounts  the size of population that it is for; None for the unit's only one
    """

    what: str
    figure: str
    unit: str
    low: float = -inf
    high: float = inf
    strictly: bool = False
    over: str | None = None
    form: Form = "number"
    accounts: int | None = None

    @property
    def bounded(self) -> bool:
        return self.low > -inf or self.high < inf


@dataclass(frozen=True)
class Verdict:
    """What came out. `error` is the standard error of the figure, null of a single seed."""

    figure: float
    error: float
    seeds: int
    outcome: Outcome

    @property
    def good(self) -> bool:
        return self.outcome not in ("does not hold", "not measured")


def judge(check: Check, found: pd.DataFrame) -> Verdict:
    """A figure holds as the mean of the seeds, or where it misses its bound by no more than two standard errors.

    Parameters
    ----------
    found : one row per seed, with the check's figures as columns. Seeds for which the figure is null are left out.

    Returns
    -------
    The mean over the seeds (with `over` a ratio of sums) and its standard error by the jackknife, which for a mean is the
    usual one.
    """
    names = [check.figure, *([check.over] if check.over else [])]
    known = found.reindex(columns=names).dropna()
    if known.empty:
        return Verdict(nan, nan, 0, "not measured")
    figure, error = estimate(check, known), jackknife_error(check, known)
    return Verdict(figure, error, len(known), outcome(check, figure, error))


def estimate(check: Check, known: pd.DataFrame) -> float:
    """The figure of these seeds together."""
    total = float(known[check.figure].sum())
    below = float(known[check.over].sum()) if check.over else len(known)
    if below > 0:
        return total / below
    return inf if total > 0 else nan


def jackknife_error(check: Check, known: pd.DataFrame) -> float:
    """Standard error of `estimate`: how it varies when each seed in turn is left out. Null for fewer than two seeds."""
    count = len(known)
    if count < 2:
        return nan
    without: Sequence[float] = [estimate(check, known.drop(index=seed)) for seed in known.index]
    middle = sum(without) / count
    return sqrt((count - 1) / count * sum((each - middle) ** 2 for each in without)) if middle < inf else nan


def outcome(check: Check, figure: float, error: float) -> Outcome:
    """Whether the figure is within its bound."""
    if not check.bounded:
        return "for comparison"
    within = check.low < figure < check.high if check.strictly else check.low <= figure <= check.high
    if within:
        return "holds"
    miss = max(check.low - figure, figure - check.high)
    return "within two standard errors" if error > 0 and miss <= 2 * error else "does not hold"


def of_model(accounts: int, largest_auc_gap: float, least_promoted: float) -> tuple[Check, ...]:
    """The checks of a model trained on so many accounts."""
    number = partial(Check, unit="model", accounts=accounts)
    percent, times, count = (partial(number, form=form) for form in ("percent", "times", "count"))
    right, best = LEAST_RIGHT_WHEN_SURE, "rate_of_true_a"
    return (
        number("AUC behind p_observable", "auc_gap", high=largest_auc_gap),
        number("the same in the one future that came", "auc_gap_realised"),
        number("AUC of the model", "auc"),
        number("temporal AUC minus future AUC", "temporal_minus_future", low=-0.02, high=0.02),
        number("calibration error (ECE) against the truth", "ece", high=0.01),
        number("calibration slope against the truth", "calibration_slope", low=0.8, high=1.2),
        percent("mean propensity above the true mean", "mean_error", low=-0.10, high=0.10),
        percent("smallest fall of the true rate from a grade to the next", "smallest_fall", low=0, strictly=True),
        percent("A's true rate, of what grading by p_observable reaches", "rate_of_a", low=0.70, over=best),
        percent("grades right where confidence is over .8", "sure_and_right", low=right, over="sure"),
        percent("accounts whose confidence is over .8", "sure", low=0.02),
        percent("mean confidence minus share of right grades", "too_sure", low=-0.10, high=0.10),
        times("queue's first 5 %: gain by VOI over gain by disparity", "queue_by_voi", low=2, over="queue_by_disparity"),
        times("the same among all prospects", "all_by_voi", low=2, over="all_by_disparity"),
        percent("override value added, skilled reviewer", "value_skilled", low=0, strictly=True),
        percent("override value added, random reviewer", "value_random", high=0),
        percent("override value added, adversarial reviewer", "value_adversarial", high=0, strictly=True),
        count("clean columns blocked", "clean_blocked", high=0),
        count("columns of customers alone that were let in", "customers_let_in", high=0),
        percent("models promoted", "promoted", low=least_promoted),
    )


MODELS = ((700, 0.05, -inf), (1550, 0.03, -inf), (6300, 0.015, 1.0))
"""Accounts, which have about 110, 250 and 1,000 winners in usable windows; the largest AUC gap; the share of models to be
promoted: with so few wins that the guard can't tell, it may refuse."""

CHECKS = (
    *(check for size in MODELS for check in of_model(*size)),
    Check("temporal AUC where nothing tells of a win", "noise_auc", "noise", low=0.47, high=0.53),
    Check("models promoted", "noise_promoted", "noise", high=0, form="percent"),
    Check("significant topics", "noise_topics", "noise", high=0, form="count"),
    Check("significant indicators of any kind", "noise_indicators", "noise", form="count"),
    Check("traps that got through", "traps_missed", "traps", high=0, form="count"),
    Check("clean columns blocked", "clean_blocked", "traps", high=0, form="count"),
    Check("clean columns warned of", "clean_warned", "traps", form="count"),
    Check("false among the significant", "false_significant", "indicators", high=MOST_FALSE, form="percent"),
    Check("false among those of raw lift ≥ 1.5", "false_by_lift", "indicators", form="percent"),
    Check("real ones found significant", "power_significant", "indicators", form="percent"),
    Check("files that differ between two runs", "different_files", "bytes", high=0, form="count"),
    Check("files compared", "files", "bytes", low=10, form="count"),
)


def shown(check: Check, value: float) -> str:
    """A figure of this check as text."""
    if isnan(value):
        return "–"
    text = {"number": f"{value:.4f}", "percent": f"{100 * value:.2f} %", "times": f"{value:.1f} ×", "count": f"{value:.2f}"}
    return text[check.form].replace("-", "−")


def bound_shown(check: Check) -> str:
    """The bound of this check as text."""
    if not check.bounded:
        return "–"
    sides = {"number": "{:g}", "percent": "{:.0%}", "times": "{:g} ×", "count": "{:g}"}[check.form]
    low, high = (sides.format(side).replace("-", "−").replace("%", " %") for side in (check.low, check.high))
    if check.low > -inf and check.high < inf:
        return f"{low} to {high}"
    least, most = (">", "<") if check.strictly else ("≥", "≤")
    return f"{least} {low}" if check.low > -inf else f"{most} {high}"
