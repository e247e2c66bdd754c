"""Which text a spreadsheet would run, and which columns hold ids, which are never altered."""

import re

RUNNABLE = r"'*[=+\-@\t\r\n]"
"""The beginning of a text that gets a leading ': quotes count, so that taking one off always gives back the text."""

_QUOTED = re.compile("'" + RUNNABLE)


def holds_ids(name: str) -> bool:
    """Whether a column holds ids of accounts."""
    return name == "account_id" or name.endswith("_account_id")


def is_quoted(text: str) -> bool:
    """Whether a text begins with the ' that keeps a spreadsheet from running it."""
    return _QUOTED.match(text) is not None


def without_quote(text: str) -> str:
    """The text as it was before the ' was put in front."""
    return text[1:] if is_quoted(text) else text
