"""Bases and steps: everything that can be read of publications is as if all rows had been stored with each."""

import shutil
from datetime import UTC, datetime

import pytest

from overrides import final_changes, ledger, score_batches
from overrides.account_record import account_record
from overrides.filters import Filters
from overrides.final import final_as_of, final_table
from overrides.final_pages import final_page
from overrides.past_decisions import decisions_until
from overrides.pruning import prune
from overrides.publish import published_runs
from overrides.store import open_store, reading
from overrides.worklist import View, queue_page
from tests.published_history import DAY, IDS, QUEUE, changes, history, invented, played, readable, same
from tests.stores import Project, scores_of, settings_of


@pytest.fixture
def beside(project, request, tmp_path):
    """Another store on the same database, empty; both are opened by their address."""
    if project.store_url.startswith("sqlite"):
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "beside.db")
        url = f"sqlite:///{tmp_path}/beside.db"
    else:
        server = request.getfixturevalue("postgres_server")
        url = server.url(server.new_database(request.getfixturevalue("postgres_template")))
    return Project(url, tmp_path / "runs beside", settings_of())


@pytest.mark.parametrize("seed", range(2))
def test_what_is_read_is_as_if_all_rows_had_been_published_again(project, beside, monkeypatch, seed):
    monkeypatch.setattr(score_batches, "BATCH_ROWS", 4)
    monkeypatch.setattr(final_changes, "BATCH_ROWS", 4)
    steps = invented(seed, datetime.now(UTC).replace(microsecond=0))
    last, told = steps[-1][0], []
    for stored, in_steps in ((project, True), (beside, False)):
        open_store(stored.store_url)
        each = played(stored, steps, in_steps)
        past, accounts = history(steps, published_runs()), [account_record(account, last) for account in IDS]
        pruned = prune(stored, 2, last)
        told.append((*each, past, accounts, pruned, history(steps, ["r5", "r6"]), readable(last)))
    assert pruned == ("r0", "r1", "r2", "r3", "r4")
    for in_steps, whole in zip(*told, strict=True):
        assert same(in_steps, whole)


@pytest.mark.parametrize("seed", range(2))
def test_pruning_leaves_the_rows_of_what_is_kept_and_those_that_somebody_saw(project, seed):
    from overrides.models import OverrideEntry, Publication, Score

    steps = invented(seed, datetime.now(UTC).replace(microsecond=0))
    played(project, steps, in_steps=True)
    rows, runs = list(Score.objects.all()), {run.run_id: run for run in Publication.objects.all()}
    seen = set(OverrideEntry.objects.exclude(seen_run_id=None).values_list("account_id", "seen_run_id"))
    assert {runs[name].base_id for name in runs} == {"r0", "r4"}
    for keep in (6, 3, 2):
        prune(project, keep, steps[-1][0])
        kept = sorted(runs)[-keep:]
        wanted = {
            row.id
            for row in rows
            if any(row.valid_in(runs[name]) for name in kept)
            or any(row.account_id == account and row.valid_in(runs[name]) for account, name in seen)
        }
        assert set(Score.objects.values_list("id", flat=True)) == wanted
    assert len(wanted) < len(rows)


def test_a_base_keeps_its_tables_while_a_publication_that_is_kept_stands_on_it(project):
    now = datetime.now(UTC) - 9 * DAY
    for place, run_id in enumerate(("r0", "r1", "r2", "r3", "r4", "r5")):
        if run_id in ("r0", "r4"):
            project.publish(scores_of(["a", "b"]), run_id, now=now + place * DAY)
        else:
            changes(project, f"r{place - 1}", scores_of(["a", "b"]), (), run_id, now + place * DAY)
        (project.runs_folder / run_id / "reasons.parquet").touch()
    kept = lambda: [run_id for run_id in published_runs() if (project.runs_folder / run_id / "reasons.parquet").exists()]  # noqa: E731
    prune(project, 3, now)
    assert kept() == ["r0", "r3", "r4", "r5"]
    prune(project, 2, now)
    assert kept() == ["r4", "r5"]


def test_a_store_of_before_steps_keeps_its_publications_and_its_indexes(project):
    from django.core.management import call_command

    from overrides.models import Publication

    now = datetime.now(UTC)
    project.publish(scores_of(["a", "b"]), "r1", now=now - 2 * DAY)
    ledger.add("a", "C", "other", "so", "ann", None, now - 2 * DAY, project.settings)
    project.publish(scores_of(["a", "c"]), "r2", now=now - DAY, kind="partial")
    before = (final_as_of(now - 2 * DAY), final_table(), decisions_until(now), index_names())
    call_command("migrate", "overrides", "0013", verbosity=0)
    open_store(project.store_url)
    assert same(before, (final_as_of(now - 2 * DAY), final_table(), decisions_until(now), index_names()))
    assert list(Publication.objects.order_by("run_id").values_list("base_id", "step")) == [("r1", 0), ("r2", 0)]
    changes(project, "r2", scores_of(["b"]), ["a"], "r3")
    assert final_table()["account_id"].tolist() == ["b", "c"]


def index_names():
    from django.db import connection

    with reading() as cursor:
        return sorted(connection.introspection.get_constraints(cursor, "lastword_score"))


@pytest.mark.parametrize("order", ["value_of_information", "disparity"])
@pytest.mark.parametrize("project", ["sqlite"], indirect=True)
def test_a_page_of_the_queue_is_read_along_its_index(project, order):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    now = datetime.now(UTC)
    project.publish(scores_of(IDS, open_reason="disparity"), "r1", now=now)
    changes(project, "r1", scores_of(IDS[:3], open_reason="audit"))
    with CaptureQueriesContext(connection) as captured:
        page = queue_page(View(order=order), now, QUEUE, limit=5)
        final_page(Filters(), limit=5)
    assert len(page.rows) == 5
    reads = [query["sql"] for query in captured if "FROM lastword_score s LEFT JOIN" in query["sql"]]
    index = "lastword_score_queue_by_gain" if order == "value_of_information" else "lastword_score_queue_by_gap"
    for sql, expected in zip(reads, (index, "lastword_score_one_per_step"), strict=True):
        with reading() as cursor:
            steps = [row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()]
        assert f"SEARCH s USING INDEX {expected}" in steps[0]
        assert not [step for step in steps if "TEMP B-TREE" in step]
