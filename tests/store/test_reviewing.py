"""One person, one account: deciding, setting aside, taking back, and what somebody else did in the meantime."""

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest

from lastword.errors import ConfigurationError, Conflict, Refusal
from overrides import ledger, reviewing
from tests.stores import scores_of, settings_of

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SETTINGS = settings_of()


@pytest.fixture
def published(project):
    """Model grades A B C D F in turn, the plan D; one that no model graded and one that the plan excludes."""
    scores = scores_of(["a", "b", "c", "d", "f", "unscored", "none"])
    scores.loc[scores.account_id == "unscored", ["model_grade", "model_points"]] = [None, float("nan")]
    scores.loc[scores.account_id == "none", ["plan_grade", "policy_grade", "coverage"]] = [None, None, False]
    project.publish(scores)
    return project


def decide(account="c", choice="grade", now=NOW, settings=SETTINGS, **given):
    given = {"reason": "other", "note": "", "by": "ann", "grade": "B" if choice == "grade" else None} | given
    return reviewing.decide(account, choice, now=now, settings=settings, **given)


def history(account="c", now=NOW + 30 * DAY):
    return [(line["action"], line["grade"], line["by"]) for line in ledger.history(account, now)]


@pytest.mark.parametrize(
    ("account", "choice", "grade", "kind"),
    [
        ("a", "accept_model", "A", "accept_model"),
        ("a", "accept_plan", "D", "accept_plan"),
        ("a", "grade", "B", "other"),
        ("d", "accept_plan", "D", "accept_plan"),
    ],
)
def test_a_choice_becomes_a_grade_of_the_current_scores(published, account, choice, grade, kind):
    decided = decide(account, choice)
    assert (decided.entry.grade, decided.entry.kind, decided.entry.seen_run_id) == (grade, kind, "r1")
    assert decided.proposal is None
    assert ledger.in_force(NOW).loc[account, "grade"] == grade


@pytest.mark.parametrize(
    ("account", "choice", "said"),
    [("unscored", "accept_model", "no model has graded it"), ("none", "accept_plan", "the plan gives it no grade")],
)
def test_an_opinion_that_there_is_none_of_cannot_be_accepted(published, account, choice, said):
    with pytest.raises(Refusal, match=f"account '{account}': {said}, so there is nothing to accept; choose a grade"):
        decide(account, choice)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"choice": "accept"}, "choice 'accept' is unknown: expected one of accept_model, accept_plan, grade"),
        ({"grade": None}, "choice 'grade' comes without one"),
        ({"choice": "accept_plan", "grade": "A"}, "comes with the grade 'A'"),
        ({"grade": "E"}, "grade 'E' is unknown"),
        ({"by": " "}, "the author is empty"),
        ({"settings": settings_of(note_for=("Other",))}, r"a note is asked for with reason 'other': say why .*--note"),
        ({"settings": settings_of(note_for=("other",)), "note": " \n"}, "a note is asked for"),
    ],
)
def test_what_a_decision_cannot_be_is_said(published, given, said):
    with pytest.raises(ConfigurationError, match=said):
        decide(**given)
    assert ledger.in_force(NOW).empty


def test_a_reason_that_asks_for_a_note_is_content_with_one_and_others_need_none(published):
    settings = settings_of(note_for=("other",))
    assert decide(settings=settings, note="they told us").entry.note == "they told us"
    assert decide("d", settings=settings, reason="relationship").entry.note == ""


def test_who_saw_another_state_gets_a_conflict_that_says_who_decided_what_when(published):
    first = decide(by="bob", expected_entry_id=ledger.NOBODY).entry
    with pytest.raises(Conflict, match=r"since: B \(other\) by bob at 2026-06-01 12:00 UTC is in force now; look again"):
        decide(grade="A", expected_entry_id=ledger.NOBODY)
    ledger.revoke("c", "", "cleo", NOW + DAY)
    with pytest.raises(Conflict, match="no override is in force now: cleo took it back at 2026-06-02 12:00 UTC"):
        decide(grade="A", now=NOW + DAY, expected_entry_id=first.entry_id)
    assert history() == [("add", "B", "bob"), ("revoke", None, "cleo")]


