import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lastword.errors import LastwordError
from lastword.project import Project, find_project, init_project
from models.priors import propensity_of
from models.propensity import Propensity, fit_propensity
from models.registry import (
    DataInput,
    Move,
    StepMetrics,
    TrainingRecord,
    aliases,
    champion,
    go_back,
    previous_champion,
    promote,
    register,
    training_runs,
    versions,
)
from tests.sample_rows import RECIPE, training_rows

LOAD_WITHOUT_LASTWORD = """
import sys
class Nothing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"models", "features", "lastword", "flows", "overrides", "expectations"}:
            raise ImportError(f"{name} is not installed here")
sys.meta_path.insert(0, Nothing())
import mlflow, pandas
mlflow.set_tracking_uri(sys.argv[1])
model = mlflow.pyfunc.load_model("models:/propensity@challenger")
model.predict(pandas.read_parquet(sys.argv[2])).to_parquet(sys.argv[3])
"""


NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MOVE = Move(NOW, "ana", "hand", "a note")


@pytest.fixture
def project(tmp_path: Path, empty_registry: Path) -> Project:
    project = init_project(tmp_path / "acme")
    project.state_folder.mkdir()
    shutil.copy(empty_registry, project.state_folder / "mlflow.db")
    return project


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return training_rows(accounts=400)


@pytest.fixture(scope="module")
def model(rows: pd.DataFrame) -> Propensity:
    return fit_propensity(rows, rows["won"], RECIPE)


@pytest.fixture
def record(tmp_path: Path, rows: pd.DataFrame, model: Propensity) -> TrainingRecord:
    folder, reports = tmp_path / "trained", tmp_path / "reports"
    model.save(folder)
    (folder / "reference.json").write_text('{"scores": [0.1]}')
    reports.mkdir()
    (reports / "leakage.json").write_text("{}")
    return TrainingRecord(
        name="2026-11-23 landmarks",
        params={"horizon_days": 180},
        metrics={"auc": 0.75},
        tags={"mode": "landmarks"},
        model_folder=folder,
        reports=reports,
        input_example=rows,
        features=RECIPE.features,
    )


def test_a_project_that_never_trained_has_no_champion_and_gets_no_database(tmp_path: Path) -> None:
    project = init_project(tmp_path / "acme")
    assert (champion(project), aliases(project)) == (None, {})
    assert not project.state_folder.exists()


