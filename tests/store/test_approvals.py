"""Moves that wait for a second person: nothing changes until another one approves, and then exactly what was proposed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest

from lastword.errors import ConfigurationError, Conflict, Refusal
from overrides import approvals, events, ledger, reviewing
from overrides.final import final_table
from overrides.imports import apply_import, plan_import, read_decisions
from tests.stores import scores_of, settings_of

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
SETTINGS = settings_of(approve_from_steps=2)


@pytest.fixture
def published(project):
    project.publish(scores_of(["a", "b", "c", "d", "f"]))
    return project


def decide(account="d", grade="B", by="ann", now=NOW, settings=SETTINGS, **given):
    given = {"reason": "other", "note": "they grow"} | given
    return reviewing.decide(account, "grade", by=by, now=now, settings=settings, grade=grade, **given)


def propose(account="d", grade="B", **given):
    return decide(account, grade, **given).proposal


def grade_of(account="d"):
    return final_table([account]).loc[0, "final_grade"]


def told(account="d"):
    page = events.timeline(now=LATER + timedelta(days=30), kinds=["proposal"], subject=account)
    return [line.said for line in reversed(page.lines)]


def test_a_long_move_waits_and_the_final_grade_stays(published):
    proposal = propose()
    assert (proposal.grade, proposal.policy_grade, proposal.steps, proposal.state) == ("B", "D", 2, "waiting")
    assert (proposal.kind, proposal.by, proposal.seen_run_id, proposal.expected_entry_id) == ("other", "ann", "r1", None)
    assert grade_of() == "D"
    assert ledger.in_force(NOW).empty
    assert approvals.waiting() == [proposal]
    assert decide("d", "C").proposal is None, "one step needs nobody else"


def test_approving_makes_the_entry_of_the_proposer(published):
    entry = approvals.approve(propose().proposal_id, "bob", LATER, SETTINGS)
    assert (entry.grade, entry.by, entry.approved_by, entry.made_at) == ("B", "ann", "bob", LATER)
    assert (entry.reason, entry.note, entry.expires_on) == ("other", "they grow", date(2026, 11, 28))
    assert approvals.waiting() == []
    assert ledger.history("d", LATER)[0]["approved_by"] == "bob"
    assert told() == [
        "the move from D to B (other) that ann proposed waits for a second person",
        "the move from D to B (other) that ann proposed is approved",
    ]


@pytest.mark.parametrize("name", ["ann", " Ann "])
def test_nobody_approves_or_declines_their_own(published, name):
    proposal = propose()
    with pytest.raises(Refusal, match="was made by ann: another person has to approve it"):
        approvals.approve(proposal.proposal_id, name, LATER, SETTINGS)
    with pytest.raises(Refusal, match="your own: withdraw it"):
        approvals.decline(proposal.proposal_id, "", name, LATER)
    assert grade_of() == "D"


def test_whom_a_program_proposed_for_does_not_approve(published):
    proposal = propose(by="token:crm (Jane Doe)")
    for name in ("jane doe", "token:crm (Jane Doe)"):
        with pytest.raises(Refusal, match="another person has to approve it"):
            approvals.approve(proposal.proposal_id, name, LATER, SETTINGS)
    assert approvals.approve(proposal.proposal_id, "jane", LATER, SETTINGS).approved_by == "jane", "another person's name"


def test_declining_and_withdrawing_leave_the_account_as_it_is(published):
    declined = approvals.decline(propose().proposal_id, "too soon", "bob", LATER)
    assert (declined.state, declined.settled_by, declined.settled_note, declined.entry_id) == (
        "declined",
        "bob",
        "too soon",
        None,
    )
    second = propose()
    with pytest.raises(Refusal, match="made by ann, who alone withdraws it: decline it instead"):
        approvals.withdraw(second.proposal_id, "bob", LATER)
    assert approvals.withdraw(second.proposal_id, "ann", LATER).state == "withdrawn"
    assert ledger.history("d", LATER) == []
    assert told()[2] == "the move from D to B (other) that ann proposed is declined: too soon"


def test_what_is_settled_is_not_settled_again(published):
    proposal = propose()
    approvals.decline(proposal.proposal_id, "too soon", "bob", LATER)
    for act in (
        lambda: approvals.approve(proposal.proposal_id, "cleo", LATER, SETTINGS),
        lambda: approvals.decline(proposal.proposal_id, "", "cleo", LATER),
        lambda: approvals.withdraw(proposal.proposal_id, "ann", LATER),
    ):
        with pytest.raises(Conflict, match=r"was declined by bob at 2026-06-02 12:00 UTC \(too soon\)"):
            act()
    with pytest.raises(Refusal, match="there is no proposal 99: see `lastword override waiting`"):
        approvals.approve(99, "bob", LATER, SETTINGS)


def test_a_second_move_does_not_take_the_place_of_the_one_that_waits(published):
    propose()
    with pytest.raises(Conflict, match=r"D to B \(other\) that ann proposed waits .* approve, decline or withdraw it"):
        propose(grade="A", by="bob")
    assert [each.grade for each in approvals.waiting()] == ["B"]


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        (lambda: decide("d", "C", by="cleo"), "cleo decided C (other) on the account since"),
        (lambda: ledger.add("d", "C", "other", "", "cleo", None, NOW, SETTINGS), "cleo decided C (other) on the account since"),
    ],
)
def test_a_decision_on_the_account_withdraws_what_waits(published, decision, said):
    proposal = propose()
    decision()
    assert approvals.waiting() == []
    with pytest.raises(Conflict, match="was withdrawn by cleo"):
        approvals.approve(proposal.proposal_id, "bob", LATER, SETTINGS)
    assert told()[-1] == f"the move from D to B (other) that ann proposed is withdrawn: {said}"


def test_revoking_and_undoing_are_decisions_too(published):
    first = decide("d", "C").entry
    propose()
    reviewing.undo("d", first.entry_id, "cleo", NOW, SETTINGS)
    assert approvals.waiting() == []
    decide("d", "C")
    propose()
    ledger.revoke("d", "", "cleo", NOW)
    assert approvals.waiting() == []


def test_an_override_that_lapsed_since_is_nobodys_decision(published):
    decide("d", "C", expires_on=date(2026, 6, 2))
    proposal = propose()
    assert approvals.approve(proposal.proposal_id, "bob", NOW + timedelta(days=9), SETTINGS).action == "add"


def test_approving_checks_again_what_has_changed(published):
    proposal = propose(expires_on=date(2026, 6, 3))
    with pytest.raises(ConfigurationError, match="reason 'other' isn't among"):
        approvals.approve(proposal.proposal_id, "bob", LATER, settings_of(reasons=("strategic",)))
    with pytest.raises(Refusal, match="the last day of the proposed override, 2026-06-03, is past: decline proposal"):
        approvals.approve(proposal.proposal_id, "bob", NOW + timedelta(days=9), SETTINGS)
    published.publish(scores_of(["a"]), "r2")
    with pytest.raises(Refusal, match="account 'd' has no current scores any more"):
        approvals.approve(proposal.proposal_id, "bob", LATER, SETTINGS)
    assert [each.state for each in approvals.waiting()] == ["waiting"]


def test_an_opinion_that_says_something_else_by_now_is_not_accepted(published):
    proposal = reviewing.decide("a", "accept_plan", "other", "", "ann", NOW, SETTINGS).proposal
    assert (proposal.kind, proposal.grade, proposal.steps) == ("accept_plan", "D", 3)
    published.publish(scores_of(["a"], plan_grade="B"), "r2")
    with pytest.raises(Conflict, match="the plan gives B by now, not D as when it was proposed"):
        approvals.approve(proposal.proposal_id, "bob", LATER, SETTINGS)


def test_the_holdout_draws_when_a_move_is_approved(published):
    proposal = propose()
    settings = settings_of(approve_from_steps=2, holdout=1.0)
    assert approvals.approve(proposal.proposal_id, "bob", LATER, settings).action == "hold_out"
    assert grade_of() == "D"


def test_an_import_proposes_for_whoever_imports(published, tmp_path):
    path = tmp_path / "decisions.csv"
    path.write_text("account_id,grade,reason,by\nd,B,other,bob\nc,B,other,bob\nf,A,other,\n", encoding="utf-8")
    rows = read_decisions(path)
    propose("f", "B")
    planned = plan_import(rows, NOW, SETTINGS, "cleo")
    assert [row.outcome for row in planned] == ["waiting", "new", "conflict"]
    assert "the move from F to B (other) that ann proposed waits for a second person already" in planned[2].said
    applied = apply_import(rows, NOW, SETTINGS, "cleo", only_clean=True)
    assert [row.outcome for row in applied] == ["waiting", "new", "conflict"]
    assert {each.account_id: each.by for each in approvals.waiting()} == {"f": "ann", "d": "cleo"}
    assert ledger.in_force(NOW)["by"].to_dict() == {"c": "bob"}
    assert [row.outcome for row in plan_import(rows, NOW, SETTINGS, "cleo")] == ["unchanged", "unchanged", "conflict"]


def test_the_ledger_itself_refuses_and_points_to_a_way(published):
    with pytest.raises(Refusal, match=r"is 2 steps, and .* propose it with `lastword override add` or in the review application"):
        ledger.add("d", "B", "other", "", "ann", None, NOW, SETTINGS)


def test_of_two_who_approve_at_once_one_does(published):
    proposal = propose()

    def approve(name):
        from django.db import connection

        from overrides.store import open_store

        open_store(published.store_url)
        try:
            return approvals.approve(proposal.proposal_id, name, LATER, SETTINGS).approved_by
        except Conflict:
            return "conflict"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(approve, ["bob", "cleo"]))
    assert outcomes.count("conflict") == 1
    assert [line["approved_by"] for line in ledger.history("d", LATER)] == [name for name in outcomes if name != "conflict"]
