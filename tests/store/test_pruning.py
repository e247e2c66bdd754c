"""Pruning: the newest publications stay whole, of the others what decisions rest on; a killed prune is finished by the next."""

from datetime import UTC, datetime, timedelta

import pytest

from lastword.errors import Refusal
from overrides import ledger, pruning
from overrides.final import final_as_of, final_table
from overrides.past_decisions import decisions_until
from overrides.pruning import prune
from overrides.publications import publication
from overrides.publish import published_runs
from tests.stores import scores_of

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
DAY = timedelta(days=1)
IDS = ["a", "b", "c"]
PRUNED = ["final_scores.parquet", "metrics.json"]


@pytest.fixture
def published(project):
    """Runs r1 to r4, a day apart; somebody decided on b by r1."""
    for number in range(1, 5):
        done = project.publish(scores_of(IDS), f"r{number}", now=NOW + number * DAY)
        (done.path.parent / "reasons.parquet").mkdir()
        (done.path.parent / "reasons.parquet" / "part-00000.parquet").touch()
        (done.path.parent / "scores.parquet").touch()
        (done.path.parent / "metrics.json").write_text("{}")
        if number == 1:
            ledger.add("b", "A", "other", "", "ann", None, NOW + 1.5 * DAY, project.settings)
    return project


def stored(run_id):
    from overrides.models import Score

    return sorted(Score.objects.filter(publication_id=run_id).values_list("account_id", flat=True))


def files(project, run_id):
    return sorted(path.name for path in (project.runs_folder / run_id).iterdir())


def test_the_newest_publications_stay_whole(published):
    before = final_table()
    assert prune(published, 2, NOW + 5 * DAY) == ("r1", "r2")
    assert [stored(run_id) for run_id in ("r1", "r2", "r3", "r4")] == [["b"], [], IDS, IDS]
    assert files(published, "r1") == files(published, "r2") == PRUNED
    assert files(published, "r4") == ["final_scores.parquet", "metrics.json", "reasons.parquet", "scores.parquet"]
    assert published_runs() == ("r1", "r2", "r3", "r4")
    assert (publication("r1").pruned_at, publication("r3").pruned_at) == (NOW + 5 * DAY, None)
    assert final_table().equals(before)
    assert prune(published, 2, NOW + 6 * DAY) == ()
    assert publication("r1").pruned_at == NOW + 5 * DAY


def test_what_was_decided_on_keeps_its_evidence(published):
    before = decisions_until(NOW + 9 * DAY)
    assert before["policy_grade"].tolist() == ["B"]
    prune(published, 2, NOW + 5 * DAY)
    assert decisions_until(NOW + 9 * DAY).equals(before)


@pytest.mark.parametrize(("keep", "pruned"), [(0, ()), (1, ("r1", "r2")), (3, ("r1",)), (10, ())])
def test_two_stay_at_least_and_all_where_that_is_asked_for(published, keep, pruned):
    assert prune(published, keep, NOW + 5 * DAY) == pruned


def test_a_table_that_was_pruned_is_refused_in_a_line(published):
    prune(published, 3, NOW + 5 * DAY)
    with pytest.raises(Refusal, match=r"^the scores of run r1 were pruned on 2026-11-28 by \[runs\] keep: choose a later time$"):
        final_as_of(NOW + 1.5 * DAY)
    assert final_as_of(NOW + 2.5 * DAY)["account_id"].tolist() == IDS


def test_a_run_that_scored_accounts_of_the_current_one_keeps_its_tables(published):
    folder = published.runs_folder / "r5"
    folder.mkdir()
    from overrides.publish import RunRecord, publish
    from tests.stores import AS_OF

    carried = scores_of(IDS).assign(run_id=["r5", "r5", "r2"])
    publish(published, carried, RunRecord("r5", "partial", AS_OF, "2026", "model"), folder, NOW + 5 * DAY)
    assert prune(published, 2, NOW + 6 * DAY) == ("r1", "r2", "r3")
    assert files(published, "r1") == files(published, "r3") == PRUNED
    assert "reasons.parquet" in files(published, "r2")


def test_a_prune_that_was_stopped_is_finished_by_the_next(published, monkeypatch):
    monkeypatch.setattr(pruning, "ROWS_AT_ONCE", 1)

    def stop(base, oldest_kept):
        raise KeyboardInterrupt

    with monkeypatch.context() as stopped, pytest.raises(KeyboardInterrupt):
        stopped.setattr(pruning, "_delete_scores", stop)
        prune(published, 2, NOW + 5 * DAY)
    assert stored("r1") == IDS
    assert prune(published, 0, NOW + 6 * DAY) == ()
    assert (stored("r1"), stored("r2"), files(published, "r2")) == (["b"], [], PRUNED)
