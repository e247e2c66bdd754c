"""Where a page ended, as an opaque text for the link to the next: the sort values of its last row, exactly."""

import base64
import json
import math
from typing import Any

from lastword.errors import ConfigurationError


def to_cursor(kind: str, *values: float | str) -> str:
    """A text of letters, digits, - and _ that holds where a page of this kind ended."""
    return base64.urlsafe_b64encode(json.dumps([kind, *values]).encode()).decode().rstrip("=")


def from_cursor(text: str, kind: str, types: tuple[type, ...]) -> list[Any]:
    """The values that `to_cursor` was given.

    Raises
    ------
    ConfigurationError
        The text is no cursor, or one of pages in another order.
    """
    try:
        found, *values = json.loads(
            base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        )
    except (ValueError, TypeError, RecursionError):
        found, values = None, []
    if found != kind or [type(value) for value in values] != list(types) or not all(map(_usable, values)):
        raise ConfigurationError(
            f"the place {text[:40]!r} in the pages can't be read: expected `after` of a page in the same order"
        )
    return values


def _usable(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
    return math.isfinite(value)
