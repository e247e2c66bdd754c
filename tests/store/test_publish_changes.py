"""Publishing what changed: only that is stored, the rest of the table is copied, and it is all or nothing."""

from datetime import UTC, datetime

import pandas as pd
import pyarrow.parquet as pq
import pytest

from lastword.errors import Refusal
from overrides import final_changes, ledger, score_batches
from overrides.final import current_scores, final_table, typed
from overrides.publish import current_run, published_runs
from overrides.queue_age import decided_since
from tests.published_history import DAY, changes, decide
from tests.stores import scores_of


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
