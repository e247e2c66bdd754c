"""What is wrong with a setting, in words: pydantic's errors become sentences that say what was found and what to write."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from lastword.toml_lines import Place

EXPECTED_TYPES = {
    "int": "a whole number",
    "float": "a number",
    "finite_number": "a finite number",
    "string": "text in quotes",
    "bool": "true or false",
    "model": "a table",
    "dict": "a table",
    "tuple": "a list",
}
BOUNDS = {
    "greater_than": "a number above {gt:.12g}",
    "greater_than_equal": "a number from {ge:.12g} up",
    "less_than": "a number below {lt:.12g}",
    "less_than_equal": "a number of at most {le:.12g}",
}


@dataclass(frozen=True)
class Mistake:
    """One mistake: where it is (relative to what was validated) and a sentence on what was found and what to write."""

    at: Place
    text: str

    def under(self, *at: str | int) -> "Mistake":
        """The same mistake seen from further out."""
        return Mistake((*at, *self.at), self.text)


class Mistakes(ValueError):
    """Raised by validators of settings: one or more mistakes, each at its own key."""

    def __init__(self, *found: Mistake) -> None:
        super().__init__("; ".join(mistake.text for mistake in found))
        self.found = found


def wrong(text: str, *at: str | int) -> Mistakes:
    """One mistake at the key `at`, to be raised by a validator."""
    return Mistakes(Mistake(at, text))


def raise_any(found: list[Mistake]) -> None:
    """Raise the mistakes found, where there are any."""
    if found:
        raise Mistakes(*found)


def explain_all(errors: Sequence[ErrorDetails], model: type[BaseModel]) -> list[Mistake]:
    """The mistakes behind pydantic's errors on `model`; a required key that is misspelt counts once, as the unknown key it is."""
    unknown = [error["loc"] for error in errors if error["type"] == "extra_forbidden"]
    misspelt = [(*at[:-1], _nearest(str(at[-1]), _known_keys(at, model))) for at in unknown]
    told = [error for error in errors if error["type"] != "missing" or error["loc"] not in misspelt]
    return [mistake for error in told for mistake in explain(error, model)]


def explain(error: ErrorDetails, model: type[BaseModel]) -> list[Mistake]:
    """The mistakes behind one of pydantic's errors on `model`."""
    at, kind, found = error["loc"], error["type"], shown(error["input"])
    context: dict[str, Any] = error.get("ctx", {})
    if isinstance(context.get("error"), Mistakes):
        return [mistake.under(*at) for mistake in context["error"].found]
    if kind == "extra_forbidden":
        return [Mistake(at, _unknown_key(at, model))]
    if kind == "missing":
        return [Mistake(at, f"missing{_advice(at, model)}")]
    if kind == "literal_error":
        return [Mistake(at, unknown_choice(error["input"], _choices(at, model)))]
    if kind in BOUNDS:
        return [Mistake(at, f"{found} is out of range; write {BOUNDS[kind].format(**context)}")]
    if kind == "string_too_short":
        return [Mistake(at, f"{found} is blank{_advice(at, model)}")]
    expected = EXPECTED_TYPES.get(kind.removesuffix("_type").removesuffix("_from_float"))
    return [Mistake(at, f"{found} is not {expected}{_advice(at, model)}" if expected else f"{found}: {error['msg']}")]


def unknown_choice(found: object, choices: Collection[object]) -> str:
    """`found` is none of the choices: say so, with the nearest one."""
    written = [shown(choice) for choice in choices]
    nearest = did_you_mean(found, [str(choice) for choice in choices], quote=True) if isinstance(found, str) else ""
    return f"{shown(found)} is unknown{nearest or f'; write {", ".join(written[:-1])} or {written[-1]}'}"


def did_you_mean(found: str, known: Collection[str], quote: bool = False) -> str:
    """`; did you mean threshold?` where a known name is near, else nothing."""
    nearest = _nearest(found, known)
    return f"; did you mean {shown(nearest) if quote else nearest}?" if nearest else ""


def _nearest(found: str, known: Collection[str]) -> str | None:
    lowered = {name.lower(): name for name in known}
    return next((lowered[name] for name in get_close_matches(found.lower(), lowered, n=1)), None)


