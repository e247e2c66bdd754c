"""Reads a TOML file into a pydantic model. Every mistake in it is one line: where, which key, what was found, what to write."""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lastword.errors import ConfigurationError
from lastword.mistakes import Mistake, explain_all, key_name
from lastword.toml_lines import line_numbers, nearest_line

Item = TypeVar("Item")
ListOf = Annotated[tuple[Item, ...], Field(strict=False)]
"""A TOML list, kept as a tuple."""

SYNTAX = {
    "Cannot overwrite a value": "this key is given twice; keep one of the two",
    "Cannot declare": "this table is given twice; put its keys under one heading",
    "Cannot mutate immutable": "this key is given twice; keep one of the two",
    "Invalid value": "this is no value; write text in quotes, numbers without, true or false in small letters",
    "Expected '='": 'an equals sign is missing; write key = "value"',
    "Expected newline": "there is more after the value; write one key to a line, and text in quotes",
    "Unclosed array": "a [ has no closing ]",
    "Unclosed inline table": "a { has no closing }; an inline table stands on one line",
    "Unterminated string": "a text has no closing quote",
    "Illegal character": "a text has no closing quote on its line",
    "Invalid initial character for a key": "a key is expected here; an inline table { … } stands on one line, with no last comma",
    "Unescaped '\\'": "a backslash in a text; write paths with / or in 'single quotes'",
}
"""How tomllib's messages begin, and what to tell the person who wrote the file."""


class Section(BaseModel):
    """A table of a configuration file: unknown keys are errors, types are not guessed, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def read_toml[Model: BaseModel](path: Path, model: type[Model]) -> Model:
    """Read the TOML file at `path` as a `model`.

    Raises
    ------
    ConfigurationError
        where the file cannot be read or anything in it is wrong: one line naming the first mistake in the order of the file
        (file, line, key, what was found, what to write) and the number of the others.
    """
    return parse_toml(_read_text(path), model, path)


def parse_toml[Model: BaseModel](text: str, model: type[Model], path: Path) -> Model:
    """Read TOML that came from elsewhere than a file, as `read_toml` does; errors call it `path`."""
    try:
        return model.model_validate(_parse(path, text))
    except ValidationError as error:
        raise _first_in_file(path, text, explain_all(error.errors(), model)) from None


def configuration_error(path: Path, *found: Mistake) -> ConfigurationError:
    """An error on settings that only prove wrong later: the same line `file:12: [section] key: …` as upon reading.

    A mistake's `at` leads to the key, as in ("columns", "accounts", "industry"); where the file leaves the key out, the
    line is that of the table around it.
    """
    return _first_in_file(path, _read_text(path), found)


def shown_path(path: Path) -> str:
    """The path as a person would type it from the current folder."""
    try:
        return str(path.relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def _first_in_file(path: Path, text: str, found: Sequence[Mistake]) -> ConfigurationError:
    lines = line_numbers(text)
    first = min(found, key=lambda mistake: nearest_line(lines, mistake.at))
    others = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    where = f"{key_name(first.at)}: " if first.at else ""
    return _error(path, nearest_line(lines, first.at), f"{where}{first.text}{others}")


def _error(path: Path, line: int, text: str) -> ConfigurationError:
    return ConfigurationError(" ".join(f"{shown_path(path)}:{line}: {text}".splitlines()))


def _read_text(path: Path) -> str:
    """The file as text; a byte order mark, as some editors write it, is skipped."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ConfigurationError(f"{shown_path(path)}: no such file; `lastword init DIR` writes one to start from") from None
    except OSError as error:
        raise ConfigurationError(f"{shown_path(path)}: cannot be read ({error.strerror}); make it a readable file") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _error(path, line, f"byte {content[error.start]:#04x} is not UTF-8; save the file as UTF-8") from None


def _parse(path: Path, text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise _syntax_error(path, text, str(error)) from None


def _syntax_error(path: Path, text: str, message: str) -> ConfigurationError:
    """tomllib's message with its line and column brought to the front, and what to do about it."""
    place = re.search(r" \(at line (\d+), column (\d+)\)", message)
    line = int(place[1]) if place else max(1, len(text.rstrip().splitlines()))
    said = re.sub(r" \(at .*\)$", "", message)
    advice = next((words for start, words in SYNTAX.items() if said.startswith(start)), f"{said}; write key = value")
    return _error(path, line, f"column {place[2]}: {advice}" if place else advice)
