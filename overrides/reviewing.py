"""What one person does with one account under review: decide, set it aside, bring it back, take a decision back.

Whoever decides says what they saw (`expected_…`); if something else holds by now they get a Conflict, and nothing is changed.
Every function is one transaction on the open store, one writer at a time.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from lastword.errors import ConfigurationError, Conflict, Refusal
from overrides.accounts import standings, unknown_account
from overrides.decisions import (
    Decision,
    Standing,
    asks_for_approval,
    checked,
    checked_author,
    default_expiry,
    new_entry,
    utc_date,
)
from overrides.ledger import Entry, handed_out, refuse_change, save_entry
from overrides.proposals import Proposed, new_proposal, proposed, save_new, second_proposal, waiting_on
from overrides.store import lock_ledger, transaction

type Choice = Literal["accept_model", "accept_plan", "grade"]
CHOICES: tuple[Choice, ...] = ("accept_model", "accept_plan", "grade")


@dataclass(frozen=True)
class Decided:
    """What became of a decision: an entry of the ledger, or a proposal that waits for a second person. The other is None."""

    entry: Entry | None = None
    proposal: Proposed | None = None


@dataclass(frozen=True)
class Aside:
    """An account set aside from the queue (snooze, dismiss) or brought back (return). `until`: last day of a snooze, UTC."""

    account_id: str
    action: str
    until: date | None
    by: str
    made_at: datetime


def decide(
    account_id: str,
    choice: str,
    reason: str,
    note: str,
    by: str,
    now: datetime,
    settings: Any,
    *,
    grade: str | None = None,
    expires_on: date | None = None,
    expected_entry_id: str | None = None,
    expected_run_id: str | None = None,
) -> Decided:
    """Decide on an account as it is scored now; a move that asks for a second person waits, and the final grade stays.

    Parameters
    ----------
    choice
        accept_model and accept_plan take that opinion's grade, grade takes `grade`.
    expires_on
        Last day on which it is in force, UTC; None: today + `[overrides] expires_after_days`.
    expected_entry_id
        The entry that the author saw in force, ledger.NOBODY where there was none; None: don't compare.
    expected_run_id
        The run_id of the account's scores that the author saw; None: don't compare.

    Raises
    ------
    ConfigurationError
        The choice, grade, reason, note, author or date isn't one that a decision can have.
    Refusal
        Unknown account, nothing published, or that opinion has no grade for it.
    Conflict
        Somebody decided since, the account was scored again since, or another move waits on it.
    """
    check_choice(choice, grade)
    with transaction() as cursor:
        lock_ledger(cursor)
        standing = scored(account_id)
        refuse_change(standing, expected_entry_id, now)
        _refuse_new_scores(standing, expected_run_id)
        decision = chosen(standing, choice, grade, reason, note, by, expires_on or default_expiry(now, settings))
        return _recorded(checked(decision, now, settings), standing, now, settings)


def check_choice(choice: str, grade: str | None) -> None:
    """ConfigurationError where a choice is unknown, or has a grade that it can't have, or lacks the one it needs."""
    if choice not in CHOICES:
        raise ConfigurationError(f"choice {choice!r} is unknown: expected one of {', '.join(CHOICES)}")
    if choice == "grade" and not grade:
        raise ConfigurationError("choice 'grade' comes without one: expected A, B, C, D or F")
    if choice != "grade" and grade:
        raise ConfigurationError(f"choice {choice!r} comes with the grade {grade!r}: leave it out, or choose 'grade'")


def scored(account_id: str) -> Standing:
    """What stands on an account; a Refusal where it has no current scores. For use within a transaction."""
    standing = standings([account_id])[account_id]
    if standing.scores is None:
        raise unknown_account(account_id)
    return standing


def chosen(standing: Standing, choice: str, grade: str | None, reason: str, note: str, by: str, expires_on: date) -> Decision:
    """The decision, not yet checked, that a choice becomes on an account. Refusal where that opinion gives it no grade."""
    if choice == "grade":
        return Decision(standing.account_id, grade or "", reason, note, by, expires_on)
    assert standing.scores is not None  # refused before
    taken = standing.scores["model_grade" if choice == "accept_model" else "plan_grade"]
    if taken is None:
        lacking = "no model has graded it" if choice == "accept_model" else "the plan gives it no grade"
        raise Refusal(f"account {standing.account_id!r}: {lacking}, so there is nothing to accept; choose a grade of your own")
    return Decision(standing.account_id, taken, reason, note, by, expires_on, choice)


