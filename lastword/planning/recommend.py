"""What to change in a plan: attributes it lacks, weights and bands, each with what it would do.

Shapes and weights are learnt on older rows, their effect is measured on later ones, and a change is recommended only where the
plan ranks those later rows better by it, beyond chance. What only customers have is left as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import norm

from lastword.plan import Attribute, Plan, Segment
from lastword.planning.binning import Shape, shape_of
from lastword.planning.plan_text import attribute_text, segments_text
from models.evaluation import Interval, compare, lift_at_share
from models.explain import attribute_family
from models.scorecard import score_plan

LEAST_INFORMATION = 0.10
"""Information value from which an attribute that the plan lacks is worth a place."""

FALSE_ALARMS = 0.05
"""The chance that anything at all is recommended where nothing would help (Holm 1979, over all changes tried)."""

TOP_SHARE = 0.15
MOST_SHARE = 0.50
"""A single change gives no attribute more than half of the plan's weight, however little the plan itself may tell."""

LEAST_MOVE = 0.20
"""A weight that would change by less than a fifth is left alone."""

LEAST_OF_TOTAL = 0.01
"""Together with the others an attribute that is worth less than a hundredth of the weight is left out."""

Kind = Literal["add", "reweight", "rebands"]


@dataclass(frozen=True)
class Sample:
    """What recommendations are made from; columns: account_id, won (0 or 1) and the plan's and the candidates' values.

    Attributes
    ----------
    learn, later : rows of past dates with a known outcome; `later` were not known yet when `learn` were.
    today : the accounts as of today, for who would move; needs no `won`.
    kinds : candidate → quantitative or qualitative. Attributes of the plan that aren't among them are left as they are.
    """

    learn: pd.DataFrame
    later: pd.DataFrame
    today: pd.DataFrame
    kinds: Mapping[str, str]


@dataclass(frozen=True)
class Change:
    """One attribute as it could be, and how the sample values it."""

    kind: Kind
    attribute: Attribute
    current: Attribute | None
    information_value: float

    @property
    def record(self) -> dict[str, Any]:
        """For recommendations.json."""
        return {
            "attribute": self.attribute.name,
            "family": attribute_family(self.attribute.name),
            "kind": self.kind,
            "information_value": self.information_value,
            "current_weight": None if self.current is None else self.current.weight,
            "recommended_weight": self.attribute.weight,
            "toml": attribute_text(self.attribute),
        }


def recommend(plan: Plan, sample: Sample, seed: int) -> dict[str, Any]:
    """Recommended changes, strongest evidence first, and the plan that has them all.

    Returns
    -------
    tried : how many changes were measured.
    changes : per recommended change attribute, family, kind (add, reweight, rebands), information_value, current_weight (null
        for an attribute to add), recommended_weight (beside the other weights as they stand), toml (its [[attributes]] table),
        effect.
    together : null where nothing is recommended or the whole isn't better beyond chance; else weights (attribute → current and
        recommended, of the same total), segments (name → current and recommended min_points, which keep every segment's size),
        toml (all [[segments]] and [[attributes]]), effect.

    An effect holds moved, moved_up and moved_down (accounts of today whose segment would change with the segments as they are),
    moved_at_equal_sizes (with segments cut anew so that they keep their sizes), segments (accounts of each before and after),
    capture_before, capture_after and capture_gain (share of later wins among the best 15 %, with 95 % intervals, the gain
    paired), auc_gain (likewise) and p_value (one-sided, of the gain in AUC).
    """
    shapes = {name: shape_of(name, kind, sample.learn[name], sample.learn["won"]) for name, kind in sample.kinds.items()}
    known = {name: shape for name, shape in shapes.items() if shape is not None}
    changes = possible_changes(plan, sample, known)
    measured = [measure(plan, with_change(plan, change), sample, seed) for change in changes]
    kept = beyond_chance([each["p_value"] for each in measured])
    chosen = sorted(
        ((changes[k], measured[k]) for k in kept), key=lambda pair: (pair[1]["p_value"], pair[0].attribute.name, pair[0].kind)
    )
    records = [
        change.record | {"effect": effect_of(plan, with_change(plan, change), sample, seed) | evidence}
        for change, evidence in chosen
    ]
    together = whole(plan, sample, [change for change, _ in chosen], seed) if chosen else None
    return {"tried": len(changes), "changes": records, "together": together}


def possible_changes(plan: Plan, sample: Sample, shapes: Mapping[str, Shape]) -> list[Change]:
    """Every change worth measuring: what the plan lacks with information enough, other bands, other weights."""
    lacking = {name: shape for name, shape in shapes.items() if name not in {each.name for each in plan.attributes}}
    worth = [shape for shape in lacking.values() if shape.information_value >= LEAST_INFORMATION]
    found = []
    for shape in worth:
        weight = weight_beside(plan, shape.attribute, sample.learn)
        if weight > 0:
            found.append(Change("add", shape.attribute.model_copy(update={"weight": weight}), None, shape.information_value))
    for current in plan.attributes:
        if current.name not in sample.kinds or current.weight == 0:
            continue
        other = shapes.get(current.name)
        value = other.information_value if other else 0.0
        if other is not None:
            banded = other.attribute.model_copy(update={"weight": current.weight})
            found.append(Change("rebands", banded, current, value))
        weight = weight_beside(without(plan, current.name), current, sample.learn)
        if abs(weight - current.weight) >= LEAST_MOVE * current.weight:
            found.append(Change("reweight", current.model_copy(update={"weight": weight}), current, value))
    return found


