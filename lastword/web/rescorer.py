"""Scores what changed in a process of its own, as `lastword rescore` does, for programs that ask for it."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from lastword.errors import Refusal
from lastword.project import Project, find_project
from lastword.run import held_by
from lastword.web.background import RUNNING, Tell, Work

if TYPE_CHECKING:
    from lastword.runner import StageOutcome

RESCORING = Work("rescoring", "lastword.web.rescorer", "lastword rescore")


def start(project: Project, by: str, now: datetime, since: date | None) -> None:
    """Begin, for `by`, with the inputs that changed since a day (None: since the publication before).

    Raises
    ------
    Refusal
        A run of this project goes on, whoever began it, or the state folder can't be written.
    """
    try:
        with FileLock(project.state_folder / "rescoring.start.lock", timeout=0):
            found = RESCORING.progress(project, now)
            if found is not None and found.state == RUNNING:
                raise Refusal(f"a rescore that {found.by} began at {found.started_at[:19]}Z goes on: ask again when it is done")
            if (held := held_now(project)) is not None:
                raise Refusal(f"{held}: ask again when it is done")
            RESCORING.start(project, by, now, *([since.isoformat()] if since else []))
    except Timeout:
        raise Refusal("another rescore is just beginning: ask again when it is done") from None


def held_now(project: Project) -> str | None:
    """Who has a run of this project under way, in words; None where nobody has."""
    holder = project.state_folder / "lock.json"
    if not holder.exists():
        return None
    try:
        with FileLock(project.lock_path, timeout=0):
            return None  # what a killed run left behind
    except Timeout:
        return held_by(holder)


def main(folder: str, since: str | None = None) -> None:
    """Do the work for the project in a folder, as the process that is started for it."""
    from lastword.runner import run_stages

    project = find_project(Path(folder))
    day = date.fromisoformat(since) if since else None
    RESCORING.perform(
        project,
        lambda tell, by: run_stages(project, "rescore", datetime.now(UTC), since=day, listener=_Teller(tell)),
    )


class _Teller:
    """Hears the stages (see runner.Listener) and tells how far they are."""

    def __init__(self, tell: Tell) -> None:
        self.tell = tell

    def started(self, title: str, position: int, total: int) -> None:
        self.tell(title, position + 1, total)

    def finished(self, stage: "StageOutcome", position: int, total: int) -> None:
        pass


if __name__ == "__main__":
    main(*sys.argv[1:])
