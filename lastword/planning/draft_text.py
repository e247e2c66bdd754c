"""A draft checked, and written as plan.toml: the checks are those of lastword.plan, each mistake led back to its field."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from lastword.bands import Between, Scalar
from lastword.mistakes import Mistake, explain_all, shown
from lastword.plan import Attribute, Plan, Rule
from lastword.planning.plan_draft import Draft, DraftAttribute, DraftCondition, DraftRule, amount, scalar_of
from lastword.planning.plan_text import attribute_text, number, quoted, segments_text
from lastword.toml_lines import Place


@dataclass(frozen=True)
class FieldMistake:
    """What is wrong, and the name of the form's field that it stands at: "segments.0.min_points", "attributes.2.bands.1.min"."""

    field: str
    text: str


@dataclass(frozen=True)
class Checked:
    """A draft as a plan, None where it has mistakes."""

    plan: Plan | None
    mistakes: tuple[FieldMistake, ...]


def checked(draft: Draft, available: Collection[str] | None = None) -> Checked:
    """The plan that a draft means, or everything that is wrong with it.

    Parameters
    ----------
    available : the columns of accounts that there are; None: not known, so any name is taken.
    """
    unreadable = tuple(_unreadable(draft))
    if unreadable:
        return Checked(None, unreadable)
    try:
        plan = Plan.model_validate(_content(draft))
    except ValidationError as error:
        found = explain_all(error.errors(), Plan)
        return Checked(None, tuple(_at_field(draft, mistake) for mistake in found))
    lacking = [] if available is None else plan.column_mistakes(available)
    return Checked(None if lacking else plan, tuple(_at_name(draft, mistake) for mistake in lacking))


def plan_toml(plan: Plan, header: str = "") -> str:
    """The canonical text of a plan: what lastword.plan.parse_plan reads as the same plan."""
    parts = [f"version = {quoted(plan.version)}\n", segments_text(plan.segments)]
    parts += [attribute_text(_ordered(each)) for each in plan.attributes]
    parts += [rule_text(each) for each in plan.rules]
    return (f"{header}\n\n" if header else "") + "\n".join(parts)


def rule_text(rule: Rule) -> str:
    """A [[rules]] table."""
    when = ", ".join(f"{_key(name)} = {_condition_text(condition)}" for name, condition in rule.when.items())
    effect = f"segment = {quoted(str(rule.segment))}" if rule.segment else f"{rule.effect} = true"
    reason = [f"reason = {quoted(rule.reason)}"] if rule.reason else []
    return "\n".join(["[[rules]]", f"when = {{ {when} }}", effect, *reason]) + "\n"


def _condition_text(condition: tuple[Scalar, ...] | Between) -> str:
    if isinstance(condition, Between):
        limits = {"min": condition.min, "max": condition.max}
        return f"{{ {', '.join(f'{key} = {number(value)}' for key, value in limits.items() if value is not None)} }}"
    values = [_scalar_text(value) for value in condition]
    return values[0] if len(values) == 1 else f"[{', '.join(values)}]"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else quoted(name)


