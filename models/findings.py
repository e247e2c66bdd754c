"""What the leakage gate says of a column, and the report of all it says."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from lastword.errors import Refusal

OUTCOMES = ("blocked", "warned", "excluded", "waived")

ADVICE: Mapping[str, str] = {
    "null lift": "ask whether it is filled in for customers alone, or after a sale",
    "single-feature AUC": "ask from what day on it is known, and who fills it in",
    "categories": "leave it out or give a coarser column",
    "identical": "nothing, or leave it out: it can tell little",
    "after_win": "nothing: the model doesn't see it",
    "landmark date": "see whether wins are recorded alike at all times; a model learns the mean of what was",
    "training against scoring": "see whether its source has changed; a model knows today's accounts less well",
    "loses when lagged": "see whether its dates are written at the sale, or moved back",
    "waiver not needed": "take it out of [model.leakage_waivers]",
}
"""What to do about a finding that stops nothing, by rule."""


@dataclass(frozen=True)
class Finding:
    """One column under one rule: its figure, the limit it passes (both NaN where the rule has none), in words, and what to do."""

    column: str
    rule: str
    figure: float
    limit: float
    message: str
    advice: str = ""


@dataclass(frozen=True)
class LeakageReport:
    """What the gate found: `blocked` stops the run, `warned` is told, `excluded` is left out, `waived` was let through."""

    blocked: tuple[Finding, ...] = ()
    warned: tuple[Finding, ...] = ()
    excluded: tuple[Finding, ...] = ()
    waived: tuple[Finding, ...] = ()

    def with_warnings(self, findings: tuple[Finding, ...]) -> "LeakageReport":
        """The report with further warnings after its own."""
        return replace(self, warned=(*self.warned, *findings))

    def let_through(self) -> "LeakageReport":
        """The report where [model] leakage = "warn": what is blocked stops nothing, which it says."""
        blocked = (replace(each, advice=f'let through by [model] leakage = "warn": {each.advice}') for each in self.blocked)
        return replace(self, blocked=tuple(blocked))

    def to_json(self) -> dict[str, list[dict[str, Any]]]:
        """Lists of findings by outcome, NaN as None."""
        return {outcome: [_in_json(each) for each in getattr(self, outcome)] for outcome in OUTCOMES}


class LeakageRefusal(Refusal):
    """A column that seems to know the future and for which no waiver is written. `report` is all that the gate found."""

    def __init__(self, message: str, report: LeakageReport = LeakageReport()) -> None:
        super().__init__(message)
        self.report = report


def refuse_blocked(report: LeakageReport) -> None:
    """Raise a LeakageRefusal that names the first blocked column, where there is one."""
    if report.blocked:
        columns = list(dict.fromkeys(finding.column for finding in report.blocked))
        more = f" (blocked too: {', '.join(columns[1:])})" if len(columns) > 1 else ""
        raise LeakageRefusal(f"{report.blocked[0].message}{more}", report)


def _in_json(finding: Finding) -> dict[str, Any]:
    fields = asdict(finding) | {"advice": finding.advice or ADVICE.get(finding.rule, "")}
    return {name: None if isinstance(value, float) and np.isnan(value) else value for name, value in fields.items()}
