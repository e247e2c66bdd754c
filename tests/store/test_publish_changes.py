"""Publishing what changed: everything that can be read of it is as if all rows had been published again."""

import shutil
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from lastword.errors import Refusal
from overrides import final_changes, ledger, score_batches
from overrides.account_record import account_record
from overrides.accounts import standings
from overrides.filters import Filters
from overrides.final import current_scores, final_as_of, final_table, queue_table, typed
from overrides.final_pages import cross_table, final_batches, final_page
from overrides.hierarchy import hierarchy_table
from overrides.past_decisions import decisions_until
from overrides.pruning import prune
from overrides.publications import graded
from overrides.publish import RunRecord, current_run, previous_grades, publish, published_runs
from overrides.publish_changes import publish_changes
from overrides.queue_age import decided_since, waiting_since
from overrides.store import open_store, reading
from overrides.worklist import View, queue_accounts, queue_count, queue_page
from tests.stores import AS_OF, Project, scores_of, settings_of

IDS = [f"{number:02}" for number in range(14)]
DAY = timedelta(days=1)
GRADES = np.array(["A", "B", "C", "D", "F"])
QUEUE = settings_of()
QUEUE.disparity = type("Disparity", (), {"measure": "rank", "threshold": 40, "customers": False})


def changes(project, on, changed, gone=(), run_id="r2", now=None, kind="partial", **given):
    folder = project.runs_folder / run_id
    folder.mkdir(parents=True, exist_ok=True)
    run = RunRecord(run_id, kind, AS_OF, "2026", "model", "propensity", "3")
    changed = changed.assign(run_id=run_id) if isinstance(changed, pd.DataFrame) else changed
    return publish_changes(project, on, changed, gone, run, folder, now or datetime.now(UTC), **given)


def scored(random, account_ids, now, run_id):
    count = len(account_ids)
    return scores_of(
        account_ids,
        scored_at=now,
        run_id=run_id,
        policy_grade=random.choice(GRADES, count),
        model_grade=random.choice(GRADES, count),
        disparity_rank=random.choice([-50.0, 10.0, 62.5], count),
        review_gain=random.choice([np.nan, 0.5, 2.5], count),
        high_value=random.choice([True, False, None], count),
        open_reason=random.choice(["disparity", "audit", None], count),
        override_review=random.choice(["stale", None], count),
        region=random.choice(["EMEA", "APAC", None], count),
        queued_since=pd.Timestamp(now - DAY),
    )


def some(random, account_ids, share):
    return [account for account in account_ids if random.random() < share]


def invented(seed, until):
    """Publications a day apart with decisions between them, the last one at `until`: with all rows and those changed."""
    random = np.random.default_rng(seed)
    kinds = ["full", "partial", "partial", "partial", "full", "partial", "partial"]
    rows, steps = pd.DataFrame(), []
    for place, kind in enumerate(kinds):
        now, run_id = until - (len(kinds) - 1 - place) * DAY, f"r{place}"
        if kind == "full":
            changed, gone = scored(random, some(random, IDS, 0.7), now, run_id), []
            rows = changed
        else:
            gone = some(random, rows["account_id"], 0.1)
            stay = rows[~rows["account_id"].isin(gone)]
            absent = [account for account in IDS if account not in set(rows["account_id"])]
            changed = scored(random, some(random, stay["account_id"], 0.3) + some(random, absent, 0.3), now, run_id)
            rows = pd.concat([stay[~stay["account_id"].isin(changed["account_id"])], changed], ignore_index=True)
        steps.append((now, run_id, kind, rows, changed, gone))
        for hours in range(1, 7):
            account, action = random.choice(rows["account_id"]), random.choice(["add", "add", "aside", "hold out", "revoke"])
            days = int(random.integers(0, 5))
            steps.append((now + hours * timedelta(hours=1), str(account), str(action), str(random.choice(GRADES)), days))
    return [step for step in steps if step[0] <= until]


def decide(now, account, action, grade, days):
    from overrides.models import SettingAside

    if action in ("add", "hold out"):
        settings = settings_of(holdout=1.0 if action == "hold out" else 0.0)
        ledger.add(account, grade, "other", "", "ann", (now + days * DAY).date(), now, settings)
    elif action == "aside":
        SettingAside.objects.create(account_id=account, action="snooze", until=(now + days * DAY).date(), by="bob", made_at=now)
    elif account in ledger.in_force(now).index:
        ledger.revoke(account, "", "bob", now)


