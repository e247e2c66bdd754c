"""All that the store holds of one account, and what a decision on it would do."""

from datetime import UTC, datetime, timedelta

import pytest

from overrides import ledger
from overrides.account_record import account_record
from overrides.consequences import consequences
from tests.stores import scores_of, settings_of

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def test_what_was_final_in_each_run_is_what_was_in_force_then(project):
    project.publish(scores_of(["a", "b"], policy_grade="D"), "r1", now=NOW)
    later = NOW + timedelta(days=1)
    entry = ledger.add("a", "B", "other", "why", "kim", (later + timedelta(days=5)).date(), later, settings_of())
    project.publish(scores_of(["a", "b"], policy_grade="C"), "r2", now=NOW + timedelta(days=2))
    project.publish(scores_of(["a"], policy_grade="F"), "r3", now=NOW + timedelta(days=30))
    record = account_record("a", NOW + timedelta(days=31))
    assert [(past.run_id, past.final_grade, past.decided_by) for past in record.scores] == [
        ("r3", "F", "model"),
        ("r2", "B", "override"),
        ("r1", "D", "model"),
    ]
    assert record.scores[1].entry_id == int(entry.entry_id)
    assert [(line.action, line.by, line.stands) for line in record.lines] == [("expire", "system", False), ("add", "kim", False)]
    assert record.in_force is None
    assert account_record("a", later + timedelta(hours=1)).in_force.note == "why"
    assert [past.run_id for past in account_record("a", NOW + timedelta(days=31), most_runs=1).scores] == ["r3"]
    assert [past.run_id for past in account_record("b", NOW + timedelta(days=31)).scores] == ["r2", "r1"]


def test_an_account_that_nobody_has_heard_of_has_nothing(project):
    project.publish(scores_of(["a"]), "r1", now=NOW)
    record = account_record("nobody", NOW)
    assert (record.scores, record.lines, record.asides, record.asked) == ((), (), (), ())


@pytest.mark.parametrize(
    ("grade", "account", "overrides", "said"),
    [
        ("B", ("D", "D", None), {}, "The final grade goes from D to B, in force until {until}, whatever later runs say."),
        ("D", ("D", "D", None), {}, "The final grade stays D, in force until {until}, whatever later runs say."),
        (
            "A",
            ("B", "D", 7),
            {},
            "The final grade goes from B to A, in force until {until}, whatever later runs say. "
            "It replaces the override in force.",
        ),
        (
            "A",
            ("D", "D", None),
            {"approve_from_steps": 3},
            "It waits for a second person, being 3 grades from the policy's D. Once approved, the final grade "
            "goes from D to A until {until}.",
        ),
        (
            "B",
            (None, None, None),
            {},
            "The final grade goes from no grade to B, in force until {until}, whatever later runs say.",
        ),
    ],
)
def test_what_a_decision_would_do(grade, account, overrides, said):
    final, policy, entry = account
    given = {"final_grade": final, "policy_grade": policy, "entry_id": entry}
    assert consequences(given, settings_of(**overrides))[grade] == said


def test_upgrades_that_are_held_out_by_lot_are_announced():
    given = {"final_grade": "C", "policy_grade": "C", "entry_id": None}
    words = consequences(given, settings_of(holdout=0.1))
    assert "10% are held out by lot" in words["B"]
    assert "held out" not in words["D"]
