"""Where MLflow shows a model version: an address to follow, or a command to start it with."""

import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

if TYPE_CHECKING:
    from lastword.project import Project

QUIET = "DO_NOT_TRACK=true MLFLOW_DISABLE_TELEMETRY=true"
"""Before the command, so that MLflow reports to nobody."""


@dataclass(frozen=True)
class Experiments:
    """`href` where MLflow is a server, else `command`, which shows it here. Neither holds a password."""

    href: str
    command: str


def experiments(project: "Project", model_name: str | None, version: str | None) -> Experiments:
    """Where a version is in MLflow; without one, where all of them are."""
    uri = project.mlflow_uri
    if urlsplit(uri).scheme in ("http", "https"):
        page = (
            f"#/models/{quote(model_name, safe='')}/versions/{quote(version, safe='')}" if model_name and version else "#/models"
        )
        return Experiments(f"{without_password(uri).rstrip('/')}/{page}", "")
    program = Path(sys.executable).parent / "mlflow"
    return Experiments("", f"{QUIET} {shlex.join([str(program), 'ui', '--backend-store-uri', without_password(uri)])}")


def without_password(uri: str) -> str:
    """The URI without user and password, which are nobody's who reads a page."""
    parts = urlsplit(uri)
    if "@" not in parts.netloc:
        return uri
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
