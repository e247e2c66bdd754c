"""Reading what a request says: bodies, texts, instants."""

import json
import math
from datetime import UTC, date, datetime, time
from typing import Annotated, Any

from django.http import HttpRequest
from ninja.parser import Parser
from pydantic import AfterValidator, BeforeValidator, Field

from lastword.errors import ConfigurationError

LONGEST_ID = 500
LATEST_EXPIRY = date(9998, 12, 31)
"""The day after it is a date too."""


class StrictParser(Parser):
    """JSON as the standard has it: neither NaN nor Infinity."""

    def parse_body(self, request: HttpRequest) -> Any:
        return json.loads(request.body, parse_constant=_no_number, parse_float=_finite)


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large")
    return number


def storable(text: str) -> str:
    """A text that every database can hold."""
    if any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("expected text without NUL and without halves of characters")
    return text


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("expected one line of letters that can be seen")
    return text


def _written(value: object) -> object:
    if value is not None and not isinstance(value, str):
        raise ValueError("expected a date as text, YYYY-MM-DD")
    return value


def _lasting(day: date) -> date:
    if day > LATEST_EXPIRY:
        raise ValueError(f"{day} is too late: expected {LATEST_EXPIRY} or earlier")
    return day


Text = Annotated[str, Field(max_length=500), AfterValidator(storable)]
AccountId = Annotated[str, Field(min_length=1, max_length=LONGEST_ID), AfterValidator(storable)]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(storable), AfterValidator(_one_line)]
Note = Annotated[str, Field(max_length=2000), AfterValidator(storable)]
Day = Annotated[date, BeforeValidator(_written), AfterValidator(_lasting)]


def instant_of(text: str, parameter: str, now: datetime, *, end_of_day: bool) -> datetime:
    """An instant of the past or of today in UTC, from a date (its start or its end, UTC) or a date and time.

    Raises
    ------
    ConfigurationError : it is neither, or lies after today.
    """
    try:
        if len(text) == len("2026-11-23"):
            instant = datetime.combine(date.fromisoformat(text), time.max if end_of_day else time.min, UTC)
        else:
            read = datetime.fromisoformat(text)
            instant = (read.replace(tzinfo=UTC) if read.tzinfo is None else read).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ConfigurationError(
            f"{parameter} {text[:40]!r} is no date or time: expected YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ (+ is %2B in an address)"
        ) from None
    if instant.date() > now.date():
        raise ConfigurationError(f"{parameter} {text!r} is in the future: expected {now:%Y-%m-%d} (UTC) or earlier")
    return instant
