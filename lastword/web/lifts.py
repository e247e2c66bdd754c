"""The lift table as its page shows it: named in two parts, narrowed, ordered, each row with the accounts that it is about."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from lastword.errors import ConfigurationError
from lastword.reason_words import attribute_words
from overrides.filters import HIERARCHY

if TYPE_CHECKING:
    import pandas as pd

FAMILIES = {"firmographic": "Firmographics", "technographic": "Technologies", "intent": "Intents"}

_SIGNAL = re.compile(r"(technology|intent):(.+)", re.DOTALL)
_LEVEL = re.compile(r"([^\s:]+): (.+)", re.DOTALL)
_BAND = re.compile(r"(.+?) (under \S+|from \S+|\S+ to \S+|known)", re.DOTALL)


@dataclass(frozen=True)
class Asked:
    """What of the table is looked at. `sort`: one of SORTS, with - in front from the largest; "": strongest evidence first."""

    family: str = "firmographic"
    sort: str = ""
    significant: bool = False
    search: str = ""


SORTS: Mapping[str, str] = {
    "indicator": "indicator",
    "won": "coverage_won",
    "house": "coverage_house",
    "lift": "lift",
    "shrunk": "eb_lift",
    "q": "q_value",
}
"""What a column of the page is sorted by."""


def asked_of(get: Callable[[str, str], str]) -> Asked:
    """What an address asks for. ConfigurationError: an unknown family or order."""
    family, sort = get("family", "") or "firmographic", get("sort", "")
    if family not in FAMILIES:
        raise ConfigurationError(f"family {family[:40]!r} is unknown: expected one of {', '.join(FAMILIES)}")
    if sort.removeprefix("-") not in ("", *SORTS):
        raise ConfigurationError(f"sort {sort[:40]!r} is unknown: expected one of {', '.join(SORTS)}, or - and one of them")
    return Asked(family, sort, get("significant", "") == "yes", get("search", "").strip()[:200])


def lift_rows(table: "pd.DataFrame", asked: Asked) -> "pd.DataFrame":
    """The rows of findings.Findings.indicators that are asked for, in order, and these columns more.

    attribute, value : the two parts of the indicator's name; value is "" where it has one.
    shown : a name in words that is short and still tells it from the others of its family; searched as the name is.
    """
    rows = table[table["family"] == asked.family]
    rows = rows[rows["significant"]] if asked.significant else rows
    rows = rows.assign(shown=[indicator_words(name) for name in rows["indicator"]])
    written = (rows[name].str.contains(asked.search, case=False, regex=False) for name in ("indicator", "shown"))
    rows = rows[reduce(or_, written)]
    if asked.sort:
        by = SORTS[asked.sort.removeprefix("-")]
        rows = rows.sort_values(by, ascending=not asked.sort.startswith("-"), kind="stable", na_position="last")
    parts = [in_two(name) for name in rows["indicator"]]
    return rows.assign(attribute=[part[0] for part in parts], value=[part[1] for part in parts])


def indicator_words(indicator: str) -> str:
    """Kubernetes, industry: Software, employee count 260 to 890."""
    if found := _SIGNAL.fullmatch(indicator):
        return found[2]
    attribute, value = in_two(indicator)
    between = "" if not value else ": " if _LEVEL.fullmatch(indicator) else ", " if "," in attribute_words(attribute) else " "
    return attribute_words(attribute) + between + value


def in_two(indicator: str) -> tuple[str, str]:
    """("industry", "Software"), ("employee_count", "260 to 890"), ("technology", "Kubernetes"), ("is_public", "")."""
    for pattern in (_SIGNAL, _LEVEL, _BAND):
        if found := pattern.fullmatch(indicator):
            return found[1], found[2]
    return indicator, ""


def accounts_query(attribute: str, value: str) -> tuple[tuple[str, str], ...]:
    """The filter that finds the accounts that have it; empty where none does."""
    return ((attribute, value),) if attribute in HIERARCHY and value else ()


def counted(table: "pd.DataFrame") -> dict[str, tuple[int, int]]:
    """Per family: how many indicators are significant, of how many."""
    found = {}
    for family in FAMILIES:
        rows = table[table["family"] == family]
        found[family] = (int(rows["significant"].sum()), len(rows))
    return found


def finding(rows: Sequence[Mapping[str, Any]], family: str, significant: int, total: int) -> str:
    """The section's heading: what the table says."""
    name = FAMILIES[family].lower()
    if not total:
        return f"No {name} to compare"
    if not significant:
        return f"None of {total:,} {name} sets winners apart beyond chance"
    strongest = max((row for row in rows if row["significant"]), key=lambda row: row["lift"], default=None)
    told = "" if strongest is None else f", {strongest['shown']} most: {strongest['lift']:.1f} times as common"
    return f"{significant:,} of {total:,} {name} set winners apart{told}"
