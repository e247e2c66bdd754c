"""What one plan says otherwise than another, in words: one sentence a difference, in the order of plan.toml."""

from collections.abc import Iterable, Iterator, Mapping

from lastword.bands import Band, Between, Scalar
from lastword.plan import Attribute, Plan, Rule, Segment

ARROW = "→"


def differences(before: Plan, after: Plan) -> tuple[str, ...]:
    """Every difference, those of segments first, then attributes, then rules; none where both say the same.

    The version and comments aren't compared: they change nobody's points.
    """
    found = (
        *_segments(before.segments, after.segments),
        *_attributes(before.attributes, after.attributes),
        *_rules(before.rules, after.rules),
    )
    return tuple(found)


def summary(found: Iterable[str], most: int = 3) -> str:
    """The first differences in one line: "weight of industry 20 → 25; … and 4 more"."""
    listed = list(found)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return "; ".join(listed[:most]) + more


def _segments(before: tuple[Segment, ...], after: tuple[Segment, ...]) -> Iterator[str]:
    then, now = ({each.name: each for each in segments} for segments in (before, after))
    for name in [name for name in then if name not in now]:
        yield f"segment {name} (from {then[name].min_points:g} points, grade {then[name].grade}) is gone"
    for name, segment in now.items():
        if name not in then:
            yield f"segment {name} is new: from {segment.min_points:g} points, grade {segment.grade}"
            continue
        if then[name].min_points != segment.min_points:
            yield f"segment {name} starts at {_arrow(then[name].min_points, segment.min_points)} points"
        if then[name].grade != segment.grade:
            yield f"segment {name} counts as grade {then[name].grade} {ARROW} {segment.grade}"


def _attributes(before: tuple[Attribute, ...], after: tuple[Attribute, ...]) -> Iterator[str]:
    then, now = ({each.name: each for each in attributes} for attributes in (before, after))
    for name in [name for name in then if name not in now]:
        yield f"attribute {name} (weight {then[name].weight:g}) is gone"
    for name, attribute in now.items():
        if name not in then:
            yield f"attribute {name} is new: {attribute.kind}, weight {attribute.weight:g}"
        else:
            yield from _attribute(then[name], attribute)


def _attribute(before: Attribute, after: Attribute) -> Iterator[str]:
    name = after.name
    if before.kind != after.kind:
        yield f"{name} is {before.kind} {ARROW} {after.kind}"
    if before.weight != after.weight:
        yield f"weight of {name} {_arrow(before.weight, after.weight)}"
    if before.missing != after.missing:
        yield f"{name}: an unknown value gives {_missing(before)} {ARROW} {_missing(after)}"
    if before.bands and after.bands:
        yield from _bands(name, before.bands, after.bands)
    if before.kind == after.kind == "qualitative":
        yield from _values(name, before.points, after.points)
        if before.default != after.default:
            yield f"{name}: any other value {_arrow(before.default, after.default)} points"


def _bands(name: str, before: tuple[Band, ...], after: tuple[Band, ...]) -> Iterator[str]:
    then, now = (
        {(band.start, band.end): band for band in sorted(bands, key=lambda band: band.start)} for bands in (before, after)
    )
    if list(then) != list(now):
        yield f"bands of {name}: {_listed(then.values())} {ARROW} {_listed(now.values())}"
        return
    for place, band in now.items():
        if then[place].points != band.points:
            yield f"{name} {range_words(band)}: {_arrow(then[place].points, band.points)} points"


def _values(name: str, before: Mapping[str, float], after: Mapping[str, float]) -> Iterator[str]:
    for value in [value for value in before if value not in after]:
        yield f"{name}: {value} ({before[value]:g} points) is no longer listed"
    for value, points in after.items():
        if value not in before:
            yield f"{name}: {value} is listed with {points:g} points"
        elif before[value] != points:
            yield f"{name}: {value} {_arrow(before[value], points)} points"


def _rules(before: tuple[Rule, ...], after: tuple[Rule, ...]) -> Iterator[str]:
    """A rule has no name: one that changed is gone and new."""
    then, now = ([rule_words(rule) for rule in rules] for rules in (before, after))
    yield from (f"rule is gone: {said}" for said in then if said not in now)
    yield from (f"rule is new: {said}" for said in now if said not in then)
    kept, still = [said for said in then if said in now], [said for said in now if said in then]
    if kept != still:
        yield "the rules stand in another order, and the first that fits decides"


def rule_words(rule: Rule) -> str:
    """ "country is DE or AT and employee_count 5,000 or more: segment A (strategic accounts)"."""
    conditions = " and ".join(f"{name} {_condition(condition)}" for name, condition in rule.when.items())
    effect = {"segment": f"segment {rule.segment}", "exclude": "excluded", "key_account": "key account"}[rule.effect]
    return f"{conditions}: {effect}{f' ({rule.reason})' if rule.reason else ''}"


def range_words(band: Between) -> str:
    """ "under 1,000", "1,000 to 5,000", "5,000 or more", "any number"."""
    if band.min is None:
        return "any number" if band.max is None else f"under {band.max:,.12g}"
    return f"{band.min:,.12g} or more" if band.max is None else f"{band.min:,.12g} to {band.max:,.12g}"


def _condition(condition: tuple[Scalar, ...] | Between) -> str:
    return range_words(condition) if isinstance(condition, Between) else f"is {' or '.join(map(str, condition))}"


def _listed(bands: Iterable[Band]) -> str:
    return ", ".join(f"{range_words(band)} {band.points:g}" for band in bands)


def _missing(attribute: Attribute) -> str:
    named = {"zero": "no points", "reweight": "nothing, the others weigh more"}
    return named[attribute.missing] if isinstance(attribute.missing, str) else f"{attribute.missing:g} points"


def _arrow(before: float, after: float) -> str:
    return f"{before:,.12g} {ARROW} {after:,.12g}"