def played(project, steps, in_steps):
    """Publish and decide; what could be read after each publication."""
    seen, on = [], None
    for step in steps:
        if len(step) == 5:
            decide(*step)
            continue
        now, run_id, kind, rows, changed, gone = step
        if in_steps and kind == "partial":
            done = changes(project, on, changed, gone, run_id, now)
        else:
            folder = project.runs_folder / run_id
            folder.mkdir(parents=True)
            done = publish(project, rows, RunRecord(run_id, kind, AS_OF, "2026", "model", "propensity", "3"), folder, now)
        on = run_id
        seen += [(run_id, done.accounts, done.in_force), *readable(now)]
        file = typed(pd.read_parquet(done.path))
        pd.testing.assert_frame_equal(file, final_table())
    return seen


def pages(now, order):
    rows, after = [], None
    while True:
        page = queue_page(View(order=order), now, QUEUE, after, 3)
        rows, after = rows + page.rows, page.after
        if after is None:
            return rows


def readable(now):
    """Everything that is read of the current publication."""
    return (
        final_table(),
        current_scores(),
        queue_table(),
        previous_grades("policy_grade").sort_index(),
        *(pages(now, order) for order in ("value_of_information", "disparity")),
        queue_accounts(View(threshold=30.0), now, QUEUE, 99),
        queue_count(View(measure="rank"), now, QUEUE),
        waiting_since(now).sort_index(),
        sorted(hierarchy_table().astype(str).values.tolist()),
        cross_table(Filters(), "region"),
        final_page(Filters(), limit=5).rows,
        list(final_batches(Filters(), size=4)),
        {account: (each.scores, [entry.entry_id for entry in each.entries]) for account, each in standings(IDS).items()},
    )


def table_at(instant):
    try:
        return final_as_of(instant)
    except Refusal as refusal:
        return str(refusal)


def history(steps, runs):
    """Everything that is read of the past: at every third step and a minute before it, of some publications."""
    last = steps[-1][0]
    instants = [step[0] - before for step in steps[::3] for before in (timedelta(minutes=1), timedelta(0))]
    return [table_at(instant) for instant in instants], [graded(run_id) for run_id in runs], decisions_until(last)


def same(one, other):
    """Whether two readings say the same; frames and rows among them."""
    if isinstance(one, pd.DataFrame | pd.Series):
        return one.equals(other)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(same(*both) for both in zip(one, other, strict=True))
    return one == other


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


def test_it_stores_what_changed_and_copies_the_rest_of_the_table(project):
    from overrides.models import Score

    done = project.publish(scores_of(["a", "b", "c", "d"]), "r1")
    marked = pd.read_parquet(done.path)
    marked["name"] = "as it was in the file"
    pq.write_table(pq.read_table(done.path).set_column(1, "name", [marked["name"].tolist()]), done.path)
    ledger.add("d", "F", "other", "", "ann", None, datetime.now(UTC), project.settings)
    looked_at = []
    done = changes(project, "r1", scores_of(["b", "e"], region="APAC"), ["c"], check=lambda batches: looked_at.extend(batches))
    assert Score.objects.count() == 6
    assert pd.concat(looked_at)["account_id"].tolist() == ["b", "d", "e"]
    written = pd.read_parquet(done.path).set_index("account_id")
    assert written["name"].to_dict() == {
        "a": "as it was in the file",
        "b": "Name of b",
        "d": "Name of d",
        "e": "Name of e",
    }
    assert written["decided_by"].to_dict() == {"a": "model", "b": "model", "d": "override", "e": "model"}
    assert (done.accounts, done.in_force, current_run().run_id) == (4, 1, "r2")
    assert '"r2"' in (project.runs_folder / "latest.json").read_text()


def test_an_override_that_ended_is_looked_at_again(project):
    now = datetime.now(UTC)
    project.publish(scores_of(["a", "b"]), "r1")
    ledger.add("a", "F", "other", "", "ann", None, now, project.settings)
    changes(project, "r1", scores_of([]), run_id="r2")
    ledger.revoke("a", "", "ann", now)
    done = changes(project, "r2", scores_of([]), run_id="r3")
    assert pd.read_parquet(done.path)["decided_by"].tolist() == ["model", "model"]
    assert (done.accounts, done.in_force) == (2, 0)