def snooze(account_id: str, until: date, by: str, now: datetime) -> Aside:
    """Take an account out of the queue through a day (UTC), or until its evidence moves. Raises as `dismiss` does."""
    if until < utc_date(now):
        raise ConfigurationError(f"{until} is past: snooze account {account_id!r} until {utc_date(now)} or later")
    return _set_aside(account_id, "snooze", until, by, now)


def dismiss(account_id: str, by: str, now: datetime) -> Aside:
    """Take an account out of the queue until its evidence moves.

    Raises
    ------
    Refusal
        Unknown account, or nothing published.
    Conflict
        Somebody else set it aside on the same scores.
    """
    return _set_aside(account_id, "dismiss", None, by, now)


def bring_back(account_id: str, by: str, now: datetime) -> Aside:
    """End a snooze or a dismissal, anybody's: the account is under review again if its evidence asks for it.

    Raises
    ------
    Refusal
        It isn't set aside, or is unknown.
    """
    from overrides.models import RETURN

    by = checked_author(by)
    with transaction() as cursor:
        lock_ledger(cursor)
        standing = scored(account_id)
        if _aside(account_id, now) is None:
            raise Refusal(f"account {account_id!r} isn't set aside: there is nothing to bring back")
        return _save_aside(standing, RETURN, None, by, now)


def undo(account_id: str, entry_id: str, by: str, now: datetime, settings: Any) -> Decided:
    """Take back the latest entry of an account with an entry of its own: see undoing.compensating. Undoing that brings it back.

    What stands again was decided under the settings of its day, so `settings` refuse none of it.

    Raises
    ------
    Refusal
        There is no such entry, or it isn't in force, so that nothing would change.
    Conflict
        Somebody decided since.
    """
    from overrides.undoing import compensating

    by = checked_author(by)
    with transaction() as cursor:
        lock_ledger(cursor)
        standing = standings([account_id])[account_id]
        return Decided(entry=handed_out(save_entry(compensating(standing, entry_id, by, now))))


def _recorded(decision: Decision, standing: Standing, now: datetime, settings: Any) -> Decided:
    if not asks_for_approval(decision, standing, settings):
        return Decided(entry=handed_out(save_entry(new_entry(decision, standing, now, settings))))
    waiting = waiting_on([decision.account_id]).get(decision.account_id)
    if waiting is not None:
        raise second_proposal(waiting)
    row = new_proposal(decision, standing, now)
    save_new([row])
    return Decided(proposal=proposed(row))


def _refuse_new_scores(standing: Standing, expected_run_id: str | None) -> None:
    scores = standing.scores
    assert scores is not None  # refused before
    if expected_run_id is not None and scores["run_id"] != expected_run_id:
        raise Conflict(
            f"account {standing.account_id!r} was scored again since: run {scores['run_id']} gives {_opinions(scores)}; "
            "look again and decide"
        )


def _opinions(scores: dict[str, Any]) -> str:
    said = []
    for name in ("plan", "model"):
        grade, points = scores[f"{name}_grade"], scores[f"{name}_points"]
        said.append(f"{name} {grade or 'no grade'}" + ("" if points is None else f" ({points:.0f} points)"))
    return ", ".join(said)


def _set_aside(account_id: str, action: str, until: date | None, by: str, now: datetime) -> Aside:
    by = checked_author(by)
    with transaction() as cursor:
        lock_ledger(cursor)
        standing = scored(account_id)
        assert standing.scores is not None
        before = _aside(account_id, now)
        if before is not None and before.by != by and before.seen_run_id == standing.scores["run_id"]:
            through = "" if before.until is None else f" until {before.until}"
            raise Conflict(
                f"account {account_id!r} was set aside since: {before.action}{through} by {before.by} at "
                f"{before.made_at:%Y-%m-%d %H:%M} UTC; bring it back first if you see it otherwise"
            )
        return _save_aside(standing, action, until, by, now)


def _aside(account_id: str, now: datetime) -> Any:
    """The snooze or dismissal in force on an account, or None."""
    from overrides.models import RETURN, SettingAside

    row = SettingAside.objects.filter(account_id=account_id).order_by("-id").first()
    lapsed = row is not None and row.until is not None and row.until < utc_date(now)
    return None if row is None or lapsed or row.action == RETURN else row


def _save_aside(standing: Standing, action: str, until: date | None, by: str, now: datetime) -> Aside:
    from overrides.models import SettingAside

    scores = standing.scores
    assert scores is not None  # refused before
    saw = {f"seen_{name}": scores[name] for name in ("run_id", "plan_points", "model_points")}
    SettingAside.objects.create(account_id=standing.account_id, action=action, until=until, by=by, made_at=now, **saw)
    return Aside(standing.account_id, action, until, by, now)
