"""Carries a command's stages out in order and tells a listener how it goes. The command line and the flows share it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from lastword.contracts import Counts

if TYPE_CHECKING:
    from lastword.project import Project
    from lastword.stages import Run, Stage


@dataclass(frozen=True)
class StageOutcome:
    """What one stage did: its counts, by name, and how long it took in seconds."""

    name: str
    title: str
    counts: Counts
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """A whole run: where its tables are, what each stage did, in order, and what went wrong after it was done."""

    run_id: str
    folder: Path
    stages: tuple[StageOutcome, ...]
    warnings: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For --json: ids and paths as text, seconds to the millisecond."""
        stages = [{"name": stage.name, "counts": dict(stage.counts), "seconds": round(stage.seconds, 3)} for stage in self.stages]
        return {"run_id": self.run_id, "folder": str(self.folder), "stages": stages} | (
            {"warnings": list(self.warnings)} if self.warnings else {}
        )


class Listener(Protocol):
    """Hears when a stage starts and when it is done. `position` counts from 0."""

    def started(self, title: str, position: int, total: int) -> None: ...
    def finished(self, stage: StageOutcome, position: int, total: int) -> None: ...


class Silence:
    """The listener that says nothing."""

    def started(self, title: str, position: int, total: int) -> None:
        pass

    def finished(self, stage: StageOutcome, position: int, total: int) -> None:
        pass


def directly(stage: "Stage", run: "Run") -> Callable[[], Counts]:
    """A stage as a plain call. The flows give a Prefect task in its place."""
    return lambda: stage.execute(run)


def run_stages(
    project: "Project",
    command: str,
    now: datetime,
    *,
    since: date | None = None,
    listener: Listener | None = None,
    wrap: Callable[["Stage", "Run"], Callable[[], Counts]] = directly,
) -> Outcome:
    """Open a run and carry out every stage of `command` in it.

    Parameters
    ----------
    now : the clock, in UTC; it names the run and dates everything in it.
    since : for rescore alone: accounts whose inputs changed on this day or later.
    wrap : how a stage becomes a call without arguments.

    Raises
    ------
    LastwordError : as the stages and the lock state it. The run before stays current.
    """
    from lastword.notifying import after_run
    from lastword.stages import open_run, sequence

    listener = listener or Silence()
    stages = sequence(command)
    done: list[StageOutcome] = []
    with open_run(project, command, now, since=since) as run:
        for position, stage in enumerate(stages):
            listener.started(stage.title, position, len(stages))
            began = time.perf_counter()
            counts = wrap(stage, run)()
            done.append(StageOutcome(stage.name, stage.title, counts, time.perf_counter() - began))
            listener.finished(done[-1], position, len(stages))
    warnings = after_run(project, now) if any(stage.name == "publish" for stage in stages) else ()
    return Outcome(str(run.run_id), Path(run.folder), tuple(done), warnings)
