"""What a training leaves in MLflow: a run that can be compared with others, its model, and a version of the registered model."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from lastword.errors import LastwordError
from lastword.project import Project
from models.registry.session import SQLITE, may_exist, session, without_password
from models.registry.versions import CHALLENGER, FOLDER_TAG, PREFIX, RegisteredModel, aliases_of, download

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.models import ModelSignature
    from mlflow.models.model import ModelInfo

MOST_CHARACTERS = 6000
MOST_CHARACTERS_OF_A_TAG = 5000
MOST_CHARACTERS_OF_A_NAME = 250
MOST_CHARACTERS_OF_A_DIGEST = 36
MOST_METRICS_AT_ONCE = 1000
MOST_RUNS = 1000
EPOCH = date(1970, 1, 1)
MILLISECONDS_OF_A_DAY = 86_400_000
REQUIRED_PACKAGES = ("mlflow", "lightgbm", "numpy", "pandas")
NOTE_TAG = "mlflow.note.content"
"""What MLflow's pages show as the description of a run."""

MODEL_TRAINING = {"mlflow.experimentKind": "custom_model_development"}
"""What makes MLflow's pages open on training runs, not on language models."""


@dataclass(frozen=True)
class DataInput:
    """A table that the training read: its name, where it is, SHA-256 of its content as it passed the gate, its rows."""

    name: str
    source: str
    digest: str
    rows: int