def test_asking_for_a_champion_that_cannot_be_does_not_import_mlflow(tmp_path: Path) -> None:
    init_project(tmp_path / "acme")
    code = (
        "import sys; from pathlib import Path; from lastword.project import find_project; from models.registry import champion;"
        f"champion(find_project(Path({str(tmp_path / 'acme')!r}))); sys.exit('mlflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2]).returncode == 0


def test_a_registry_without_models_has_no_champion(project: Project) -> None:
    assert (champion(project), aliases(project)) == (None, {})


def test_challenger_then_champion(project: Project, record: TrainingRecord, model: Propensity) -> None:
    first = register(project, record)
    assert (first.name, first.version, aliases(project)) == ("propensity", "1", {"challenger": "1"})
    assert champion(project) is None
    promote(project, first.version, MOVE)
    second = register(project, record)
    assert aliases(project) == {"challenger": second.version, "champion": first.version}
    assert champion(project) == first
    promote(project, second.version, MOVE)
    assert champion(project) == second


def test_the_way_back_goes_through_all_that_served(project: Project, record: TrainingRecord) -> None:
    for _ in range(3):
        register(project, record)
    assert promote(project, "1", MOVE) is None
    assert previous_champion(project) is None
    assert promote(project, "2", MOVE) == "1"
    assert promote(project, "1", MOVE) == "2"
    assert previous_champion(project) == "2"
    go_back(project, "2", MOVE)
    assert (aliases(project)["champion"], previous_champion(project)) == ("2", "1")
    assert promote(project, "3", MOVE) == "2"
    go_back(project, "2", MOVE)
    go_back(project, "1", MOVE)
    assert (aliases(project)["champion"], previous_champion(project)) == ("1", None)


def test_an_alias_moved_in_mlflow_itself_is_noticed(project: Project, record: TrainingRecord) -> None:
    import mlflow

    for _ in range(3):
        register(project, record)
    promote(project, "1", MOVE)
    promote(project, "2", MOVE)
    mlflow.MlflowClient(project.mlflow_uri).set_registered_model_alias("propensity", "champion", "3")
    assert previous_champion(project) == "2"
    go_back(project, "2", MOVE)
    assert (aliases(project)["champion"], previous_champion(project)) == ("2", "1")


def test_a_version_tells_who_let_it_serve_and_why(project: Project, record: TrainingRecord) -> None:
    told = replace(
        record, version_tags={"guard_refuses": "worse", "mode": "landmarks"}, description="**Figures**", about="A model"
    )
    first, second = register(project, told), register(project, told)
    promote(project, first.version, MOVE)
    promote(project, second.version, replace(MOVE, override="asked for"))
    go_back(project, first.version, replace(MOVE, by="bob", how="rollback", note=""))
    newest, oldest = versions(project)
    assert (newest.version, newest.aliases, newest.run_id) == ("2", ("challenger",), second.run_id)
    assert (oldest.version, oldest.aliases) == ("1", ("champion",))
    expected = {"guard_refuses": "worse", "promoted_at": "2026-11-23T12:00:00Z", "promoted_by": "ana", "promoted_how": "hand"}
    expected |= {"promoted_note": "a note", "guard_overridden": "asked for", "replaces": "1", "rolled_back_by": "bob"}
    assert expected.items() <= dict(newest.tags).items()
    assert (oldest.tags["promoted_how"], oldest.tags["promoted_by"]) == ("rollback", "bob")


def test_runs_as_a_table(project: Project, record: TrainingRecord) -> None:
    assert training_runs(project).empty
    first = register(project, record)
    second = register(project, replace(record, name="another", metrics={"auc": 0.5}))
    runs = training_runs(project).set_index("version")
    assert runs["run_id"].to_dict() == {first.version: first.run_id, second.version: second.run_id}
    assert runs.loc[second.version, ["name", "aliases", "metrics.auc"]].tolist() == ["another", "challenger", 0.5]
    assert not [column for column in runs if column.startswith("tags.mlflow")]


def test_everything_needed_to_serve_is_stored_in_the_artifacts_folder(project: Project, record: TrainingRecord) -> None:
    registered = register(project, record)
    shutil.rmtree(record.model_folder)
    assert registered.folder.is_relative_to(project.artifacts_folder)
    assert sorted(path.name for path in registered.folder.iterdir()) == ["booster.txt", "model.json", "reference.json"]


def test_the_run_tells_what_was_done(project: Project, record: TrainingRecord) -> None:
    import mlflow

    told = replace(
        record,
        description="**Not promoted**",
        by_landmark=[
            StepMetrics(date(2026, 1, day), {"rolling.model.auc": value, "rolling.rows": 100})
            for day, value in ((1, 0.7), (31, 0.8))
        ],
        inputs=[DataInput("won", "postgresql://me:secret@host/db?table=won", "ab" * 32, 12)],
        name="Läufe 東京",
        params={"Größe": "ü" * 9000, "top 15 %": 3, **{f"p{number}": number for number in range(150)}},
        metrics={"lift@15%": 2.5, "unknown": float("nan")},
    )
    registered = register(project, told)
    client = mlflow.MlflowClient(project.mlflow_uri)
    run = client.get_run(registered.run_id)
    assert run.info.run_name == "Läufe 東京"
    assert (len(run.data.params), len(run.data.params["Größe"]), run.data.params["top 15 _"]) == (152, 6000, "3")
    assert run.data.metrics["lift_15_"] == 2.5
    assert run.data.tags["mlflow.note.content"] == "**Not promoted**"
    curve = client.get_metric_history(registered.run_id, "rolling.model.auc")
    assert [(point.value, point.step, point.timestamp) for point in curve] == [
        (0.7, 20454, 20454 * 86_400_000),
        (0.8, 20484, 20484 * 86_400_000),
    ]
    (logged,) = run.inputs.dataset_inputs
    assert (logged.dataset.name, logged.dataset.digest) == ("won", "ab" * 18)
    assert json.loads(logged.dataset.profile) == {"num_rows": 12, "sha256": "ab" * 32}
    assert "secret" not in logged.dataset.source
    assert run.data.tags["mode"] == "landmarks"
    assert [file.path for file in client.list_artifacts(registered.run_id)] == ["leakage.json"]


def test_nothing_is_printed_and_mlflow_is_left_as_it_was(
    project: Project, record: TrainingRecord, capfd: pytest.CaptureFixture[str]
) -> None:
    import mlflow

    before = mlflow.is_tracking_uri_set()
    promote(project, register(project, record).version, MOVE)
    champion(project)
    assert capfd.readouterr() == ("", "")
    assert mlflow.is_tracking_uri_set() == before
    assert "MLFLOW_TRACKING_URI" not in os.environ


def test_a_moved_project_keeps_its_champion_and_stores_new_models_where_it_is(
    project: Project, record: TrainingRecord, tmp_path: Path
) -> None:
    promote(project, register(project, record).version, MOVE)
    project.folder.rename(tmp_path / "moved")
    moved = find_project(tmp_path / "moved")
    serving = champion(moved)
    assert serving is not None and serving.folder.is_relative_to(moved.folder)
    assert register(moved, record).folder.is_relative_to(moved.folder)
    assert not project.folder.exists()


def test_lost_files_of_the_champion_are_named(project: Project, record: TrainingRecord) -> None:
    registered = register(project, record)
    promote(project, registered.version, MOVE)
    shutil.rmtree(project.artifacts_folder)
    with pytest.raises(LastwordError, match=r"propensity version 1 are gone from .*mlartifacts.*`lastword train`"):
        champion(project)


def test_an_unknown_version_cannot_be_promoted(project: Project, record: TrainingRecord) -> None:
    register(project, record)
    with pytest.raises(LastwordError, match=r"could not promote version 9 .*version=9.* not found; see ") as stated:
        promote(project, "9", MOVE)
    assert "\n" not in str(stated.value)


def test_a_registry_that_is_no_database_is_stated_in_one_line(project: Project) -> None:
    (project.state_folder / "mlflow.db").write_bytes(b"not a database, but long enough to be read as one" * 40)
    with pytest.raises(LastwordError, match=r"could not read the champion in sqlite:.*not a database") as stated:
        champion(project)
    assert "\n" not in str(stated.value)


@pytest.mark.parametrize(("mode", "prior_odds"), [("landmarks", None), ("look-alike", 0.4)])
def test_mlflow_serves_the_same_numbers_where_lastword_is_not_installed(
    project: Project,
    record: TrainingRecord,
    rows: pd.DataFrame,
    model: Propensity,
    tmp_path: Path,
    mode: str,
    prior_odds: float | None,
) -> None:
    model.with_prior_odds(prior_odds).save(record.model_folder)
    register(project, record)
    rows[list(RECIPE.names)[::-1]].to_parquet(tmp_path / "rows.parquet")
    arguments = [project.mlflow_uri, str(tmp_path / "rows.parquet"), str(tmp_path / "served.parquet")]
    environ = {**os.environ, "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"}
    command = [sys.executable, "-I", "-c", LOAD_WITHOUT_LASTWORD, *arguments]
    subprocess.run(command, cwd=tmp_path, env=environ, check=True, capture_output=True)
    served = pd.read_parquet(tmp_path / "served.parquet")
    assert served.columns.tolist() == ["propensity"]
    np.testing.assert_allclose(served["propensity"], propensity_of(model.logit(rows), mode, prior_odds), rtol=0, atol=1e-9)


def test_a_server_that_does_not_answer_is_stated_without_the_password(project: Project) -> None:
    url = "postgresql://me:secret@127.0.0.1:1/mlflow"
    settings = project.settings.model_copy(update={"mlflow": project.settings.mlflow.model_copy(update={"tracking_uri": url})})
    with pytest.raises(LastwordError, match=r"could not read the champion in postgresql://me:…@127\.0\.0\.1:1/mlflow: .*refused"):
        champion(Project(project.folder, settings))
