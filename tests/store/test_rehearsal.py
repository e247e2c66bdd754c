"""A copy of a project to make decisions up on: they count there, dated back, and the original never hears of them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from lastword.errors import ConfigurationError, Refusal
from lastword.workbench import open_project
from overrides import ledger
from overrides.store import open_store
from tests.past_project import AS_OF, past_project

BEFORE = datetime(2026, 1, 20, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Scored by the plan alone: no version has been trained."""
    from lastword.runner import run_stages

    project = past_project(tmp_path_factory.mktemp("past") / "acme")
    run_stages(project, "score", datetime(2026, 6, 1, 12, tzinfo=UTC))
    return open_project(project.folder)


@pytest.fixture
def copy(published, tmp_path):
    return published.rehearsal(tmp_path / "copy")


def in_force(project, now):
    open_store(project.project.store_url)
    return ledger.in_force(now)


def test_a_decision_of_the_past_is_in_the_copys_ledger_alone(published, copy):
    assert copy.decide("a001", "A", "relationship", "ana", BEFORE, date(2026, 2, 1)) == "add"
    assert list(in_force(copy, BEFORE + timedelta(days=1)).index) == ["a001"]
    assert in_force(published, BEFORE + timedelta(days=1)).empty
    assert in_force(copy, datetime(2026, 2, 2, tzinfo=UTC)).empty


def test_the_copy_is_replayed_with_its_decisions(published, copy):
    replay = published.backtest()
    landmark = max(replay.rows["landmark"])
    assert replay.report["as_of"] == str(AS_OF)
    at_risk = replay.rows.loc[replay.rows["landmark"] == landmark, "account_id"].head(3)
    for account in at_risk:
        copy.decide(account, "A", "relationship", "ana", landmark.to_pydatetime().replace(tzinfo=UTC) - timedelta(days=2))
    again = copy.backtest()
    assert again.report["override_value"]["decisions"] == 3
    assert again.report["override_value"]["said"] == "n = 3: too few, 30 needed"
    assert replay.report["override_value"]["decisions"] == 0
    assert again.rows["entry_id"].notna().sum() >= 3


def test_what_overrides_ask_for_may_differ_in_the_copy(published, tmp_path):
    copy = published.rehearsal(tmp_path / "copy", overrides={"holdout": 0.4, "reasons": ["a hunch"]})
    assert copy.decide("a001", "B", "a hunch", "ana", BEFORE) == "add"
    assert copy.project.settings.overrides.holdout == 0.4
    assert published.project.settings.overrides.holdout == 0


def test_a_wrong_decision_is_stated(copy):
    with pytest.raises(ConfigurationError, match="isn't among"):
        copy.decide("a001", "A", "because", "ana", BEFORE)
    with pytest.raises(Refusal, match="nobody"):
        copy.decide("nobody", "A", "relationship", "ana", BEFORE)


def test_tables_of_the_publication(published):
    gate = published.gate().set_index("table")
    assert gate.loc["accounts", "rows_in"] == gate.loc["accounts", "rows_used"] == 400
    assert published.gate_reasons().columns.tolist() == ["table", "reason", "rows", "kind"]
    assert published.indicators()["indicator"].is_unique
    assert set(published.reasons("a001")["account_id"]) == {"a001"}
    assert published.explain("a001").account["account_id"] == "a001"


def test_roles_of_the_landmarks(published):
    roles = published.past().roles(60)
    assert list(dict.fromkeys(roles["role"])) == ["learnt from", "left out", "tested on"]
    tested = roles.loc[roles["role"] == "tested on", "landmark"].min()
    learnt = roles.loc[roles["role"] == "learnt from", "landmark"].max()
    assert (tested - learnt).days >= 67