@dataclass(frozen=True)
class StepMetrics:
    """Metrics measured at one landmark; MLflow's step is the day since 1970, its time that day."""

    landmark: date
    metrics: Mapping[str, float]


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
    by_landmark
        Metrics measured at several landmarks, as curves over time.
    inputs
        The tables that were learnt from.
    description
        Markdown on the run and on the version.
    about
        Markdown on the registered model itself, written with its first version.
    version_tags
        Tags of the version, without our prefix.
    """

    name: str
    params: Mapping[str, object]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    model_folder: Path
    reports: Path | None
    input_example: pd.DataFrame
    features: Sequence[tuple[str, str]]
    by_landmark: Sequence[StepMetrics] = ()
    inputs: Sequence[DataInput] = ()
    description: str = ""
    about: str = ""
    version_tags: Mapping[str, str] = field(default_factory=dict)


def register(project: Project, record: TrainingRecord) -> RegisteredModel:
    """Log one MLflow run with the model, register it as a new version and give that the alias `challenger`.

    Raises
    ------
    LastwordError
        MLflow can't be reached or refuses.
    """
    with session(project, "store the model") as client:
        import mlflow

        name = project.settings.mlflow.model_name
        with mlflow.start_run(experiment_id=_experiment_id(project, client), run_name=record.name) as run:
            model = _log_model(record)
            _log_run(record, model.model_id)
            _log_by_landmark(client, run.info.run_id, record.by_landmark)
            _log_inputs(client, run.info.run_id, record.inputs)
        version = _new_version(client, name, run.info.run_id, model, record)
        folder = download(client.get_model_version(name, version), client)
        tags = {f"{PREFIX}{key}": value for key, value in record.version_tags.items()}
        if folder.is_relative_to(project.artifacts_folder):
            tags[FOLDER_TAG] = folder.relative_to(project.artifacts_folder).as_posix()
        for key, value in tags.items():
            client.set_model_version_tag(name, version, key, value)
        client.set_registered_model_alias(name, CHALLENGER, version)
        return RegisteredModel(name, version, run.info.run_id, folder)


def training_runs(project: Project) -> pd.DataFrame:
    """The runs of this project's experiments, newest first, at most 1,000.

    Grain: MLflow run. Columns: run_id, name, version (null where its model is gone), aliases (text), started (UTC), and as
    MLflow has them `tags.…`, `params.…` (text) and `metrics.…` (numbers; of curves over landmarks the newest). Without MLflow's
    own tags.
    """
    if not may_exist(project.mlflow_uri):
        return pd.DataFrame(columns=["run_id", "name", "version", "aliases", "started"])
    with session(project, "read the runs") as client:
        import mlflow

        name = project.settings.mlflow.model_name
        experiments = [e.experiment_id for e in client.search_experiments() if e.name == name or e.name.startswith(f"{name} in ")]
        found = mlflow.search_runs(experiments, max_results=MOST_RUNS) if experiments else pd.DataFrame()
        if found.empty:
            return pd.DataFrame(columns=["run_id", "name", "version", "aliases", "started"])
        version_of = {v.run_id: str(v.version) for v in client.search_model_versions(f"name = '{name}'", max_results=10_000)}
        named = aliases_of(project, client)
    version = found["run_id"].map(version_of)
    aliases = version.map(lambda each: ", ".join(sorted(alias for alias, serving in named.items() if serving == each)))
    head = pd.DataFrame({"run_id": found["run_id"], "name": found["tags.mlflow.runName"], "version": version, "aliases": aliases})
    head["started"] = found["start_time"]
    told = [each for each in sorted(found.columns) if each.startswith(("tags.", "params.", "metrics."))]
    return head.join(found[[each for each in told if not each.startswith("tags.mlflow.")]])


def artifacts_of(project: Project, run_id: str) -> Path:
    """The folder with the files of a run, on this machine: where the project is by now, or fetched from the server."""
    here = project.artifacts_folder / run_id / "artifacts"
    if here.is_dir():
        return here
    with session(project, f"read the files of run {run_id}"):
        import mlflow

        return Path(mlflow.artifacts.download_artifacts(run_id=run_id))


def _experiment_id(project: Project, client: "MlflowClient") -> str:
    """The experiment named after the model, whose files are in the artifacts folder (a server decides for itself).

    MLflow keeps an experiment's location for good, so a project that has been moved gets another experiment.
    """
    name = project.settings.mlflow.model_name
    if not project.mlflow_uri.startswith(SQLITE):
        known = client.get_experiment_by_name(name)
        return str(known.experiment_id if known else client.create_experiment(name, tags=MODEL_TRAINING))
    location = project.artifacts_folder.as_uri()
    for candidate in (name, f"{name} in {project.folder}"):
        known = client.get_experiment_by_name(candidate)
        if known is None:
            return str(client.create_experiment(candidate, location, MODEL_TRAINING))
        if known.artifact_location == location:
            return str(known.experiment_id)
    raise LastwordError(f"MLflow keeps the experiment {candidate!r} in another place than {location}: rename or delete it there")


def _log_run(record: TrainingRecord, model_id: str) -> None:
    import mlflow

    tags = {_permitted(key): str(value)[:MOST_CHARACTERS_OF_A_TAG] for key, value in record.tags.items()}
    mlflow.set_tags(tags | ({NOTE_TAG: record.description} if record.description else {}))
    mlflow.log_params({_permitted(key): str(value)[:MOST_CHARACTERS] for key, value in record.params.items()})
    mlflow.log_metrics({_permitted(key): float(value) for key, value in record.metrics.items()}, model_id=model_id)
    if record.reports is not None:
        mlflow.log_artifacts(str(record.reports))


def _log_by_landmark(client: "MlflowClient", run_id: str, measured: Sequence[StepMetrics]) -> None:
    from mlflow.entities import Metric

    points = [
        Metric(_permitted(key), float(value), day * MILLISECONDS_OF_A_DAY, day)
        for each, day in ((each, (each.landmark - EPOCH).days) for each in measured)
        for key, value in each.metrics.items()
    ]
    for start in range(0, len(points), MOST_METRICS_AT_ONCE):
        client.log_batch(run_id, metrics=points[start : start + MOST_METRICS_AT_ONCE])


def _log_inputs(client: "MlflowClient", run_id: str, inputs: Sequence[DataInput]) -> None:
    """As MLflow's datasets: a digest has at most 36 characters there, so the whole of it is in the profile."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    logged = [
        DatasetInput(
            Dataset(
                name=each.name,
                digest=each.digest[:MOST_CHARACTERS_OF_A_DIGEST],
                source_type="local" if "://" not in each.source else "external",
                source=json.dumps({"uri": without_password(each.source)}),
                profile=json.dumps({"num_rows": each.rows, "sha256": each.digest}),
            ),
            [InputTag("mlflow.data.context", "training")],
        )
        for each in inputs
    ]
    if logged:
        client.log_inputs(run_id, logged)


def _log_model(record: TrainingRecord) -> "ModelInfo":
    """The model from its code, models/scorer.py, and the files that this reads: nothing of ours is pickled or imported."""
    import mlflow

    names = [name for name, _ in record.features]
    return mlflow.pyfunc.log_model(
        name="model",
        python_model=str(Path(__file__).parents[1] / "scorer.py"),
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


def _new_version(client: "MlflowClient", name: str, run_id: str, model: "ModelInfo", record: TrainingRecord) -> str:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name, description=record.about or None)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    created = client.create_model_version(
        name, source=model.model_uri, run_id=run_id, model_id=model.model_id, description=record.description or None
    )
    return str(created.version)


def _permitted(key: str) -> str:
    """A name that MLflow takes: letters, digits and . _ - / : or blanks, at most 250 of them."""
    return re.sub(r"[^\w.\-/: ]", "_", key)[:MOST_CHARACTERS_OF_A_NAME]
