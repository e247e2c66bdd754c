"""Prefect carries out the same stages as the command line, keeps a record, retries what may pass and never a refusal."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from lastword.errors import InputError, Refusal
from lastword.project import find_project
from lastword.runner import Silence
from tests.gate_project import SMALLEST
from tests.small_project import small_project

ROOT = Path(__file__).parents[2]
BROKEN = {"accounts": "account_id,name\na1,One\na2,Two\na3,Three\n,Four\n,Five\n"}


class Memory(Silence):
    """Remembers what it heard."""

    def __init__(self):
        self.heard = []

    def finished(self, stage, position, total):
        self.heard.append((stage.name, position, total))


def task_runs(name):
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import TaskRunFilter

    with get_client(sync_client=True) as client:
        runs = client.read_task_runs(task_run_filter=TaskRunFilter(), limit=200)
    return [run for run in runs if run.name.startswith(name)]


def artifacts(key):
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey

    with get_client(sync_client=True) as client:
        return client.read_artifacts(artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=[key])))


@pytest.mark.prefect
def test_a_flow_carries_out_the_stages_and_leaves_counts_and_links(prefect_api, tmp_path):
    from flows.launch import run_through_prefect

    settings = small_project(tmp_path / "acme").settings_path
    settings.write_text('name = "Müller & Co"\n' + settings.read_text(encoding="utf-8"), encoding="utf-8")
    project, memory = find_project(tmp_path / "acme"), Memory()
    outcome = run_through_prefect(project, "validate", listener=memory)
    assert memory.heard == [("validate", 0, 1)]
    assert outcome.stages[0].counts["accounts"] == 6
    (table,) = artifacts("m-ller-co-stage-validate")
    assert {"count": "accounts", "value": 6} in json.loads(table.data)
    (links,) = artifacts("m-ller-co-flow-validate")
    assert (project.docs_folder / "validation.html").as_uri() in links.data
    assert outcome.run_id in links.data
    assert [run.state.is_completed() for run in task_runs("validate")] == [True]


@pytest.mark.prefect
def test_a_refusal_keeps_its_type_and_words_and_is_not_tried_again(prefect_api, tmp_path):
    from flows.launch import run_through_prefect

    before = len(task_runs("validate"))
    with pytest.raises(Refusal, match="accounts"):
        run_through_prefect(small_project(tmp_path / "broken", **BROKEN), "validate")
    runs = sorted(task_runs("validate"), key=lambda run: run.start_time)
    assert len(runs) == before + 1
    assert runs[-1].state.is_failed()
    assert runs[-1].run_count == 1


@pytest.mark.prefect
def test_a_passing_trouble_is_tried_once_more(prefect_api, tmp_path):
    from prefect import flow

    from flows.sequence import as_task
    from lastword.stages import Stage

    tries = []

    def execute(run):
        tries.append(run.project)
        if len(tries) == 1:
            raise ConnectionError("the line dropped")
        return {"rows": 3}

    run = SimpleNamespace(project=small_project(tmp_path / "acme"))

    @flow(name="once more")
    def once_more():
        return dict(as_task(Stage("fetch", "Fetching", execute), run)())

    assert once_more() == {"rows": 3}
    assert len(tries) == 2


@pytest.mark.prefect
def test_the_command_line_goes_through_a_server_that_is_set_and_says_a_refusal_in_one_line(prefect_api, tmp_path):
    project = small_project(tmp_path / "broken", **BROKEN)
    before = len(task_runs("validate"))
    ended = lastword("validate", "--project", str(project.folder), environ={"PREFECT_API_URL": prefect_api})
    assert ended.returncode == 1
    assert (ended.stdout, ended.stderr.count("\n")) == ("", 1)
    assert ended.stderr.startswith("lastword: ")
    assert len(task_runs("validate")) == before + 1


@pytest.mark.prefect
def test_without_a_server_everything_of_prefect_stays_in_the_project(tmp_path):
    project = small_project(tmp_path / "acme")
    home = tmp_path / "home"
    home.mkdir()
    ended = lastword("validate", "--prefect", "--json", "--project", str(project.folder), environ={"HOME": str(home)})
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["validation"]["tables"]["accounts"]["rows_used"] == SMALLEST["accounts"].count("\n") - 1
    assert (project.state_folder / "prefect").is_dir()
    assert [path.name for path in home.iterdir() if path.name == ".prefect"] == []


def lastword(*arguments, environ):
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    command = [sys.executable, "-m", "lastword.cli", *arguments]
    return subprocess.run(command, env=inherited | environ, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("error", "again"), [(Refusal("no"), False), (InputError("no"), False), (ConnectionError("dropped"), True), (None, True)]
)
def test_what_lastword_states_is_final(prefect_home, error, again):
    from flows.sequence import is_worth_a_retry

    assert is_worth_a_retry(None, None, SimpleNamespace(data=error)) is again


def deployments():
    return yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]


@pytest.mark.parametrize("deployment", deployments(), ids=lambda deployment: deployment["entrypoint"])
def test_a_deployment_names_a_flow_its_parameters_and_its_pool(prefect_home, deployment):
    from importlib import import_module

    from prefect.client.schemas.schedules import CronSchedule

    from flows.deploy import WORK_POOL

    path, name = deployment["entrypoint"].split(":")
    flow = getattr(import_module(path.removesuffix(".py").replace("/", ".")), name)
    assert flow.name == name
    assert set(deployment["parameters"]) <= set(flow.parameters.properties)
    assert deployment["work_pool"]["name"] == WORK_POOL
    for schedule in deployment.get("schedules", []):
        CronSchedule(**schedule)


def test_every_command_that_takes_prefect_has_its_flow(prefect_home):
    from importlib import import_module

    from typer.main import get_command

    from lastword.cli import app

    for name, command in get_command(app).commands.items():
        if name != "demo" and any("--prefect" in parameter.opts for parameter in command.params):
            assert getattr(import_module(f"flows.{name}"), name).name == name
