"""The one door to MLflow: every trained model is a run and a version of the registered model; aliases say which serves.

`challenger` is the version trained last, `champion` the one that serves. MLflow is imported inside the functions alone: a
project that has never trained doesn't wait for it.
"""

import logging
import os
import re
import socket
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pandas as pd

from lastword.errors import LastwordError
from lastword.project import Project

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.models import ModelSignature
    from mlflow.models.model import ModelInfo

CHAMPION = "champion"
CHALLENGER = "challenger"
FOLDER_TAG = "lastword.model_folder"
"""Tag of a version: where its model.json is, relative to the artifacts folder, so that a project can be moved."""

SQLITE = "sqlite:///"
MOST_CHARACTERS = 6000
MOST_CHARACTERS_OF_A_NAME = 250
PATIENCE_SECONDS = 10
DEFAULT_PORTS = {"postgresql": 5432, "http": 80, "https": 443}
REQUIRED_PACKAGES = ("mlflow", "lightgbm", "numpy", "pandas")
QUIET = {
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "GIT_PYTHON_REFRESH": "quiet",
}


@dataclass(frozen=True)
class TrainingRecord:
    """What a training leaves in MLflow.

    Attributes
    ----------
    name
        Name of the MLflow run.
    params, metrics, tags
        Shown beside the run. Values of parameters beyond 6,000 characters are cut.
    model_folder
        model.json, booster.txt and whatever else serving needs: stored with the model, whole.
    reports
        A folder of further files for the run, None where there are none.
    input_example
        At most five rows of features; further rows are left out.
    features
        (name, kind) of each feature of the model, kind numeric, flag or category.
    """

    name: str
    params: Mapping[str, object]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    model_folder: Path
    reports: Path | None
    input_example: pd.DataFrame
    features: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class RegisteredModel:
    """A version in the registry. `folder` is on this machine and holds what the record's model folder held."""

    name: str
    version: str
    run_id: str
    folder: Path


def register(project: Project, record: TrainingRecord) -> RegisteredModel:
    """Log one MLflow run with the model, register it as a new version and give that the alias `challenger`.

    Raises
    ------
    LastwordError
        MLflow can't be reached or refuses.
    """
    with _session(project, "store the model") as client:
        import mlflow

        name = project.settings.mlflow.model_name
        with mlflow.start_run(experiment_id=_experiment_id(project, client), run_name=record.name) as run:
            _log_run(record)
            model = _log_model(record)
        version = _new_version(client, name, run.info.run_id, model)
        folder = _download(client.get_model_version(name, version), client)
        if folder.is_relative_to(project.artifacts_folder):
            client.set_model_version_tag(name, version, FOLDER_TAG, folder.relative_to(project.artifacts_folder).as_posix())
        client.set_registered_model_alias(name, CHALLENGER, version)
        return RegisteredModel(name, version, run.info.run_id, folder)


def promote(project: Project, version: str) -> None:
    """Let this version serve: give it the alias `champion`. A LastwordError where there is no such version."""
    with _session(project, f"promote version {version}") as client:
        client.set_registered_model_alias(project.settings.mlflow.model_name, CHAMPION, version)


def champion(project: Project) -> RegisteredModel | None:
    """The version that serves; None where there is no registry, no model or no champion.

    Raises
    ------
    LastwordError
        The registry can't be read, or the champion's files are gone.
    """
    if not _may_exist(project.mlflow_uri):
        return None
    with _session(project, "read the champion") as client:
        name = project.settings.mlflow.model_name
        version = _aliases(client, name).get(CHAMPION)
        if version is None:
            return None
        logged = client.get_model_version(name, version)
        return RegisteredModel(name, version, logged.run_id or "", _folder(project, client, logged))


def aliases(project: Project) -> dict[str, str]:
    """The registered model's aliases and the version that each names; empty where there is no registry or no model."""
    if not _may_exist(project.mlflow_uri):
        return {}
    with _session(project, "read the aliases") as client:
        return _aliases(client, project.settings.mlflow.model_name)


def _may_exist(uri: str) -> bool:
    """False where the registry is an SQLite file that isn't there."""
    return not uri.startswith(SQLITE) or Path(uri.removeprefix(SQLITE)).exists()


def _aliases(client: "MlflowClient", name: str) -> dict[str, str]:
    from mlflow.exceptions import MlflowException

    try:
        return {alias: str(version) for alias, version in client.get_registered_model(name).aliases.items()}
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return {}
        raise


def _experiment_id(project: Project, client: "MlflowClient") -> str:
    """The experiment named after the model, whose files are in the artifacts folder (a server decides for itself).

    MLflow keeps an experiment's location for good, so a project that has been moved gets another experiment.
    """
    name = project.settings.mlflow.model_name
    if not project.mlflow_uri.startswith(SQLITE):
        known = client.get_experiment_by_name(name)
        return str(known.experiment_id if known else client.create_experiment(name))
    location = project.artifacts_folder.as_uri()
    for candidate in (name, f"{name} in {project.folder}"):
        known = client.get_experiment_by_name(candidate)
        if known is None:
            return str(client.create_experiment(candidate, artifact_location=location))
        if known.artifact_location == location:
            return str(known.experiment_id)
    raise LastwordError(f"MLflow keeps the experiment {candidate!r} in another place than {location}: rename or delete it there")