def shown(value: object) -> str:
    """A value as TOML would have it, on one line and not too long."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list" if value else "an empty list"
    if isinstance(value, date):
        return value.isoformat()
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool) else str(value)
    return text if len(text) <= 60 else f"{text[:56]} …{text[-1]}"


def key_name(at: Place) -> str:
    """The dotted key as the file shows it: `[disparity] threshold`, or `[[attributes]] #2 bands #1.points`."""
    keys = next((index for index, part in enumerate(at) if isinstance(part, int)), len(at))
    names = [str(part) for part in at[:keys]]
    if keys == 1 < len(at):
        return f"[[{names[0]}]]{_steps(at[1:])}"
    head = f"[{'.'.join(names[:-1])}] " if len(names) > 1 else ""
    return head + "".join(names[-1:]) + _steps(at[keys:])


def _steps(at: Place) -> str:
    text = "".join(f" #{part + 1}" if isinstance(part, int) else f".{part}" for part in at)
    return text.replace(".", " ", 1) if text.startswith(" #") else text


def _unknown_key(at: Place, model: type[BaseModel]) -> str:
    key, known = str(at[-1]), _known_keys(at, model)
    home = _home_of(key, model)
    if home:
        return f"unknown key here; {home}"
    return f"unknown key{did_you_mean(key, known) or ' here; known are ' + ', '.join(known)}"


def _known_keys(at: Place, model: type[BaseModel]) -> list[str]:
    """What may stand beside or instead of the key at `at`."""
    here = _model_at(model, at[:-1])
    return list(here.model_fields) if here else []


def _home_of(key: str, model: type[BaseModel]) -> str | None:
    """Where a key that stands in the wrong place belongs."""
    if key in model.model_fields:
        return "it belongs at the top of the file, above the first [section]"
    sections = [f"[{name}]" for name in model.model_fields if key in getattr(_model_at(model, (name,)), "model_fields", {})]
    return f"it belongs under {' or '.join(sections)}" if sections else None


def _advice(at: Place, model: type[BaseModel]) -> str:
    example = _example(at, model)
    return f"; write {example}" if example else ""


def _example(at: Place, model: type[BaseModel]) -> str:
    """What to write at `at`: the field's own example, else its choices, else its default; empty where it has none."""
    parent = _model_at(model, at[:-1])
    field = parent.model_fields.get(str(at[-1])) if parent else None
    if field and field.examples:
        return f"{at[-1]} = {field.examples[0]}"
    if choices := _choices(at, model):
        return f"{at[-1]} = " + " or ".join(shown(choice) for choice in choices)
    if field and isinstance(field.default, str | int | float):
        return f"{at[-1]} = {shown(field.default)}"
    return _heading(at, model)


def _heading(at: Place, model: type[BaseModel]) -> str:
    """`a section [inputs]` or `a section [[rules]]` where tables stand at `at`, else nothing."""
    if any(isinstance(step, int) for step in at):
        return ""
    name = ".".join(str(step) for step in at)
    return f"a section [{name}]" if _model_at(model, at) else f"a section [[{name}]]" if _model_at(model, (*at, 0)) else ""


def _choices(at: Place, model: type[BaseModel]) -> tuple[object, ...]:
    return next((get_args(part) for part in _annotations(model, at) if str(get_origin(part)) == "typing.Literal"), ())


def _model_at(model: type[BaseModel], at: Place) -> type[BaseModel] | None:
    return next((part for part in _annotations(model, at) if isinstance(part, type) and issubclass(part, BaseModel)), None)


def _annotations(model: type[BaseModel], at: Place) -> Iterator[Any]:
    """The types that may stand at `at`, unions taken apart."""
    parts: list[Any] = [model]
    for step in at:
        parts = [inner for part in parts for inner in _one_step(part, step)]
    yield from parts


def _one_step(part: Any, step: str | int) -> Iterator[Any]:
    if isinstance(part, type) and issubclass(part, BaseModel):
        if step in part.model_fields:
            yield from _plain(part.model_fields[str(step)].annotation)
    elif get_origin(part) in (dict, tuple):
        yield from _plain(get_args(part)[1 if get_origin(part) is dict else 0])


def _plain(annotation: Any) -> Iterator[Any]:
    """A type without Annotated, its union members one by one."""
    if get_origin(annotation) is Annotated:
        yield from _plain(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, UnionType):
        for member in get_args(annotation):
            yield from _plain(member)
    else:
        yield annotation
