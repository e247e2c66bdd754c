"""Parts of the accounts on which a model may be worse than on the whole: by region, industry and size."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from models.evaluation import evaluate
from models.rates import WILSON_Z, design_effect, wilson

CATEGORIES = ("region", "industry")
EMPLOYEES = "log_employees"
SIZES = {"under 50": 0, "50–249": 50, "250–999": 250, "1000+": 1000}
"""The bands of employees and the fewest of each."""
UNKNOWN = "unknown"

LEAST_ROWS = 20
LEAST_WINS = 10
CHANCE = 0.05
"""How often, in all, some slice may be called worse where none is."""


@dataclass(frozen=True)
class Slice:
    """A value of an attribute and its row of figures["slices"].

    `standard_errors` are those of its AUC and of the logarithm of observed over expected; NaN where not measured.
    """

    attribute: str
    figures: dict[str, Any]
    standard_errors: tuple[float, float]

    @property
    def measures(self) -> tuple[float, float]:
        """AUC, and the logarithm of observed over expected; NaN where not measured."""
        area, ratio = self.figures["auc"], self.figures["observed_over_expected"]
        return (np.nan if area is None else float(area["estimate"])), (np.nan if not ratio else float(np.log(ratio)))


@dataclass(frozen=True)
class Judgement:
    """How a slice compares with the others of its attribute by one measure; the smaller `chance`, the worse it is."""

    of: Slice
    measure: str
    others: float
    chance: float


def slices(rows: pd.DataFrame, won: Any, score: Any, propensity: Any, cluster: Any, seed: int) -> list[Slice]:
    """Every slice of the rows, by attribute and then from the most rows to the fewest.

    Parameters
    ----------
    rows : what the accounts are: `region`, `industry`, `log_employees`, each where given.
    score, propensity : the model's; propensity None where there is none.
    cluster : the account of each row.

    Returns
    -------
    For each slice its figures: slice, rows, wins, auc and lift_at_15 (within the slice; {estimate, low, high}),
    observed_over_expected with oe_low and oe_high (Wilson bounds of the rate over the expected rate). With fewer than 10 wins
    (or other rows) all of these are null and `note` says so. Values of fewer than 20 rows are pooled.
    """
    outcome = np.asarray(won, dtype=float)
    expected = np.full(len(outcome), np.nan) if propensity is None else np.asarray(propensity, dtype=float)
    frame = pd.DataFrame({"won": outcome, "score": np.asarray(score, dtype=float), "expected": expected})
    frame["account"] = np.asarray(cluster)
    rate = outcome.mean() if len(outcome) else np.nan
    effect = design_effect(outcome, rate if propensity is None else expected, frame["account"])
    return [
        measured(attribute, str(name), part, effect, seed)
        for attribute, values in attributes(rows)
        for name, part in sorted(frame.groupby(pooled(values).to_numpy()), key=lambda named: (-len(named[1]), str(named[0])))
    ]


def attributes(rows: pd.DataFrame) -> Iterator[tuple[str, pd.Series]]:
    """(attribute, the value of each row) for each that is given; a null is "unknown"."""
    for name in CATEGORIES:
        if name in rows.columns:
            yield name, rows[name].astype(object).where(rows[name].notna(), UNKNOWN).astype(str)
    if EMPLOYEES in rows.columns:
        yield "size", size_band(rows[EMPLOYEES])


def size_band(log_employees: pd.Series) -> pd.Series:
    """The band of each account's employees, given ln(1 + employees)."""
    employees = np.round(np.expm1(log_employees.to_numpy(dtype=float, na_value=np.nan)))
    place = np.searchsorted(list(SIZES.values()), np.nan_to_num(np.maximum(employees, 0)), side="right") - 1
    return pd.Series(np.where(np.isnan(employees), UNKNOWN, np.array(list(SIZES))[place]), index=log_employees.index)


def pooled(values: pd.Series) -> pd.Series:
    """The same with all values of fewer than 20 rows under one name."""
    counts = values.value_counts()
    rare = counts.index[counts < LEAST_ROWS]
    return values.mask(values.isin(rare), f"{len(rare)} others" if len(rare) > 1 else "1 other") if len(rare) else values


def measured(attribute: str, name: str, part: pd.DataFrame, effect: float, seed: int) -> Slice:
    """A slice and its figures; `effect` is the design effect of the whole."""
    wins = int(part["won"].sum())
    counts: dict[str, Any] = {"slice": name, "rows": len(part), "wins": wins}
    if min(wins, len(part) - wins) < LEAST_WINS:
        lacking = "wins" if wins < LEAST_WINS else "accounts without a win"
        empty = dict.fromkeys(("auc", "lift_at_15", "observed_over_expected", "oe_low", "oe_high"))
        return Slice(attribute, counts | empty | {"note": f"under {LEAST_WINS} {lacking}: not measured"}, (np.nan, np.nan))
    found = evaluate(part["won"], part["score"], part["account"], is_propensity=False, seed=seed)
    figures = {metric: found[metric].to_json() for metric in ("auc", "lift_at_15")}
    error = (found["auc"].high - found["auc"].low) / (2 * WILSON_Z)
    return Slice(attribute, counts | figures | observed_over_expected(part, effect), (error, float(np.sqrt(effect / wins))))