def _log_run(record: TrainingRecord) -> None:
    import mlflow

    mlflow.set_tags({_permitted(key): str(value) for key, value in record.tags.items()})
    mlflow.log_params({_permitted(key): str(value)[:MOST_CHARACTERS] for key, value in record.params.items()})
    mlflow.log_metrics({_permitted(key): float(value) for key, value in record.metrics.items()})
    if record.reports is not None:
        mlflow.log_artifacts(str(record.reports))


def _log_model(record: TrainingRecord) -> "ModelInfo":
    """The model from its code, models/scorer.py, and the files that this reads: nothing of ours is pickled or imported."""
    import mlflow

    names = [name for name, _ in record.features]
    return mlflow.pyfunc.log_model(
        name="model",
        python_model=str(Path(__file__).with_name("scorer.py")),
        artifacts={"model": str(record.model_folder)},
        signature=_signature(record.features),
        input_example=record.input_example[names].head(5),
        pip_requirements=[f"{package}=={installed_version(package)}" for package in REQUIRED_PACKAGES],
    )


def _signature(features: Sequence[tuple[str, str]]) -> "ModelSignature":
    """Text and numbers alone: those are the types that any client can send, with unknown values among them."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    columns = [ColSpec("string" if kind == "category" else "double", name) for name, kind in features]
    return ModelSignature(inputs=Schema(columns), outputs=Schema([ColSpec("double", "propensity")]))


def _new_version(client: "MlflowClient", name: str, run_id: str, model: "ModelInfo") -> str:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    created = client.create_model_version(name, source=model.model_uri, run_id=run_id, model_id=model.model_id)
    return str(created.version)


def _folder(project: Project, client: "MlflowClient", version: "ModelVersion") -> Path:
    """Where the version's model.json is: in the artifacts folder, wherever that is by now, or fetched from the server."""
    relative = version.tags.get(FOLDER_TAG)
    folder = project.artifacts_folder / relative if relative else _download(version, client)
    if not (folder / "model.json").is_file():
        raise LastwordError(
            f"the files of {version.name} version {version.version} are gone from {folder}: restore them or run `lastword train`"
        )
    return folder


def _download(version: "ModelVersion", client: "MlflowClient") -> Path:
    """The version's model folder on this machine; MLflow copies nothing that is here already."""
    import mlflow

    uri = client.get_model_version_download_uri(version.name, version.version)
    folder = Path(mlflow.artifacts.download_artifacts(artifact_uri=uri))
    return folder / mlflow.models.Model.load(folder).flavors["python_function"]["artifacts"]["model"]["path"]


def _permitted(key: str) -> str:
    """A name that MLflow takes: letters, digits and . _ - / : or blanks, at most 250 of them."""
    return re.sub(r"[^\w.\-/: ]", "_", key)[:MOST_CHARACTERS_OF_A_NAME]


@contextmanager
def _session(project: Project, doing: str) -> Iterator["MlflowClient"]:
    """MLflow on the project's registry, quiet; whatever it or its database raises becomes one line."""
    for key, value in QUIET.items():
        os.environ.setdefault(key, value)
    for logger in ("mlflow", "alembic"):
        logging.getLogger(logger).setLevel(logging.ERROR)
    try:
        _knock(project.mlflow_uri)
        with warnings.catch_warnings(action="ignore"), _tracking(project.mlflow_uri) as client:
            yield client
    except LastwordError:
        raise
    except Exception as error:
        said = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise LastwordError(
            f"MLflow could not {doing} in {_without_password(project.mlflow_uri)}: {said}; "
            "see [mlflow] tracking_uri in lastword.toml"
        ) from error


def _knock(uri: str) -> None:
    """OSError where the server doesn't answer at all, which MLflow would go on trying for minutes."""
    server = urlsplit(uri)
    if server.hostname:
        port = server.port or DEFAULT_PORTS.get(server.scheme.partition("+")[0])
        if port is not None:
            socket.create_connection((server.hostname, port), timeout=PATIENCE_SECONDS).close()


@contextmanager
def _tracking(uri: str) -> Iterator["MlflowClient"]:
    """MLflow's current server is this one, which parts of it ask for whatever client they serve; afterwards what it was."""
    import mlflow

    previous = mlflow.get_tracking_uri() if mlflow.is_tracking_uri_set() else None
    mlflow.set_tracking_uri(uri)
    try:
        yield mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)
    finally:
        mlflow.set_tracking_uri(previous)


def _without_password(uri: str) -> str:
    password = urlsplit(uri).password
    return uri.replace(f":{password}@", ":…@") if password else uri
