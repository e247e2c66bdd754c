"""The scoring plan, as plan.toml has it: segments, weighted attributes and rules. Gaps, overlaps and dead ends are errors."""

import hashlib
import json
from collections.abc import Collection, Iterator
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, PlainValidator, PrivateAttr, field_validator, model_validator

from lastword.bands import Band, Between, Condition, Scalar, band_mistakes
from lastword.configuration import ListOf, Section, configuration_error, parse_toml, read_toml
from lastword.contracts import ACCOUNTS, GRADES
from lastword.errors import ConfigurationError
from lastword.mistakes import Mistake, did_you_mean, raise_any, shown, wrong
from lastword.toml_lines import Place

Text = Annotated[str, Field(min_length=1)]
Points = Annotated[float, Field(ge=0)]

TECHNOLOGY = "technology:"
TOPIC = "intent:"
ALL_TOPICS = "intent"
YES_OR_NO = ("yes", "no")


def _read_missing(value: object) -> "float | Literal['zero', 'reweight']":
    if value == "zero" or value == "reweight":
        return value
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < inf:
        return float(value)
    raise wrong(f'{shown(value)} is unknown; write "zero", "reweight" or a number of points from 0 up')


class Segment(Section):
    """A segment holds the accounts from `min_points` up to the next higher segment; `grade` is what it counts as."""

    name: Annotated[str, Field(min_length=1, examples=['"A"'])]
    grade: Literal["A", "B", "C", "D", "F"]
    min_points: Annotated[float, Field(ge=0, le=100, examples=["80"])]

    @model_validator(mode="before")
    @classmethod
    def _is_its_own_grade(cls, given: object) -> object:
        if isinstance(given, dict) and "grade" not in given and given.get("name") in GRADES:
            return {**given, "grade": given["name"]}
        return given


class Attribute(Section):
    """One weighted attribute: points by band of a number (quantitative) or by value (qualitative, `default` for all others).

    `missing` says what an unknown value does: no points ("zero"), leave the attribute out of that account's points
    ("reweight"), or a number of points.
    """

    name: Annotated[str, Field(min_length=1, examples=['"annual_revenue"'])]
    kind: Literal["quantitative", "qualitative"]
    weight: Annotated[float, Field(ge=0, examples=["20"])]
    missing: Annotated[float | Literal["zero", "reweight"], PlainValidator(_read_missing)] = "zero"
    bands: Annotated[ListOf[Band], Field(examples=["[{ max = 1e6, points = 0 }, { min = 1e6, points = 100 }]"])] = ()
    points: Annotated[dict[str, Points], Field(examples=["{ Software = 100, Manufacturing = 60 }"])] = {}
    default: Points = 0.0

    @property
    def max_points(self) -> float:
        """The most points that the attribute can give, for a missing value included."""
        given = [band.points for band in self.bands] or [*self.points.values(), self.default]
        return max([*given, self.missing] if isinstance(self.missing, float) else given)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        raise_any(_kind_mistakes(self))
        if self.kind == "quantitative":
            raise_any([mistake.under("bands") for mistake in band_mistakes(self.bands, _least(self.name))])
        raise_any([mistake.under("points") for mistake in _value_mistakes(self.name, self.points)])
        if self.max_points == 0:
            where = "bands" if self.bands else "points"
            raise wrong("no value gives any points; give one some, or take the attribute out", where)
        return self


class Rule(Section):
    """What holds for the accounts that meet all of `when`, whatever their points: a segment, no coverage, or key account."""

    when: Annotated[dict[str, Condition], Field(examples=['{ country = ["DE", "AT"], employee_count = { min = 5000 } }'])]
    segment: Annotated[str | None, Field(min_length=1, examples=['"A"'])] = None
    exclude: Annotated[bool, Field(examples=["true"])] = False
    key_account: Annotated[bool, Field(examples=["true"])] = False
    reason: Annotated[str | None, Field(min_length=1, examples=['"strategic accounts"'])] = None

    @property
    def effect(self) -> Literal["segment", "exclude", "key_account"]:
        """Which of the three the rule decides."""
        return "segment" if self.segment else "exclude" if self.exclude else "key_account"

    @field_validator("when")
    @classmethod
    def _has_conditions(cls, when: dict[str, Condition]) -> dict[str, Condition]:
        if not when:
            raise wrong('an empty table fits every account; write a condition, as in when = { country = "DE" }')
        raise_any([mistake for name, condition in when.items() for mistake in _condition_mistakes(name, condition)])
        return when

    @model_validator(mode="after")
    def _has_one_effect(self) -> Self:
        effects = [key for key in ("segment", "exclude", "key_account") if key in self.model_fields_set]
        off = [key for key in effects if getattr(self, key) in (None, False)]
        raise_any([Mistake((key,), f"false does nothing; write {key} = true, or take the line out") for key in off])
        if not effects:
            raise wrong('the rule does nothing; write one of segment = "A", exclude = true or key_account = true')
        if len(effects) > 1:
            raise wrong(f"the rule has {len(effects)} effects, {' and '.join(effects)}; write a rule for each", effects[1])
        return self