@pytest.mark.parametrize("before", ["missing", "of other columns", "without rows"])
def test_the_table_is_made_from_the_store_where_there_is_none_to_copy_from(project, before):
    done = project.publish(scores_of(["a", "b"]), "r1")
    if before == "missing":
        done.path.unlink()
    elif before == "of other columns":
        pq.write_table(pq.read_table(done.path).drop_columns("tier"), done.path)
    else:
        with pq.ParquetWriter(done.path, pq.read_schema(done.path)):
            pass
    done = changes(project, "r1", scores_of(["c"]), ["a"])
    pd.testing.assert_frame_equal(typed(pd.read_parquet(done.path)), final_table())
    assert (done.accounts, final_table()["account_id"].tolist()) == (2, ["b", "c"])


def test_everybody_may_go_and_come_back(project, monkeypatch):
    monkeypatch.setattr(score_batches, "BATCH_ROWS", 1)
    project.publish(scores_of(["a", "b", "c"]), "r1")
    done = changes(project, "r1", scores_of([]), ["a", "b", "c"])
    assert (done.accounts, final_table().empty, pd.read_parquet(done.path).empty) == (0, True, True)
    done = changes(project, "r2", scores_of(["a", "d"]), run_id="r3")
    assert pd.read_parquet(done.path)["account_id"].tolist() == final_table()["account_id"].tolist() == ["a", "d"]


def test_row_groups_are_split_as_accounts_are_added(project, monkeypatch):
    monkeypatch.setattr(final_changes, "BATCH_ROWS", 3)
    project.publish(scores_of(["a", "b"]), "r1")
    done = changes(project, "r1", scores_of([f"c{number}" for number in range(7)]))
    groups = pq.read_metadata(done.path)
    assert [groups.row_group(place).num_rows for place in range(groups.num_row_groups)] == [3, 3, 3]


def untouched(project):
    files = sorted(path.name for path in project.runs_folder.glob("r2/*"))
    latest = (project.runs_folder / "latest.json").read_text()
    return current_run().run_id, current_scores().to_csv(), latest, published_runs(), files


def refused(batches):
    list(batches)
    raise Refusal("points outside 0-100")


@pytest.mark.parametrize(
    ("on", "changed", "given", "said"),
    [
        ("r0", ["b"], {}, "^the changes are to run r0, and run r1 was published meanwhile: rescore again$"),
        ("r1", ["b"], {"run_id": "r0"}, "run r0 was published before"),
        ("r1", ["b", "b"], {}, "account 'b' occurs twice in the scores of run r2"),
        ("r1", ["b"], {"check": refused}, "points outside"),
    ],
)
def test_what_is_refused_changes_nothing(project, on, changed, given, said):
    for run_id in ("r0", "r1"):
        project.publish(scores_of(["a", "b"]), run_id)
    before = untouched(project)
    with pytest.raises(Refusal, match=said):
        changes(project, on, scores_of(changed), ["a"], **given)
    assert untouched(project) == before


def test_before_the_first_publication_nothing_can_change(project):
    with pytest.raises(Refusal, match="^the changes are to run r0, and nothing is published any more: rescore again$"):
        changes(project, "r0", scores_of(["a"]))


def test_an_account_is_changed_or_gone(project):
    project.publish(scores_of(["a"]), "r1")
    with pytest.raises(ValueError, match="'a' is both changed and gone"):
        changes(project, "r1", scores_of(["a"]), ["a"])


def test_who_is_to_be_stored_again_though_the_scores_are_the_same(project):
    now = datetime.now(UTC)
    project.publish(scores_of(list("abcdefg")), "r1", now=now - 3 * DAY)
    for account, made, days in (("a", -4, 9), ("b", -4, 2), ("c", -4, 9), ("d", -1, 9)):
        ledger.add(account, "A", "other", "", "ann", (now + (made + days) * DAY).date(), now + made * DAY, project.settings)
    ledger.revoke("c", "", "bob", now - 2 * DAY)
    decide(now - DAY, "e", "hold out", "A", 9)
    decide(now - DAY, "f", "aside", "", 9)
    decide(now - 4 * DAY, "g", "aside", "", 1)
    assert decided_since(current_run().published_at, now) == {"b", "c", "d", "f"}
    assert decided_since(now, now) == set()


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
