"""A plan as people type it: every number still text, so that what can't be read is said at its field and nothing typed is lost.

A draft comes from a plan or from the fields of a form, and becomes the text of plan.toml or the mistakes in it. Bands stand in
order and end where the next one starts, so there is one value to a border.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from lastword.bands import Between, Scalar
from lastword.errors import ConfigurationError
from lastword.plan import Attribute, Plan, Rule
from lastword.planning.plan_text import number

Kind = Literal["quantitative", "qualitative"]
EFFECTS = ("segment", "exclude", "key_account")
MISSING = ("zero", "reweight", "points")
MOST = 1000
"""Of anything that a draft lists: a form with more is no form that people fill in."""

_GROUPED = re.compile(r"[+-]?\d{1,3}(?:[ ,\u00a0\u202f']\d{3})+(?:\.\d+)?")
_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


@dataclass(frozen=True)
class DraftSegment:
    name: str = ""
    grade: str = "C"
    min_points: str = ""


@dataclass(frozen=True)
class DraftBand:
    """Numbers from `min` ("": no border, in the lowest band alone) up to where the next band starts."""

    min: str = ""
    points: str = ""


@dataclass(frozen=True)
class DraftValue:
    value: str = ""
    points: str = ""


@dataclass(frozen=True)
class DraftAttribute:
    """missing is one of MISSING; with "points" missing_points says how many."""

    name: str
    kind: str = "quantitative"
    weight: str = "10"
    missing: str = "zero"
    missing_points: str = ""
    bands: tuple[DraftBand, ...] = ()
    values: tuple[DraftValue, ...] = ()
    default: str = "0"


@dataclass(frozen=True)
class DraftCondition:
    """What a rule asks of one name: values, one a line, of which any fits; or, where `between`, a range."""

    name: str = ""
    between: bool = False
    values: str = ""
    min: str = ""
    max: str = ""


@dataclass(frozen=True)
class DraftRule:
    """effect is one of EFFECTS; with "segment" segment says which."""

    conditions: tuple[DraftCondition, ...] = ()
    effect: str = "segment"
    segment: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Draft:
    """A plan in the making. `header`: the comment above its first line, as in plan.toml; others aren't kept."""

    version: str
    segments: tuple[DraftSegment, ...] = ()
    attributes: tuple[DraftAttribute, ...] = ()
    rules: tuple[DraftRule, ...] = ()
    header: str = ""


def draft_of(plan: Plan, text: str = "") -> Draft:
    """The plan as people would type it; `text` is its plan.toml, for the comment on top."""
    return Draft(
        plan.version,
        tuple(DraftSegment(each.name, each.grade, shown_number(each.min_points)) for each in plan.segments),
        tuple(draft_attribute(each) for each in plan.attributes),
        tuple(_draft_rule(each) for each in plan.rules),
        header_of(text),
    )


def draft_attribute(attribute: Attribute) -> DraftAttribute:
    """One attribute as people would type it."""
    fixed = isinstance(attribute.missing, float)
    ordered = sorted(attribute.bands, key=lambda band: band.start)
    return DraftAttribute(
        attribute.name,
        attribute.kind,
        shown_number(attribute.weight),
        "points" if fixed else str(attribute.missing),
        shown_number(float(attribute.missing)) if fixed else "",
        tuple(DraftBand("" if band.min is None else shown_number(band.min), shown_number(band.points)) for band in ordered),
        tuple(DraftValue(value, shown_number(points)) for value, points in attribute.points.items()),
        shown_number(attribute.default),
    )


def header_of(text: str) -> str:
    """The lines of comment and the empty ones above the first key."""
    lines = []
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            break
        lines.append(line.rstrip())
    return "\n".join(lines).strip()


def to_json(draft: Draft) -> str:
    """The draft as one line, for a form to carry."""
    return json.dumps(asdict(draft), ensure_ascii=False, separators=(",", ":"))


