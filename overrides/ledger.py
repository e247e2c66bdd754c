"""The override ledger: people's decisions on accounts, in order, never changed. What is in force on a date is a query.

Every function works on the open store (store.open_store); a decision is one transaction, one writer at a time.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from lastword.errors import Conflict, Refusal
from overrides.accounts import changed_since, standings, unknown_account
from overrides.decisions import (
    Decision,
    Standing,
    checked,
    checked_author,
    checked_note,
    default_expiry,
    new_entry,
    seen,
    utc_date,
    with_lapses,
)

if TYPE_CHECKING:
    import pandas as pd

    from overrides.models import OverrideEntry

_IN_FORCE = (
    "entry_id",
    "grade",
    "kind",
    "reason",
    "note",
    "by",
    "made_at",
    "expires_on",
    "seen_run_id",
    "seen_plan_points",
    "seen_model_points",
    "seen_plan_grade",
    "seen_model_grade",
)
_SET_ASIDE = ("action", "until", "by", "made_at", "seen_run_id", "seen_plan_points", "seen_model_points")
NOBODY = ""
"""`expected_entry_id` of somebody who saw no override in force."""


@dataclass(frozen=True)
class Entry:
    """One line of the ledger. grade, kind, reason and expires_on are None for a revocation; seen_… is what the author saw.

    approved_by is the second person where the move asked for one, batch_id the decision on many accounts that it was part of.
    """

    entry_id: str
    account_id: str
    action: str
    grade: str | None
    kind: str | None
    reason: str | None
    note: str
    by: str
    made_at: datetime
    expires_on: date | None
    previous_entry_id: str | None
    seen_run_id: str | None
    seen_plan_points: float | None
    seen_model_points: float | None
    seen_plan_grade: str | None
    seen_model_grade: str | None
    approved_by: str | None = None
    batch_id: int | None = None


def add(
    account_id: str,
    grade: str,
    reason: str,
    note: str,
    by: str,
    expires_on: date | None,
    now: datetime,
    settings: Any,
    *,
    kind: str | None = None,
    expected_entry_id: str | None = None,
) -> Entry:
    """Record an override: one entry, `add`, `supersede` where one is in force, or `hold_out` where the draw holds it out.

    Parameters
    ----------
    expires_on
        Last day on which it is in force, UTC; None: today + `[overrides] expires_after_days`.
    settings
        `.overrides` and `.seed` of the project.
    kind
        accept_plan, accept_model or other; None: from what the author saw.
    expected_entry_id
        The entry that the author saw in force, `NOBODY` where there was none; None: don't compare.

    Raises
    ------
    ConfigurationError
        The grade, reason, note, author or date isn't one that an override can have.
    Refusal
        Unknown account, nothing published, or the move asks for a second person: reviewing.decide proposes such a move.
    Conflict
        Somebody decided since.
    """
    from overrides.store import lock_ledger, transaction

    decision = checked(
        Decision(account_id, grade, reason, note, by, expires_on or default_expiry(now, settings), kind), now, settings
    )
    with transaction() as cursor:
        lock_ledger(cursor)
        standing = standings([account_id])[account_id]
        refuse_change(standing, expected_entry_id, now)
        if standing.scores is None:
            raise unknown_account(account_id)
        entry = save_entry(new_entry(decision, standing, now, settings))
    return handed_out(entry)


def revoke(account_id: str, note: str, by: str, now: datetime, *, expected_entry_id: str | None = None) -> Entry:
    """End the override in force on an account with an entry of its own.

    Raises
    ------
    Refusal
        None is in force, or the account is unknown.
    Conflict
        Somebody decided since (see `add`).
    """
    from overrides.models import REVOKE, OverrideEntry
    from overrides.store import lock_ledger, transaction

    note, by = checked_note(note), checked_author(by)
    with transaction() as cursor:
        lock_ledger(cursor)
        standing = standings([account_id])[account_id]
        refuse_change(standing, expected_entry_id, now)
        if standing.in_force(now) is None:
            if not standing.entries and standing.scores is None:
                raise unknown_account(account_id)
            raise Refusal(f"account {account_id!r} has no override in force: see `lastword override history {account_id}`")
        entry = OverrideEntry(
            account_id=account_id,
            action=REVOKE,
            note=note,
            by=by,
            made_at=now,
            previous=standing.entries[-1],
            **seen(standing.scores),
        )
        save_entry(entry)
    return handed_out(entry)


def in_force(now: datetime) -> "pd.DataFrame":
    """The overrides in force at an instant, of now or of the past: one row per account, indexed by account_id.

    Columns: entry_id, grade, kind, reason, note, by (text), made_at (UTC), expires_on (date), seen_run_id, seen_plan_points,
    seen_model_points, seen_plan_grade, seen_model_grade (null where the author saw none).
    """
    from django.db.models import Exists, OuterRef

    from overrides.models import HOLD_OUT, IN_FORCE_ACTIONS, OverrideEntry
    from overrides.store import reading

    entries = OverrideEntry.objects.filter(made_at__lte=now)
    newer = entries.exclude(action=HOLD_OUT).filter(account_id=OuterRef("account_id"), entry_id__gt=OuterRef("entry_id"))
    standing = entries.filter(~Exists(newer), action__in=IN_FORCE_ACTIONS, expires_on__gte=utc_date(now))
    with reading():
        rows = list(standing.order_by("account_id").values_list("account_id", *_IN_FORCE))
    return _frame(rows, _IN_FORCE)


def set_aside(now: datetime) -> "pd.DataFrame":
    """The accounts set aside from the queue at an instant: one row per account, indexed by account_id.

    Columns: action (snooze through `until`; dismiss until the evidence moves), until (date, null for dismiss), by, made_at,
    seen_run_id, seen_plan_points, seen_model_points.
    """
    from django.db.models import Exists, OuterRef, Q

    from overrides.models import RETURN, SettingAside
    from overrides.store import reading

    made = SettingAside.objects.filter(made_at__lte=now)
    newer = made.filter(account_id=OuterRef("account_id"), id__gt=OuterRef("id"))
    standing = made.filter(~Exists(newer), ~Q(action=RETURN), Q(until__isnull=True) | Q(until__gte=utc_date(now)))
    with reading():
        rows = list(standing.order_by("account_id").values_list("account_id", *_SET_ASIDE))
    return _frame(rows, _SET_ASIDE)


def history(account_id: str, now: datetime) -> list[dict[str, str | None]]:
    """The entries of an account up to an instant, oldest first, as `history --json` shows them; times in UTC.

    An override that lapsed on its date has an entry `expire`, derived: entry_id "<id>:expire", made at the midnight after
    expires_on, by "system".

    Raises
    ------
    Refusal
        The account has neither entries nor a current score.
    """
    from overrides.store import reading

    with reading():
        standing = standings([account_id])[account_id]
        if standing.scores is None and not standing.entries:
            raise unknown_account(account_id)
    entries = [entry for entry in standing.entries if entry.made_at <= now]
    return [_line(entry, lapsed_at) for entry, lapsed_at in with_lapses(entries, now)]


def _line(entry: "OverrideEntry", lapsed_at: datetime | None) -> dict[str, str | None]:
    line = {
        "entry_id": str(entry.entry_id),
        "made_at": _utc_text(entry.made_at),
        "action": entry.action,
        "grade": entry.grade,
        "reason": entry.reason,
        "note": entry.note,
        "by": entry.by,
        "expires_on": None if entry.expires_on is None else entry.expires_on.isoformat(),
    }
    if entry.approved_by is not None:
        line["approved_by"] = entry.approved_by
    if lapsed_at is None:
        return line
    lapsed = {
        "entry_id": f"{entry.entry_id}:expire",
        "made_at": _utc_text(lapsed_at),
        "action": "expire",
        "note": "",
        "by": "system",
    }
    return line | lapsed


def _utc_text(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _frame(rows: list[tuple[Any, ...]], columns: tuple[str, ...]) -> "pd.DataFrame":
    import pandas as pd

    frame = pd.DataFrame.from_records(rows, columns=["account_id", *columns]).astype("str" if not rows else {"account_id": "str"})
    for name in columns:
        if name == "made_at":
            frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[us, UTC]")
        elif name in ("expires_on", "until"):
            frame[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
        else:
            frame[name] = frame[name].astype("float64" if name.endswith("_points") else "str")
    return frame.set_index("account_id")


def refuse_change(standing: Standing, expected_entry_id: str | None, now: datetime) -> None:
    """A Conflict where something else is in force than the author saw; None: don't compare."""
    if expected_entry_id is not None and in_force_id(standing, now) != expected_entry_id:
        said = changed_since(standing, now)
        raise Conflict(f"account {standing.account_id!r} was decided on since: {said}; look again and decide")


def in_force_id(standing: Standing, now: datetime) -> str:
    """The entry in force on an account, `NOBODY` where there is none: what `expected_entry_id` is compared with."""
    entry = standing.in_force(now)
    return NOBODY if entry is None else str(entry.entry_id)


def save_entry(entry: "OverrideEntry") -> "OverrideEntry":
    """Save an entry, and withdraw the move that waits on its account. For use within a transaction that holds the lock."""
    from overrides.proposals import settle_waiting

    entry.save(force_insert=True)
    settle_waiting([entry.account_id], entry.by, entry.made_at, decided_note(entry))
    return entry


def decided_note(entry: "OverrideEntry") -> str:
    """Why a proposal is withdrawn when this entry is made."""
    decided = "revoked the override" if entry.action == "revoke" else f"decided {entry.grade} ({entry.reason})"
    return f"{entry.by} {decided} on the account since"


def handed_out(entry: "OverrideEntry") -> Entry:
    """The row as it is handed out."""
    values = {name: getattr(entry, name) for name in Entry.__dataclass_fields__ if name != "previous_entry_id"}
    previous = None if entry.previous_id is None else str(entry.previous_id)
    return Entry(**values | {"entry_id": str(entry.entry_id), "previous_entry_id": previous})
