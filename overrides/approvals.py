"""Moves that wait for a second person (`[overrides] approve_from_steps`): see them, approve, decline or withdraw them.

The account's final grade stays as it is until somebody other than the proposer approves. Each function is one transaction.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from lastword.errors import Conflict, Refusal
from overrides.accounts import changed_since, standings
from overrides.decisions import Decision, Standing, checked, checked_author, checked_note, new_entry, utc_date
from overrides.ledger import Entry, handed_out
from overrides.proposals import Proposed, figures, phrase, proposed
from overrides.store import lock_ledger, reading, transaction

if TYPE_CHECKING:
    from overrides.models import Proposal


def waiting(limit: int = 200) -> list[Proposed]:
    """What waits for a second person, oldest first."""
    from overrides.models import WAITING, Proposal

    with reading():
        return [proposed(row) for row in Proposal.objects.filter(state=WAITING).order_by("proposal_id")[:limit]]


def approve(proposal_id: int, by: str, now: datetime, settings: Any) -> Entry:
    """Let a proposal become an entry of the ledger: by its proposer, approved_by whoever approves, seen as the scores are now.

    Raises
    ------
    ConfigurationError
        Its reason isn't configured any more, or asks for a note by now.
    Refusal
        No such proposal, `by` is its proposer, its last day is past, or the account isn't scored any more.
    Conflict
        It was settled before, somebody decided on the account, or the opinion that it accepts says something else by now.
    """
    from overrides.models import APPROVED

    by = checked_author(by)
    with transaction() as cursor:
        lock_ledger(cursor)
        row = _waiting(proposal_id)
        _refuse_proposer(row, by)
        standing = standings([row.account_id])[row.account_id]
        _refuse_change(row, standing, now)
        decision = Decision(row.account_id, row.grade, row.reason, row.note, row.by, row.expires_on, row.kind)
        entry = new_entry(checked(decision, now, settings), standing, now, settings, approved_by=by)
        entry.batch_id = row.batch_id
        entry.save(force_insert=True)
        row.entry = entry
        _settle(row, APPROVED, by, now, "")
    return handed_out(entry)


def decline(proposal_id: int, note: str, by: str, now: datetime) -> Proposed:
    """Turn a proposal down; the account stays as it is.

    Raises
    ------
    Refusal
        No such proposal, or `by` is its proposer, who withdraws it instead.
    Conflict
        It was settled before.
    """
    from overrides.models import DECLINED

    by, note = checked_author(by), checked_note(note)
    with transaction() as cursor:
        lock_ledger(cursor)
        row = _waiting(proposal_id)
        if _same_person(row.by, by):
            raise Refusal(f"proposal {proposal_id} is your own: withdraw it instead of declining it")
        _settle(row, DECLINED, by, now, note)
    return proposed(row)


def withdraw(proposal_id: int, by: str, now: datetime) -> Proposed:
    """Take back one's own proposal.

    Raises
    ------
    Refusal
        No such proposal, or somebody else made it: they withdraw it, others decline it.
    Conflict
        It was settled before.
    """
    from overrides.models import WITHDRAWN

    by = checked_author(by)
    with transaction() as cursor:
        lock_ledger(cursor)
        row = _waiting(proposal_id)
        if not _same_person(row.by, by):
            raise Refusal(f"proposal {proposal_id} was made by {row.by}, who alone withdraws it: decline it instead")
        _settle(row, WITHDRAWN, by, now, "")
    return proposed(row)


def _waiting(proposal_id: int) -> "Proposal":
    from overrides.models import WAITING, Proposal

    row = Proposal.objects.filter(proposal_id=proposal_id).first()
    if row is None:
        raise Refusal(f"there is no proposal {proposal_id}: see `lastword override waiting`")
    if row.state != WAITING:
        because = f" ({row.settled_note})" if row.settled_note else ""
        raise Conflict(
            f"proposal {proposal_id} was {row.state} by {row.settled_by} at {row.settled_at:%Y-%m-%d %H:%M} UTC{because}: "
            "see `lastword override waiting`"
        )
    return row


def _refuse_proposer(row: "Proposal", by: str) -> None:
    if _same_person(row.by, by):
        raise Refusal(f"proposal {row.proposal_id} was made by {row.by}: another person has to approve it")


def _same_person(author: str, by: str) -> bool:
    """Whether `by` is who proposed, or on whose behalf a program did: "token:crm (jane)" is jane's too."""
    author, by = author.strip().casefold(), by.strip().casefold()
    return author == by or (author.startswith("token:") and author.endswith(f" ({by})"))


def _refuse_change(row: "Proposal", standing: Standing, now: datetime) -> None:
    """What keeps a proposal from being what was proposed: decline it and decide anew."""
    account, anew = f"account {row.account_id!r}", f"decline proposal {row.proposal_id} and decide anew"
    if standing.scores is None:
        raise Refusal(f"{account} has no current scores any more: {anew} when it has")
    if row.expires_on < utc_date(now):
        raise Refusal(f"{account}: the last day of the proposed override, {row.expires_on}, is past: {anew}")
    entry = standing.in_force(now)
    if entry is not None and entry.entry_id != row.expected_entry_id:
        raise Conflict(f"{account} was decided on since: {changed_since(standing, now)}; {anew}")
    opinion = {"accept_model": "model", "accept_plan": "plan"}.get(row.kind)
    if opinion is not None and standing.scores[f"{opinion}_grade"] != row.grade:
        says = standing.scores[f"{opinion}_grade"] or "no grade"
        raise Conflict(f"{account}: the {opinion} gives {says} by now, not {row.grade} as when it was proposed; {anew}")


def _settle(row: "Proposal", state: str, by: str, now: datetime, note: str) -> None:
    from overrides.events import PROPOSAL, new_event

    row.state, row.settled_by, row.settled_at, row.settled_note = state, by, now, note
    row.save()
    said = f"{phrase(row)} is {state}" + (f": {note}" if note else "")
    new_event(PROPOSAL, by, row.account_id, said, now, figures(row)).save(force_insert=True)
