"""The override ledger: what is recorded, what is in force when, and what is refused."""

import multiprocessing
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest

from lastword.errors import ConfigurationError, Refusal
from overrides import ledger
from tests.stores import scores_of, settings_of

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def entries():
    from overrides.models import OverrideEntry

    return OverrideEntry.objects.order_by("entry_id")


@pytest.fixture
def published(project):
    """Accounts with the policy's grades A B C D F, and one that the plan excludes."""
    scores = scores_of(["a", "b", "c", "d", "f", "none"])
    scores.loc[scores.account_id == "none", ["policy_grade", "coverage"]] = [None, False]
    project.publish(scores)
    return project


def add(account="c", grade="B", now=NOW, settings=None, **given):
    given = {"reason": "other", "note": "", "by": "ann", "expires_on": None} | given
    return ledger.add(account, grade, now=now, settings=settings or settings_of(), **given)


def test_an_override_records_what_its_author_saw(published):
    entry = add(grade=" b ", reason="Budget Known", note="they said so", by=" ann ")
    assert (entry.action, entry.grade, entry.reason, entry.note, entry.by) == ("add", "B", "budget known", "they said so", "ann")
    assert (entry.made_at, entry.expires_on) == (NOW, date(2026, 11, 28))
    assert (entry.seen_run_id, entry.seen_plan_points, entry.seen_model_points) == ("r1", 30.0, 62.5)
    assert (entry.seen_plan_grade, entry.seen_model_grade, entry.previous_entry_id) == ("D", "C", None)


@pytest.mark.parametrize(("grade", "kind"), [("C", "accept_model"), ("D", "accept_plan"), ("A", "other")])
def test_the_kind_follows_from_what_was_seen(published, grade, kind):
    assert add("c", grade).kind == kind


def test_a_second_override_supersedes_the_first(published):
    first = add(grade="B")
    second = add(grade="A", now=NOW + DAY)
    assert (second.action, second.previous_entry_id) == ("supersede", first.entry_id)
    assert ledger.in_force(NOW + DAY).loc["c", "grade"] == "A"
    assert ledger.in_force(NOW).loc["c", "entry_id"] == first.entry_id


def test_revoking_ends_it_and_keeps_both_entries(published):
    add()
    ledger.revoke("c", "wrong account", "bob", NOW + DAY)
    assert ledger.in_force(NOW + DAY).empty
    assert list(ledger.in_force(NOW).index) == ["c"]
    assert [(line["action"], line["by"], line["grade"]) for line in ledger.history("c", NOW + DAY)] == [
        ("add", "ann", "B"),
        ("revoke", "bob", None),
    ]


def test_an_override_is_in_force_through_its_last_day_in_utc(published):
    add(expires_on=date(2026, 6, 10))
    last_moment = datetime(2026, 6, 10, 23, 59, 59, tzinfo=UTC)
    assert list(ledger.in_force(last_moment).index) == ["c"]
    assert ledger.in_force(last_moment + timedelta(seconds=1)).empty


def test_the_history_tells_when_an_override_lapsed(published):
    entry = add(expires_on=date(2026, 6, 10))
    assert [line["action"] for line in ledger.history("c", datetime(2026, 6, 10, 23, tzinfo=UTC))] == ["add"]
    add(grade="A", now=datetime(2026, 6, 20, tzinfo=UTC))
    lines = ledger.history("c", datetime(2026, 6, 20, tzinfo=UTC))
    assert [line["action"] for line in lines] == ["add", "expire", "add"]
    assert lines[1] == {
        "entry_id": f"{entry.entry_id}:expire",
        "made_at": "2026-06-11T00:00:00Z",
        "action": "expire",
        "grade": "B",
        "reason": "other",
        "note": "",
        "by": "system",
        "expires_on": "2026-06-10",
    }


def test_an_override_replaced_in_time_never_lapses(published):
    add(expires_on=date(2026, 6, 10))
    add(now=NOW + DAY, expires_on=date(2026, 6, 20))
    ledger.revoke("c", "", "ann", NOW + 2 * DAY)
    assert [line["action"] for line in ledger.history("c", NOW + 90 * DAY)] == ["add", "supersede", "revoke"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"grade": "E"}, "grade 'E' is unknown: expected one of A B C D F"),
        ({"reason": "relation"}, "reason 'relation' isn't among .* nearest is 'relationship'"),
        ({"note": "x" * 2001}, "a note of 2001 characters: expected at most 2000"),
        ({"note": "a\0b"}, "none of them NUL"),
        ({"by": "  "}, "the author is empty"),
        ({"expires_on": date(2026, 5, 31)}, "expires_on 2026-05-31 of account 'c' is past: expected 2026-06-01 or later"),
        ({"expires_on": date(9999, 12, 31)}, "expires_on 9999-12-31 of account 'c' is more than 50 years ahead"),
    ],
)
def test_what_an_override_cannot_have_is_a_configuration_error(published, given, said):
    with pytest.raises(ConfigurationError, match=said):
        add(**given)
    assert entries().count() == 0


def test_an_unknown_account_is_refused_with_the_nearest_id(project):
    project.publish(scores_of(["ACC-0001", "ACC-0002", "00123"]))
    for wrong, nearest in {"ACC-001": "ACC-0001", "acc-0002": "ACC-0002", "123": "00123"}.items():
        with pytest.raises(Refusal, match=f"account '{wrong}' is unknown to the current scores; nearest is '{nearest}'"):
            add(wrong)
        with pytest.raises(Refusal, match=nearest):
            ledger.history(wrong, NOW)
        with pytest.raises(Refusal, match=nearest):
            ledger.revoke(wrong, "", "ann", NOW)