def test_who_saw_an_older_run_is_told_what_the_new_one_says(published):
    published.publish(scores_of(["c"], model_grade="A", model_points=91.0), "r2")
    with pytest.raises(Conflict, match=r"again since: run r2 gives plan D \(30 points\), model A \(91 points\); look again"):
        decide(expected_run_id="r1")
    assert decide(expected_run_id="r2").entry.seen_model_grade == "A"


def test_undoing_the_first_override_revokes_it(published):
    entry = decide().entry
    undone = reviewing.undo("c", entry.entry_id, "ann", NOW + DAY, SETTINGS).entry
    assert (undone.action, undone.note, undone.previous_entry_id) == ("revoke", f"undo of {entry.entry_id}", entry.entry_id)
    assert ledger.in_force(NOW + DAY).empty
    assert history() == [("add", "B", "ann"), ("revoke", None, "ann")]


def test_undoing_a_later_override_restores_the_one_before_as_it_was(published):
    first = decide(note="they said so", reason="relationship", expires_on=date(2026, 7, 1)).entry
    published.publish(scores_of(["c"], model_points=80.0), "r2")
    second = decide(grade="A", by="bob", now=NOW + DAY).entry
    undone = reviewing.undo("c", second.entry_id, "bob", NOW + 2 * DAY, SETTINGS).entry
    assert (undone.action, undone.grade, undone.reason, undone.by) == ("supersede", "B", "relationship", "bob")
    assert (undone.note, undone.expires_on) == (f"undo of {second.entry_id}: they said so", date(2026, 7, 1))
    assert (undone.seen_run_id, undone.seen_model_points) == (first.seen_run_id, 62.5)


def test_an_undo_can_be_undone_and_its_note_does_not_grow(published):
    decide(note="x" * 2000)
    second = decide(grade="A", note="better").entry
    for grade, restored in (("B", "x" * 1900), ("A", "better"), ("B", "x" * 1900)):
        latest = ledger.history("c", NOW)[-1]["entry_id"]
        undone = reviewing.undo("c", latest, "ann", NOW, SETTINGS).entry
        assert undone.grade == grade
        assert undone.note.startswith(f"undo of {latest}: {restored}")
        assert undone.note.count("undo of") == 1
        assert len(undone.note) <= 2000
    assert second.entry_id != undone.entry_id


def test_undoing_a_revocation_brings_the_override_back(published):
    decide(note="so")
    revoked = ledger.revoke("c", "", "ann", NOW)
    undone = reviewing.undo("c", revoked.entry_id, "bob", NOW + DAY, SETTINGS).entry
    assert (undone.action, undone.grade, undone.by) == ("add", "B", "bob")


def test_an_override_that_would_have_lapsed_is_not_restored(published):
    decide(expires_on=date(2026, 6, 2))
    second = decide(grade="A", now=NOW + DAY).entry
    undone = reviewing.undo("c", second.entry_id, "ann", NOW + 5 * DAY, SETTINGS).entry
    assert undone.action == "revoke"
    with pytest.raises(Refusal, match="nothing to undo"):
        decide("d", expires_on=date(2026, 6, 2))
        lapsed = ledger.history("d", NOW)[-1]["entry_id"]
        reviewing.undo("d", lapsed, "ann", NOW + 5 * DAY, SETTINGS)


def test_only_the_latest_entry_of_its_own_account_is_undone(published):
    first = decide().entry
    other = decide("d").entry
    decide(grade="A", by="bob")
    with pytest.raises(Conflict, match=r"since entry \d+: A \(other\) by bob"):
        reviewing.undo("c", first.entry_id, "ann", NOW, SETTINGS)
    for unknown in (other.entry_id, "999", "", "x"):
        with pytest.raises(Refusal, match=f"has no entry '{unknown}': see `lastword override history c`"):
            reviewing.undo("c", unknown, "ann", NOW, SETTINGS)
    assert history() == [("add", "B", "ann"), ("supersede", "A", "bob")]


def test_what_was_held_out_is_not_in_force_and_cannot_be_undone(published):
    entry = decide(settings=settings_of(holdout=1.0), grade="A").entry
    assert entry.action == "hold_out"
    with pytest.raises(Refusal, match="was held out"):
        reviewing.undo("c", entry.entry_id, "ann", NOW, SETTINGS)


