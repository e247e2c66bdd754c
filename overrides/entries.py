"""The ledger a page at a time: what is in force, and every entry in the order in which they were made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from overrides.cursors import from_cursor, to_cursor
from overrides.decisions import utc_date
from overrides.ledger import Entry, handed_out

if TYPE_CHECKING:
    from overrides.models import OverrideEntry


@dataclass(frozen=True)
class EntryPage:
    """Entries, and where the next page begins (None: this was the last)."""

    entries: tuple[Entry, ...]
    after: str | None


def in_force_page(
    now: datetime,
    after: str | None = None,
    limit: int = 1000,
    *,
    reasons: Sequence[str] = (),
    people: Sequence[str] = (),
    since: datetime | None = None,
) -> EntryPage:
    """The overrides in force, one per account, by account_id: those with one of these reasons, by one of these people.

    Parameters
    ----------
    reasons, people
        As they are in the ledger; none given: any.
    since
        Only those made at this instant or later.

    Raises
    ------
    ConfigurationError
        `after` is no place in these pages.
    """
    from django.db.models import Exists, OuterRef

    from overrides.models import HOLD_OUT, IN_FORCE_ACTIONS, OverrideEntry

    last = "" if after is None else from_cursor(after, "in_force", (str,))[0]
    newer = OverrideEntry.objects.exclude(action=HOLD_OUT).filter(
        account_id=OuterRef("account_id"), entry_id__gt=OuterRef("entry_id")
    )
    asked: dict[str, Any] = {"action__in": IN_FORCE_ACTIONS, "expires_on__gte": utc_date(now), "account_id__gt": last}
    if reasons:
        asked["reason__in"] = reasons
    if people:
        asked["by__in"] = people
    if since is not None:
        asked["made_at__gte"] = since
    rows = _read(OverrideEntry.objects.filter(~Exists(newer), **asked).order_by("account_id"), limit)
    more = to_cursor("in_force", rows[limit - 1].account_id) if len(rows) > limit else None
    return EntryPage(tuple(handed_out(row) for row in rows[:limit]), more)


def entries_page(after: int | None = None, limit: int = 1000, *, since: datetime | None = None) -> EntryPage:
    """Every entry of the ledger, revocations too, in the order in which they were made.

    Parameters
    ----------
    after
        The entry_id of the last one that is known. No entry appears before it: they are made one at a time.
    since
        Only those made at this instant or later.
    """
    from overrides.models import OverrideEntry

    found = OverrideEntry.objects.filter(entry_id__gt=after or 0)
    if since is not None:
        found = found.filter(made_at__gte=since)
    rows = _read(found.order_by("entry_id"), limit)
    more = str(rows[limit - 1].entry_id) if len(rows) > limit else None
    return EntryPage(tuple(handed_out(row) for row in rows[:limit]), more)


def _read(found: Any, limit: int) -> "list[OverrideEntry]":
    from overrides.store import reading

    with reading():
        return list(found[: limit + 1])
