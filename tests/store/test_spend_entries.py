"""What people enter on potential spend: order, history, what stands at an instant, and that nothing is ever changed."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection

from lastword.errors import ConfigurationError, Refusal
from overrides import spend_entries
from tests.stores import scores_of

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def published(project):
    project.publish(scores_of(["a", "b"]), now=NOW)
    return project


def enter(account, kind, amount, hours=0, by="ann"):
    return spend_entries.add(account, kind, amount, "they told us", "", by, NOW + hours * HOUR)


def stands(hours=99):
    frame = spend_entries.in_force(NOW + hours * HOUR)
    return {account: (row["kind"], row["amount"]) for account, row in frame.iterrows()}


def test_a_value_goes_before_a_growth_and_the_newer_before_the_older(published):
    enter("a", "value", 100, hours=1)
    enter("a", "value", 200, hours=2)
    enter("a", "growth", 0.1, hours=3)
    enter("b", "growth", -0.5, hours=3)
    assert stands() == {"a": ("value", 200), "b": ("growth", -0.5)}
    assert spend_entries.standing("a").amount == 200
    assert stands(hours=1) == {"a": ("value", 100)}
    assert stands(hours=0) == {}


def test_clearing_takes_back_both_and_the_history_keeps_all(published):
    enter("a", "value", 100)
    enter("a", "growth", 0.1, hours=1)
    spend_entries.clear("a", "was wrong", "bob", NOW + 2 * HOUR)
    assert stands() == {}
    assert [(line.kind, line.amount, line.by, line.note) for line in spend_entries.history("a")] == [
        ("value", 100, "ann", ""),
        ("growth", 0.1, "ann", ""),
        ("clear", None, "bob", "was wrong"),
    ]
    enter("a", "growth", 0.3, hours=3)
    assert stands() == {"a": ("growth", 0.3)}
    assert spend_entries.accounts_entered_since(NOW + 3 * HOUR) == {"a"}
    assert spend_entries.accounts_entered_since(NOW + 4 * HOUR) == set()


def test_what_cannot_be_is_refused_in_a_sentence(published):
    for kind, amount in (
        ("value", -1),
        ("value", float("nan")),
        ("value", float("inf")),
        ("growth", -1.5),
        ("growth", float("nan")),
    ):
        with pytest.raises(ConfigurationError, match="can't be: expected"):
            enter("a", kind, amount)
    with pytest.raises(ConfigurationError, match="the reason is empty"):
        spend_entries.add("a", "value", 1, " ", "", "ann", NOW)
    with pytest.raises(ConfigurationError, match="author is empty"):
        enter("a", "value", 1, by=" ")
    with pytest.raises(Refusal, match="account 'aa' is unknown"):
        enter("aa", "value", 1)
    with pytest.raises(Refusal, match="account 'aa' is unknown"):
        spend_entries.history("aa")
    with pytest.raises(Refusal, match="has no entry to take back"):
        spend_entries.clear("a", "", "ann", NOW)
    assert spend_entries.history("a") == []


@pytest.mark.parametrize("statement", ["UPDATE lastword_spend_entry SET amount = 1", "DELETE FROM lastword_spend_entry"])
def test_the_database_itself_refuses_to_change_an_entry(published, statement):
    enter("a", "value", 100)
    with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
        cursor.execute(statement)
