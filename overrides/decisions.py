"""Decisions before they are entries: what is checked, what stands on an account, and which entry a decision becomes.

Apart from making an unsaved row nothing here touches the database.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from lastword.contracts import GRADES
from lastword.errors import ConfigurationError, Refusal

if TYPE_CHECKING:
    from overrides.models import OverrideEntry

LONGEST_NOTE = 2000
MOST_YEARS_AHEAD = 50
MOST_AHEAD = timedelta(days=MOST_YEARS_AHEAD * 365.25)
"""An override lasts no longer than this from the day on which it is made."""


@dataclass(frozen=True)
class Decision:
    """What somebody decides about an account, checked: a known grade, a configured reason, a date that isn't past."""

    account_id: str
    grade: str
    reason: str
    note: str
    by: str
    expires_on: date
    kind: str | None = None


@dataclass(frozen=True)
class Standing:
    """What the store knows of an account before a decision: its scores now (None where it has none) and its entries in order."""

    account_id: str
    scores: dict[str, Any] | None
    entries: tuple["OverrideEntry", ...]

    def in_force(self, now: datetime) -> "OverrideEntry | None":
        """The entry in force: the latest that isn't held out, unless it revokes or has lapsed."""
        return replay(self.entries, utc_date(now))


def replay(entries: "Iterable[OverrideEntry]", today: date) -> "OverrideEntry | None":
    """The state of one account from its entries in order: the entry in force on a day (UTC), or None."""
    standing = None
    for entry in entries:
        if entry.action != "hold_out":
            standing = None if entry.action == "revoke" else entry
    return standing if standing is not None and standing.expires_on >= today else None


def with_lapses(entries: "Iterable[OverrideEntry]", now: datetime) -> "list[tuple[OverrideEntry, datetime | None]]":
    """The entries of one account in order, and among them again those that lapsed by their date, with the moment they did."""
    lines: list[tuple[OverrideEntry, datetime | None]] = []
    standing = None
    for entry in entries:
        if standing is not None and lapse(standing) <= entry.made_at:
            lines.append((standing, lapse(standing)))
            standing = None
        lines.append((entry, None))
        if entry.action != "hold_out":
            standing = None if entry.action == "revoke" else entry
    if standing is not None and lapse(standing) <= now:
        lines.append((standing, lapse(standing)))
    return lines


def lapse(entry: "OverrideEntry") -> datetime:
    """When an override that nobody replaces ends: the midnight (UTC) after its last day."""
    return datetime.combine(entry.expires_on + timedelta(days=1), time(), UTC)


def utc_date(now: datetime) -> date:
    """The day on which an instant falls in UTC: what expires_on is compared with."""
    return now.astimezone(UTC).date()


def default_expiry(now: datetime, settings: Any) -> date:
    """The last day of an override made now that names none."""
    return utc_date(now) + timedelta(days=settings.overrides.expires_after_days)


def checked(decision: Decision, now: datetime, settings: Any) -> Decision:
    """The decision with its grade and reason as configured, or ConfigurationError saying what is wrong with it."""
    if decision.expires_on < utc_date(now):
        raise ConfigurationError(
            f"expires_on {decision.expires_on} of account {decision.account_id!r} is past: expected {utc_date(now)} or later"
        )
    if decision.expires_on > utc_date(now) + MOST_AHEAD:
        raise ConfigurationError(
            f"expires_on {decision.expires_on} of account {decision.account_id!r} is more than {MOST_YEARS_AHEAD} years ahead: "
            "expected a day on which somebody looks at it again"
        )
    reason = checked_reason(decision.reason, decision.note, settings)
    return replace(
        decision,
        grade=checked_grade(decision.grade),
        reason=reason,
        note=checked_note(decision.note),
        by=checked_author(decision.by),
    )


def checked_grade(grade: str) -> str:
    if grade.strip().upper() not in GRADES:
        raise ConfigurationError(f"grade {grade!r} is unknown: expected one of {' '.join(GRADES)}")
    return grade.strip().upper()


def checked_reason(reason: str, note: str, settings: Any) -> str:
    """The reason as configured; ConfigurationError where there is none such, or where it asks for a note and there is none."""
    found = _configured_reason(reason, settings.overrides.reasons)
    if not note.strip() and found.casefold() in {asking.casefold() for asking in settings.overrides.note_for}:
        raise ConfigurationError(f"a note is asked for with reason {found!r}: say why in your own words (--note TEXT)")
    return found


