"""Calls a flow from the command line: against PREFECT_API_URL where it is set, else with a server of the project's own."""

import importlib
import logging
import os
from collections.abc import MutableMapping
from datetime import date
from pathlib import Path

from lastword.errors import Refusal
from lastword.project import Project
from lastword.runner import Listener, Outcome


def run_through_prefect(
    project: Project,
    command: str,
    *,
    since: date | None = None,
    tune_minutes: float | None = None,
    listener: Listener | None = None,
) -> Outcome:
    """Run the flow named `command` on a project; `since` is for rescore, `tune_minutes` for train and run.

    Raises
    ------
    LastwordError : as the stage raised it, with its own exit code.
    Refusal : the server of PREFECT_API_URL cannot be reached, or Prefect's own did not start.
    """
    keep_to_project(project, os.environ)
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    from flows import sequence

    flow = getattr(importlib.import_module(f"flows.{command}"), command)
    leave_the_terminal_to_the_caller()
    heard = sequence.listener.set(listener)
    try:
        with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):  # nobody watches a flow that somebody waits for
            given = {"since": since, "tune_minutes": tune_minutes}
            return flow(project=str(project.folder), **{name: value for name, value in given.items() if value is not None})
    except RuntimeError as error:
        if not str(error).startswith(("Timed out while attempting to connect", "Failed to reach API")):
            raise
        where = os.environ.get("PREFECT_API_URL", "its own server")
        raise Refusal(f"Prefect cannot reach {where}: start it, or run without --prefect and PREFECT_API_URL") from error
    finally:
        sequence.listener.reset(heard)


def keep_to_project(project: Project, environ: MutableMapping[str, str]) -> None:
    """Without a server of the user's own, Prefect keeps its database in the project, and nothing in the home folder."""
    if "PREFECT_API_URL" in environ:
        return
    environ.setdefault("PREFECT_HOME", str(project.state_folder / "prefect"))
    Path(environ["PREFECT_HOME"]).mkdir(parents=True, exist_ok=True)
    environ.setdefault("PREFECT_SERVER_ALLOW_EPHEMERAL_MODE", "true")
    environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")


def leave_the_terminal_to_the_caller() -> None:
    """The command line says what goes on and why it ended, each in a line; Prefect's own account goes to the server alone."""
    for handler in logging.getLogger().handlers:
        handler.addFilter(is_for_the_terminal)


def is_for_the_terminal(record: logging.LogRecord) -> bool:
    """Warnings, but not what Prefect logs of a flow's or a task's own run."""
    return record.levelno >= logging.WARNING and not record.name.startswith(("prefect.flow_runs", "prefect.task_runs"))