def observed_over_expected(part: pd.DataFrame, effect: float) -> dict[str, float | None]:
    """Wins over the sum of propensities, and the bounds of its 95 % interval; null without propensities."""
    expected = part["expected"].sum(min_count=1)
    if not expected > 0:
        return dict.fromkeys(("observed_over_expected", "oe_low", "oe_high"))
    rates = wilson([part["won"].sum()], [len(part)], effect)
    names = ("observed_over_expected", "oe_low", "oe_high")
    return {name: float(rate[0] * len(part) / expected) for name, rate in zip(names, rates, strict=True)}


def by_attribute(found: Sequence[Slice]) -> dict[str, list[dict[str, Any]]]:
    """What metrics.json holds: the figures of each slice under its attribute."""
    table: dict[str, list[dict[str, Any]]] = {}
    for each in found:
        table.setdefault(each.attribute, []).append(each.figures)
    return table


def worst(found: Sequence[Slice]) -> dict[str, Any] | None:
    """The slice on which the model does worst, compared with the other slices of the same attribute.

    Two ways to be worse: accounts are ranked worse (AUC within the slice, against the others' mean by wins; the AUC of all
    rows also counts pairs across slices, which an attribute that tells winners apart makes easy), or propensities are further
    off (observed over expected against the others', either way). Beyond chance: less likely than would call any slice worse,
    where none is, in one of twenty trainings (Bonferroni over all comparisons).

    Returns
    -------
    attribute, slice, rows, wins, measure ("auc" or "observed_over_expected"), estimate, others (that measure in the other
    slices), beyond_chance, compared (how many slices) and `said`. Where none is worse beyond chance, the one with the lowest
    AUC. None where no attribute has two slices that could be measured, or a model that ranks nobody leaves nothing to compare.
    """
    judged = [judgement for each in found for judgement in judgements(each, found)]
    if not judged:
        return None
    least = min(judged, key=lambda judgement: judgement.chance)
    beyond = least.chance < CHANCE / len(judged)
    ranked = [each for each in judged if each.measure == "auc"]
    if not beyond and not ranked:
        return None
    if not beyond:
        least = min(ranked, key=lambda each: each.of.measures[0])
    compared = len({id(judgement.of) for judgement in judged})
    return {
        "attribute": least.of.attribute,
        **{name: least.of.figures[name] for name in ("slice", "rows", "wins")},
        "measure": least.measure,
        "estimate": estimate(least),
        "others": least.others,
        "beyond_chance": bool(beyond),
        "compared": compared,
        "said": sentence(least, bool(beyond), compared),
    }


def judgements(one: Slice, found: Sequence[Slice]) -> Iterator[Judgement]:
    """By AUC (lower is worse) and by observed over expected (either way), where it and another slice are measured."""
    others = [each for each in found if each.attribute == one.attribute and each is not one]
    for place, measure in enumerate(("auc", "observed_over_expected")):
        mean, error = mean_by_wins(others, place)
        spread = np.hypot(one.standard_errors[place], error)
        z = (one.measures[place] - mean) / spread if spread > 0 else np.nan
        if not np.isnan(z):
            chance = norm.cdf(z) if measure == "auc" else 2 * norm.sf(abs(z))
            yield Judgement(one, measure, float(mean if measure == "auc" else np.exp(mean)), float(chance))


def mean_by_wins(others: Sequence[Slice], place: int) -> tuple[float, float]:
    """The mean of a measure over slices, weighted by wins, and its standard error; NaN where none of them is measured."""
    known = [each for each in others if not np.isnan(each.measures[place])]
    if not known:
        return np.nan, np.nan
    weight = np.array([each.figures["wins"] for each in known], dtype=float)
    weight /= weight.sum()
    values = np.array([each.measures[place] for each in known])
    errors = np.array([each.standard_errors[place] for each in known])
    return float(weight @ values), float(np.sqrt(((weight * errors) ** 2).sum()))


def estimate(judgement: Judgement) -> float:
    figures = judgement.of.figures
    return float(figures["auc"]["estimate"] if judgement.measure == "auc" else figures["observed_over_expected"])


def sentence(judgement: Judgement, beyond: bool, compared: int) -> str:
    """The finding as people read it."""
    figures, others = judgement.of.figures, judgement.others
    place = f"{judgement.of.attribute} {figures['slice']}"
    if judgement.measure == "auc":
        area = figures["auc"]
        figure = f"AUC {area['estimate']:.2f} ({area['low']:.2f}–{area['high']:.2f}), {others:.2f} in the others"
        found = f"the model ranks worse in {place} beyond chance ({compared} slices compared)"
    else:
        bounds = f"{figures['oe_low']:.2f}–{figures['oe_high']:.2f}"
        figure = f"{figures['observed_over_expected']:.2f} times as many wins as expected ({bounds}), {others:.2f} in the others"
        found = f"propensities are further off in {place} beyond chance ({compared} slices compared)"
    return f"{found}: {figure}" if beyond else f"no slice is worse beyond chance; of {compared} the lowest is {place}: {figure}"