def _scalar_text(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return quoted(value) if isinstance(value, str) else repr(value)


def _ordered(attribute: Attribute) -> Attribute:
    return attribute.model_copy(update={"bands": tuple(sorted(attribute.bands, key=lambda band: band.start))})


def _unreadable(draft: Draft) -> Iterator[FieldMistake]:
    """Fields that hold no number where one is needed, values that are there twice, and conditions that can't be told apart."""
    for index, segment in enumerate(draft.segments):
        yield from _no_number(f"segments.{index}.min_points", segment.min_points)
    for index, attribute in enumerate(draft.attributes):
        yield from _unreadable_attribute(f"attributes.{index}", attribute)
    for index, rule in enumerate(draft.rules):
        yield from _unreadable_rule(f"rules.{index}", rule)


def _unreadable_attribute(at: str, attribute: DraftAttribute) -> Iterator[FieldMistake]:
    yield from _no_number(f"{at}.weight", attribute.weight)
    if attribute.missing == "points":
        yield from _no_number(f"{at}.missing_points", attribute.missing_points)
    if attribute.kind == "quantitative":
        for index, band in enumerate(attribute.bands):
            if index or band.min.strip():
                yield from _no_number(f"{at}.bands.{index}.min", band.min)
            yield from _no_number(f"{at}.bands.{index}.points", band.points)
        return
    names = [each.value for each in attribute.values]
    for index, value in enumerate(attribute.values):
        if not value.value.strip():
            yield FieldMistake(f"{at}.values.{index}.value", "no value is named; write one, or take the line out")
        elif value.value in names[:index]:
            yield FieldMistake(f"{at}.values.{index}.value", f"{shown(value.value)} is there twice; put its points into one line")
        yield from _no_number(f"{at}.values.{index}.points", value.points)
    yield from _no_number(f"{at}.default", attribute.default)


def _unreadable_rule(at: str, rule: DraftRule) -> Iterator[FieldMistake]:
    names = [each.name.strip() for each in rule.conditions]
    if not names:
        yield FieldMistake(at, "the rule has no condition, so it would fit every account; add one, or take the rule out")
    if rule.effect == "segment" and not rule.segment:
        yield FieldMistake(f"{at}.segment", "no segment is chosen; choose the one that these accounts get")
    for index, condition in enumerate(rule.conditions):
        where = f"{at}.conditions.{index}"
        if not names[index]:
            yield FieldMistake(f"{where}.name", "nothing is named; write a column, technology:NAME or intent:TOPIC")
        elif names[index] in names[:index]:
            yield FieldMistake(f"{where}.name", f"{names[index]} has two conditions; write one with all that fits")
        yield from _unreadable_condition(where, condition)


def _unreadable_condition(at: str, condition: DraftCondition) -> Iterator[FieldMistake]:
    if not condition.between:
        if not any(line.strip() for line in condition.values.splitlines()):
            yield FieldMistake(f"{at}.values", "no value is written; write the values that fit, one a line")
        return
    for name in ("min", "max"):
        if getattr(condition, name).strip():
            yield from _no_number(f"{at}.{name}", getattr(condition, name))
    if not condition.min.strip() and not condition.max.strip():
        yield FieldMistake(f"{at}.min", "both ends are open, so every number fits; write one of them")


def _no_number(field: str, text: str) -> Iterator[FieldMistake]:
    if not text.strip():
        yield FieldMistake(field, "a number is missing here; write one, such as 50")
    elif amount(text) is None:
        yield FieldMistake(field, f"{shown(text)} is no number; write digits, such as 2500 or 2.5e6")


def _content(draft: Draft) -> dict[str, Any]:
    """What plan.toml would hold, as reading it gives it."""
    segments = [{"name": each.name.strip(), "grade": each.grade, "min_points": _read(each.min_points)} for each in draft.segments]
    content: dict[str, Any] = {"version": draft.version, "segments": segments}
    content["attributes"] = [_attribute_content(each) for each in draft.attributes]
    return content | {"rules": [_rule_content(each) for each in draft.rules]}


def _read(text: str) -> float | int | None:
    """The number, whole ones as such, so that a mistake shows it as it was typed."""
    found = amount(text)
    return int(found) if found is not None and found.is_integer() and abs(found) < 1e15 else found


def _attribute_content(draft: DraftAttribute) -> dict[str, Any]:
    missing = _read(draft.missing_points) if draft.missing == "points" else draft.missing
    content: dict[str, Any] = {"name": draft.name, "kind": draft.kind, "weight": _read(draft.weight), "missing": missing}
    if draft.kind != "quantitative":
        return content | {"points": {each.value: _read(each.points) for each in draft.values}, "default": _read(draft.default)}
    starts = [_read(band.min) if band.min.strip() else None for band in draft.bands]
    bands = []
    for band, start, end in zip(draft.bands, starts, [*starts, None][1:], strict=True):
        borders = {"min": start, "max": end}
        bands.append({**{key: at for key, at in borders.items() if at is not None}, "points": _read(band.points)})
    return content | {"bands": bands}


def _rule_content(draft: DraftRule) -> dict[str, Any]:
    when = {each.name.strip(): _condition_content(each) for each in draft.conditions}
    effect = {"segment": draft.segment} if draft.effect == "segment" else {draft.effect: True}
    return {"when": when, **effect, **({"reason": draft.reason.strip()} if draft.reason.strip() else {})}


def _condition_content(draft: DraftCondition) -> Any:
    if not draft.between:
        return [scalar_of(line) for line in draft.values.splitlines() if line.strip()]
    borders = {"min": _read(draft.min), "max": _read(draft.max)}
    return {name: border for name, border in borders.items() if border is not None}


def _at_field(draft: Draft, mistake: Mistake) -> FieldMistake:
    """A place in plan.toml as the field of the form that shows it."""
    return FieldMistake(".".join(str(step) for step in _shown_at(draft, mistake.at)), mistake.text)


def _at_name(draft: Draft, mistake: Mistake) -> FieldMistake:
    """The field of the name that a mistake is about."""
    *outer, last = _shown_at(draft, mistake.at)
    return FieldMistake(".".join(str(step) for step in (*outer, "name" if "conditions" in outer else last)), mistake.text)


def _shown_at(draft: Draft, at: Place) -> Place:
    match at:
        case ("attributes", int(index)):
            return ("attributes", index, "weight")
        case ("attributes", int(index), "bands", int(band)):
            return ("attributes", index, "bands", _border(draft.attributes[index], band), "min")
        case ("attributes", int(index), "bands", int(band), "min" | "max"):
            return ("attributes", index, "bands", _border(draft.attributes[index], band), "min")
        case ("attributes", int(index), "points", str(value), *_):
            place = next((i for i, each in enumerate(draft.attributes[index].values) if each.value == value), 0)
            return ("attributes", index, "values", place, "points")
        case ("attributes", int(index), "missing") if draft.attributes[index].missing == "points":
            return ("attributes", index, "missing_points")
        case ("attributes", int(index), "bands" | "points"):
            return ("attributes", index, "bands" if draft.attributes[index].kind == "quantitative" else "values")
        case ("rules", int(index), "when", str(name), *rest):
            names = [each.name.strip() for each in draft.rules[index].conditions]
            place = names.index(name) if name in names else 0
            condition = draft.rules[index].conditions[place]
            end = rest[0] if rest and rest[0] in ("min", "max") else "min" if condition.between else "values"
            return ("rules", index, "conditions", place, end)
        case _:
            return at


def _border(attribute: DraftAttribute, band: int) -> int:
    """The band whose field holds the border: the lowest band often has none of its own."""
    return band if band or attribute.bands[0].min.strip() or len(attribute.bands) == 1 else 1
