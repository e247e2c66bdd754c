"""The champion as it was named last: taken while the registry's file is the same, asked for anew whatever changes in it."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow import MlflowClient

from lastword.errors import LastwordError
from lastword.project import Project, find_project, init_project
from models.registry import champion
from models.registry.seen import SEEN, state_of
from models.registry.versions import FOLDER_TAG

ASK = """
import sys
from pathlib import Path
from lastword.project import find_project
from models.registry import champion
print(champion(find_project(Path(sys.argv[1]))).version, "mlflow" in sys.modules)
"""


@pytest.fixture
def project(tmp_path: Path, empty_registry: Path) -> Project:
    """Two versions of the model, of which the first serves."""
    project = init_project(tmp_path / "acme")
    project.state_folder.mkdir()
    shutil.copy(empty_registry, project.state_folder / "mlflow.db")
    client = MlflowClient(project.mlflow_uri, project.mlflow_uri)
    client.create_registered_model("propensity")
    for name in ("one", "two"):
        (project.artifacts_folder / name).mkdir(parents=True)
        (project.artifacts_folder / name / "model.json").write_text("{}")
        client.create_model_version("propensity", source=f"file:///models/{name}", tags={FOLDER_TAG: name})
    client.set_registered_model_alias("propensity", "champion", "1")
    return project


def named(project: Project) -> tuple[str, str] | None:
    found = champion(project)
    return None if found is None else (found.version, found.folder.name)


def test_a_second_run_asks_the_file_alone_and_gets_the_same(project: Project) -> None:
    first = champion(project)
    asked = subprocess.run([sys.executable, "-c", ASK, str(project.folder)], check=True, capture_output=True, text=True)
    assert asked.stdout.split() == ["1", "False"]
    assert champion(project) == first


def moved_alias(project: Project) -> None:
    MlflowClient(project.mlflow_uri, project.mlflow_uri).set_registered_model_alias("propensity", "champion", "2")


def moved_alias_within_the_same_tick(project: Project) -> None:
    """As `moved_alias`, on a file system whose clock is too coarse to tell."""
    path = project.state_folder / "mlflow.db"
    before = path.stat()
    moved_alias(project)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("change", [moved_alias, moved_alias_within_the_same_tick])
def test_an_alias_moved_in_mlflow_is_seen(project: Project, change: Callable[[Project], None]) -> None:
    assert named(project) == ("1", "one")
    change(project)
    assert named(project) == ("2", "two")
    assert named(project) == ("2", "two")


def test_an_alias_taken_away_in_mlflow_is_seen(project: Project) -> None:
    assert named(project) == ("1", "one")
    MlflowClient(project.mlflow_uri, project.mlflow_uri).delete_registered_model_alias("propensity", "champion")
    assert named(project) is None


def test_another_model_of_the_same_registry_is_asked_for(project: Project) -> None:
    assert named(project) == ("1", "one")
    mlflow = project.settings.mlflow.model_copy(update={"model_name": "another"})
    assert named(Project(project.folder, project.settings.model_copy(update={"mlflow": mlflow}))) is None


def test_a_moved_project_is_not_led_back(project: Project, tmp_path: Path) -> None:
    assert named(project) == ("1", "one")
    shutil.copytree(project.folder, tmp_path / "copy")
    copy = find_project(tmp_path / "copy")
    found = champion(copy)
    assert found is not None and found.folder == copy.artifacts_folder / "one"


def test_lost_files_are_named_after_the_champion_was_seen(project: Project) -> None:
    assert named(project) == ("1", "one")
    shutil.rmtree(project.artifacts_folder / "one")
    with pytest.raises(LastwordError, match=r"propensity version 1 are gone from .*one: restore them"):
        champion(project)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"state": 1, "champion": {"version": "9"}}'])
def test_a_note_that_is_none_is_passed_over(project: Project, content: str) -> None:
    (project.state_folder / SEEN).write_text(content)
    assert named(project) == ("1", "one")


def test_while_somebody_writes_the_state_is_not_known(project: Project) -> None:
    path = project.state_folder / "mlflow.db"
    assert state_of(project) is not None
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE registered_models SET description = 'new'")
        assert state_of(project) is None


def test_a_server_is_always_asked(project: Project) -> None:
    mlflow = project.settings.mlflow.model_copy(update={"tracking_uri": "http://127.0.0.1:1"})
    assert state_of(Project(project.folder, project.settings.model_copy(update={"mlflow": mlflow}))) is None
