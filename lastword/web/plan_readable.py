"""A plan as people read it: segments with the points they hold, attributes with their share of the weight, rules in words."""

from dataclasses import dataclass

from lastword.card_words import readable
from lastword.plan import Attribute, Plan
from lastword.plan_diff import range_words, rule_words


@dataclass(frozen=True)
class ReadSegment:
    """`points` in words: "50 to under 65", the topmost "65 to 100"."""

    name: str
    grade: str
    points: str


@dataclass(frozen=True)
class ReadAttribute:
    """`gives` is (value or range, points) in order; `share` (0–1) is the weight's part of all weights."""

    name: str
    label: str
    kind: str
    weight: float
    share: float
    missing: str
    gives: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ReadPlan:
    segments: tuple[ReadSegment, ...]
    attributes: tuple[ReadAttribute, ...]
    rules: tuple[str, ...]
    total_weight: float


def read_plan(plan: Plan) -> ReadPlan:
    """The whole plan, in the order of plan.toml."""
    total = sum(each.weight for each in plan.attributes)
    ends = [100.0, *(each.min_points for each in plan.segments)]
    segments = (
        ReadSegment(each.name, each.grade, f"{each.min_points:g} to {'under ' if place else ''}{end:g}")
        for place, (each, end) in enumerate(zip(plan.segments, ends, strict=False))
    )
    attributes = (_attribute(each, total) for each in plan.attributes)
    return ReadPlan(tuple(segments), tuple(attributes), tuple(map(rule_words, plan.rules)), total)


def _attribute(each: Attribute, total: float) -> ReadAttribute:
    return ReadAttribute(
        each.name,
        readable(each.name),
        each.kind,
        each.weight,
        each.weight / total if total else 0.0,
        _missing(each),
        _gives(each),
    )


def _gives(each: Attribute) -> tuple[tuple[str, str], ...]:
    if each.bands:
        pairs = [(range_words(band), band.points) for band in sorted(each.bands, key=lambda band: band.start)]
    else:
        pairs = sorted(each.points.items(), key=lambda pair: -pair[1])
        pairs += [] if set(each.points) == {"yes", "no"} else [("any other value", each.default)]
    return tuple((value, f"{points:g}") for value, points in pairs)


def _missing(each: Attribute) -> str:
    if each.missing == "reweight":
        return "left out, the others weigh more"
    return "no points" if each.missing == "zero" else f"{each.missing:g} points"
