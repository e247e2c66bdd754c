"""What the audit says of a row, in a sentence made from it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from overrides.decisions import lapse

EXPIRE = "expire"
PUBLICATION = "publication"
SYSTEM = "system"
"""By whom what nobody in particular did."""

_ENTRY_DETAILS = (
    "grade",
    "reason",
    "note",
    "approved_by",
    "batch_id",
    "seen_run_id",
    "seen_plan_grade",
    "seen_plan_points",
    "seen_model_grade",
    "seen_model_points",
)


@dataclass(frozen=True)
class Line:
    """One thing that happened: when (UTC), of what kind, by whom, to what (account_id, run_id, user …), in a sentence."""

    at: datetime
    kind: str
    by: str
    subject: str
    said: str
    details: dict[str, Any] = field(default_factory=dict)


def entry_line(row: Any) -> Line:
    """A decision, as an OverrideEntry has it."""
    said = {
        "add": f"Decides {row.grade} ({row.reason}) through {row.expires_on}",
        "supersede": f"Decides {row.grade} ({row.reason}) through {row.expires_on}, in place of the override before",
        "revoke": "Takes the override back",
        "hold_out": f"Decides {row.grade} ({row.reason}); held out, so it isn't in force",
    }[row.action]
    expires_on = None if row.expires_on is None else row.expires_on.isoformat()
    details = {"entry_id": str(row.entry_id), "override_kind": row.kind, "expires_on": expires_on}
    details |= {name: getattr(row, name) for name in _ENTRY_DETAILS}
    return Line(row.made_at, row.action, row.by, row.account_id, said + _seen_words(row) + _approval_words(row), details)


def _seen_words(row: Any) -> str:
    if row.seen_run_id is None:
        return ""
    return f"; the plan said {row.seen_plan_grade or 'no grade'}, the model {row.seen_model_grade or 'no grade'}"


def _approval_words(row: Any) -> str:
    return "" if row.approved_by is None else f"; approved by {row.approved_by}"


def lapse_line(row: Any) -> Line:
    """An override that ended by its date, as its OverrideEntry tells."""
    said = f"{row.grade} ({row.reason}) by {row.by} lapses after {row.expires_on}"
    details = {"entry_id": str(row.entry_id), "grade": row.grade, "reason": row.reason, "decided_by": row.by}
    return Line(lapse(row), EXPIRE, SYSTEM, row.account_id, said, details)


def aside_line(row: Any) -> Line:
    """A snooze, a dismissal or its end, as a SettingAside has it."""
    said = {
        "snooze": f"Snoozes it until {row.until}",
        "dismiss": "Dismisses it from the queue until its evidence moves",
        "return": "Brings it back to the queue",
    }[row.action]
    until = None if row.until is None else row.until.isoformat()
    return Line(row.made_at, row.action, row.by, row.account_id, said, {"until": until, "seen_run_id": row.seen_run_id})


def spend_line(row: Any) -> Line:
    """What somebody entered on potential spend, or its end, as a SpendEntry has it."""
    said = f"{spend_words(row.kind, row.amount)} ({row.reason})" if row.amount is not None else spend_words(row.kind, None)
    details = {"entry_id": str(row.entry_id), "amount": row.amount, "reason": row.reason, "note": row.note}
    return Line(row.made_at, f"spend_{row.kind}", row.by, row.account_id, f"{said}; it counts from the next scoring on", details)


def spend_words(kind: str, amount: float | None) -> str:
    """Enters a potential of 120,000 a year, Enters a growth of +10 %, Takes back …"""
    if amount is None:
        return "Takes back what was entered on its potential spend"
    if kind == "value":
        return f"Enters a potential spend of {amount:,.0f} a year"
    return f"Enters a growth of spend of {100 * amount:+.1f} %".replace("-", "−").replace(".0 %", " %")


def publication_line(row: Any) -> Line:
    """A run that became current."""
    model = f"model version {row.model_version}" if row.model_version else "no model"
    kind = {"full": "A run", "partial": "A partial run"}[row.kind]
    said = f"{kind} becomes current: plan {row.plan_version}, {model}, policy {row.policy}, as of {row.as_of}"
    names = ("kind", "model_name", "model_version", "plan_version", "policy")
    details = {name: getattr(row, name) for name in names} | {"as_of": row.as_of.isoformat(), "counts": row.counts}
    return Line(row.published_at, PUBLICATION, SYSTEM, row.run_id, said, details)


def event_line(row: Any) -> Line:
    """An event, which was recorded with its sentence."""
    return Line(row.made_at, row.kind, row.by, row.subject, row.said, row.details)
