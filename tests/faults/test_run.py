"""One run at a time, and nothing of a killed one stays."""

import os
import subprocess
import sys
import textwrap
from datetime import UTC, datetime

import pytest

from features.engine import connect
from lastword.errors import Refusal
from lastword.project import find_project, init_project
from lastword.run import UNFINISHED, open_run
from overrides.publish import RunRecord, publish
from overrides.store import open_store
from tests.stores import scores_of

NOW = datetime(2026, 7, 1, 6, 0, tzinfo=UTC)


@pytest.fixture
def project(tmp_path):
    return init_project(tmp_path / "acme")


def test_a_second_run_is_refused_and_told_who_holds_the_lock_since_when(project):
    with open_run(project, "score", NOW), pytest.raises(Refusal) as refused, open_run(project, "score", NOW):
        pass
    assert f"process {os.getpid()}" in str(refused.value)
    assert "since 2026-07-01T06:00:00Z" in str(refused.value)
    with open_run(project, "score", NOW) as run:
        assert run.folder.is_dir()


def test_a_refusal_keeps_the_reports_and_takes_the_working_files_away(project):
    with pytest.raises(Refusal), open_run(project, "score", NOW) as run:
        (run.folder / "validation.json").write_text("{}")
        (run.inputs / "accounts.parquet").write_text("x")
        raise Refusal("too much is broken")
    assert [path.name for path in run.folder.iterdir()] == ["validation.json"]


def test_an_engine_without_memory_enough_says_which_setting_gives_it_more(project):
    text = project.settings_path.read_text(encoding="utf-8")
    project.settings_path.write_text(text.replace('memory_limit = "3GB"', 'memory_limit = "20MB"'), encoding="utf-8")
    project = find_project(project.folder)
    with pytest.raises(Refusal, match=r'memory_limit = "20MB" is too little'), open_run(project, "score", NOW) as run:
        connect(project, run.folder).raw_sql("SELECT list(i::VARCHAR) FROM range(5_000_000) numbers(i)").fetchall()
    assert not list(project.runs_folder.iterdir())


def test_any_other_end_leaves_nothing(project):
    with pytest.raises(ZeroDivisionError), open_run(project, "score", NOW):
        1 / 0  # noqa: B018
    assert list(project.runs_folder.iterdir()) == []


def test_a_killed_run_frees_the_lock_and_its_folder_is_cleared(project):
    script = f"""
        import os, signal
        from datetime import UTC, datetime
        from pathlib import Path
        from lastword.project import find_project
        from lastword.run import open_run
        with open_run(find_project(Path({str(project.folder)!r})), "score", datetime(2026, 7, 1, tzinfo=UTC)):
            os.kill(os.getpid(), signal.SIGKILL)
    """
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    assert killed.returncode == -9
    (leftover,) = project.runs_folder.iterdir()
    assert (leftover / UNFINISHED).exists()
    with open_run(project, "score", NOW) as run:
        assert [path.name for path in project.runs_folder.iterdir()] == [run.run_id]


def test_a_run_stopped_just_after_publishing_keeps_its_tables(project):
    with pytest.raises(KeyboardInterrupt), open_run(project, "score", NOW) as run:
        open_store(project.store_url)
        record = RunRecord(run.run_id, "full", run.as_of, "1", "model")
        publish(project, scores_of(["001"]), record, run.folder, NOW)
        raise KeyboardInterrupt
    assert [path.name for path in run.folder.iterdir()] == ["final_scores.parquet"]
    with open_run(project, "score", NOW):
        assert run.folder.is_dir()
