"""The versions of the registered model: which there are, which of them serves, and where their files are."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lastword.errors import LastwordError, Refusal
from lastword.project import Project
from models.registry.session import may_exist, session

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

CHAMPION = "champion"
CHALLENGER = "challenger"
PREFIX = "lastword."
"""What the names of our tags begin with."""

FOLDER_TAG = f"{PREFIX}model_folder"
"""Tag of a version: where its model.json is, relative to the artifacts folder, so that a project can be moved."""


@dataclass(frozen=True)
class RegisteredModel:
    """A version in the registry. `folder` is on this machine and holds what the record's model folder held."""

    name: str
    version: str
    run_id: str
    folder: Path


@dataclass(frozen=True)
class Version:
    """A version as it is listed: when it was trained (UTC), its MLflow run, its aliases, our tags without their prefix."""

    version: str
    trained_at: datetime
    run_id: str
    aliases: tuple[str, ...]
    tags: Mapping[str, str]


def champion(project: Project) -> RegisteredModel | None:
    """The version that serves; None where there is no registry, no model or no champion.

    Raises
    ------
    LastwordError
        The registry can't be read, or the champion's files are gone.
    """
    if not may_exist(project.mlflow_uri):
        return None
    with session(project, "read the champion") as client:
        version = aliases_of(project, client).get(CHAMPION)
        return None if version is None else located(project, client, version)


def aliases(project: Project) -> dict[str, str]:
    """The registered model's aliases and the version that each names; empty where there is no registry or no model."""
    if not may_exist(project.mlflow_uri):
        return {}
    with session(project, "read the aliases") as client:
        return aliases_of(project, client)


def versions(project: Project) -> list[Version]:
    """Every version, newest first; none where nothing was trained."""
    if not may_exist(project.mlflow_uri):
        return []
    with session(project, "list the versions") as client:
        named = aliases_of(project, client)
        found = client.search_model_versions(f"name = '{_quoted(project)}'", max_results=10_000)
        return sorted((_listed(each, named) for each in found), key=lambda each: int(each.version), reverse=True)


def get_version(project: Project, version: str) -> Version:
    """One version; a Refusal that names those there are where there is none of that number."""
    found = versions(project)
    for each in found:
        if each.version == version:
            return each
    known = f"there are {', '.join(each.version for each in reversed(found))}" if found else "run `lastword train` first"
    raise Refusal(f"{project.settings.mlflow.model_name} has no version {version}; {known}")


def files_of(project: Project, version: str) -> RegisteredModel:
    """A version with its files on this machine; a LastwordError where they are gone."""
    with session(project, f"read version {version}") as client:
        return located(project, client, version)


def located(project: Project, client: "MlflowClient", version: str) -> RegisteredModel:
    """A version with its files: in the artifacts folder, wherever that is by now, or fetched from the server."""
    logged = client.get_model_version(project.settings.mlflow.model_name, version)
    relative = logged.tags.get(FOLDER_TAG)
    folder = project.artifacts_folder / relative if relative else download(logged, client)
    if not (folder / "model.json").is_file():
        raise LastwordError(
            f"the files of {logged.name} version {logged.version} are gone from {folder}: restore them or run `lastword train`"
        )
    return RegisteredModel(logged.name, version, logged.run_id or "", folder)


def download(version: "ModelVersion", client: "MlflowClient") -> Path:
    """The version's model folder on this machine; MLflow copies nothing that is here already."""
    import mlflow

    uri = client.get_model_version_download_uri(version.name, version.version)
    folder = Path(mlflow.artifacts.download_artifacts(artifact_uri=uri))
    return folder / mlflow.models.Model.load(folder).flavors["python_function"]["artifacts"]["model"]["path"]


def aliases_of(project: Project, client: "MlflowClient") -> dict[str, str]:
    """The aliases of the project's model; empty where there is no such model."""
    from mlflow.exceptions import MlflowException

    try:
        found = client.get_registered_model(project.settings.mlflow.model_name).aliases
        return {alias: str(version) for alias, version in found.items()}
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return {}
        raise


def _listed(logged: "ModelVersion", named: Mapping[str, str]) -> Version:
    version = str(logged.version)
    return Version(
        version=version,
        trained_at=datetime.fromtimestamp(logged.creation_timestamp / 1000, UTC),
        run_id=logged.run_id or "",
        aliases=tuple(sorted(alias for alias, serving in named.items() if serving == version)),
        tags={key.removeprefix(PREFIX): value for key, value in logged.tags.items() if key.startswith(PREFIX)},
    )


def _quoted(project: Project) -> str:
    """The model's name within quotes in a search."""
    return project.settings.mlflow.model_name.replace("'", "\\'")
