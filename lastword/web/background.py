"""Work in a process of its own that a page begins and waits for, and how far it is.

Whichever process of the server is asked, the answer is the same: the progress is a file in the project's state folder, and
whether the work goes on is whether its lock is held.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from lastword.errors import LastwordError, refuse_os_error
from lastword.project import Project

RUNNING, DONE, FAILED = "running", "done", "failed"
STARTING = timedelta(seconds=60)
"""How long a process may take to begin before it is taken for dead."""

type Tell = Callable[[str, int, int], None]
"""Says how far the work is: in words, and step so many of so many."""


@dataclass(frozen=True)
class Progress:
    """How far it is: step `position` of `total`, `said` in words; with FAILED why. `total` 0: it is only starting."""

    state: str
    said: str
    by: str
    started_at: str
    position: int = 0
    total: int = 0

    def seconds(self, now: datetime) -> int:
        """Since it began."""
        return max(0, int((now - datetime.fromisoformat(self.started_at)).total_seconds()))


@dataclass(frozen=True)
class Work:
    """One kind of work: the name of its files in the state folder, the module that does it, the command that does the same."""

    name: str
    module: str
    command: str

    def start(self, project: Project, by: str, now: datetime, *arguments: str) -> None:
        """Begin, unless it is under way; the module is given the project's folder and `arguments`.

        Refusal where the state folder can't be written.
        """
        found = self.progress(project, now)
        if found is not None and found.state == RUNNING:
            return
        self.write(project, Progress(RUNNING, "Starting", by, now.isoformat()))
        none = subprocess.DEVNULL
        command = [sys.executable, "-m", self.module, str(project.folder), *arguments]
        process = subprocess.Popen(command, start_new_session=True, stdin=none, stdout=none, stderr=none)
        threading.Thread(target=process.wait, daemon=True).start()  # so that it leaves no trace in the table of processes

    def progress(self, project: Project, now: datetime) -> Progress | None:
        """How far it is, or how it ended; None where it was never begun."""
        try:
            found = Progress(**json.loads(self._path(project).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        young = now - datetime.fromisoformat(found.started_at) < STARTING
        if found.state == RUNNING and not young and not self._is_locked(project):
            return Progress(FAILED, "the work ended before it was done; try again", found.by, found.started_at)
        return found

    def perform(self, project: Project, do: Callable[[Tell, str], object]) -> None:
        """Do the work, as the process that `start` makes; `do` is given how to tell its progress and who began it."""
        begun = self.progress(project, datetime.now(UTC))
        by, started_at = (begun.by, begun.started_at) if begun else ("", datetime.now(UTC).isoformat())

        def tell(said: str, position: int, total: int) -> None:
            self.write(project, Progress(RUNNING, said, by, started_at, position, total))

        with FileLock(self._lock_path(project), timeout=10):
            try:
                do(tell, by)
            except LastwordError as error:
                self.write(project, Progress(FAILED, str(error), by, started_at))
            except BaseException:
                said = f"the work ended in an error that Lastword doesn't know; see it by `{self.command}`"
                self.write(project, Progress(FAILED, said, by, started_at))
                raise
            else:
                self.write(project, Progress(DONE, "Done", by, started_at))

    def write(self, project: Project, found: Progress) -> None:
        """Write down how far it is. Refusal where the state folder can't be written."""
        path = self._path(project)
        part = path.with_suffix(".part")
        record: dict[str, Any] = asdict(found)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(json.dumps(record), encoding="utf-8")
            part.replace(path)
        except OSError as error:
            raise refuse_os_error(error, path) from error

    def _is_locked(self, project: Project) -> bool:
        try:
            with FileLock(self._lock_path(project), timeout=0):
                return False
        except Timeout:
            return True

    def _path(self, project: Project) -> Path:
        return project.state_folder / f"{self.name}.json"

    def _lock_path(self, project: Project) -> Path:
        return project.state_folder / f"{self.name}.lock"
