"""Works recommendations out in a process of its own, as `lastword indicators --recommend` does, and tells how far it is.

Whichever process of the server is asked, the answer is the same: the progress is a file in the project's state folder, and
whether the work goes on is whether its lock is held.
"""

import json
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from lastword.errors import LastwordError, refuse_os_error
from lastword.project import Project, find_project

if TYPE_CHECKING:
    from lastword.runner import StageOutcome

RUNNING, DONE, FAILED = "running", "done", "failed"
STARTING = timedelta(seconds=60)
"""How long a process may take to begin before it is taken for dead."""


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


def start(project: Project, by: str, now: datetime) -> None:
    """Begin, unless it is under way. Refusal where the state folder can't be written."""
    found = progress(project, now)
    if found is not None and found.state == RUNNING:
        return
    _write(project, Progress(RUNNING, "Starting", by, now.isoformat()))
    command = [sys.executable, "-m", "lastword.web.recommender", str(project.folder)]
    none = subprocess.DEVNULL
    process = subprocess.Popen(command, start_new_session=True, stdin=none, stdout=none, stderr=none)
    threading.Thread(target=process.wait, daemon=True).start()  # so that it leaves no trace in the table of processes


def progress(project: Project, now: datetime) -> Progress | None:
    """How far it is, or how it ended; None where it was never begun."""
    try:
        found = Progress(**json.loads(_path(project).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    young = now - datetime.fromisoformat(found.started_at) < STARTING
    if found.state == RUNNING and not young and not _is_locked(project):
        return Progress(FAILED, "the work ended before it was done; try again", found.by, found.started_at)
    return found


def main(folder: str) -> None:
    """Do the work for the project in a folder, as the process that `start` makes."""
    from lastword.runner import run_stages

    project = find_project(Path(folder))
    begun = progress(project, datetime.now(UTC))
    by, started_at = (begun.by, begun.started_at) if begun else ("", datetime.now(UTC).isoformat())
    with FileLock(_lock_path(project), timeout=10):
        try:
            run_stages(project, "recommend", datetime.now(UTC), listener=_Teller(project, by, started_at))
        except LastwordError as error:
            _write(project, Progress(FAILED, str(error), by, started_at))
        except BaseException:
            _write(
                project,
                Progress(
                    FAILED,
                    "the work ended in an error that Lastword doesn't know; see it by `lastword indicators --recommend`",
                    by,
                    started_at,
                ),
            )
            raise
        else:
            _write(project, Progress(DONE, "Done", by, started_at))


class _Teller:
    """Hears the stages (see runner.Listener) and writes how far they are."""

    def __init__(self, project: Project, by: str, started_at: str) -> None:
        self.project, self.by, self.started_at = project, by, started_at

    def started(self, title: str, position: int, total: int) -> None:
        _write(self.project, Progress(RUNNING, title, self.by, self.started_at, position + 1, total))

    def finished(self, stage: "StageOutcome", position: int, total: int) -> None:
        pass


def _write(project: Project, found: Progress) -> None:
    path = _path(project)
    part = path.with_suffix(".part")
    record: dict[str, Any] = asdict(found)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(record), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise refuse_os_error(error, path) from error


def _is_locked(project: Project) -> bool:
    try:
        with FileLock(_lock_path(project), timeout=0):
            return False
    except Timeout:
        return True


def _path(project: Project) -> Path:
    return project.state_folder / "recommending.json"


def _lock_path(project: Project) -> Path:
    return project.state_folder / "recommending.lock"


if __name__ == "__main__":
    main(sys.argv[1])