def test_before_the_first_publication_there_is_nothing_to_decide_on(project):
    with pytest.raises(Refusal, match="run `lastword run` first"):
        add()


def test_revoking_what_is_not_in_force_is_refused(published):
    with pytest.raises(Refusal, match="account 'c' has no override in force"):
        ledger.revoke("c", "", "ann", NOW)
    add(expires_on=date(2026, 6, 2))
    with pytest.raises(Refusal, match="no override in force"):
        ledger.revoke("c", "", "ann", NOW + 10 * DAY)


def test_an_account_that_is_no_longer_scored_keeps_its_override_and_can_lose_it(published):
    add()
    published.publish(scores_of(["a"]), "r2")
    assert list(ledger.in_force(NOW).index) == ["c"]
    assert ledger.revoke("c", "", "ann", NOW).seen_run_id is None


def test_somebody_who_saw_another_state_is_told_what_changed(published):
    first = add(expected_entry_id=ledger.NOBODY)
    with pytest.raises(Refusal, match=r"decided on since: B \(other\) by ann at 2026-06-01 12:00 UTC is in force now"):
        add(grade="A", by="bob", expected_entry_id=ledger.NOBODY)
    second = add(grade="A", by="bob", expected_entry_id=first.entry_id)
    ledger.revoke("c", "", "ann", NOW, expected_entry_id=second.entry_id)
    with pytest.raises(Refusal, match="no override is in force now"):
        add(grade="F", expected_entry_id=second.entry_id)


def test_a_colleagues_fast_clock_does_not_hide_their_decision(published):
    add(now=NOW + timedelta(seconds=5))
    assert add(grade="A", now=NOW).action == "supersede"


@pytest.mark.parametrize(("account", "grade", "steps"), [("d", "B", 2), ("a", "F", 4), ("none", "D", 2)])
def test_a_long_move_waits_for_a_second_person(published, account, grade, steps):
    settings = settings_of(approve_from_steps=2)
    with pytest.raises(Refusal, match=rf"is {steps} steps, and \[overrides\] approve_from_steps = 2 asks for a second person"):
        add(account, grade, settings=settings)
    assert add("d", "C", settings=settings).action == "add"


def test_held_out_upgrades_are_recorded_and_not_in_force(published):
    settings = settings_of(holdout=1.0)
    standing = add("c", "D", settings=settings)
    assert standing.action == "add", "a downgrade is never held out"
    assert add("c", "A", settings=settings).action == "hold_out"
    assert add("none", "F", settings=settings).action == "hold_out"
    assert ledger.in_force(NOW)["grade"].to_dict() == {"c": "D"}
    assert [line["action"] for line in ledger.history("c", NOW)] == ["add", "hold_out"]


def test_the_draw_of_the_holdout_has_its_share_and_is_repeatable(project):
    accounts = [f"account {number}" for number in range(200)]
    project.publish(scores_of(accounts, policy_grade="C"))
    settings = settings_of(holdout=0.25)
    actions = [add(account, "A", settings=settings).action for account in accounts]
    assert 0.15 < actions.count("hold_out") / 200 < 0.35
    from overrides.decisions import _held_out

    assert [_held_out(account, 0, settings) for account in accounts] == [action == "hold_out" for action in actions]


def test_in_force_has_its_types_even_when_empty(published):
    empty = ledger.in_force(NOW).dtypes
    add()
    assert ledger.in_force(NOW).dtypes.to_dict() == empty.to_dict()
    assert str(empty["made_at"]) == "datetime64[us, UTC]"
    assert str(empty["expires_on"]) == "datetime64[us]"


def test_what_is_set_aside_and_until_when(project):
    set_aside("a", "snooze", NOW, until=date(2026, 6, 10))
    set_aside("b", "dismiss", NOW)
    set_aside("c", "snooze", NOW, until=date(2026, 5, 1))
    assert ledger.set_aside(NOW)["action"].to_dict() == {"a": "snooze", "b": "dismiss"}
    assert list(ledger.set_aside(datetime(2026, 6, 11, tzinfo=UTC)).index) == ["b"]
    assert ledger.set_aside(NOW - DAY).empty
    set_aside("a", "dismiss", NOW + DAY)
    assert ledger.set_aside(NOW + DAY)["action"].to_dict() == {"a": "dismiss", "b": "dismiss"}


def set_aside(account, action, made_at, until=None):
    from overrides.models import SettingAside

    SettingAside.objects.create(account_id=account, action=action, until=until, by="ann", made_at=made_at, seen_model_points=50)


def _decide_often(url, name, count):
    from overrides.store import open_store

    open_store(url)
    for turn in range(count):
        add("c", "AB"[turn % 2], by=name, now=datetime.now(UTC))


def test_writers_at_once_are_all_recorded_in_order(published):
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_decide_often, args=(published.store_url, name, 15)) for name in ("ann", "bob")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    found = list(entries())
    assert [entry.by for entry in found].count("ann") == 15
    assert [entry.action for entry in found] == ["add"] + ["supersede"] * 29
    assert [entry.previous_id for entry in found] == [None, *(entry.entry_id for entry in found[:-1])]


def test_two_who_saw_nothing_in_force_cannot_both_be_first(published):
    def decide(name):
        from overrides.store import open_store

        open_store(published.store_url)
        try:
            return add(by=name, expected_entry_id=ledger.NOBODY).action
        except Refusal as refusal:
            return str(refusal)
        finally:
            from django.db import connection

            connection.close()

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(decide, ["ann", "bob"]))
    assert sum(outcome == "add" for outcome in outcomes) == 1
    assert sum("decided on since" in outcome for outcome in outcomes) == 1
