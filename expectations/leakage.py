"""What the leakage gate found, as people read it: on the page of the validation, in MLflow and on the terminal."""

from collections.abc import Mapping
from typing import Any

OUTCOMES = ("blocked", "waived", "warned", "excluded")
MOST_LINES = 10


def leakage_rows(found: Mapping[str, Any]) -> list[dict[str, str]]:
    """A row per finding, those that stop a run first: outcome, column, rule, figure, limit, said, advice, all of them text.

    Parameters
    ----------
    found
        Lists of findings by outcome, as leakage.json has them.
    """
    return [
        {
            "outcome": outcome,
            "column": finding["column"],
            "rule": finding["rule"],
            "figure": _number(finding["figure"]),
            "limit": _number(finding["limit"]),
            "said": _said(finding),
            "advice": finding["advice"],
        }
        for outcome in OUTCOMES
        for finding in found[outcome]
    ]


def headline(found: Mapping[str, Any]) -> str:
    """How many findings there are of each outcome: `0 blocked, 2 warned, 3 excluded`; waived ones only where there are any."""
    outcomes = ["blocked", "warned", "excluded", *(["waived"] if found["waived"] else [])]
    return ", ".join(f"{len(found[outcome])} {outcome}" for outcome in outcomes)


def leakage_lines(found: Mapping[str, Any] | None) -> list[str]:
    """The headline, and a line for each finding that a person should judge; none where nothing was trained."""
    if not found:
        return []
    judged = [row for row in leakage_rows(found) if row["outcome"] != "excluded"]
    let_through = ' (let through by [model] leakage = "warn")' if found["blocked"] else ""
    lines = [f"  {row['outcome']}  {row['column']}: {row['said']}" for row in judged[:MOST_LINES]]
    more = [f"  and {len(judged) - MOST_LINES} more in leakage.json"] if len(judged) > MOST_LINES else []
    return [f"Leakage     {headline(found)}{let_through}", *lines, *more]


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def _said(finding: Mapping[str, Any]) -> str:
    """The message without the column and without what to do, which stand beside it."""
    said = str(finding["message"]).removeprefix(f'column "{finding["column"]}"').removeprefix(":")
    return said.removesuffix(finding["advice"]).rstrip("; ").strip()