def weight_beside(plan: Plan, attribute: Attribute, rows: pd.DataFrame) -> float:
    """The weight which, beside the plan's own weights, gives the attribute its part in the log-odds of a win.

    By a logistic regression with coefficients ≥ 0 on the plan's points and the attribute's, both 0–1.
    """
    total = sum(each.weight for each in plan.attributes)
    if total <= 0:
        return attribute.weight
    scores = np.column_stack([score_plan(plan, rows).points / 100, unit_points([attribute], plan, rows)])
    of_plan, own = nonnegative_logistic(scores, rows["won"].to_numpy(dtype=float))
    share = min(own / (own + of_plan), MOST_SHARE) if own > 0 else 0.0
    return round(total * share / (1 - share), 1)


def with_change(plan: Plan, change: Change) -> Plan:
    """The plan with this change alone."""
    others = [change.attribute if each.name == change.attribute.name else each for each in plan.attributes]
    added = (change.attribute,) if change.current is None else ()
    return plan.model_copy(update={"attributes": (*others, *added)})


def without(plan: Plan, name: str) -> Plan:
    """The plan less one attribute."""
    return plan.model_copy(update={"attributes": tuple(each for each in plan.attributes if each.name != name)})


def measure(plan: Plan, changed: Plan, sample: Sample, seed: int) -> dict[str, Any]:
    """AUC gained on the later rows, with a paired bootstrap over accounts, and its one-sided p-value."""
    before, after = (score_plan(each, sample.later).points for each in (plan, changed))
    gain = compare(sample.later["won"], after, before, sample.later["account_id"], metric="auc", seed=seed, level=0.95)
    known = gain.standard_error > 0
    return {"auc_gain": gain.to_json(), "p_value": float(norm.sf(gain.estimate / gain.standard_error)) if known else 1.0}


def beyond_chance(p_values: Sequence[float]) -> list[int]:
    """Positions of the p-values that Holm's procedure lets stand: any false one with a chance of at most FALSE_ALARMS."""
    order = np.argsort(p_values, kind="stable")
    kept: list[int] = []
    for rank, position in enumerate(order):
        if p_values[position] > FALSE_ALARMS / (len(order) - rank):
            break
        kept.append(int(position))
    return kept


def effect_of(plan: Plan, changed: Plan, sample: Sample, seed: int) -> dict[str, Any]:
    """Who would move today, and what the best 15 % of the later rows capture before and after."""
    later, won, account = sample.later, sample.later["won"], sample.later["account_id"]
    before, after = (score_plan(each, later).points for each in (plan, changed))
    captures = [captured(lift_at_share(won, points, TOP_SHARE, account, seed=seed, level=0.95)) for points in (before, after)]
    metric = f"lift_at_{100 * TOP_SHARE:g}"
    gain = captured(compare(won, after, before, account, metric=metric, seed=seed, level=0.95))
    names = ("capture_before", "capture_after", "capture_gain")
    recut = moves(plan, keeping_sizes(plan, changed, sample.today), sample.today)["moved"]
    moved = moves(plan, changed, sample.today) | {"moved_at_equal_sizes": recut}
    return moved | dict(zip(names, (*captures, gain), strict=True))


def captured(lift: Interval) -> dict[str, float | None]:
    """A lift at TOP_SHARE as the share of wins captured there."""
    return Interval(lift.estimate * TOP_SHARE, lift.low * TOP_SHARE, lift.high * TOP_SHARE).to_json()


def moves(plan: Plan, changed: Plan, today: pd.DataFrame) -> dict[str, Any]:
    """How many of today's accounts would change their segment, and the size of each before and after."""
    places = [{segment.name: place for place, segment in enumerate(each.segments)} for each in (plan, changed)]
    before, after = (score_plan(each, today).segment for each in (plan, changed))
    steps = before.map(places[0]).to_numpy(dtype=int) - after.map(places[1]).to_numpy(dtype=int)
    sizes = {segment.name: [int((each == segment.name).sum()) for each in (before, after)] for segment in plan.segments}
    up, down = int((steps > 0).sum()), int((steps < 0).sum())
    return {"moved": up + down, "moved_up": up, "moved_down": down, "segments": sizes}