class Plan(Section):
    """All of plan.toml. Segments stand from the top; every value from 0 to 100 falls in exactly one."""

    version: Annotated[str, Field(min_length=1, examples=['"2026"'])]
    segments: ListOf[Segment]
    attributes: ListOf[Attribute]
    rules: ListOf[Rule] = ()
    _path: Path | None = PrivateAttr(None)

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that attributes and rules look at: columns of accounts, technology:NAME, intent:TOPIC and intent."""
        return tuple(dict.fromkeys(name for _, name in self._uses()))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of accounts that the plan looks at."""
        return tuple(name for name in self.names if _is_column(name))

    @property
    def technologies(self) -> tuple[str, ...]:
        """The NAMEs that the plan looks at as technology:NAME."""
        return tuple(name.removeprefix(TECHNOLOGY) for name in self.names if name.startswith(TECHNOLOGY))

    @property
    def topics(self) -> tuple[str, ...]:
        """The TOPICs that the plan looks at as intent:TOPIC."""
        return tuple(name.removeprefix(TOPIC) for name in self.names if name.startswith(TOPIC))

    @property
    def uses_intent(self) -> bool:
        """Whether the plan looks at intent, of one topic or of all."""
        return any(name == ALL_TOPICS or name.startswith(TOPIC) for name in self.names)

    def segment_named(self, name: str) -> Segment | None:
        """The segment of that name, else the only segment with that grade, else None."""
        named = [segment for segment in self.segments if segment.name == name]
        graded = [segment for segment in self.segments if segment.grade == name]
        return named[0] if named else graded[0] if len(graded) == 1 else None

    def check_columns(self, available: Collection[str]) -> None:
        """Raise a ConfigurationError, naming the line, where an attribute or rule looks at a column that accounts lack."""
        if lacking := self.column_mistakes(available):
            raise self._error(*lacking)

    def column_mistakes(self, available: Collection[str]) -> list[Mistake]:
        """Where an attribute or rule looks at a column that accounts lack."""
        lacking = [(at, name) for at, name in self._uses() if _is_column(name) and name not in available]
        return [Mistake(at, _unknown_column(name, available)) for at, name in lacking]

    def _uses(self) -> Iterator[tuple[Place, str]]:
        for index, attribute in enumerate(self.attributes):
            yield ("attributes", index, "name"), attribute.name
        for index, rule in enumerate(self.rules):
            yield from ((("rules", index, "when", name), name) for name in rule.when)

    def _error(self, *found: Mistake) -> ConfigurationError:
        return configuration_error(self._path, *found) if self._path else ConfigurationError(found[0].text)

    @field_validator("segments")
    @classmethod
    def _cover_all_points(cls, segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
        raise_any(_segment_mistakes(segments))
        return segments

    @field_validator("attributes")
    @classmethod
    def _weigh_something(cls, attributes: tuple[Attribute, ...]) -> tuple[Attribute, ...]:
        raise_any(_repeated([attribute.name for attribute in attributes], "put all its points into one"))
        if not sum(attribute.weight for attribute in attributes):
            raise wrong("the weights sum to nothing; give at least one attribute a weight above 0")
        return attributes

    @model_validator(mode="after")
    def _rules_name_segments(self) -> Self:
        unknown = [i for i, rule in enumerate(self.rules) if rule.segment and self.segment_named(rule.segment) is None]
        known = [segment.name for segment in self.segments]
        raise_any([Mistake(("rules", i, "segment"), _unknown_segment(str(self.rules[i].segment), known)) for i in unknown])
        return self


def load_plan(path: Path) -> Plan:
    """Read and check plan.toml. The plan remembers `path`, so that later errors can name the line.

    Raises
    ------
    ConfigurationError
        one line on the first mistake in the file: gaps and overlaps of bands, segments that no points reach, weights that
        sum to nothing, unknown keys and segments, and whatever else does not hold together.
    """
    plan = read_toml(path, Plan)
    plan._path = path
    return plan


def parse_plan(text: str, name: str = "plan.toml") -> Plan:
    """Read and check the text of a plan.toml that is no file; errors call it `name`. ConfigurationError as `load_plan`."""
    return parse_toml(text, Plan, Path(name))


def fingerprint(plan: Plan) -> str:
    """SHA-256 of what a plan says: comments, spelling of numbers and the order of attributes, bands and values don't count."""
    said = plan.model_dump(mode="json", warnings=False)
    said["attributes"].sort(key=lambda attribute: attribute["name"])
    for attribute in said["attributes"]:
        attribute["bands"].sort(key=lambda band: -inf if band["min"] is None else band["min"])
    for rule in said["rules"]:
        rule["when"] = {name: sorted(x, key=repr) if isinstance(x, list) else x for name, x in rule["when"].items()}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _is_column(name: str) -> bool:
    return name != ALL_TOPICS and not name.startswith((TECHNOLOGY, TOPIC))


def _unknown_segment(name: str, known: list[str]) -> str:
    if name in GRADES:
        return f"no segment or several have the grade {name}; write one of the segments' names: {', '.join(known)}"
    return f"{shown(name)} is no segment{did_you_mean(name, known, quote=True) or '; write one of ' + ', '.join(known)}"


def _unknown_column(name: str, available: Collection[str]) -> str:
    advice = "take it out, or map it under [columns.accounts] of lastword.toml"
    return f"accounts have no column {shown(name)}{did_you_mean(name, available, quote=True) or f'; {advice}'}"


def _segment_mistakes(segments: tuple[Segment, ...]) -> list[Mistake]:
    """Segments that no points reach, and points that reach no segment."""
    if not segments:
        return [Mistake((), "a plan needs segments; write a section [[segments]] for each")]
    found = _repeated([segment.name for segment in segments], "give it another name")
    for index, (above, below) in enumerate(pairwise(segments), start=1):
        if below.min_points >= above.min_points:
            text = f"{below.min_points:.12g} is not below {above.min_points:.12g}, where {shown(above.name)} starts"
            advice = f"so no points reach {shown(below.name)}; let min_points fall from the top"
            found.append(Mistake((index, "min_points"), f"{text}, {advice}"))
    lowest = segments[-1].min_points
    if lowest > 0:
        text = f"points from 0 to {lowest:.12g} fall in no segment; write min_points = 0, or add a segment below"
        found.append(Mistake((len(segments) - 1, "min_points"), text))
    return found


def _repeated(names: list[str], advice: str) -> list[Mistake]:
    repeated = [index for index, name in enumerate(names) if name in names[:index]]
    return [Mistake((index, "name"), f"{shown(names[index])} is there twice; {advice}") for index in repeated]


def _kind_mistakes(attribute: Attribute) -> list[Mistake]:
    """Names, kinds and keys that do not go together."""
    name, given = attribute.name, attribute.model_fields_set
    if name in (TECHNOLOGY, TOPIC):
        return [Mistake(("name",), f'{shown(name)} names nothing; write what, as in name = "{name}NAME"')]
    if attribute.kind == "quantitative":
        if name.startswith(TECHNOLOGY) or _is_text(name):
            return [Mistake(("kind",), f'{name} is no number; write kind = "qualitative", with points')]
        foreign, needed = given & {"points", "default"}, "bands"
    else:
        if name == ALL_TOPICS or name.startswith(TOPIC):
            return [Mistake(("kind",), f'{name} is a number; write kind = "quantitative", with bands')]
        foreign, needed = given & {"bands"}, "points"
    if foreign:
        text = f"a {attribute.kind} attribute has {needed} instead; take this out, or change kind"
        return [Mistake((key,), text) for key in sorted(foreign)]
    example = Attribute.model_fields[needed].examples or [""]
    return [] if getattr(attribute, needed) else [Mistake((needed,), f"missing; write {needed} = {example[0]}")]


def _is_text(name: str) -> bool:
    return any(column.name == name and column.kind == "text" for column in ACCOUNTS.columns)


def _least(name: str) -> float:
    """The smallest value that a column can have: −∞ where nothing says."""
    if name == ALL_TOPICS or name.startswith(TOPIC):
        return 0
    return next((column.least for column in ACCOUNTS.columns if column.name == name and column.least is not None), -inf)


def _value_mistakes(name: str, values: Collection[Scalar]) -> list[Mistake]:
    """A technology is there or not: other values never occur."""
    odd = [value for value in values if name.startswith(TECHNOLOGY) and value not in YES_OR_NO and not isinstance(value, bool)]
    return [Mistake((str(value),), f"{name} is never {shown(value)}; write yes or no") for value in odd]


def _condition_mistakes(name: str, condition: tuple[Scalar, ...] | Between) -> list[Mistake]:
    if name in (TECHNOLOGY, TOPIC):
        return [Mistake((name,), f'{shown(name)} names nothing; write what, as in "{name}NAME"')]
    if not isinstance(condition, Between):
        return [Mistake((name,), mistake.text) for mistake in _value_mistakes(name, condition)]
    if name.startswith(TECHNOLOGY) or _is_text(name):
        return [Mistake((name,), f"{name} is no number; write the values that fit")]
    return []
