"""What a stage costs is measured: time on processors, and memory while it is held."""

import re
import time
from io import StringIO
from mmap import PAGESIZE, mmap

from rich.console import Console

from lastword.profile import StageCosts
from lastword.runner import StageOutcome
from lastword.terminal import cost_table

HELD = 200_000_000


class Heard:
    """Notes what it hears."""

    def __init__(self, heard: list[tuple[str, ...]]) -> None:
        self.heard = heard

    def started(self, title: str, position: int, total: int) -> None:
        self.heard.append(("started", title))

    def finished(self, stage: StageOutcome, position: int, total: int) -> None:
        self.heard.append(("finished", stage.title))


def printed(table: object) -> str:
    console = Console(file=StringIO(), width=100)
    console.print(table)
    return console.file.getvalue()


def outcome(name: str, seconds: float) -> StageOutcome:
    return StageOutcome(name, name.title(), {}, seconds)


def test_each_stage_has_its_own_time_and_memory():
    heard: list[tuple[str, ...]] = []
    costs = StageCosts(Heard(heard))
    costs.started("Fill", 0, 2)
    held = mmap(-1, HELD)  # from the system and back to it, whatever was freed before
    for page in range(0, HELD, PAGESIZE):
        held[page] = 1
    until = time.process_time() + 0.3
    while time.process_time() < until:
        pass
    costs.finished(outcome("fill", 0.3), 0, 2)
    held.close()
    costs.started("Rest", 1, 2)
    time.sleep(0.1)
    costs.finished(outcome("rest", 0.1), 1, 2)
    fill, rest = costs.costs
    assert (fill.title, rest.title) == ("Fill", "Rest")
    assert fill.processor_seconds >= 0.29 > rest.processor_seconds
    assert fill.peak_bytes - rest.peak_bytes > 0.9 * HELD
    assert [name for name, *_ in heard] == ["started", "finished"] * 2
    shown = printed(cost_table(costs))
    assert re.search(r"Fill +0\.3 +0\.\d +[\d,]+ *\n", shown)
    assert re.search(r"together +\d\.\d ", shown)
