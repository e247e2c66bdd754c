"""What a back-test reads of the ledger."""

from datetime import UTC, datetime, timedelta

from overrides import ledger
from overrides.past_decisions import decisions_until
from tests.stores import scores_of, settings_of

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def add(account, grade, now=NOW, **overrides):
    return ledger.add(account, grade, "other", "", "ann", None, now, settings_of(**overrides))


def test_a_decision_tells_where_it_moved_the_account_from(project):
    scores = scores_of(["a", "b", "c", "none"])
    scores.loc[scores.account_id == "none", ["policy_grade", "coverage"]] = [None, False]
    project.publish(scores)
    add("c", "A")
    add("b", "D", NOW + DAY)
    add("none", "F", NOW + 2 * DAY)
    add("a", "A", NOW + 3 * DAY)
    ledger.revoke("a", "", "ann", NOW + 4 * DAY)
    add("c", "B", NOW + 5 * DAY, holdout=1.0)
    found = decisions_until(NOW + 5 * DAY)
    assert found["account_id"].tolist() == ["c", "b", "none", "a", "c"]
    assert found["policy_grade"].fillna("").tolist() == ["C", "B", "", "A", "C"]
    assert found["upgrade"].tolist() == [True, False, True, False, True]
    assert found["held_out"].tolist() == [False] * 4 + [True]
    assert found["made_at"].iloc[0] == NOW


def test_the_policys_grade_is_that_of_the_scores_the_author_saw(project):
    project.publish(scores_of(["a"], policy_grade="D"), "r1")
    add("a", "C")
    project.publish(scores_of(["a"], policy_grade="B"), "r2")
    add("a", "C", NOW + DAY)
    assert decisions_until(NOW + DAY)["upgrade"].tolist() == [True, False]


def test_nothing_decided_yet(project):
    found = decisions_until(NOW)
    assert found.empty
    assert found["upgrade"].dtype == bool
