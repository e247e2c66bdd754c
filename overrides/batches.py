"""One decision on many accounts at once: what it would do, doing it in one transaction, and taking it back.

Accounts on which somebody decided since the preview are left out and told, never overwritten. Taking a batch back makes
compensating entries; nothing is deleted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lastword.errors import Refusal
from overrides.accounts import standings
from overrides.batch_plan import (
    DECIDED,
    HELD_OUT,
    LARGEST_BATCH,
    UNCHANGED,
    WAITING,
    LeftOut,
    Plan,
    Wish,
    checked_wish,
    distinct,
    planned,
    planned_undo,
)
from overrides.decisions import checked_author
from overrides.ledger import in_force_id
from overrides.proposals import save_new, settle_waiting
from overrides.store import lock_ledger, reading, transaction

if TYPE_CHECKING:
    from overrides.models import Batch

__all__ = ["LARGEST_BATCH", "Applied", "BatchLine", "LeftOut", "Preview", "apply", "batches", "preview", "undo_batch"]


@dataclass(frozen=True)
class Preview:
    """What a batch would do, had it been applied when this was made; nothing was changed.

    `moves` counts the accounts decided by (final grade now, grade then), None: no grade. `waiting` ask for a second person,
    `held_out` are recorded without being in force, `unchanged` have an override with that grade and reason already. `expected`
    is what is in force on each account (ledger.NOBODY: nothing), to be given to `apply`.
    """

    accounts: int
    decided: int
    held_out: int
    waiting: int
    unchanged: int
    moves: dict[tuple[str | None, str], int]
    refused: tuple[LeftOut, ...]
    expected: dict[str, str]


@dataclass(frozen=True)
class Applied:
    """What a batch did, or taking it back did: accounts decided, held out, proposed, unchanged; those left out, and why.

    `conflicts` are accounts on which somebody decided since. `withdrawn`: its proposals that waited until it was taken back.
    """

    batch_id: int
    decided: int
    held_out: int = 0
    waiting: int = 0
    unchanged: int = 0
    refused: tuple[LeftOut, ...] = ()
    conflicts: tuple[LeftOut, ...] = ()
    withdrawn: int = 0


@dataclass(frozen=True)
class BatchLine:
    """A batch as it was applied; undone_by and undone_at are None where it stands. `counts` as in `Applied`, by name."""

    batch_id: int
    by: str
    made_at: datetime
    choice: str
    grade: str | None
    reason: str
    note: str
    said: str
    counts: dict[str, int]
    undone_by: str | None
    undone_at: datetime | None


def preview(
    account_ids: Iterable[str],
    choice: str,
    reason: str,
    note: str,
    by: str,
    now: datetime,
    settings: Any,
    grade: str | None = None,
) -> Preview:
    """What deciding so on these accounts would do; nothing changes. Raises as `apply` does, except where nothing is left."""
    wish, accounts = checked_wish(choice, grade, reason, note, by, settings), distinct(account_ids)
    with reading():
        standing = standings(accounts)
        plan = planned(wish, standing, {}, now, settings)
    return Preview(
        accounts=len(accounts),
        moves=dict(plan.moves),
        refused=tuple(plan.refused),
        expected={account: in_force_id(each, now) for account, each in standing.items()},
        **{name: plan.outcomes[name] for name in (DECIDED, HELD_OUT, WAITING, UNCHANGED)},
    )


def apply(
    account_ids: Iterable[str],
    choice: str,
    reason: str,
    note: str,
    by: str,
    now: datetime,
    settings: Any,
    grade: str | None = None,
    said: str = "",
    expected: Mapping[str, str] | None = None,
) -> Applied:
    """Decide so on all these accounts in one transaction, each as it is scored now.

    Parameters
    ----------
    choice
        As in reviewing.decide: accept_model, accept_plan, or grade with `grade`.
    said
        What the accounts were chosen by, in words, for the record.
    expected
        account_id -> the entry that the author saw in force (ledger.NOBODY: none), from `preview`; accounts on which
        something else is in force by now are left out as conflicts. None: don't compare.

    Raises
    ------
    ConfigurationError
        The choice, grade, reason, note or author isn't one that a decision can have.
    Refusal
        More than LARGEST_BATCH accounts, or nothing would be recorded.
    """
    wish, accounts = checked_wish(choice, grade, reason, note, by, settings), distinct(account_ids)
    with transaction() as cursor:
        lock_ledger(cursor)
        plan = planned(wish, standings(accounts), expected or {}, now, settings)
        if not plan.entries and not plan.proposals:
            raise _nothing_recorded(plan, len(accounts))
        batch = _saved_batch(wish, plan, said, now)
        _save(plan, batch, now)
    return Applied(batch.batch_id, **_counts(plan), refused=tuple(plan.refused), conflicts=tuple(plan.conflicts))


def undo_batch(batch_id: int, by: str, now: datetime, settings: Any) -> Applied:
    """Take a batch back: a compensating entry for each of its entries that is its account's latest and in force.

    Its proposals that still wait are withdrawn. Accounts on which somebody decided since are left as they are (`conflicts`), as
    are entries that were held out or have lapsed (`refused`). What stands again was decided under the settings of its day, so
    `settings` refuse none of it.

    Raises
    ------
    Refusal
        There is no such batch, it was taken back before, or nothing of it is left to take back.
    """
    by = checked_author(by)
    with transaction() as cursor:
        lock_ledger(cursor)
        batch = _standing_batch(batch_id)
        plan = planned_undo(batch_id, by, now)
        withdrawn = _withdraw_proposals(batch_id, by, now)
        if not plan.entries and not withdrawn:
            raise Refusal(
                f"batch {batch_id}: {len(plan.conflicts):,} of its accounts were decided on since, and nothing of it is left"
            )
        _save(plan, None, now)
        batch.undone_by, batch.undone_at = by, now
        batch.save()
        undone = Applied(
            batch_id, len(plan.entries), refused=tuple(plan.refused), conflicts=tuple(plan.conflicts), withdrawn=withdrawn
        )
        _tell(batch, by, _said_undone(undone), now)
    return undone


def batches(limit: int = 50) -> list[BatchLine]:
    """The batches, newest first."""
    from overrides.models import Batch

    with reading():
        rows = list(Batch.objects.order_by("-batch_id")[:limit])
    return [BatchLine(**{name: getattr(row, name) for name in BatchLine.__dataclass_fields__}) for row in rows]


def _nothing_recorded(plan: Plan, accounts: int) -> Refusal:
    left_out = [*plan.conflicts, *plan.refused]
    first = f"; the first is account {left_out[0].account_id!r}: {left_out[0].said}" if left_out else ""
    return Refusal(
        f"nothing recorded: of {accounts:,} accounts {plan.outcomes[UNCHANGED]:,} have this override already, "
        f"{len(plan.conflicts):,} were decided on since and {len(plan.refused):,} can't be decided so{first}"
    )


def _counts(plan: Plan) -> dict[str, int]:
    return {name: plan.outcomes[name] for name in (DECIDED, HELD_OUT, WAITING, UNCHANGED)}


def _saved_batch(wish: Wish, plan: Plan, said: str, now: datetime) -> "Batch":
    from overrides.models import Batch

    counts = _counts(plan) | {"refused": len(plan.refused), "conflicts": len(plan.conflicts)}
    values = {name: getattr(wish, name) for name in ("choice", "grade", "reason", "note", "by")}
    batch = Batch.objects.create(**values, made_at=now, said=said.replace("\0", ""), counts=counts)
    _tell(batch, wish.by, _said_applied(batch), now)
    return batch


def _save(plan: Plan, batch: "Batch | None", now: datetime) -> None:
    """Save the rows of a plan; moves that waited on the accounts decided are withdrawn."""
    from overrides.models import OverrideEntry

    for entry in plan.entries:
        entry.batch = batch
    for proposal in plan.proposals:
        proposal.batch = batch
    OverrideEntry.objects.bulk_create(plan.entries, batch_size=500)
    if plan.entries:
        by = plan.entries[0].by
        settle_waiting([entry.account_id for entry in plan.entries], by, now, f"{by} decided on the account since, with others")
    save_new(plan.proposals)


def _standing_batch(batch_id: int) -> "Batch":
    from overrides.models import Batch

    batch = Batch.objects.filter(batch_id=batch_id).first()
    if batch is None:
        raise Refusal(f"there is no batch {batch_id}: the record of decisions names those that there are")
    if batch.undone_at is not None:
        raise Refusal(f"batch {batch_id} was taken back by {batch.undone_by} at {batch.undone_at:%Y-%m-%d %H:%M} UTC already")
    return batch


def _withdraw_proposals(batch_id: int, by: str, now: datetime) -> int:
    from overrides.models import WAITING as STILL_WAITING
    from overrides.models import Proposal

    waiting = Proposal.objects.filter(batch=batch_id, state=STILL_WAITING).values_list("account_id", flat=True)
    return settle_waiting(list(waiting), by, now, f"{by} took batch {batch_id} back")


def _tell(batch: "Batch", by: str, said: str, now: datetime) -> None:
    from overrides.events import BATCH, new_event

    details = {"batch_id": batch.batch_id, "choice": batch.choice, "grade": batch.grade, "reason": batch.reason}
    details |= {"note": batch.note, "chosen_by": batch.said, "undone": batch.undone_at is not None, **batch.counts}
    new_event(BATCH, by, str(batch.batch_id), said, now, details).save(force_insert=True)


def _said_applied(batch: "Batch") -> str:
    chose = {"accept_model": "accept the model", "accept_plan": "accept the plan"}.get(batch.choice, f"grade {batch.grade}")
    what = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in batch.counts.items() if count)
    return f"Batch {batch.batch_id}, {chose} ({batch.reason}): {what}" + (f"; chosen by {batch.said}" if batch.said else "")


def _said_undone(undone: Applied) -> str:
    left = len(undone.conflicts) + len(undone.refused)
    waited = f", {undone.withdrawn:,} proposals withdrawn" if undone.withdrawn else ""
    return f"Batch {undone.batch_id} is taken back: {undone.decided:,} decisions undone{waited}" + (
        f", {left:,} left as they are" if left else ""
    )
