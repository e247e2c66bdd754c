"""The settings of triggers: what must happen to an account between two publications for a person to look at it."""

from typing import Annotated, Literal, Self

from pydantic import Field, PlainValidator, field_validator, model_validator

from lastword.bands import Between, Condition
from lastword.configuration import Section
from lastword.mistakes import Mistake, raise_any, shown, wrong
from lastword.planning_settings import check_when

ANY = "any"
"""Every topic, technology or product by itself."""

TAKEN = ("disparity", "audit", "stale", "redundant", "none")
"""Names that the review queue has for reasons of its own."""

LONGEST_NAME = 60
HAPPENINGS = ("intent", "technology", "product", "parent", "column", "grade", "new_account")
"""What can happen to an account: a trigger has one of these keys."""

_FURTHER = {"intent": {"reaches", "measure"}, "column": {"was", "becomes"}, "grade": {"steps", "direction"}}
_EXAMPLE = 'intent = "cloud security", technology = "any", parent = true, column = "industry" or grade = "model"'


def _read_values(value: object) -> tuple[str | int | float | bool, ...] | None:
    """Values of a column: one, or a list."""
    if value is None:
        return None
    values = value if isinstance(value, list | tuple) else [value]
    if not values:
        raise wrong("an empty list fits no value; write the values, or take it out")
    odd = [index for index, each in enumerate(values) if not isinstance(each, str | int | float)]
    text = "is no value to compare with; write text, a number, true, false or a list of these"
    raise_any([Mistake((index,) if isinstance(value, list) else (), f"{shown(values[index])} {text}") for index in odd])
    return tuple(values)


Values = Annotated[tuple[str | int | float | bool, ...] | None, PlainValidator(_read_values)]
Named = Annotated[str | None, Field(min_length=1)]


class Trigger(Section):
    """[[triggers]]: one thing that can happen to an account between two publications, and of which accounts it counts.

    intent (a topic, or any) reaches a value; technology or product (a name, or any) was added; parent changed; column (of
    accounts) changed, where given from one of `was` to one of `becomes`; grade (the model's, or the final one, overrides aside)
    moved by so many steps; new_account was not there before.
    """

    name: Annotated[str, Field(examples=['"cloud intent"'])]
    intent: Annotated[Named, Field(examples=['"cloud security"'])] = None
    reaches: Annotated[float | None, Field(gt=0, examples=["70"])] = None
    measure: Literal["strength", "decayed"] = "strength"
    technology: Annotated[Named, Field(examples=['"any"'])] = None
    product: Annotated[Named, Field(examples=['"any"'])] = None
    parent: Annotated[bool | None, Field(examples=["true"])] = None
    column: Annotated[Named, Field(examples=['"industry"'])] = None
    was: Annotated[Values, Field(examples=['["Retail"]'])] = None
    becomes: Annotated[Values, Field(examples=['["Energy"]'])] = None
    grade: Literal["model", "final"] | None = None
    steps: Annotated[int, Field(ge=1, le=4)] = 1
    direction: Literal["up", "down", "either"] = "either"
    new_account: Annotated[bool | None, Field(examples=["true"])] = None
    when: Annotated[dict[str, Condition] | None, Field(examples=['{ industry = ["Energy"], region = "EMEA" }'])] = None

    @property
    def happening(self) -> str:
        """Which of HAPPENINGS it is about."""
        return next(name for name in HAPPENINGS if getattr(self, name) is not None)

    @property
    def conditions(self) -> dict[str, tuple[str | int | float | bool, ...] | Between]:
        """`when`; empty where every account counts."""
        return self.when or {}

    @field_validator("name")
    @classmethod
    def _is_usable(cls, name: str) -> str:
        if not name.strip() or name != name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
            expected = f"write 1 to {LONGEST_NAME} characters without spaces around"
            raise wrong(f'{shown(name)} is no name; {expected}, as in name = "cloud intent"')
        if name.casefold() in TAKEN:
            raise wrong(f"{shown(name)} is a reason that the review queue has already; give the trigger another name")
        return name

    @field_validator("parent", "new_account")
    @classmethod
    def _is_asked_for(cls, asked: bool | None) -> bool | None:
        if asked is False:
            raise wrong("false asks for nothing; write true, or take it out")
        return asked

    @field_validator("when")
    @classmethod
    def _has_conditions(cls, when: dict[str, Condition] | None) -> dict[str, Condition] | None:
        return when if when is None else check_when(when)

    @model_validator(mode="after")
    def _is_about_one_thing(self) -> Self:
        given = [name for name in HAPPENINGS if getattr(self, name) is not None]
        if not given:
            raise wrong(f"says nothing that can happen; write one of {_EXAMPLE}")
        text = f"a trigger is about one thing, and {given[0]} is given; take one of them out, or write a second trigger"
        raise_any([Mistake((name,), text) for name in given[1:]])
        taken = _FURTHER.get(given[0], set())
        foreign = {key: owner for owner, keys in _FURTHER.items() for key in keys if key not in taken}
        found = sorted(key for key in foreign if key in self.model_fields_set)
        raise_any(
            [Mistake((key,), f"counts with {foreign[key]} alone, and this is about {given[0]}; take it out") for key in found]
        )
        return self

    @model_validator(mode="after")
    def _has_a_value_to_reach(self) -> Self:
        if self.intent is None:
            return self
        if self.reaches is None:
            raise wrong("intent needs the value that it must reach; write reaches = 70", "reaches")
        if self.measure == "strength" and self.reaches > 100:
            text = f'{self.reaches:g} is never reached, as strengths go to 100; write at most 100, or measure = "decayed"'
            raise wrong(text, "reaches")
        return self


def check_names(triggers: tuple[Trigger, ...]) -> tuple[Trigger, ...]:
    """The triggers; Mistakes where two have one name."""
    names = [trigger.name.casefold() for trigger in triggers]
    twice = [index for index, name in enumerate(names) if name in names[:index]]
    raise_any(
        [Mistake((index, "name"), f"{shown(triggers[index].name)} is there twice; give it another name") for index in twice]
    )
    return triggers