def _configured_reason(reason: str, reasons: Sequence[str]) -> str:
    configured = {known.casefold(): known for known in reasons}
    if (found := configured.get(reason.strip().casefold())) is not None:
        return found
    if not reason.strip():
        raise ConfigurationError(f"the reason is empty: expected one of {', '.join(reasons)}")
    nearest = get_close_matches(reason.strip().casefold(), configured, n=1, cutoff=0)
    raise ConfigurationError(
        f"reason {reason!r} isn't among [overrides] reasons; nearest is {configured[nearest[0]]!r}, all: {', '.join(reasons)}"
    )


def checked_note(note: str) -> str:
    if len(note) > LONGEST_NOTE or "\0" in note:
        raise ConfigurationError(f"a note of {len(note)} characters: expected at most {LONGEST_NOTE}, none of them NUL")
    return note


def checked_author(by: str) -> str:
    if not by.strip():
        raise ConfigurationError("the author is empty: expected a name (--by WHO)")
    return by.strip()


def new_entry(
    decision: Decision, standing: Standing, now: datetime, settings: Any, *, approved_by: str | None = None
) -> "OverrideEntry":
    """The entry, not yet saved, that a decision becomes. Refusal: the move asks for a second person and nobody approved it."""
    from overrides.models import ADD, HOLD_OUT, SUPERSEDE, OverrideEntry

    scores = standing.scores
    assert scores is not None  # refused before
    if approved_by is None and asks_for_approval(decision, standing, settings):
        raise _unapproved(decision, scores["policy_grade"], settings)
    if steps_up(decision.grade, scores["policy_grade"]) > 0 and _held_out(decision.account_id, len(standing.entries), settings):
        action = HOLD_OUT
    else:
        action = ADD if standing.in_force(now) is None else SUPERSEDE
    return OverrideEntry(
        account_id=decision.account_id,
        action=action,
        grade=decision.grade,
        kind=decision.kind or kind_of(decision.grade, scores),
        reason=decision.reason,
        note=decision.note,
        by=decision.by,
        made_at=now,
        expires_on=decision.expires_on,
        previous=standing.entries[-1] if standing.entries else None,
        approved_by=approved_by,
        **seen(scores),
    )


def asks_for_approval(decision: Decision, standing: Standing, settings: Any) -> bool:
    """Whether [overrides] approve_from_steps lets the move from the policy's grade wait for a second person."""
    limit = settings.overrides.approve_from_steps
    assert standing.scores is not None  # refused before
    return bool(limit) and abs(steps_up(decision.grade, standing.scores["policy_grade"])) >= limit


def steps_up(grade: str, policy_grade: str | None) -> int:
    """Grades by which the override is better than the policy; no grade at all counts as one below F."""
    policy_place = len(GRADES) if policy_grade is None else GRADES.index(policy_grade)
    return policy_place - GRADES.index(grade)


def _unapproved(decision: Decision, policy_grade: str | None, settings: Any) -> Refusal:
    steps = abs(steps_up(decision.grade, policy_grade))
    return Refusal(
        f"account {decision.account_id!r}: from {policy_grade or 'no grade'} to {decision.grade} is {steps} steps, "
        f"and [overrides] approve_from_steps = {settings.overrides.approve_from_steps} asks for a second person: "
        "propose it with `lastword override add` or in the review application, or choose a nearer grade"
    )


def _held_out(account_id: str, count: int, settings: Any) -> bool:
    """A draw that is the same whenever it is repeated: from the seed, the account and how many entries it has."""
    digest = hashlib.sha256(f"{settings.seed}\0{account_id}\0{count}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64 < settings.overrides.holdout


def kind_of(grade: str, scores: dict[str, Any]) -> str:
    if grade == scores["model_grade"]:
        return "accept_model"
    return "accept_plan" if grade == scores["plan_grade"] else "other"


def seen(scores: dict[str, Any] | None) -> dict[str, Any]:
    """What the store says of an account now, as the columns seen_… of a decision."""
    names = ("run_id", "plan_points", "model_points", "plan_grade", "model_grade")
    return {f"seen_{name}": scores[name] for name in names} if scores is not None else {}
