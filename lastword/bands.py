"""Ranges of numbers: the bands of an attribute, which may leave no gap and no overlap, and the conditions of a rule."""

from collections.abc import Sequence
from itertools import pairwise
from math import inf
from typing import Annotated, Self

from pydantic import Field, PlainValidator, ValidationError, model_validator

from lastword.configuration import Section
from lastword.mistakes import Mistake, Mistakes, explain_all, raise_any, shown, wrong

Scalar = str | int | float | bool


class Between(Section):
    """Values from `min` up to but not including `max`; None is no border."""

    min: Annotated[float | None, Field(examples=["1000"])] = None
    max: Annotated[float | None, Field(examples=["5000"])] = None

    @property
    def start(self) -> float:
        return -inf if self.min is None else self.min

    @property
    def end(self) -> float:
        return inf if self.max is None else self.max

    @model_validator(mode="after")
    def _is_not_empty(self) -> Self:
        if self.start >= self.end:
            raise wrong(f"min {self.start:.12g} is not below max {self.end:.12g}, so no value fits; swap or change them")
        return self


class Band(Between):
    """What values from `min` up to but not including `max` are worth."""

    points: Annotated[float, Field(ge=0, examples=["50"])]


def _read_condition(value: object) -> "tuple[Scalar, ...] | Between":
    """A rule's condition: one value or a list of them, any of which fits, or `{ min, max }`."""
    if isinstance(value, Between):
        return value
    if isinstance(value, dict):
        return _read_between(value)
    if value == []:
        raise wrong("an empty list fits no account; write the values that fit")
    values = value if isinstance(value, list | tuple) else [value]
    odd = [i for i, item in enumerate(values) if not isinstance(item, str | int | float)]
    expected = "is no value to compare with; write text, a number, true, false, a list of these, or { min = …, max = … }"
    raise_any([Mistake((i,) if isinstance(value, list) else (), f"{shown(values[i])} {expected}") for i in odd])
    return tuple(values)


def _read_between(table: dict[str, object]) -> Between:
    if not table:
        raise wrong("an empty table fits every account; write { min = …, max = … }")
    try:
        return Between.model_validate(table)
    except ValidationError as error:
        raise Mistakes(*explain_all(error.errors(), Between)) from None


Condition = Annotated[tuple[Scalar, ...] | Between, PlainValidator(_read_condition)]


def band_mistakes(bands: Sequence[Band], least: float) -> list[Mistake]:
    """Gaps and overlaps between bands, and values from `least` (the smallest there can be) up to infinity that have none.

    A mistake's `at` is the band's index as written; bands may stand in any order.
    """
    ordered = sorted(enumerate(bands), key=lambda band: band[1].start)
    (first, lowest), (last, highest) = ordered[0], ordered[-1]
    found = []
    if lowest.start > least:
        text = f"a gap: values below {lowest.start:.12g} have no band; take min out of the lowest band"
        found.append(Mistake((first,), text))
    if highest.end < inf:
        text = f"a gap: values from {highest.end:.12g} up have no band; take max out of the highest band"
        found.append(Mistake((last,), text))
    neighbours = [(below, index, above) for (_, below), (index, above) in pairwise(ordered)]
    return found + [Mistake((index,), _border(below, above)) for below, index, above in neighbours if below.end != above.start]


def _border(below: Band, above: Band) -> str:
    if below.end < above.start:
        return f"a gap: values from {below.end:.12g} to {above.start:.12g} have no band; write min = {below.end:.12g}"
    return f"an overlap: values from {above.start:.12g} to {min(below.end, above.end):.12g} have two bands; change min or max"
