"""What people know of an account's potential spend: a value, or a growth of what it spent, with reason and history.

Entries are never changed. Of an account a value goes before a growth, the newer of the same kind before the older; `clear`
takes back both. What stands counts from the next scoring on. Every function works on the open store (store.open_store).
"""

from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import TYPE_CHECKING

from lastword.errors import ConfigurationError, Refusal
from overrides.decisions import checked_author, checked_note
from overrides.valid_rows import current_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from django.db.models import QuerySet

    from overrides.models import SpendEntry

VALUE, GROWTH, CLEAR = "value", "growth", "clear"
LONGEST_REASON = 200
MOST = 1e15
"""Above, a number is a slip of the keyboard in any currency."""


@dataclass(frozen=True)
class SpendLine:
    """One entry: amount a year (value), a share of the prior year's spend (growth: 0.1 is a tenth more), None (clear)."""

    entry_id: int
    account_id: str
    kind: str
    amount: float | None
    reason: str
    note: str
    by: str
    made_at: datetime


def add(account_id: str, kind: str, amount: float, reason: str, note: str, by: str, now: datetime) -> SpendLine:
    """Enter a value or a growth; it counts from the next scoring on.

    Raises
    ------
    ConfigurationError
        The kind, amount, reason, note or author isn't one that an entry can have.
    Refusal
        The account is unknown to the current scores.
    """
    if kind not in (VALUE, GROWTH):
        raise ConfigurationError(f"an entry of kind {kind!r} is unknown; give {VALUE!r} or {GROWTH!r}")
    _refuse_amount(kind, amount)
    return _save(account_id, kind, amount, _checked_reason(reason), note, by, now)


def clear(account_id: str, note: str, by: str, now: datetime) -> SpendLine:
    """Take back what stands on an account, with an entry of its own.

    Raises
    ------
    Refusal
        Nothing stands, or the account is unknown.
    """
    from overrides.store import lock_ledger, transaction

    with transaction() as cursor:
        lock_ledger(cursor)
        past = entries_of(account_id)
        if _standing(past) is None:
            _refuse_unknown(account_id, past)
            raise Refusal(f"account {account_id!r} has no entry to take back: see `lastword spend history {account_id}`")
        return _insert(account_id, CLEAR, None, "", checked_note(note), checked_author(by), now)


def history(account_id: str) -> list[SpendLine]:
    """Everything entered on an account, oldest first. Refusal: the account has neither entries nor a current score."""
    from overrides.store import reading

    with reading():
        past = entries_of(account_id)
        _refuse_unknown(account_id, past)
    return past


def standing(account_id: str) -> SpendLine | None:
    """The entry that decides an account's potential spend at the next scoring; None where none does."""
    from overrides.store import reading

    with reading():
        return _standing(entries_of(account_id))


def in_force(now: datetime) -> "pd.DataFrame":
    """The entries that stood at an instant: one row per account, indexed by account_id.

    Columns: entry_id, kind (value, growth), amount, reason, note, by, made_at (UTC).
    """
    import pandas as pd

    from overrides.models import SpendEntry
    from overrides.store import reading

    with reading():
        entries = [_line(row) for row in SpendEntry.objects.filter(made_at__lte=now).order_by("account_id", "entry_id")]
    by_account: dict[str, list[SpendLine]] = {}
    for entry in entries:
        by_account.setdefault(entry.account_id, []).append(entry)
    found = [line for each in by_account.values() if (line := _standing(each)) is not None]
    frame = pd.DataFrame([vars(line) for line in found], columns=list(SpendLine.__annotations__))
    texts = dict.fromkeys(("account_id", "kind", "reason", "note", "by"), "str")
    typed = frame.astype({**texts, "amount": "float64", "entry_id": "int64"})
    return typed.assign(made_at=pd.to_datetime(typed["made_at"], utc=True)).set_index("account_id")


def last_entry_id() -> int:
    """The newest entry; 0 before the first. While it is the same, so is what stands."""
    from overrides.models import SpendEntry

    return _newest(SpendEntry.objects.all())


def newest_entry_of(account_id: str) -> int:
    """The newest entry on an account; 0 where there is none."""
    from overrides.models import SpendEntry

    return _newest(SpendEntry.objects.filter(account_id=account_id))


def _newest(entries: "QuerySet[SpendEntry]") -> int:
    from django.db.models import Max

    from overrides.store import reading

    with reading():
        return entries.aggregate(last=Max("entry_id"))["last"] or 0


def accounts_entered_since(since: datetime) -> set[str]:
    """The accounts with an entry made at that instant or later."""
    from overrides.models import SpendEntry
    from overrides.store import reading

    with reading():
        return set(SpendEntry.objects.filter(made_at__gte=since).values_list("account_id", flat=True))


def _standing(entries: "Iterable[SpendLine]") -> SpendLine | None:
    last: dict[str, SpendLine] = {}
    for entry in entries:
        if entry.kind == CLEAR:
            last.clear()
        else:
            last[entry.kind] = entry
    return last.get(VALUE) or last.get(GROWTH)


def _refuse_amount(kind: str, amount: float) -> None:
    if kind == VALUE and not 0 <= amount <= MOST:
        raise ConfigurationError(f"a potential of {amount:g} a year can't be: expected an amount from 0 to {MOST:g}")
    if kind == GROWTH and not -1 <= amount <= 100:
        raise ConfigurationError(f"a growth of {amount:g} can't be: expected a share from -1 to 100, as 0.1 for a tenth more")
    assert isfinite(amount)


def _checked_reason(reason: str) -> str:
    if not reason.strip():
        raise ConfigurationError("the reason is empty: say in a few words how you know (--reason TEXT)")
    if len(reason) > LONGEST_REASON or "\0" in reason:
        raise ConfigurationError(
            f"a reason of {len(reason)} characters: expected at most {LONGEST_REASON}, none of them NUL; the rest into the note"
        )
    return reason.strip()


def _save(account_id: str, kind: str, amount: float, reason: str, note: str, by: str, now: datetime) -> SpendLine:
    from overrides.store import lock_ledger, transaction

    note, by = checked_note(note), checked_author(by)
    with transaction() as cursor:
        lock_ledger(cursor)
        _refuse_unknown(account_id, [])
        return _insert(account_id, kind, amount, reason, note, by, now)


def _insert(account_id: str, kind: str, amount: float | None, reason: str, note: str, by: str, now: datetime) -> SpendLine:
    from overrides.models import SpendEntry

    entry = SpendEntry(account_id=account_id, kind=kind, amount=amount, reason=reason, note=note, by=by, made_at=now)
    entry.save(force_insert=True)
    return _line(entry)


def _refuse_unknown(account_id: str, past: list[SpendLine]) -> None:
    from overrides.accounts import unknown_account

    if not past and not current_rows().filter(account_id=account_id).exists():
        raise unknown_account(account_id)


def entries_of(account_id: str) -> list[SpendLine]:
    """Everything entered on an account, oldest first, within a read or a transaction of the caller's."""
    from overrides.models import SpendEntry

    return [_line(row) for row in SpendEntry.objects.filter(account_id=account_id).order_by("entry_id")]


def _line(row: object) -> SpendLine:
    return SpendLine(**{name: getattr(row, name) for name in SpendLine.__annotations__})
