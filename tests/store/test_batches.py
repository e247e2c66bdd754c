"""One decision on many accounts: previewed, applied in one transaction, taken back by entries of its own."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from lastword.errors import ConfigurationError, Refusal
from overrides import approvals, batches, events, ledger
from tests.stores import scores_of, settings_of

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
SETTINGS = settings_of()
ACCOUNTS = ["a", "b", "c", "d", "f"]


@pytest.fixture
def published(project):
    """Model grades A B C D F and none, the plan D."""
    scores = scores_of([*ACCOUNTS, "unscored"])
    scores.loc[scores.account_id == "unscored", ["model_grade", "policy_grade"]] = [None, "D"]
    project.publish(scores)
    return project


def apply(accounts=tuple(ACCOUNTS), choice="accept_plan", now=NOW, settings=SETTINGS, **given):
    given = {"reason": "other", "note": "", "by": "ann"} | given
    return batches.apply(accounts, choice, now=now, settings=settings, **given)


def preview(accounts=tuple(ACCOUNTS), choice="accept_plan", now=NOW, settings=SETTINGS, **given):
    given = {"reason": "other", "note": "", "by": "ann"} | given
    return batches.preview(accounts, choice, now=now, settings=settings, **given)


def add(account, grade, by="bob", now=NOW, **given):
    given = {"reason": "other", "note": "", "expires_on": None} | given
    return ledger.add(account, grade, by=by, now=now, settings=SETTINGS, **given)


def in_force(now=LATER):
    return ledger.in_force(now)["grade"].to_dict()


def test_a_preview_counts_what_would_become_of_the_accounts_and_changes_nothing(published):
    add("b", "D")
    add("c", "A")
    seen = preview([*ACCOUNTS, "a", "unknown"])
    assert (seen.accounts, seen.decided, seen.unchanged, seen.waiting, seen.held_out) == (6, 4, 1, 0, 0)
    assert seen.moves == {("A", "D"): 2, ("D", "D"): 1, ("F", "D"): 1}, "c goes from the A that is in force"
    assert [(each.account_id, each.said) for each in seen.refused] == [
        ("unknown", "account 'unknown' is unknown to the current scores")
    ]
    assert seen.expected["a"] == ledger.NOBODY
    assert seen.expected["c"] == ledger.in_force(NOW).loc["c", "entry_id"]
    assert in_force() == {"b": "D", "c": "A"}
    assert batches.batches() == []


def test_applying_does_what_the_preview_said_and_its_entries_carry_the_batch(published):
    add("b", "D")
    seen = preview([*ACCOUNTS, "unscored"], "accept_model")
    applied = apply([*ACCOUNTS, "unscored"], "accept_model", expected=seen.expected, said="region EMEA, gap from 40")
    assert (applied.decided, applied.unchanged, applied.conflicts) == (seen.decided, seen.unchanged, ())
    assert in_force() == {"a": "A", "b": "B", "c": "C", "d": "D", "f": "F"}
    assert [each.said for each in applied.refused] == [
        "account 'unscored': no model has graded it, so there is nothing to accept; choose a grade of your own"
    ]
    from overrides.models import OverrideEntry

    entries = list(OverrideEntry.objects.filter(batch=applied.batch_id))
    assert {(entry.kind, entry.by, entry.made_at, entry.reason) for entry in entries} == {("accept_model", "ann", NOW, "other")}
    assert {entry.account_id for entry in entries if entry.action == "supersede"} == {"b"}
    (line,) = batches.batches()
    assert (line.by, line.choice, line.said, line.undone_at) == ("ann", "accept_model", "region EMEA, gap from 40", None)
    assert line.counts == {"decided": 5, "held_out": 0, "waiting": 0, "unchanged": 0, "refused": 1, "conflicts": 0}
    (event,) = events.timeline(now=NOW, kinds=["batch"]).lines
    assert event.said == (
        f"Batch {applied.batch_id}, accept the model (other): 5 decided, 1 refused; chosen by region EMEA, gap from 40"
    )


def test_who_decided_since_the_preview_is_left_out_and_told(published):
    add("b", "A")
    add("d", "A")
    seen = preview(choice="grade", grade="C")
    add("a", "F", by="cleo", now=LATER)
    add("b", "F", by="cleo", now=LATER)
    ledger.revoke("d", "", "cleo", LATER)
    applied = apply(choice="grade", grade="C", now=LATER, expected=seen.expected)
    assert applied.decided == 2
    assert {each.account_id: each.said for each in applied.conflicts} == {
        "a": "decided on since: F (other) by cleo at 2026-06-01 13:00 UTC is in force now",
        "b": "decided on since: F (other) by cleo at 2026-06-01 13:00 UTC is in force now",
        "d": "decided on since: no override is in force now: cleo took it back at 2026-06-01 13:00 UTC",
    }
    assert in_force() == {"a": "F", "b": "F", "c": "C", "f": "C"}


def test_long_moves_wait_and_the_others_are_decided(published):
    settings = settings_of(approve_from_steps=3)
    seen = preview(settings=settings)
    applied = apply(settings=settings, expected=seen.expected)
    assert (applied.decided, applied.waiting) == (seen.decided, seen.waiting) == (4, 1)
    (waiting,) = approvals.waiting()
    assert (waiting.account_id, waiting.grade, waiting.batch_id) == ("a", "D", applied.batch_id)
    assert "a" not in in_force()
    again = preview(settings=settings, choice="grade", grade="F")
    assert [each.account_id for each in again.refused] == ["a"], "another move waits on it already"
    approvals.approve(waiting.proposal_id, "bob", LATER, settings)
    undone = batches.undo_batch(applied.batch_id, "ann", LATER, settings)
    assert (undone.decided, undone.withdrawn) == (5, 0), "what was approved belongs to the batch"
    assert in_force() == {}


def test_a_decision_with_others_withdraws_what_waits(published):
    settings = settings_of(approve_from_steps=3)
    apply(["a"], settings=settings)
    apply(["a"], "grade", grade="B", settings=settings)
    assert approvals.waiting() == []


def test_taking_a_batch_back_restores_what_stood_before(published):
    add("b", "A", note="they grow")
    batch = apply()
    undone = batches.undo_batch(batch.batch_id, "bob", LATER, SETTINGS)
    assert (undone.decided, undone.conflicts, undone.refused) == (5, (), ())
    assert in_force() == {"b": "A"}
    last = ledger.history("b", LATER)[-1]
    assert (last["action"], last["by"], last["note"].endswith(": they grow")) == ("supersede", "bob", True)
    assert [line["action"] for line in ledger.history("a", LATER)] == ["add", "revoke"]
    (line,) = batches.batches()
    assert (line.undone_by, line.undone_at) == ("bob", LATER)
    said = [event.said for event in events.timeline(now=LATER, kinds=["batch"]).lines]
    assert said[0] == f"Batch {batch.batch_id} is taken back: 5 decisions undone"
    with pytest.raises(Refusal, match="was taken back by bob at 2026-06-01 13:00 UTC already"):
        batches.undo_batch(batch.batch_id, "ann", LATER, SETTINGS)


def test_what_was_decided_after_a_batch_stays_when_it_is_taken_back(published):
    batch = apply()
    add("a", "B", by="cleo", now=LATER)
    undone = batches.undo_batch(batch.batch_id, "ann", LATER, SETTINGS)
    assert undone.decided == 4
    (left,) = undone.conflicts
    assert left.account_id == "a"
    assert "B (other) by cleo" in left.said
    assert in_force() == {"a": "B"}


def test_taking_back_withdraws_the_moves_that_wait(published):
    settings = settings_of(approve_from_steps=2)
    batch = apply(settings=settings)
    assert batch.waiting == 2
    undone = batches.undo_batch(batch.batch_id, "ann", LATER, settings)
    assert (undone.decided, undone.withdrawn) == (3, 2)
    assert approvals.waiting() == []


def test_held_out_decisions_have_nothing_to_take_back(published):
    batch = apply(["f"], "grade", grade="A", settings=settings_of(holdout=1.0))
    assert (batch.decided, batch.held_out) == (0, 1)
    with pytest.raises(Refusal, match="nothing of it is left"):
        batches.undo_batch(batch.batch_id, "ann", LATER, SETTINGS)


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"accounts": []}, Refusal, "nothing recorded: of 0 accounts"),
        ({"accounts": ["x"]}, Refusal, "1 can't be decided so; the first is account 'x': account 'x' is unknown"),
        ({"accounts": [str(n) for n in range(20_001)]}, Refusal, "20,001 accounts are too many .* choose at most 20,000"),
        ({"choice": "accept"}, ConfigurationError, "choice 'accept' is unknown"),
        ({"choice": "grade"}, ConfigurationError, "choice 'grade' comes without one"),
        ({"choice": "grade", "grade": "E"}, ConfigurationError, "grade 'E' is unknown"),
        ({"reason": "because"}, ConfigurationError, "reason 'because' isn't among"),
        ({"settings": settings_of(note_for=("other",))}, ConfigurationError, "a note is asked for"),
        ({"by": ""}, ConfigurationError, "the author is empty"),
    ],
)
def test_what_a_batch_cannot_be_is_said_and_records_nothing(published, given, error, said):
    with pytest.raises(error, match=said):
        apply(**given)
    assert in_force() == {}
    assert batches.batches() == []


def test_the_same_batch_again_has_nothing_to_record(published):
    apply()
    with pytest.raises(Refusal, match="of 5 accounts 5 have this override already"):
        apply()
    with pytest.raises(Refusal, match="there is no batch 99"):
        batches.undo_batch(99, "ann", NOW, SETTINGS)


def test_of_two_batches_at_once_none_overwrites_the_other(published):
    expected = preview().expected

    def decide(name, grade):
        from django.db import connection

        from overrides.store import open_store

        open_store(published.store_url)
        try:
            return len(apply(choice="grade", grade=grade, by=name, expected=expected).conflicts)
        except Refusal as refusal:
            return str(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(decide, ["ann", "bob"], ["B", "C"]))
    assert outcomes.count(0) == 1
    assert sum("5 were decided on since" in str(outcome) for outcome in outcomes) == 1
    assert len(set(in_force().values())) == 1
    assert {account: len(ledger.history(account, NOW)) for account in ACCOUNTS} == dict.fromkeys(ACCOUNTS, 1)
