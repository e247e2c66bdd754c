"""The ledger replayed gives the same state as the query, the view and the history, whatever was decided in which order."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lastword.errors import Refusal
from overrides import batches, ledger, reviewing
from overrides.decisions import replay
from overrides.final import final_as_of, final_table
from overrides.store import transaction
from tests.stores import project, scores_of, settings_of, sqlite_template  # noqa: F401

ACCOUNTS = ("a", "b")
START = datetime(2026, 1, 1, 12, tzinfo=UTC)
HELD_OUT, IN_FORCE = settings_of(holdout=1.0), settings_of()
DECISIONS = st.lists(
    st.tuples(
        st.sampled_from(ACCOUNTS),
        st.sampled_from(["add", "add", "revoke", "hold out", "undo", "batch", "undo batch"]),
        st.sampled_from("ABCD"),
        st.integers(0, 20),
        st.integers(0, 4),
    ),
    max_size=12,
)


class Undone(Exception):
    """Ends a transaction without a trace."""


@pytest.fixture
def published(project):  # noqa: F811
    project.publish(scores_of(ACCOUNTS, policy_grade="F", scored_at=START))
    return project


def decide(decisions, now):
    """Take the decisions at growing times."""
    for account, action, grade, hours, days in decisions:
        now += timedelta(hours=hours)
        if action in ("add", "hold out"):
            chosen = HELD_OUT if action == "hold out" else IN_FORCE
            ledger.add(account, grade, "other", "", "ann", (now + timedelta(days=days)).date(), now, chosen)
        elif action == "batch":
            apply_batch(grade, now, settings_of(expires_after_days=days))
        elif action == "undo batch":
            undo_latest_batch(now)
        elif action == "undo":
            undo(account, now)
        elif account in ledger.in_force(now).index:
            ledger.revoke(account, "", "bob", now)


def undo(account, now):
    """Take the latest entry back; where there is something to take back, the state is that of before it."""
    entries = entries_until(now)[account]
    before = replay(entries[:-1], now.date())
    with suppress(Refusal):
        reviewing.undo(account, str(entries[-1].entry_id) if entries else "1", "bob", now, IN_FORCE)
        assert content(replay(entries_until(now)[account], now.date())) == content(before)


def apply_batch(grade, now, settings):
    with suppress(Refusal):
        batches.apply(ACCOUNTS, "grade", "other", "", "cleo", now, settings, grade)


def undo_latest_batch(now):
    """Take the latest batch back; every account of which it was the last word is as before it."""
    latest = next(iter(batches.batches(1)), None)
    earlier = entries_until(now)
    with suppress(Refusal):
        batches.undo_batch(latest.batch_id if latest else 1, "bob", now, IN_FORCE)
        for account, entries in earlier.items():
            of_batch = entries and entries[-1].batch_id == latest.batch_id
            before = replay(entries[:-1] if of_batch else entries, now.date())
            assert content(replay(entries_until(now)[account], now.date())) == content(before)


def content(entry):
    """What an override says, whoever made it and when."""
    return None if entry is None else (entry.grade, entry.reason, entry.kind, entry.expires_on)


def entries_until(instant):
    from overrides.models import OverrideEntry

    return {
        account: tuple(OverrideEntry.objects.filter(account_id=account, made_at__lte=instant).order_by("entry_id"))
        for account in ACCOUNTS
    }


@pytest.mark.parametrize("project", ["sqlite"], indirect=True)
@given(decisions=DECISIONS, looked_at_hours=st.integers(0, 400))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_state_on_any_date_is_the_entries_in_order(published, decisions, looked_at_hours):
    with pytest.raises(Undone), transaction():
        decide(decisions, START)
        instant = START + timedelta(hours=looked_at_hours)
        replayed = {account: replay(entries, instant.date()) for account, entries in entries_until(instant).items()}
        expected = {account: str(entry.entry_id) for account, entry in replayed.items() if entry is not None}
        assert ledger.in_force(instant)["entry_id"].to_dict() == expected
        for account in ACCOUNTS:
            assert state_by_history(ledger.history(account, instant)) == expected.get(account)
        raise Undone


def state_by_history(lines):
    """What somebody reading `history --json` from the top takes to be in force."""
    state = None
    for line in lines:
        if line["action"] in ("add", "supersede"):
            assert (line["action"] == "supersede") == (state is not None)
            state = line["entry_id"]
        elif line["action"] in ("revoke", "expire"):
            assert state is not None
            state = None
    return state


@pytest.mark.parametrize("project", ["sqlite"], indirect=True)
@given(decisions=DECISIONS)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_view_shows_the_override_in_force_and_nothing_else(published, decisions):
    with pytest.raises(Undone), transaction():
        decide(decisions, datetime.now(UTC) - timedelta(days=10))
        table, now = final_table(), datetime.now(UTC)
        overrides = ledger.in_force(now)
        shown = table[table["decided_by"] == "override"].set_index("account_id")
        assert shown["final_grade"].to_dict() == overrides["grade"].to_dict()
        assert set(table["final_grade"][table["decided_by"] == "model"]) <= {"F"}
        assert final_as_of(now).equals(table)
        raise Undone
