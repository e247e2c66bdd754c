"""A client on the project's registry: quiet, leaving MLflow as it was, whatever fails told in one line."""

import logging
import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lastword.errors import LastwordError
from lastword.project import Project

if TYPE_CHECKING:
    from mlflow import MlflowClient

SQLITE = "sqlite:///"
PATIENCE_SECONDS = 10
DEFAULT_PORTS = {"postgresql": 5432, "http": 80, "https": 443}
QUIET = {
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "GIT_PYTHON_REFRESH": "quiet",
}


@contextmanager
def session(project: Project, doing: str) -> Iterator["MlflowClient"]:
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
        where = without_password(project.mlflow_uri)
        raise LastwordError(f"MLflow could not {doing} in {where}: {said}; see [mlflow] tracking_uri in lastword.toml") from error


def may_exist(uri: str) -> bool:
    """False where the registry is an SQLite file that isn't there."""
    return not uri.startswith(SQLITE) or Path(uri.removeprefix(SQLITE)).exists()


def without_password(uri: str) -> str:
    """The address as it may be shown."""
    password = urlsplit(uri).password
    return uri.replace(f":{password}@", ":…@") if password else uri


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
