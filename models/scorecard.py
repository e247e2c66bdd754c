"""The plan's points: every attribute's bands and weights, each attribute's share of the points, then the plan's rules."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from lastword.bands import Band, Between, Scalar
from lastword.plan import Attribute, Plan, Rule
from models.grades import Reference

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Indexes = npt.NDArray[np.intp]

EFFECTS = ("segment", "exclude", "key_account")
DECIMALS = 9
"""Points are rounded to so many, so that 60 of 100 points reach a segment that starts at 60 whatever the weights."""


@dataclass(frozen=True)
class PlanScores:
    """What the plan says, one row per row of the values it was given.

    points            0–100, before rules
    segment, grade    by points, or by the first segment rule that fits
    covered           false where an exclude rule fits
    key_account       true where a key-account rule fits
    attribute_points  one column per attribute: its points, 0 to its maximum; NaN where the value is missing
    shares            the same columns: the attribute's part of `points`, never missing; rows sum to `points`
    rule_reason       the reasons of the rules that decided something, joined by "; "; None where none did
    """

    points: pd.Series
    segment: pd.Series
    grade: pd.Series
    covered: pd.Series
    key_account: pd.Series
    attribute_points: pd.DataFrame
    shares: pd.DataFrame
    rule_reason: pd.Series


@dataclass(frozen=True)
class PlanReference:
    """The population that plan points are measured against: their percentiles, and every attribute's mean share of them."""

    percentiles: Reference
    mean_shares: pd.Series

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {"percentiles": self.percentiles.to_json(), "mean_shares": self.mean_shares.to_dict()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "PlanReference":
        """From what `to_json` gave."""
        return cls(Reference.from_json(stored["percentiles"]), pd.Series(stored["mean_shares"], dtype="float64"))


def score_plan(plan: Plan, values: pd.DataFrame) -> PlanScores:
    """Score every row of `values` by the plan.

    plan points = 100 × Σ weight·(points ÷ max points) ÷ Σ weight over the attributes that apply to the row; 0 where none does.

    Parameters
    ----------
    plan
        As `lastword.plan.load_plan` reads it.
    values
        One row per account, with one column per name in the plan: columns of accounts as given, `technology:NAME` with "yes"
        or "no", `intent:TOPIC` and `intent` as decayed sums of strength. Null is unknown, and so are blank text, text where a
        number is needed, and technology and intent columns that are not there.

    Raises
    ------
    ConfigurationError
        where the plan names a column of accounts that `values` lack; it names the line of the plan.
    """
    plan.check_columns(values.columns)
    names = [attribute.name for attribute in plan.attributes]
    columns = {name: values[name] if name in values else pd.Series(np.nan, values.index) for name in plan.names}
    points_given = np.column_stack([_points_given(attribute, columns[attribute.name]) for attribute in plan.attributes])
    shares = _shares(plan.attributes, points_given)
    points = shares.sum(axis=1).round(DECIMALS).clip(0, 100)
    first = _first_rules(plan.rules, columns, len(values))
    segment = _segment(plan, points, first[:, 0])
    return PlanScores(
        points=pd.Series(points, values.index, name="plan_points"),
        segment=_labels([part.name for part in plan.segments], segment, values.index, "plan_segment"),
        grade=_labels([part.grade for part in plan.segments], segment, values.index, "plan_grade"),
        covered=pd.Series(first[:, 1] < 0, values.index, name="coverage"),
        key_account=pd.Series(first[:, 2] >= 0, values.index, name="key_account"),
        attribute_points=pd.DataFrame(points_given, values.index, names),
        shares=pd.DataFrame(shares, values.index, names),
        rule_reason=pd.Series(_reasons(plan.rules, first), values.index, dtype=object, name="rule_reason"),
    )


@dataclass(frozen=True)
class Places:
    """Where the plan puts each row: its points, its segment as the position in `plan.segments`, and what rules decide."""

    points: Floats
    segment: Indexes
    covered: Flags
    key_account: Flags


def place_rows(plan: Plan, values: pd.DataFrame, given: dict[str, Floats] | None = None) -> Places:
    """What `score_plan` says of each row, without the reasons: for plans that are only tried, on many rows.

    Parameters
    ----------
    values
        As for `score_plan`; text may be categorical, which is quicker.
    given
        Kept between plans on the same values: an attribute whose points are the same isn't looked up again.
    """
    plan.check_columns(values.columns)
    given = {} if given is None else given
    columns = {name: values[name] if name in values else pd.Series(np.nan, values.index) for name in plan.names}
    earned, weights = np.zeros(len(values)), np.zeros(len(values))
    for attribute in plan.attributes:
        key = attribute.model_copy(update={"weight": 0.0, "missing": "zero"}).model_dump_json()
        if key not in given:
            given[key] = _points_given(attribute, columns[attribute.name])
        points = given[key]
        missing = np.isnan(points)
        instead = attribute.missing if isinstance(attribute.missing, float) else 0.0
        weight = np.where(missing, 0.0, attribute.weight) if attribute.missing == "reweight" else attribute.weight
        earned += attribute.weight / attribute.max_points * np.where(missing, instead, points)
        weights += weight
    share = np.divide(earned, weights, out=np.zeros(len(values)), where=weights > 0)
    points = (100 * share).round(DECIMALS).clip(0, 100)
    first = _first_rules(plan.rules, columns, len(values))
    return Places(points, _segment(plan, points, first[:, 0]), first[:, 1] < 0, first[:, 2] >= 0)


def unreadable_values(plan: Plan, values: pd.DataFrame) -> dict[str, int]:
    """Per quantitative attribute, the number of values that are no number and not blank, and so count as missing.

    Attributes without any are left out.
    """
    names = [attribute.name for attribute in plan.attributes if attribute.kind == "quantitative" and attribute.name in values]
    counts = {name: int((np.isnan(numbers_of(values[name])) & _is_given(values[name])).sum()) for name in names}
    return {name: count for name, count in counts.items() if count}


def _points_given(attribute: Attribute, column: pd.Series) -> Floats:
    """An attribute's points for every row, NaN where the value is missing."""
    if attribute.kind == "quantitative":
        return _points_by_band(attribute.bands, numbers_of(column))
    points, default = attribute.points, attribute.default
    return _by_value(column, lambda texts: next((points[text] for text in texts if text in points), default), np.nan)


def _points_by_band(bands: Sequence[Band], numbers: Floats) -> Floats:
    """The bands leave no gap, so the last one that starts at or below a number holds it."""
    ordered = sorted(bands, key=lambda band: band.start)
    index = np.searchsorted([band.start for band in ordered], numbers, side="right") - 1
    points = np.array([band.points for band in ordered])[index]
    return np.where(np.isnan(numbers) | (index < 0), np.nan, points)


def _shares(attributes: Sequence[Attribute], points_given: Floats) -> Floats:
    """Every attribute's part of the plan points: what is missing gives what the attribute says, or takes its weight away."""
    missing = np.isnan(points_given)
    instead = np.array([attribute.missing if isinstance(attribute.missing, float) else 0.0 for attribute in attributes])
    reweighted = np.array([attribute.missing == "reweight" for attribute in attributes])
    weights = np.where(missing & reweighted, 0.0, [attribute.weight for attribute in attributes])
    total = weights.sum(axis=1, keepdims=True)
    weights *= np.where(missing, instead, points_given) / [attribute.max_points for attribute in attributes]
    return 100 * np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)


