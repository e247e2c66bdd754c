"""Moves that wait for a second person, as rows: what a proposal holds, how one is made, and how a decision settles it.

For use within a transaction that holds the ledger's lock. What people do with proposals is in approvals.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import batched
from typing import TYPE_CHECKING, Any

from lastword.errors import Conflict
from overrides.decisions import Decision, Standing, kind_of, seen, steps_up

if TYPE_CHECKING:
    from overrides.models import Proposal


@dataclass(frozen=True)
class Proposed:
    """One move that waits, or waited. policy_grade is what the policy gave (None: no grade), seen_… what its author saw.

    `state`: waiting, approved, declined or withdrawn; settled_… are None (the note "") while it waits. expected_entry_id is the
    override in force when it was made, entry_id the entry that it became.
    """

    proposal_id: int
    account_id: str
    grade: str
    kind: str
    reason: str
    note: str
    by: str
    made_at: datetime
    expires_on: date
    steps: int
    policy_grade: str | None
    expected_entry_id: str | None
    batch_id: int | None
    seen_run_id: str | None
    seen_plan_points: float | None
    seen_model_points: float | None
    seen_plan_grade: str | None
    seen_model_grade: str | None
    state: str
    settled_by: str | None
    settled_at: datetime | None
    settled_note: str
    entry_id: str | None


def new_proposal(decision: Decision, standing: Standing, now: datetime) -> "Proposal":
    """The proposal, not yet saved, that a decision becomes which asks for a second person."""
    from overrides.models import Proposal

    scores = standing.scores
    assert scores is not None  # refused before
    return Proposal(
        account_id=decision.account_id,
        grade=decision.grade,
        kind=decision.kind or kind_of(decision.grade, scores),
        reason=decision.reason,
        note=decision.note,
        by=decision.by,
        made_at=now,
        expires_on=decision.expires_on,
        steps=abs(steps_up(decision.grade, scores["policy_grade"])),
        policy_grade=scores["policy_grade"],
        expected_entry=standing.in_force(now),
        **seen(scores),
    )


def waiting_on(account_ids: Iterable[str]) -> "dict[str, Proposal]":
    """The proposals that wait on these accounts, by account_id."""
    from overrides.models import WAITING, Proposal

    found: dict[str, Proposal] = {}
    for part in batched(account_ids, 1000):
        found |= {row.account_id: row for row in Proposal.objects.filter(account_id__in=part, state=WAITING)}
    return found


def settle_waiting(account_ids: Iterable[str], by: str, now: datetime, note: str) -> int:
    """Withdraw what waits on accounts that somebody has just decided on; gives how many did."""
    from overrides.events import PROPOSAL, new_event
    from overrides.models import WITHDRAWN, Event, Proposal

    rows = list(waiting_on(account_ids).values())
    for row in rows:
        row.state, row.settled_by, row.settled_at, row.settled_note = WITHDRAWN, by, now, note
    Proposal.objects.bulk_update(rows, ["state", "settled_by", "settled_at", "settled_note"], batch_size=500)
    told = [new_event(PROPOSAL, by, row.account_id, f"{phrase(row)} is withdrawn: {note}", now, figures(row)) for row in rows]
    Event.objects.bulk_create(told, batch_size=500)
    return len(rows)


def save_new(rows: "list[Proposal]") -> None:
    """Save proposals, with the event that tells of each. None may wait on their accounts already."""
    from overrides.events import PROPOSAL, new_event
    from overrides.models import Event, Proposal

    Proposal.objects.bulk_create(rows, batch_size=500)
    told = [
        new_event(PROPOSAL, row.by, row.account_id, f"{phrase(row)} waits for a second person", row.made_at, figures(row))
        for row in rows
    ]
    Event.objects.bulk_create(told, batch_size=500)


def second_proposal(row: "Proposal") -> Conflict:
    """What is said to whoever proposes another move while one waits."""
    return Conflict(
        f"account {row.account_id!r}: {phrase(row)} waits for a second person (proposal {row.proposal_id}, made "
        f"{row.made_at:%Y-%m-%d %H:%M} UTC): approve, decline or withdraw it first"
    )


def phrase(row: "Proposal") -> str:
    """One phrase on what is proposed."""
    return f"the move from {row.policy_grade or 'no grade'} to {row.grade} ({row.reason}) that {row.by} proposed"


def figures(row: "Proposal") -> dict[str, Any]:
    """What an event tells of a proposal beside its sentence."""
    return {
        "proposal_id": row.proposal_id,
        "state": row.state,
        "grade": row.grade,
        "policy_grade": row.policy_grade,
        "steps": row.steps,
        "reason": row.reason,
        "note": row.note,
        "proposed_by": row.by,
        "batch_id": row.batch_id,
        "entry_id": None if row.entry_id is None else str(row.entry_id),
    }


def proposed(row: "Proposal") -> Proposed:
    """The row as it is handed out."""
    values = {name: getattr(row, name) for name in Proposed.__dataclass_fields__}
    for name in ("expected_entry_id", "entry_id"):
        values[name] = None if values[name] is None else str(values[name])
    return Proposed(**values)
