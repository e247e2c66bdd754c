"""Which version served when: promotion moves the alias `champion`, and a record of what served before leads back.

The record is a tag of the registered model, the versions in the order in which they came to serve. It is written after the
alias has moved: whoever moves the alias in MLflow itself is noticed by the next promotion and the next way back.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from lastword.project import Project
from models.registry.session import session
from models.registry.versions import CHAMPION, PREFIX, aliases_of

if TYPE_CHECKING:
    from mlflow import MlflowClient

SERVED_TAG = f"{PREFIX}served"
MOST_REMEMBERED = 500


@dataclass(frozen=True)
class Move:
    """Who lets another version serve, when (UTC), how and why; `override` is why the guard's refusal was overruled."""

    at: datetime
    by: str
    how: Literal["training", "hand", "rollback"]
    note: str = ""
    override: str = ""


def promote(project: Project, version: str, move: Move) -> str | None:
    """Let this version serve: give it the alias `champion`, and record on it who did so, when, why, and what it replaces.

    Returns
    -------
    The version that served until now, None where none did.

    Raises
    ------
    LastwordError
        There is no such version, or MLflow can't be reached.
    """
    with session(project, f"promote version {version}") as client:
        before = aliases_of(project, client).get(CHAMPION)
        client.set_registered_model_alias(project.settings.mlflow.model_name, CHAMPION, version)
        if before != version:
            _remember(project, client, [*served(project, client, before), version])
        _tag(project, client, version, {**_told("promoted", move), "promoted_how": move.how, "replaces": before or ""})
        if move.override:
            _tag(project, client, version, {"guard_overridden": move.override})
        return before


def previous_champion(project: Project) -> str | None:
    """The version that served before the one that serves now; None where there was none."""
    with session(project, "read which version served before") as client:
        return _before(served(project, client, aliases_of(project, client).get(CHAMPION)))


def go_back(project: Project, version: str, move: Move) -> None:
    """The way back: let `version`, which `previous_champion` named, serve again and forget the champion's turn."""
    with session(project, f"go back to version {version}") as client:
        leaving = aliases_of(project, client)[CHAMPION]
        remembered = served(project, client, leaving)
        client.set_registered_model_alias(project.settings.mlflow.model_name, CHAMPION, version)
        _remember(project, client, remembered[:-1])
        _tag(project, client, leaving, {**_told("rolled_back", move), "replaced_by": version})
        _tag(project, client, version, {**_told("promoted", move), "promoted_how": move.how})


def served(project: Project, client: "MlflowClient", current: str | None) -> list[str]:
    """The versions in the order in which they came to serve, `current` last even where MLflow's alias was moved by hand."""
    from mlflow.exceptions import MlflowException

    try:
        tags = client.get_registered_model(project.settings.mlflow.model_name).tags
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return []
    remembered = tags.get(SERVED_TAG, "").split()
    return remembered if current is None or remembered[-1:] == [current] else [*remembered, current]


def _before(turns: list[str]) -> str | None:
    return turns[-2] if len(turns) > 1 else None


def _remember(project: Project, client: "MlflowClient", turns: list[str]) -> None:
    name = project.settings.mlflow.model_name
    client.set_registered_model_tag(name, SERVED_TAG, " ".join(turns[-MOST_REMEMBERED:]))


def _told(what: str, move: Move) -> dict[str, str]:
    return {f"{what}_at": f"{move.at:%Y-%m-%dT%H:%M:%SZ}", f"{what}_by": move.by, f"{what}_note": move.note}


def _tag(project: Project, client: "MlflowClient", version: str, tags: dict[str, str]) -> None:
    for key, value in tags.items():
        client.set_model_version_tag(project.settings.mlflow.model_name, version, f"{PREFIX}{key}", value)