def _first_rules(rules: Sequence[Rule], columns: dict[str, pd.Series], rows: int) -> Indexes:
    """For every row and each of EFFECTS the index of the first rule that fits, −1 where none does."""
    first = np.full((rows, len(EFFECTS)), -1)
    for index, rule in reversed(list(enumerate(rules))):
        met = np.logical_and.reduce([fits(condition, columns[name]) for name, condition in rule.when.items()])
        first[met, EFFECTS.index(rule.effect)] = index
    return first


def fits(condition: tuple[Scalar, ...] | Between, column: pd.Series) -> Flags:
    """Whether each value meets a rule's condition; a missing value never does."""
    if isinstance(condition, Between):
        numbers = numbers_of(column)
        return (numbers >= condition.start) & (numbers < condition.end)
    wanted = {text for value in condition for text in texts_of(value)}
    return _by_value(column, lambda texts: not wanted.isdisjoint(texts), False)


def _segment(plan: Plan, points: Floats, rule: Indexes) -> Indexes:
    """The index of every row's segment: that of the rule that fits, else the one that the points reach."""
    from_lowest = np.searchsorted([segment.min_points for segment in reversed(plan.segments)], points, side="right")
    by_rule = [plan.segments.index(plan.segment_named(each.segment)) if each.segment else 0 for each in plan.rules]
    return np.where(rule >= 0, np.array([*by_rule, 0])[rule], len(plan.segments) - from_lowest)


def _reasons(rules: Sequence[Rule], first: Indexes) -> npt.NDArray[np.object_]:
    """The reasons of the rules in each row of `first`, in the plan's order, each once."""
    base = len(rules) + 1
    _, examples, inverse = np.unique((first + 1) @ [1, base, base**2], return_index=True, return_inverse=True)
    texts = [rule.reason or f"rule {index} of the plan" for index, rule in enumerate(rules, start=1)]
    chosen = [dict.fromkeys(texts[index] for index in sorted(row) if index >= 0) for row in first[examples]]
    return np.array(["; ".join(reasons) or None for reasons in chosen], dtype=object)[inverse]


def _labels(labels: Sequence[str], codes: Indexes, index: pd.Index, name: str) -> pd.Series:
    return pd.Series(np.array(labels, dtype=object)[codes], index, dtype="str", name=name)


def numbers_of(column: pd.Series) -> Floats:
    """The values as numbers, NaN where they are none; dates and infinities are none."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return np.full(len(column), np.nan)
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _is_given(column: pd.Series) -> Flags:
    return _by_value(column, lambda _: True, False)


def _by_value(column: pd.Series, outcome: Callable[[tuple[str, ...]], float | bool], if_blank: float | bool) -> npt.NDArray[Any]:
    """`outcome` of every value, computed once per distinct value from the texts that the value goes by."""
    codes, distinct = pd.factorize(column)
    outcomes = [outcome(texts) if texts[0].strip() else if_blank for texts in map(texts_of, distinct)]
    return np.array([*outcomes, if_blank])[codes]


def texts_of(value: object) -> tuple[str, ...]:
    """The texts that a value goes by: 1999.0 as "1999" too, true as "yes" too."""
    if isinstance(value, bool | np.bool_):
        return ("True", "true", "yes") if value else ("False", "false", "no")
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return (str(int(value)), str(float(value)))
    return (str(value),)
