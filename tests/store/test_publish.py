"""Publishing: the pointer, the rows, the Parquet file and latest.json say the same; what fails leaves everything as it was."""

import json
import resource
from datetime import UTC, datetime, timedelta

import pandas as pd
import pyarrow.parquet as pq
import pytest

from lastword.contracts import FINAL_COLUMNS
from lastword.errors import Refusal
from overrides import ledger, score_batches, score_rows
from overrides.final import current_scores, final_table, typed
from overrides.publish import current_run, previous_grades, published_runs, repair_latest
from tests.stores import AS_OF, scores_of, settings_of

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)


def test_the_parquet_file_and_the_store_are_equal(project):
    ids = ["007", "Ünï", "a b"]
    project.publish(scores_of(ids), "r1")
    ledger.add("a b", "A", "other", "", "ann", None, datetime.now(UTC), project.settings)
    values = {
        "propensity": [0.1 + 0.2, None, 1.0],
        "high_value": [True, None, False],
        "open_reason": [None, "audit", "disparity"],
    }
    done = project.publish(scores_of(ids, **values), "r2")
    written = pq.read_table(done.path)
    assert tuple(written.column_names) == FINAL_COLUMNS
    assert str(written.schema.field("as_of").type) == "date32[day]"
    assert str(written.schema.field("override_at").type) == "timestamp[us, tz=UTC]"
    shown = final_table()
    for name in FINAL_COLUMNS:
        in_file = [
            None if value is None else pd.Timestamp(value) if name in ("as_of", "override_expires_on") else value
            for value in written[name].to_pylist()
        ]
        in_store = [None if missing else value for value, missing in zip(shown[name], shown[name].isna(), strict=True)]
        assert in_file == in_store, name
    assert shown.set_index("account_id")["decided_by"].to_dict() == {"007": "model", "Ünï": "model", "a b": "override"}
    assert (done.accounts, done.in_force) == (3, 1)


ODD = ["", " ", "a\tb", 'say "hi"', "a,b", "line\r\nline", "\\.", "\\N", "NULL", "NaN", "'", "=1+1", "Ünï 🏢", None]


def test_texts_numbers_and_times_arrive_as_they_are_whatever_they_hold(project, monkeypatch):
    monkeypatch.setattr(score_rows, "ROWS_AT_ONCE", 3)
    ids = sorted([*(text for text in ODD if text), "007"])
    numbers = [0.1 + 0.2, -0.0, 1e-300, 1.7976931348623157e308, None]
    given = scores_of(
        ids,
        country=(ODD * 2)[: len(ids)],
        expected_value=(numbers * 3)[: len(ids)],
        high_value=([True, False, None] * 5)[: len(ids)],
        queued_since=([pd.Timestamp(NOW), None, pd.Timestamp("2026-01-02T03:04:05.000007Z")] * 5)[: len(ids)],
    )
    project.publish(given.sample(frac=1, random_state=7), "r1")
    stored = current_scores()
    expected = typed(given.assign(run_id="r1")[list(stored.columns)]).sort_values("account_id", ignore_index=True)
    pd.testing.assert_frame_equal(stored, expected)


def test_the_file_is_what_the_view_shows_with_every_kind_of_entry_and_batch(project, monkeypatch):
    monkeypatch.setattr(score_batches, "BATCH_ROWS", 4)
    ids = [f"{number:02}" for number in range(11)]
    project.publish(scores_of(ids), "r1")
    now, settings = datetime.now(UTC), project.settings
    today = now.date()
    ledger.add("00", "A", "other", "", "ann", None, now, settings)
    ledger.add("01", "B", "other", "", "ann", (now - timedelta(days=40)).date(), now - timedelta(days=50), settings)  # lapsed
    ledger.add("02", "C", "other", "", "ann", today, now, settings)  # its last day
    ledger.add("03", "A", "other", "", "ann", None, now, settings)
    ledger.revoke("03", "", "bob", now)
    ledger.add("04", "A", "other", "", "ann", None, now, settings)
    ledger.add("04", "D", "other", "", "bob", None, now, settings)  # supersedes
    ledger.add("08", "A", "other", "", "ann", None, now, settings_of(holdout=1.0))  # held out
    ledger.add("10", "A", "other", "", "ann", None, now + timedelta(hours=1), settings)  # by a clock that is ahead
    done = project.publish(scores_of(ids, override_review="stale", open_reason="audit"), "r2")
    assert pq.read_metadata(done.path).num_row_groups == 3
    shown = final_table()
    pd.testing.assert_frame_equal(typed(pd.read_parquet(done.path)), shown)
    overridden = shown.loc[shown["decided_by"] == "override", "account_id"].tolist()
    assert (done.accounts, done.in_force) == (11, len(overridden))
    assert overridden == ["00", "02", "04", "10"]


def test_an_account_twice_is_found_across_batches(project, monkeypatch):
    monkeypatch.setattr(score_batches, "BATCH_ROWS", 2)
    with pytest.raises(Refusal, match="account 'b' occurs twice in the scores of run r1"):
        project.publish(scores_of(["a", "b", "b", "c"]))
    assert current_run() is None