def whole(plan: Plan, sample: Sample, chosen: Sequence[Change], seed: int) -> dict[str, Any] | None:
    """The plan with all chosen changes, weights fitted together at the same total; None where it isn't better beyond chance."""
    changed = fitted_together(plan, sample, chosen)
    if changed is None:
        return None
    changed = keeping_sizes(plan, changed, sample.today)
    evidence = measure(plan, changed, sample, seed)
    if evidence["p_value"] > FALSE_ALARMS:
        return None
    weights = {each.name: [None, each.weight] for each in changed.attributes}
    weights |= {each.name: [each.weight, weights.get(each.name, [None, 0.0])[1]] for each in plan.attributes}
    tables = "\n".join(map(attribute_text, changed.attributes))
    cuts = {old.name: [old.min_points, new.min_points] for old, new in zip(plan.segments, changed.segments, strict=True)}
    return {
        "weights": {name: {"current": pair[0], "recommended": pair[1]} for name, pair in weights.items()},
        "segments": {name: {"current": pair[0], "recommended": pair[1]} for name, pair in cuts.items()},
        "toml": f"{segments_text(changed.segments)}\n{tables}",
        "effect": effect_of(plan, changed, sample, seed) | evidence,
    }


def fitted_together(plan: Plan, sample: Sample, chosen: Sequence[Change]) -> Plan | None:
    """Recommended bands where there are any, the recommended additions, and all weights from one regression.

    What isn't a candidate keeps its weight. An attribute that the others make needless falls out.
    """
    banded = {change.attribute.name: change.attribute for change in chosen if change.kind == "rebands"}
    own = [banded.get(each.name, each) for each in plan.attributes]
    fixed = [each for each in own if each.name not in sample.kinds]
    free = [each for each in own if each.name in sample.kinds] + [each.attribute for each in chosen if each.kind == "add"]
    total = sum(each.weight for each in plan.attributes)
    left = total - sum(each.weight for each in fixed)
    scores = unit_points(free, plan, sample.learn)
    weights = nonnegative_logistic(scores, sample.learn["won"].to_numpy(dtype=float))
    if not free or left <= 0 or weights.sum() <= 0:
        return None
    weights = weights / weights.sum()
    weights = np.where(weights >= LEAST_OF_TOTAL, weights, 0.0)
    rounded = np.round(left * weights / weights.sum(), 1)
    rounded[rounded.argmax()] += left - rounded.sum()  # what rounding left over, so that the total is the same
    fitted = {each.name: each.model_copy(update={"weight": round(float(w), 6)}) for each, w in zip(free, rounded, strict=True)}
    order = [fitted.get(each.name, each) for each in own] + [fitted[each.name] for each in free[len(own) - len(fixed) :]]
    return plan.model_copy(update={"attributes": tuple(each for each in order if each.weight > 0)})


def keeping_sizes(plan: Plan, changed: Plan, today: pd.DataFrame) -> Plan:
    """The changed plan with segments cut where each is as large by points as it is today; uncut where points tie too much."""
    before, after = (score_plan(each, today).points for each in (plan, changed))
    shares = [float((before >= segment.min_points).mean()) for segment in plan.segments[:-1]]
    cuts = [round(float(np.quantile(after, 1 - share)), 1) for share in shares]
    falling = all(above > below for above, below in zip([*cuts, 0.0], [*cuts[1:], 0.0, -1.0], strict=True))
    if not falling or any(cut > 100 for cut in cuts):
        return changed
    segments: list[Segment] = [
        segment.model_copy(update={"min_points": cut}) for segment, cut in zip(plan.segments, [*cuts, 0.0], strict=True)
    ]
    return changed.model_copy(update={"segments": tuple(segments)})


def unit_points(attributes: Sequence[Attribute], plan: Plan, rows: pd.DataFrame) -> np.ndarray:
    """A column per attribute: its points as 0–1 of the most it can give; what "reweight" leaves out is the mean of the others."""
    given = score_plan(plan.model_copy(update={"attributes": tuple(attributes), "rules": ()}), rows).attribute_points
    columns = []
    for attribute in attributes:
        points = given[attribute.name]
        instead = attribute.missing if isinstance(attribute.missing, float) else 0.0
        instead = np.nan_to_num(points.mean()) if attribute.missing == "reweight" else instead
        columns.append(points.fillna(instead).to_numpy(dtype=float) / attribute.max_points)
    return np.column_stack(columns)


def nonnegative_logistic(scores: np.ndarray, won: np.ndarray, penalty: float = 1e-4) -> np.ndarray:
    """Coefficients ≥ 0 of a logistic regression of the outcome on the columns, each 0–1, with an intercept."""
    rate = np.clip(won.mean(), 1e-6, 1 - 1e-6)

    def loss(at: np.ndarray) -> tuple[float, np.ndarray]:
        eta = at[0] + scores @ at[1:]
        miss = expit(eta) - won
        value = np.mean(np.logaddexp(0, eta) - won * eta) + penalty * (at[1:] ** 2).sum()
        return float(value), np.concatenate([[miss.mean()], scores.T @ miss / len(won) + 2 * penalty * at[1:]])

    start = np.concatenate([[np.log(rate / (1 - rate))], np.full(scores.shape[1], 0.1)])
    bounds = [(None, None), *[(0, None)] * scores.shape[1]]
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x[1:])
