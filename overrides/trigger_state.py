"""What people did since a trigger fired, and when it did: what decides whether an account still waits for it."""

from collections.abc import Collection
from datetime import datetime

from overrides import ledger
from overrides.valid_rows import current_rows


def fired_at(run_ids: Collection[str]) -> dict[str, datetime]:
    """When these runs were published; those that were not are left out."""
    from overrides.models import Publication
    from overrides.store import reading

    with reading():
        return dict(Publication.objects.filter(run_id__in=set(run_ids)).values_list("run_id", "published_at"))


def trigger_said(account_id: str) -> str | None:
    """What its triggers say in the current publication; None where none is why the account was put under review."""
    from overrides.store import reading

    with reading():
        return current_rows().filter(account_id=account_id).values_list("trigger_said", flat=True).first()


def handled_at(since: datetime, now: datetime) -> dict[str, datetime]:
    """When somebody last decided on an account after `since`, or dismissed it: UTC by account_id.

    Held-out decisions leave an account where it is, and one that was taken back again counts as not taken.
    """
    from overrides.models import DISMISS, HOLD_OUT, REVOKE, OverrideEntry
    from overrides.store import reading

    made = OverrideEntry.objects.filter(made_at__gt=since, made_at__lte=now).exclude(action=HOLD_OUT).order_by("entry_id")
    with reading():
        rows = list(made.values_list("account_id", "entry_id", "action", "previous_id", "made_at"))
    entries = {entry for _, entry, *_ in rows}
    last = {account: (action, previous, made_at) for account, _, action, previous, made_at in rows}
    decided = {
        account: made_at
        for account, (action, previous, made_at) in last.items()
        if not (action == REVOKE and previous in entries)
    }
    for account, dismissed in _set_aside(DISMISS, now).items():
        decided[account] = max(dismissed, decided.get(account, dismissed))
    return decided


def snoozed_at(now: datetime) -> dict[str, datetime]:
    """When the accounts that are snoozed now were: UTC by account_id."""
    from overrides.models import SNOOZE

    return _set_aside(SNOOZE, now)


def _set_aside(action: str, now: datetime) -> dict[str, datetime]:
    aside = ledger.set_aside(now)
    rows = aside[aside["action"] == action]
    return dict(zip(rows.index, rows["made_at"], strict=True))
