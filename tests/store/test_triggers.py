"""A trigger's name and sentence in the store, on both databases, and what people did since it fired."""

from datetime import UTC, datetime, timedelta

import pytest

from overrides import ledger, reviewing, trigger_state
from overrides.filters import Filters
from overrides.final import current_scores, final_table, queue_table
from overrides.worklist import View, queue_groups, queue_page, queue_rows
from tests.stores import scores_of, settings_of

NOW = datetime(2026, 6, 1, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
SAID = "intent in security rose to 82, over 70"


@pytest.fixture
def published(project):
    """a: a trigger; b: the gap; c: a trigger though an override is in force; d: nothing."""
    columns = {
        "open_reason": ["cloud, intent", "disparity", "cloud, intent", None],
        "override_review": [None, None, "cloud, intent", None],
        "trigger_said": [SAID, None, SAID, None],
    }
    project.publish(scores_of(["a", "b", "c", "d"], scored_at=NOW, **columns), now=NOW)
    return project


def test_the_name_is_why_and_the_sentence_is_in_its_row(published):
    assert final_table().set_index("account_id")["queue_reason"].dropna().to_dict() == {
        "a": "cloud, intent",
        "b": "disparity",
        "c": "cloud, intent",
    }
    assert queue_table().set_index("account_id")["trigger_said"].dropna().to_dict() == {"a": SAID, "c": SAID}
    assert current_scores()["trigger_said"].dropna().tolist() == [SAID, SAID]
    assert queue_rows(["a", "b"], NOW, None)["a"]["trigger_said"] == SAID
    assert (trigger_state.trigger_said("a"), trigger_state.trigger_said("b"), trigger_state.trigger_said("z")) == (
        SAID,
        None,
        None,
    )


def test_the_queue_is_filtered_by_a_triggers_name(published):
    asked = Filters.from_query({"queue_reason": ["cloud, intent"]})
    assert asked.to_query() == [("queue_reason", "cloud, intent")]
    assert [row["account_id"] for row in queue_page(View(asked), NOW, None).rows] == ["a", "c"]
    assert {reason: accounts for reason, _, accounts in queue_groups(View(), NOW, None)} == {"cloud, intent": 2, "disparity": 1}
    assert queue_page(View(Filters(queue_reason=("nobody's",))), NOW, None).rows == []


def test_a_decision_a_snooze_and_a_dismissal_take_it_out_of_the_queue_at_once(published):
    ledger.add("a", "B", "other", "", "ann", None, NOW + HOUR, settings_of())
    reviewing.dismiss("c", "ann", NOW + HOUR)
    assert [row["account_id"] for row in queue_page(View(), NOW + 2 * HOUR, None).rows] == ["b"]
    assert trigger_state.handled_at(NOW, NOW + 2 * HOUR) == {"a": NOW + HOUR, "c": NOW + HOUR}
    assert trigger_state.handled_at(NOW, NOW + HOUR / 2) == {}
    assert trigger_state.handled_at(NOW + 2 * HOUR, NOW + 3 * HOUR) == {"c": NOW + HOUR}


def test_what_is_taken_back_was_not_done(published):
    ledger.add("a", "B", "other", "", "ann", None, NOW + HOUR, settings_of())
    ledger.revoke("a", "", "ann", NOW + 2 * HOUR)
    reviewing.dismiss("b", "ann", NOW + HOUR)
    reviewing.bring_back("b", "ann", NOW + 2 * HOUR)
    assert trigger_state.handled_at(NOW, NOW + 3 * HOUR) == {}
    assert trigger_state.handled_at(NOW + HOUR, NOW + 3 * HOUR) == {"a": NOW + 2 * HOUR}


def test_a_held_out_decision_leaves_the_account_where_it_is(published):
    ledger.add("d", "A", "other", "", "ann", None, NOW + HOUR, settings_of(holdout=1.0))
    assert trigger_state.handled_at(NOW, NOW + 2 * HOUR) == {}


def test_who_is_snoozed_now_and_when_a_run_was_published(published):
    reviewing.snooze("a", (NOW + timedelta(days=2)).date(), "ann", NOW + HOUR)
    assert trigger_state.snoozed_at(NOW + 2 * HOUR) == {"a": NOW + HOUR}
    assert trigger_state.snoozed_at(NOW + timedelta(days=3)) == {}
    assert trigger_state.fired_at(["r1", "r0"]) == {"r1": NOW}
