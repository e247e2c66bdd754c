"""What one decision on many accounts becomes on each of them: a row to save, or why it is left out.

For use within a transaction of the open store; nothing is saved here.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lastword.errors import Conflict, LastwordError, Refusal
from overrides.accounts import changed_since, standings
from overrides.decisions import (
    Decision,
    Standing,
    asks_for_approval,
    checked_author,
    checked_grade,
    checked_note,
    checked_reason,
    default_expiry,
    new_entry,
)
from overrides.ledger import in_force_id
from overrides.proposals import new_proposal, second_proposal, waiting_on
from overrides.reviewing import check_choice, chosen

if TYPE_CHECKING:
    from overrides.models import OverrideEntry, Proposal

LARGEST_BATCH = 20_000
"""Accounts in one batch: more than that is a change of the plan, not a decision on accounts."""

DECIDED, HELD_OUT, WAITING, UNCHANGED = "decided", "held_out", "waiting", "unchanged"


@dataclass(frozen=True)
class LeftOut:
    """An account that a batch leaves out, and why, in words."""

    account_id: str
    said: str


@dataclass(frozen=True)
class Wish:
    """The one decision, checked."""

    choice: str
    grade: str | None
    reason: str
    note: str
    by: str


@dataclass
class Plan:
    """What becomes of each account: rows to save, and those left out."""

    entries: "list[OverrideEntry]" = field(default_factory=list)
    proposals: "list[Proposal]" = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    moves: Counter[tuple[str | None, str]] = field(default_factory=Counter)
    refused: list[LeftOut] = field(default_factory=list)
    conflicts: list[LeftOut] = field(default_factory=list)


def checked_wish(choice: str, grade: str | None, reason: str, note: str, by: str, settings: Any) -> Wish:
    check_choice(choice, grade)
    return Wish(
        choice=choice,
        grade=checked_grade(grade) if grade else None,
        reason=checked_reason(reason, note, settings),
        note=checked_note(note),
        by=checked_author(by),
    )


def distinct(account_ids: Iterable[str]) -> list[str]:
    accounts = list(dict.fromkeys(account_ids))
    if len(accounts) > LARGEST_BATCH:
        raise Refusal(f"{len(accounts):,} accounts are too many to decide on at once: choose at most {LARGEST_BATCH:,}")
    return accounts


def planned(wish: Wish, standing: Mapping[str, Standing], expected: Mapping[str, str], now: datetime, settings: Any) -> Plan:
    plan, waiting = Plan(), waiting_on(standing)
    for account, each in standing.items():
        if account in expected and expected[account] != in_force_id(each, now):
            plan.conflicts.append(LeftOut(account, f"decided on since: {changed_since(each, now)}"))
        else:
            try:
                plan.outcomes[_add(plan, wish, each, waiting.get(account), now, settings)] += 1
            except LastwordError as error:
                plan.refused.append(LeftOut(account, str(error)))
    return plan


def _add(plan: Plan, wish: Wish, standing: Standing, waiting: "Proposal | None", now: datetime, settings: Any) -> str:
    """Add the rows that the wish becomes on one account; gives the outcome."""
    if standing.scores is None:
        raise Refusal(f"account {standing.account_id!r} is unknown to the current scores")
    decision = _decision(wish, standing, now, settings)
    in_force = standing.in_force(now)
    if in_force is not None and (in_force.grade, in_force.reason) == (decision.grade, decision.reason):
        return UNCHANGED
    if asks_for_approval(decision, standing, settings):
        if waiting is not None:
            raise second_proposal(waiting)
        plan.proposals.append(new_proposal(decision, standing, now))
        return WAITING
    entry = new_entry(decision, standing, now, settings)
    plan.entries.append(entry)
    if entry.action == "hold_out":
        return HELD_OUT
    plan.moves[(standing.scores["policy_grade"] if in_force is None else in_force.grade, decision.grade)] += 1
    return DECIDED


def _decision(wish: Wish, standing: Standing, now: datetime, settings: Any) -> Decision:
    expires_on = default_expiry(now, settings)
    return chosen(standing, wish.choice, wish.grade, wish.reason, wish.note, wish.by, expires_on)


def planned_undo(batch_id: int, by: str, now: datetime) -> Plan:
    from overrides.models import OverrideEntry
    from overrides.undoing import compensating

    made = dict(OverrideEntry.objects.filter(batch=batch_id).order_by("entry_id").values_list("account_id", "entry_id"))
    plan = Plan()
    for account, standing in standings(made).items():
        try:
            plan.entries.append(compensating(standing, str(made[account]), by, now))
        except Conflict as error:
            plan.conflicts.append(LeftOut(account, str(error)))
        except Refusal as error:
            plan.refused.append(LeftOut(account, str(error)))
    return plan
