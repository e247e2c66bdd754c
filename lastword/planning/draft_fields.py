"""What people do to a draft in a form: fields filled in, and parts added, split, moved and taken out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lastword.contracts import GRADES
from lastword.errors import ConfigurationError
from lastword.planning.plan_draft import (
    MOST,
    Draft,
    DraftAttribute,
    DraftBand,
    DraftCondition,
    DraftRule,
    DraftSegment,
    DraftValue,
    amount,
    following,
    shown_number,
)

LONGEST = 10_000
"""Characters of one field."""


def filled(draft: Draft, fields: Mapping[str, str]) -> Draft:
    """The draft with what its fields hold: "segments.0.name", "attributes.2.bands.1.min", "rules.0.conditions.1.values" …

    Fields that the form doesn't have stay as they are. Rules follow segments that are renamed.
    """
    segments = tuple(_filled(each, f"segments.{index}", fields) for index, each in enumerate(draft.segments))
    attributes = tuple(_attribute(each, f"attributes.{index}", fields) for index, each in enumerate(draft.attributes))
    rules = tuple(_rule(each, f"rules.{index}", fields) for index, each in enumerate(draft.rules))
    return replace(draft, segments=segments, attributes=attributes, rules=following(rules, draft.segments, segments))


def stepped(draft: Draft, what: str, where: str) -> Draft:
    """The draft after one step: add, remove, split, up or kind, at a place such as "segments" or "attributes.1.bands.2".

    Raises
    ------
    ConfigurationError
        There is no such step, or no such place in this draft.
    """
    steps: dict[str, Callable[[Draft, list[str]], Draft]] = {
        "add": _added,
        "remove": _removed,
        "split": _split,
        "up": _raised,
        "kind": _other_kind,
    }
    try:
        return steps[what](draft, where.split("."))
    except (KeyError, IndexError, ValueError):
        raise ConfigurationError(f"{what[:20]} {where[:60]} is no step in this plan: load the page again and repeat it") from None


def _filled[Part](part: Part, at: str, fields: Mapping[str, str]) -> Part:
    """A dataclass of texts with the fields that the form has."""
    names: Sequence[str] = [name for name, value in vars(part).items() if isinstance(value, str)]
    found = {name: fields[f"{at}.{name}"].replace("\r\n", "\n")[:LONGEST] for name in names if f"{at}.{name}" in fields}
    return replace(part, **found) if found else part  # type: ignore[type-var]


def _attribute(draft: DraftAttribute, at: str, fields: Mapping[str, str]) -> DraftAttribute:
    bands = tuple(_filled(each, f"{at}.bands.{index}", fields) for index, each in enumerate(draft.bands))
    values = tuple(_filled(each, f"{at}.values.{index}", fields) for index, each in enumerate(draft.values))
    kept = {name: getattr(draft, name) for name in ("name", "kind")}
    return replace(_filled(draft, at, fields), bands=bands, values=values, **kept)


def _rule(draft: DraftRule, at: str, fields: Mapping[str, str]) -> DraftRule:
    conditions = tuple(_condition(each, f"{at}.conditions.{index}", fields) for index, each in enumerate(draft.conditions))
    return replace(_filled(draft, at, fields), conditions=conditions)


def _condition(draft: DraftCondition, at: str, fields: Mapping[str, str]) -> DraftCondition:
    asked = fields.get(f"{at}.between")
    return replace(_filled(draft, at, fields), between=draft.between if asked is None else asked == "yes")


def _added(draft: Draft, at: list[str]) -> Draft:
    match at:
        case ["segments"]:
            return replace(draft, segments=_with_segment(draft.segments))
        case ["rules"]:
            rule = DraftRule((DraftCondition(),), "segment", draft.segments[0].name)
            return replace(draft, rules=(*draft.rules, rule))
        case ["rules", index, "conditions"]:
            rule = draft.rules[int(index)]
            changed = replace(rule, conditions=(*rule.conditions, DraftCondition()))
            return replace(draft, rules=_put(draft.rules, int(index), changed))
        case ["attributes", index, "values", *value]:
            attribute = draft.attributes[int(index)]
            values = (*attribute.values, DraftValue(".".join(value), attribute.default))
            return _with(draft, int(index), values=_few(values))
    raise KeyError(at)


def _removed(draft: Draft, at: list[str]) -> Draft:
    match at:
        case ["segments" | "attributes" | "rules" as name, index]:
            changes: dict[str, Any] = {name: _without(getattr(draft, name), int(index))}
            return replace(draft, **changes)
        case ["attributes", index, "bands", band]:
            return _with(draft, int(index), bands=_without_band(draft.attributes[int(index)].bands, int(band)))
        case ["attributes", index, "values", value]:
            return _with(draft, int(index), values=_without(draft.attributes[int(index)].values, int(value)))
        case ["rules", index, "conditions", condition]:
            rule = draft.rules[int(index)]
            changed = replace(rule, conditions=_without(rule.conditions, int(condition)))
            return replace(draft, rules=_put(draft.rules, int(index), changed))
    raise KeyError(at)


def _split(draft: Draft, at: list[str]) -> Draft:
    _, index, _, band = at
    return _with(draft, int(index), bands=_few(_split_band(draft.attributes[int(index)].bands, int(band))))


def _raised(draft: Draft, at: list[str]) -> Draft:
    """The rule before the one above it."""
    _, place = at
    index = int(place)
    if not 0 < index < len(draft.rules):
        raise IndexError(index)
    rules = list(draft.rules)
    rules[index - 1], rules[index] = rules[index], rules[index - 1]
    return replace(draft, rules=tuple(rules))


def _other_kind(draft: Draft, at: list[str]) -> Draft:
    _, index = at
    attribute = draft.attributes[int(index)]
    if attribute.kind == "quantitative":
        return _with(draft, int(index), kind="qualitative")
    return _with(draft, int(index), kind="quantitative", bands=attribute.bands or (DraftBand("", "0"), DraftBand("0", "100")))


def _with_segment(segments: tuple[DraftSegment, ...]) -> tuple[DraftSegment, ...]:
    """One more below the top one, of a grade that none has yet, where there is one; half way down to the next."""
    free = [grade for grade in GRADES if grade not in {each.grade for each in segments}]
    names = {each.name for each in segments}
    label = next((grade for grade in free if grade not in names), None) or f"Segment {len(segments) + 1}"
    if not segments:
        return (DraftSegment("A", "A", "0"),)
    top, below = amount(segments[0].min_points), amount(segments[1].min_points) if len(segments) > 1 else None
    start = (
        "" if top is None else shown_number(round((top + (below or 0)) / 2, 1)) if below is not None else shown_number(top / 2)
    )
    added = DraftSegment(label, free[0] if free else segments[0].grade, start)
    if below is None and top == 0:
        return (replace(added, min_points="50"), *segments)
    return _few((segments[0], added, *segments[1:]))


def _split_band(bands: tuple[DraftBand, ...], index: int) -> tuple[DraftBand, ...]:
    """A band as two with the same points; the new border is half way, or twice as far where the band has one end."""
    low = amount(bands[index].min)
    high = amount(bands[index + 1].min) if index + 1 < len(bands) else None
    if low is not None and high is not None:
        border = _middle(low, high)
    elif low is not None:
        border = low * 2 if low > 0 else low + 1
    elif high is not None:
        border = high / 2 if high > 0 else high - 1
    else:
        border = 0.0
    return (*bands[: index + 1], DraftBand(shown_number(border), bands[index].points), *bands[index + 1 :])


def _middle(low: float, high: float) -> float:
    """Half way: by ratio where one border is many times the other; with few digits where those suffice."""
    middle = (low * high) ** 0.5 if low > 0 and high / low > 4 else (low + high) / 2
    short = float(f"{middle:.2g}")
    return short if low < short < high else middle


def _without_band(bands: tuple[DraftBand, ...], index: int) -> tuple[DraftBand, ...]:
    """The band below takes its numbers; of the lowest band those go to the one above."""
    if index == 0 and len(bands) > 1:
        return (replace(bands[1], min=bands[0].min), *bands[2:])
    return _without(bands, index)


def _with(draft: Draft, index: int, **changes: Any) -> Draft:
    if index < 0:
        raise IndexError(index)
    return replace(draft, attributes=_put(draft.attributes, index, replace(draft.attributes[index], **changes)))


def _put[Part](parts: tuple[Part, ...], index: int, part: Part) -> tuple[Part, ...]:
    return (*parts[:index], part, *parts[index + 1 :])


def _without[Part](parts: tuple[Part, ...], index: int) -> tuple[Part, ...]:
    if not 0 <= index < len(parts):
        raise IndexError(index)
    return (*parts[:index], *parts[index + 1 :])


def _few[Part](parts: tuple[Part, ...]) -> tuple[Part, ...]:
    if len(parts) > MOST:
        raise ValueError(len(parts))
    return parts