@pytest.mark.parametrize("ids", [["a", "b", "c"], ["c", "a", "b"]])
def test_a_file_of_scores_comes_in_order(tmp_path, monkeypatch, ids):
    monkeypatch.setattr(score_batches, "BATCH_ROWS", 2)
    scores_of(ids).to_parquet(tmp_path / "scores.parquet")
    file = score_batches.ScoreFile(tmp_path / "scores.parquet")
    assert file.rows == 3
    assert [batch["account_id"].tolist() for batch in file.batches()] == [["a", "b"], ["c"]]


def test_latest_json_names_the_current_run(project):
    project.publish(scores_of(["a"]), "r1", now=NOW)
    latest = project.runs_folder / "latest.json"
    expected = {"run_id": "r1", "published_at": "2026-11-23T06:00:00Z", "path": "r1/final_scores.parquet"}
    assert json.loads(latest.read_text()) == expected
    assert (project.runs_folder / expected["path"]).exists()
    for wrong in ('{"run_id": "r0"}', "", None):
        latest.unlink() if wrong is None else latest.write_text(wrong)
        repair_latest(project)
        assert json.loads(latest.read_text()) == expected


def test_before_the_first_publication_there_is_nothing(project):
    repair_latest(project)
    assert current_run() is None
    assert published_runs() == ()
    assert previous_grades().empty
    assert current_scores().empty
    assert final_table().empty
    assert not project.runs_folder.exists()


def test_the_current_run_is_known_with_what_was_frozen(project):
    project.publish(scores_of(["a"]), "r1", now=NOW)
    reference = {"plan": {"values": [0.5, 1e-9, 99.0]}}
    project.publish(
        scores_of(["a", "b"]), "r2", now=NOW + timedelta(days=1), kind="partial", counts={"accounts": 2}, reference=reference
    )
    run = current_run()
    assert (run.run_id, run.kind, run.as_of, run.policy) == ("r2", "partial", AS_OF, "model")
    assert (run.counts, run.reference, run.model_version) == ({"accounts": 2}, reference, "3")
    assert run.published_at == NOW + timedelta(days=1)
    assert published_runs() == ("r1", "r2")
    assert previous_grades().to_dict() == {"a": "A", "b": "B"}
    project.publish(scores_of(["a", "b"], policy_grade=["F", None]), "r3", now=NOW + timedelta(days=2))
    assert previous_grades("policy_grade").where(lambda grade: grade.notna(), "none").to_dict() == {"a": "F", "b": "none"}


def test_older_publications_keep_their_scores(project):
    from overrides.models import Score

    project.publish(scores_of(["a", "b"]), "r1")
    project.publish(scores_of(["a"]), "r2")
    assert Score.objects.filter(publication_id="r1").count() == 2
    assert final_table()["account_id"].tolist() == ["a"]


def test_rows_that_are_carried_over_keep_their_evidence(project):
    project.publish(scores_of(["a", "b"]), "r1")
    carried = current_scores()
    fresh = scores_of(["a"], run_id="r2")
    folder = project.runs_folder / "r2"
    folder.mkdir()
    from overrides.publish import RunRecord, publish

    both = pd.concat([fresh, carried[carried.account_id == "b"]])
    publish(project, both, RunRecord("r2", "partial", AS_OF, "2026", "model"), folder, NOW)
    assert final_table()["run_id"].tolist() == ["r2", "r1"]
    assert current_run().run_id == "r2"


def untouched(project):
    return (
        current_run().run_id,
        final_table()["account_id"].tolist(),
        (project.runs_folder / "latest.json").read_text(),
        published_runs(),
    )


def test_a_check_that_fails_undoes_everything(project):
    from overrides.publish import RunRecord, publish

    project.publish(scores_of(["a"]), "r1")
    before = untouched(project)
    seen = []

    def check(batches):
        seen.extend(final["account_id"].tolist() for final in batches)
        raise Refusal("points outside 0-100")

    folder = project.runs_folder / "r2"
    folder.mkdir()
    with pytest.raises(Refusal, match="points outside"):
        publish(project, scores_of(["b", "c"]), RunRecord("r2", "full", AS_OF, "2026", "model"), folder, NOW, check=check)
    assert seen == [["b", "c"]]
    assert untouched(project) == before
    assert list(folder.iterdir()) == []


def test_no_space_for_the_parquet_file_undoes_everything(project):
    project.publish(scores_of(["a"]), "r1")
    before = untouched(project)
    (project.runs_folder / "r2").write_text("a file where the folder should be")
    with pytest.raises((Refusal, FileExistsError)):
        project.publish(scores_of(["b"]), "r2")
    (project.runs_folder / "r2").unlink()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(Refusal) as raised:
            project.publish(scores_of([str(number) for number in range(500)]), "r2")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "\n" not in str(raised.value)
    assert untouched(project) == before


def test_a_run_is_published_once(project):
    project.publish(scores_of(["a"]), "r1")
    with pytest.raises(Refusal, match="run r1 was published before"):
        project.publish(scores_of(["b"]), "r1")
    assert final_table()["account_id"].tolist() == ["a"]


def test_an_account_twice_is_refused(project):
    with pytest.raises(Refusal, match="account 'a' occurs twice in the scores of run r1"):
        project.publish(scores_of(["a", "b", "a"]))
    assert current_run() is None
