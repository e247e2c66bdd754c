"""Numbers as people type them into a form: 25000, 25,000, 25 000, 12.5 %."""

import re

from lastword.errors import ConfigurationError

_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:[,  '’]\d{3})+|\d+)(?:\.\d+)?|[+-]?\.\d+", re.ASCII)
_SEPARATORS = re.compile(r"[,  '’]")


def typed_number(text: str, what: str, low: float, high: float, example: str, unit: str = "") -> float:
    """Read a number.

    Raises
    ------
    ConfigurationError
        It is empty, no number, or not within low to high: what was expected, with the example.
    """
    given = text.strip().replace("−", "-").removesuffix(unit).strip() if unit else text.strip().replace("−", "-")
    if not given:
        raise ConfigurationError(f"{what} is empty: expected a number, as {example}")
    if not _NUMBER.fullmatch(given) or len(given) > 40:
        raise ConfigurationError(f"{what} {text.strip()[:40]!r} is no number: expected one as {example}")
    value = float(_SEPARATORS.sub("", given))
    if not low <= value <= high:
        raise ConfigurationError(f"{what} of {value:,.10g} can't be: expected {low:,.10g} to {high:,.15g}")
    return value
