"""The entry that takes another one back. Nothing is ever deleted: what stood before is decided again, or the override revoked.

Apart from making an unsaved row nothing here touches the database.
"""

import re
from datetime import datetime
from typing import TYPE_CHECKING

from lastword.errors import Conflict, Refusal
from overrides.accounts import changed_since
from overrides.decisions import LONGEST_NOTE, Standing, replay, seen, utc_date

if TYPE_CHECKING:
    from overrides.models import OverrideEntry

_UNDO = re.compile(r"undo of \d+(: )?")


def compensating(standing: Standing, entry_id: str, by: str, now: datetime) -> "OverrideEntry":
    """The entry, not yet saved, after which an account is as it was before `entry_id`, its latest.

    The override that stood before stands again with its grade, kind, reason, expiry and what its author saw, so that the
    queue asks again where it asked before; its note follows "undo of <id>: ". Where none stood, or its last day is past, the
    entry revokes.

    Raises
    ------
    Refusal
        There is no such entry, it was held out, it has lapsed, or what it ended has: nothing would change.
    Conflict
        Another entry was made on the account since.
    """
    entry = _latest(standing, entry_id, now)
    today = utc_date(now)
    before, standing_entry = replay(standing.entries[:-1], today), replay(standing.entries, today)
    if entry.action == "hold_out":
        raise _nothing_to_undo(standing, entry_id, "was held out and isn't in force")
    if before is None and standing_entry is None:
        over = "ended an override that would have lapsed by now" if entry.action == "revoke" else "has lapsed"
        raise _nothing_to_undo(standing, entry_id, over)
    return _revocation(standing, entry, by, now) if before is None else _restored(before, standing, by, now)


def _latest(standing: Standing, entry_id: str, now: datetime) -> "OverrideEntry":
    if entry_id not in {str(entry.entry_id) for entry in standing.entries}:
        raise Refusal(
            f"account {standing.account_id!r} has no entry {entry_id!r}: see `lastword override history {standing.account_id}`"
        )
    latest = standing.entries[-1]
    if str(latest.entry_id) != entry_id:
        said = changed_since(standing, now)
        raise Conflict(f"account {standing.account_id!r} was decided on since entry {entry_id}: {said}; look again and decide")
    return latest


def _nothing_to_undo(standing: Standing, entry_id: str, why: str) -> Refusal:
    return Refusal(f"account {standing.account_id!r}: entry {entry_id} {why}, so there is nothing to undo; decide anew")


def _revocation(standing: Standing, entry: "OverrideEntry", by: str, now: datetime) -> "OverrideEntry":
    from overrides.models import REVOKE, OverrideEntry

    return OverrideEntry(
        account_id=standing.account_id,
        action=REVOKE,
        note=f"undo of {entry.entry_id}",
        by=by,
        made_at=now,
        previous=entry,
        **seen(standing.scores),
    )


def _restored(before: "OverrideEntry", standing: Standing, by: str, now: datetime) -> "OverrideEntry":
    from overrides.models import ADD, SUPERSEDE, OverrideEntry

    kept = ("account_id", "grade", "kind", "reason", "expires_on", "approved_by")
    saw = ("seen_run_id", "seen_plan_points", "seen_model_points", "seen_plan_grade", "seen_model_grade")
    return OverrideEntry(
        action=ADD if standing.in_force(now) is None else SUPERSEDE,
        note=_note(str(standing.entries[-1].entry_id), before.note),
        by=by,
        made_at=now,
        previous=standing.entries[-1],
        **{name: getattr(before, name) for name in (*kept, *saw)},
    )


def _note(entry_id: str, note: str) -> str:
    """`undo of <id>`, then the note that stands again, without the same words from an undo before."""
    own = _UNDO.sub("", note, count=1) if _UNDO.match(note) else note
    return f"undo of {entry_id}: {own}"[:LONGEST_NOTE] if own.strip() else f"undo of {entry_id}"
