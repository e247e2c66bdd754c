"""What each stage of a run costs: time, processor time and memory, of this process and of those that it starts."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

    from lastword.runner import Listener, StageOutcome

SAMPLED_EVERY_SECONDS = 0.05
CHILDREN_EVERY = 20
"""Samples between two looks for processes that were started since."""


@dataclass(frozen=True)
class StageCost:
    """A stage's seconds on the clock and on processors (children included), and the most memory held in it, in bytes."""

    title: str
    seconds: float
    processor_seconds: float
    peak_bytes: int


class StageCosts:
    """Listens to a run and measures it (see runner.Listener), and passes on what it hears.

    Memory is sampled, so that a shorter peak can be missed.
    """

    def __init__(self, listener: "Listener") -> None:
        self._listener = listener
        self.costs: list[StageCost] = []
        self._began = time.perf_counter()
        self._meter: _Meter | None = None

    def started(self, title: str, position: int, total: int) -> None:
        self._listener.started(title, position, total)
        self._meter = _Meter()

    def finished(self, stage: "StageOutcome", position: int, total: int) -> None:
        assert self._meter is not None
        used, peak = self._meter.stop()
        self.costs.append(StageCost(stage.title, stage.seconds, used, peak))
        self._listener.finished(stage, position, total)

    def outside_seconds(self) -> float:
        """What was spent since this was made in no stage: imports, the lock, ending."""
        return time.perf_counter() - self._began - sum(cost.seconds for cost in self.costs)


class _Meter:
    """Processor seconds and the peak of memory from when it is made until it is stopped."""

    def __init__(self) -> None:
        import psutil

        self._process = psutil.Process()
        self._used_before = _processor_seconds(self._process)
        self._peak, self._over = 0, Event()
        self._thread = Thread(target=self._sample, name="memory", daemon=True)
        self._thread.start()

    def stop(self) -> tuple[float, int]:
        """(processor seconds, bytes)."""
        held = _bytes_held([self._process, *self._process.children(recursive=True)])
        self._over.set()
        self._thread.join()
        return _processor_seconds(self._process) - self._used_before, max(self._peak, held)

    def _sample(self) -> None:
        for number in count():
            if number % CHILDREN_EVERY == 0:  # to list them takes as long as many samples
                family = [self._process, *self._process.children(recursive=True)]
            self._peak = max(self._peak, _bytes_held(family))
            if self._over.wait(SAMPLED_EVERY_SECONDS):
                return


def _processor_seconds(process: "psutil.Process") -> float:
    """Of the process, of its children that have ended, and of those that run."""
    import psutil

    own = process.cpu_times()
    used = own.user + own.system + own.children_user + own.children_system
    for child in process.children(recursive=True):
        try:
            used += sum(child.cpu_times()[:2])
        except psutil.Error:  # it has just ended
            continue
    return float(used)


def _bytes_held(family: "Sequence[psutil.Process]") -> int:
    import psutil

    held = 0
    for each in family:
        try:
            held += each.memory_info().rss
        except psutil.Error:
            continue
    return held