def test_snoozing_dismissing_and_bringing_back(published):
    aside = reviewing.snooze("a", date(2026, 6, 10), "ann", NOW)
    assert (aside.action, aside.until) == ("snooze", date(2026, 6, 10))
    reviewing.dismiss("b", "ann", NOW)
    found = ledger.set_aside(NOW)
    assert found["action"].to_dict() == {"a": "snooze", "b": "dismiss"}
    assert found.loc["b", ["seen_run_id", "seen_plan_points", "seen_model_points"]].tolist() == ["r1", 30.0, 62.5]
    assert reviewing.bring_back("b", "bob", NOW + DAY).action == "return"
    assert list(ledger.set_aside(NOW + DAY).index) == ["a"]
    assert list(ledger.set_aside(NOW).index) == ["a", "b"], "as it stood"
    for account, now in (("b", NOW + DAY), ("c", NOW), ("a", NOW + 30 * DAY)):
        with pytest.raises(Refusal, match=f"account '{account}' isn't set aside"):
            reviewing.bring_back(account, "ann", now)


def test_setting_aside_what_a_colleague_set_aside_on_the_same_scores_is_a_conflict(published):
    reviewing.snooze("a", date(2026, 6, 10), "ann", NOW)
    with pytest.raises(Conflict, match="snooze until 2026-06-10 by ann at 2026-06-01 12:00 UTC; bring it back first"):
        reviewing.dismiss("a", "bob", NOW)
    assert reviewing.dismiss("a", "ann", NOW).action == "dismiss", "one's own may be changed"
    published.publish(scores_of(["a"], model_points=1.0), "r2")
    assert reviewing.dismiss("a", "bob", NOW).by == "bob", "the evidence moved, so it was asked again"


def test_a_snooze_into_the_past_or_of_an_unknown_account_is_refused(published):
    with pytest.raises(ConfigurationError, match="2026-05-31 is past: snooze account 'a' until 2026-06-01 or later"):
        reviewing.snooze("a", date(2026, 5, 31), "ann", NOW)
    for act in (lambda: reviewing.dismiss("aa", "ann", NOW), lambda: reviewing.bring_back("aa", "ann", NOW)):
        with pytest.raises(Refusal, match="account 'aa' is unknown"):
            act()
    with pytest.raises(ConfigurationError, match="the author is empty"):
        reviewing.dismiss("a", "", NOW)


def in_a_thread(url, act):
    from django.db import connection

    from overrides.store import open_store

    open_store(url)
    try:
        return act()
    except Conflict as conflict:
        return conflict
    finally:
        connection.close()


def test_of_two_who_decide_at_once_on_what_they_saw_one_gets_a_conflict(published):
    for account in ("a", "b", "c", "d"):

        def act(name, account=account):
            return in_a_thread(
                published.store_url, lambda: decide(account, grade="B", by=name, expected_entry_id=ledger.NOBODY).entry
            )

        with ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(act, ["ann", "bob"]))
        (conflict,) = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
        (entry,) = [outcome for outcome in outcomes if not isinstance(outcome, Conflict)]
        assert f"by {entry.by} at" in str(conflict)
        assert [line["by"] for line in ledger.history(account, NOW)] == [entry.by]


def _undo_in_a_process(url, entry_id, name, results):
    from overrides.store import open_store

    open_store(url)
    try:
        results.put(reviewing.undo("c", entry_id, name, NOW, SETTINGS).entry.action)
    except Conflict:
        results.put("conflict")


def test_of_two_processes_that_undo_one_entry_one_does(published):
    entry = decide().entry
    spawn = multiprocessing.get_context("spawn")
    results = spawn.Queue()
    people = [
        spawn.Process(target=_undo_in_a_process, args=(published.store_url, entry.entry_id, name, results)) for name in "xy"
    ]
    for person in people:
        person.start()
    outcomes = sorted(results.get(timeout=120) for _ in people)
    for person in people:
        person.join()
    assert outcomes == ["conflict", "revoke"]
    assert [line["action"] for line in ledger.history("c", NOW)] == ["add", "revoke"]
