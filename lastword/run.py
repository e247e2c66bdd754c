"""One run of a project: its lock, its folder, its clock. What a killed run left behind is cleared when the next one opens."""

import getpass
import json
import os
import secrets
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from lastword.errors import LastwordError, Refusal, refuse_os_error
from lastword.project import Project

if TYPE_CHECKING:
    from features.build import IntentPolicy

UNFINISHED = ".unfinished"
"""A run folder with this file in it belongs to a run that goes on, or was killed."""


@dataclass(frozen=True)
class Run:
    """What every stage is given.

    Attributes
    ----------
    now
        The clock, UTC; `as_of` is the project's date, strictly before which things are known.
    folder
        runs/<run_id>: where this run's tables are.
    since
        For `rescore`: accounts whose inputs changed from this day on; None: from the date of the publication before.
    """

    project: Project
    run_id: str
    command: str
    now: datetime
    as_of: date
    folder: Path
    since: date | None = None

    def intent_policy(self) -> "IntentPolicy":
        """[features] half_life_days and window_days."""
        from features.build import IntentPolicy

        policy = self.project.settings.features
        return IntentPolicy(policy.half_life_days, policy.window_days)

    @property
    def inputs(self) -> Path:
        """The inputs as they passed the gate, until the run ends."""
        return self.folder / "inputs"


@contextmanager
def open_run(project: Project, command: str, now: datetime, *, since: date | None = None) -> Iterator[Run]:
    """Take the project's lock, clear leftovers, make a run folder; on leaving, take the working files away.

    A stated refusal leaves the run folder with its reports; anything else leaves none.

    Raises
    ------
    Refusal
        Another run holds the lock (who, since when), no space, or a folder that cannot be written.
    """
    run_id = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
    folder = project.run_folder(run_id)
    with stated(project.state_folder), lock(project, now):
        clear_leftovers(project)
        (folder / "inputs").mkdir(parents=True)
        (folder / UNFINISHED).touch()
        try:
            yield Run(project, run_id, command, now, project.as_of(now.date()), folder, since)
        except LastwordError:
            close(folder)
            raise
        except BaseException as error:
            with suppress(LastwordError):
                clear_leftovers(project)  # which knows whether this run was published before it was stopped
            if _is_out_of_memory(error):
                raise Refusal(_no_memory(project)) from error
            raise
        close(folder)


def _is_out_of_memory(error: BaseException) -> bool:
    """Whether it is DuckDB's word that it needs more than it may use; known by its name, as no run needs its module for that."""
    return type(error).__name__ == "OutOfMemoryException"


def _no_memory(project: Project) -> str:
    limit = project.settings.engine.memory_limit
    return (
        f'lastword.toml: [engine] memory_limit = "{limit}" is too little for these tables, and DuckDB can put no more of them on '
        "disk; give it more, up to half of what the machine has"
    )


def close(folder: Path) -> None:
    """Take away what only a running run needs."""
    shutil.rmtree(folder / "inputs", ignore_errors=True)
    shutil.rmtree(folder / "spill", ignore_errors=True)
    (folder / UNFINISHED).unlink(missing_ok=True)


@contextmanager
def stated(path: Path) -> Iterator[None]:
    """A disk that is full or may not be written becomes a refusal of one line."""
    try:
        yield
    except OSError as error:
        raise refuse_os_error(error, Path(error.filename) if error.filename else path) from error


@contextmanager
def lock(project: Project, now: datetime) -> Iterator[None]:
    """One run at a time. The operating system frees the lock of a killed process."""
    project.state_folder.mkdir(parents=True, exist_ok=True)
    holder = project.state_folder / "lock.json"
    try:
        with FileLock(project.lock_path, timeout=0):
            who = {"by": getpass.getuser(), "host": socket.gethostname(), "pid": os.getpid()}
            said = who | {"since": f"{now:%Y-%m-%dT%H:%M:%SZ}"}
            holder.write_text(json.dumps(said) + "\n", encoding="utf-8")
            try:
                yield
            finally:
                holder.unlink(missing_ok=True)
    except Timeout:
        raise Refusal(f"{project.folder} is locked: {held_by(holder)}; wait for it to end, then run this again") from None


def held_by(holder: Path) -> str:
    """Who runs, and since when."""
    try:
        said = json.loads(holder.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "another run has just started"
    return f"{said['by']}@{said['host']} (process {said['pid']}) runs since {said['since']}"


def clear_leftovers(project: Project) -> None:
    """Remove the folders of runs that were killed, and mend latest.json where one was killed just after publishing."""
    if not project.runs_folder.exists():
        return
    leftovers = [path.parent for path in project.runs_folder.glob(f"*/{UNFINISHED}")]
    if not leftovers:
        return
    from overrides.publish import published_runs, repair_latest
    from overrides.store import open_store

    open_store(project.store_url)
    published = set(published_runs())
    for folder in leftovers:
        if folder.name in published:
            close(folder)
        else:
            shutil.rmtree(folder)
    repair_latest(project)