def from_json(text: str) -> Draft:
    """The reverse of `to_json`; ConfigurationError where it is something else."""
    try:
        given = json.loads(text)
        return Draft(
            version=_text(given["version"]),
            segments=_all(DraftSegment, given["segments"]),
            attributes=tuple(_read_attribute(each) for each in _listed(given["attributes"])),
            rules=tuple(_read_rule(each) for each in _listed(given["rules"])),
            header=header_of(_text(given.get("header", ""))),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ConfigurationError("the draft of the plan can't be read: load the page again and repeat the last change") from None


def shown_number(value: float) -> str:
    """A number as people read it, with commas between thousands; `amount` reads it back."""
    whole, point, rest = number(value).partition(".")
    return f"{int(whole):,}{point}{rest}" if re.fullmatch(r"-?[1-9]\d{3,}", whole) and "e" not in rest else whole + point + rest


def amount(text: str) -> float | None:
    """The number that somebody typed: 5000000, 5,000,000, 5e6; None where it is none."""
    said = text.strip().replace("\u2212", "-")
    if _GROUPED.fullmatch(said):
        said = re.sub(r"[ ,\u00a0\u202f']", "", said)
    return float(said) if _PLAIN.fullmatch(said) and abs(float(said)) < float("inf") else None


def scalar_text(value: Scalar) -> str:
    """A rule's value as people type it; text that would be read as a number or as true and false stands in quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value) if isinstance(value, int) else repr(value)
    return value if scalar_of(value) == value and value == value.strip() and "\n" not in value else json.dumps(value)


def scalar_of(text: str) -> Scalar:
    """The reverse of `scalar_text`."""
    said = text.strip()
    if said in ("true", "false"):
        return said == "true"
    if re.fullmatch(r"[+-]?\d+", said):
        return int(said)
    if _PLAIN.fullmatch(said) and abs(float(said)) < float("inf"):
        return float(said)
    if len(said) > 1 and said[0] == said[-1] == '"':
        try:
            return str(json.loads(said))
        except ValueError:
            return said
    return said


def with_attribute(draft: Draft, index: int, changed: DraftAttribute) -> Draft:
    """The draft with another attribute in this place."""
    attributes = (*draft.attributes[:index], changed, *draft.attributes[index + 1 :])
    return replace(draft, attributes=attributes)


def following(rules: Sequence[DraftRule], before: Sequence[DraftSegment], after: Sequence[DraftSegment]) -> tuple[DraftRule, ...]:
    """The rules, with the new names of segments that were renamed in their place."""
    if len(before) != len(after):
        return tuple(rules)
    names = {old.name: new.name for old, new in zip(before, after, strict=True)}
    return tuple(replace(rule, segment=names.get(rule.segment, rule.segment)) for rule in rules)


def _draft_rule(rule: Rule) -> DraftRule:
    conditions = tuple(_draft_condition(name, condition) for name, condition in rule.when.items())
    return DraftRule(conditions, rule.effect, rule.segment or "", rule.reason or "")


def _draft_condition(name: str, condition: tuple[Scalar, ...] | Between) -> DraftCondition:
    if isinstance(condition, Between):
        low, high = ("" if border is None else shown_number(border) for border in (condition.min, condition.max))
        return DraftCondition(name, True, "", low, high)
    return DraftCondition(name, False, "\n".join(scalar_text(value) for value in condition))


def _read_attribute(given: Mapping[str, Any]) -> DraftAttribute:
    plain = {name: _text(given[name]) for name in ("name", "kind", "weight", "missing", "missing_points", "default")}
    return DraftAttribute(**plain, bands=_all(DraftBand, given["bands"]), values=_all(DraftValue, given["values"]))


def _read_rule(given: Mapping[str, Any]) -> DraftRule:
    plain = {name: _text(given[name]) for name in ("effect", "segment", "reason")}
    conditions = tuple(
        DraftCondition(**{name: _text(each[name]) for name in ("name", "values", "min", "max")}, between=bool(each["between"]))
        for each in _listed(given["conditions"])
    )
    return DraftRule(conditions, **plain)


def _all[Part](part: type[Part], given: Any) -> tuple[Part, ...]:
    names = part.__dataclass_fields__  # type: ignore[attr-defined]
    return tuple(part(**{name: _text(each[name]) for name in names}) for each in _listed(given))


def _listed(given: Any) -> list[Any]:
    if not isinstance(given, list) or len(given) > MOST:
        raise ValueError("no list, or too long")
    return given


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("no text")
    return value
