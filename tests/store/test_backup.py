"""A backup, and the project brought back from it: the same decisions, on both databases, and nothing ever written over."""

import sqlite3
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lastword.backup import back_up, restore
from lastword.errors import InputError, Refusal
from lastword.project import Project, find_project, init_project
from overrides import ledger
from overrides.publish import RunRecord, publish
from overrides.store import open_store
from tests.stores import AS_OF, scores_of

NOW = datetime(2026, 6, 2, 12, tzinfo=UTC)


@pytest.fixture
def used(request: pytest.FixtureRequest, tmp_path: Path, empty_url: str) -> Project:
    """A project with a published run, a decision, a model's files and a key that signs sessions."""
    init_project(tmp_path / "used")
    settings = tmp_path / "used" / "lastword.toml"
    url = "sqlite:///.lastword/lastword.db" if empty_url.startswith("sqlite") else empty_url
    settings.write_text(settings.read_text("utf-8").replace("sqlite:///.lastword/lastword.db", url), encoding="utf-8")
    project = find_project(tmp_path / "used")
    store = open_store(project.store_url)
    run = project.run_folder("r1")
    run.mkdir(parents=True)
    publish(project, scores_of(["007", "b"]), RunRecord("r1", "full", AS_OF, "2026", "model", "propensity", "3"), run, NOW)
    ledger.add("007", "A", "relationship", "met them", "ana", None, NOW, project.settings)
    (project.artifacts_folder / "m").mkdir(parents=True)
    (project.artifacts_folder / "m" / "model.json").write_text("{}")
    (project.state_folder / "web_secret").write_text("signs sessions")
    with sqlite3.connect(project.state_folder / "mlflow.db") as mlflow:
        mlflow.execute("CREATE TABLE versions (name TEXT)")
    mlflow.close()
    store.close()
    return project


def decisions(project: Project) -> list[dict[str, str | None]]:
    store = open_store(project.store_url)
    found = ledger.history("007", NOW)
    store.close()
    return found


def emptied(request: pytest.FixtureRequest, project: Project, archive: Path, folder: Path) -> Path:
    """Where to restore to: a new folder; with PostgreSQL the database is dropped and made anew."""
    if project.store_url.startswith("postgresql"):
        name = project.store_url.rpartition("/")[2]
        server = request.getfixturevalue("postgres_server")
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {name}")
    return folder


def test_what_was_decided_is_there_again(request: pytest.FixtureRequest, used: Project, tmp_path: Path):
    before = decisions(used)
    archive = tmp_path / "backup.tar.gz"
    made = back_up(used, archive)
    assert made.size_bytes == archive.stat().st_size
    assert archive.stat().st_mode & 0o077 == 0
    restored = restore(archive, emptied(request, used, archive, tmp_path / "again"))
    assert decisions(restored) == before
    assert before[0]["note"] == "met them"
    for path in (".lastword/mlartifacts/m/model.json", ".lastword/mlflow.db", "lastword.toml", "plan.toml", ".lastword/runs/r1"):
        assert (restored.folder / path).exists(), path
    assert not (restored.folder / ".lastword/web_secret").exists()


def test_nothing_is_written_over(request: pytest.FixtureRequest, used: Project, tmp_path: Path):
    archive = tmp_path / "backup.tar.gz"
    back_up(used, archive)
    with pytest.raises(Refusal, match="backup.tar.gz exists"):
        back_up(used, archive)
    with pytest.raises(Refusal, match="never restored over anything"):
        restore(archive, used.folder)
    if used.store_url.startswith("postgresql"):
        with pytest.raises(Refusal, match="has tables of Lastword: restore into an empty one"):
            restore(archive, tmp_path / "again")
    other = init_project(tmp_path / "other").settings_path
    other.write_text(other.read_text("utf-8").replace("Acme", "Globex"), encoding="utf-8")
    with pytest.raises(Refusal, match="differs from the backup's"):
        restore(archive, tmp_path / "other")
    assert decisions(used)


def test_a_backup_is_of_one_instant_while_somebody_writes(used: Project, tmp_path: Path):
    if used.store_url.startswith("postgresql"):
        pytest.skip("pg_dump's own promise")
    path = used.state_folder / "lastword.db"
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute(
        "INSERT INTO lastword_setting_aside (account_id, action, by, made_at) VALUES ('b', 'dismiss', 'x', '2026-06-02')"
    )
    back_up(used, tmp_path / "backup.tar.gz")
    writer.execute("COMMIT")
    writer.close()
    restored = restore(tmp_path / "backup.tar.gz", tmp_path / "again")
    with sqlite3.connect(restored.state_folder / "lastword.db") as copy:
        assert copy.execute("SELECT count(*) FROM lastword_setting_aside").fetchone() == (0,)
    copy.close()


def test_what_is_no_backup_is_said_so(tmp_path: Path):
    with pytest.raises(InputError, match="no such file"):
        restore(tmp_path / "none.tar.gz", tmp_path / "x")
    (tmp_path / "text.tar.gz").write_text("not an archive")
    with pytest.raises(InputError, match="can't be read as a backup"):
        restore(tmp_path / "text.tar.gz", tmp_path / "x")
    with tarfile.open(tmp_path / "empty.tar.gz", "w:gz"):
        pass
    with pytest.raises(InputError, match="is no backup: it lacks lastword.toml or the store"):
        restore(tmp_path / "empty.tar.gz", tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_an_archive_that_reaches_out_of_its_folder_is_refused(tmp_path: Path):
    (tmp_path / "file").write_text("planted")
    with tarfile.open(tmp_path / "evil.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "file", "../../planted")
    with pytest.raises(InputError, match="can't be read as a backup"):
        restore(tmp_path / "evil.tar.gz", tmp_path / "x")


def test_without_a_store_there_is_nothing_to_back_up(tmp_path: Path):
    project = init_project(tmp_path / "new")
    with pytest.raises(Refusal, match="nothing was published yet"):
        back_up(project, tmp_path / "backup.tar.gz")
    assert not (tmp_path / "backup.tar.gz").exists()
