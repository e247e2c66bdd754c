import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lastword.errors import LastwordError
from lastword.project import Project, find_project, init_project
from models.priors import propensity_of
from models.propensity import Propensity, fit_propensity
from models.registry import TrainingRecord, aliases, champion, promote, register
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


@pytest.fixture(scope="session")
def empty_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MLflow database without content: its migrations run once for all tests."""
    import mlflow

    path = tmp_path_factory.mktemp("registry") / "mlflow.db"
    mlflow.MlflowClient(f"sqlite:///{path}").search_experiments()
    return path


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
    promote(project, first.version)
    second = register(project, record)
    assert aliases(project) == {"challenger": second.version, "champion": first.version}
    assert champion(project) == first
    promote(project, second.version)
    assert champion(project) == second


def test_everything_needed_to_serve_is_stored_in_the_artifacts_folder(project: Project, record: TrainingRecord) -> None:
    registered = register(project, record)
    shutil.rmtree(record.model_folder)
    assert registered.folder.is_relative_to(project.artifacts_folder)
    assert sorted(path.name for path in registered.folder.iterdir()) == ["booster.txt", "model.json", "reference.json"]


def test_the_run_tells_what_was_done(project: Project, record: TrainingRecord) -> None:
    import mlflow

    told = replace(
        record,
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
    assert run.data.tags["mode"] == "landmarks"
    assert [file.path for file in client.list_artifacts(registered.run_id)] == ["leakage.json"]


def test_nothing_is_printed_and_mlflow_is_left_as_it_was(
    project: Project, record: TrainingRecord, capfd: pytest.CaptureFixture[str]
) -> None:
    import mlflow

    before = mlflow.is_tracking_uri_set()
    promote(project, register(project, record).version)
    champion(project)
    assert capfd.readouterr() == ("", "")
    assert mlflow.is_tracking_uri_set() == before
    assert "MLFLOW_TRACKING_URI" not in os.environ


def test_a_moved_project_keeps_its_champion_and_stores_new_models_where_it_is(
    project: Project, record: TrainingRecord, tmp_path: Path
) -> None:
    promote(project, register(project, record).version)
    project.folder.rename(tmp_path / "moved")
    moved = find_project(tmp_path / "moved")
    serving = champion(moved)
    assert serving is not None and serving.folder.is_relative_to(moved.folder)
    assert register(moved, record).folder.is_relative_to(moved.folder)
    assert not project.folder.exists()


def test_lost_files_of_the_champion_are_named(project: Project, record: TrainingRecord) -> None:
    registered = register(project, record)
    promote(project, registered.version)
    shutil.rmtree(project.artifacts_folder)
    with pytest.raises(LastwordError, match=r"propensity version 1 are gone from .*mlartifacts.*`lastword train`"):
        champion(project)


def test_an_unknown_version_cannot_be_promoted(project: Project, record: TrainingRecord) -> None:
    register(project, record)
    with pytest.raises(LastwordError, match=r"could not promote version 9 .*version=9.* not found; see ") as stated:
        promote(project, "9")
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
