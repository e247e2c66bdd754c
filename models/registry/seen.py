"""The champion as the registry named it last, for as long as its SQLite file is the same: asking MLflow takes two seconds.

The registry stays the authority. SQLite changes its file with every transaction, so whatever is done in MLflow, on its own
pages too, makes it be asked anew. A server is always asked.
"""

import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lastword.project import Project
from models.registry.session import SQLITE
from models.registry.versions import RegisteredModel
from models.registry.versions import champion as asked_champion

SEEN = "champion_seen.json"
CHANGE_COUNTER = slice(24, 28)
"""Bytes of an SQLite file that count its transactions; see https://www.sqlite.org/fileformat.html#file_change_counter."""

JOURNALS = ("-wal", "-journal")
"""Files beside a database while it is written: then its state can't be told."""

type State = dict[str, str | int]


def champion(project: Project) -> RegisteredModel | None:
    """The version that serves, as `versions.champion` gives it; MLflow is imported only where something may have changed."""
    state = state_of(project)
    seen = _recall(project, state) if state else None
    if seen is not None:
        return seen
    found = asked_champion(project)
    if state and found is not None and found.folder.is_relative_to(project.artifacts_folder):
        _note(project, state, found)
    return found


def state_of(project: Project) -> State | None:
    """What tells that the registry is as it was; None for a server, and where its file can't be read or is being written."""
    path = Path(project.mlflow_uri.removeprefix(SQLITE))
    if not project.mlflow_uri.startswith(SQLITE) or any(path.with_name(path.name + end).exists() for end in JOURNALS):
        return None
    try:
        with path.open("rb") as file:
            transactions = int.from_bytes(file.read(100)[CHANGE_COUNTER])
        found = path.stat()
    except OSError:
        return None
    names: State = {"registry": str(path), "model": project.settings.mlflow.model_name}
    return names | {"bytes": found.st_size, "changed_ns": found.st_mtime_ns, "transactions": transactions}


def _recall(project: Project, state: State) -> RegisteredModel | None:
    """The champion noted of this very state, where its files are still there."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        seen: dict[str, Any] = json.loads((project.state_folder / SEEN).read_text(encoding="utf-8"))
        named = RegisteredModel(**{**seen["champion"], "folder": Path(seen["champion"]["folder"])})
        if seen["state"] == state and (named.folder / "model.json").is_file():
            return named
    return None


def _note(project: Project, state: State, found: RegisteredModel) -> None:
    """Note the champion beside the state taken before it was asked for. What can't be written is asked for again."""
    path = project.state_folder / SEEN
    unfinished = path.with_suffix(".unfinished")
    with suppress(OSError):
        unfinished.write_text(
            json.dumps({"state": state, "champion": asdict(found) | {"folder": str(found.folder)}}), encoding="utf-8"
        )
        unfinished.replace(path)
