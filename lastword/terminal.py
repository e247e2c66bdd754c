"""What the terminal shows while stages run: a bar and a line per stage, on standard error so that results stay clean."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from lastword.progress import shown_by

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID
    from rich.table import Table

    from lastword.profile import StageCosts
    from lastword.runner import Listener, StageOutcome


def error_console() -> "Console":
    """Progress and logs."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


class StageLines:
    """Listens to a run: one line per finished stage with its counts and seconds, under it a bar while it goes on.

    Within a stage that says how far it is (lastword.progress) there is a second bar. Where standard error is no terminal there
    is no bar, only the lines.
    """

    def __init__(self, console: "Console | None" = None) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        self.console = console or error_console()
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._progress = Progress(*columns, console=self.console, transient=True, disable=not self.console.is_terminal)
        self._task = self._progress.add_task("starting", total=None)
        self._within: TaskID | None = None
        self._heard = ExitStack()

    def __enter__(self) -> Self:
        self._progress.start()
        self._heard.enter_context(shown_by(self.show))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._heard.close()
        self._progress.stop()

    def show(self, what: str, share: float) -> None:
        """How far something within the stage has come: a bar of percents."""
        if self._within is None:
            self._within = self._progress.add_task(what, total=100)
        self._progress.update(self._within, description=what, completed=round(100 * share))

    def started(self, title: str, position: int, total: int) -> None:
        self._progress.update(self._task, description=title, completed=position, total=total)

    def finished(self, stage: "StageOutcome", position: int, total: int) -> None:
        self._progress.update(self._task, completed=position + 1)
        if self._within is not None:
            self._progress.remove_task(self._within)
            self._within = None
        width = max(40, self.console.width - 2) if self.console.is_terminal else 10_000
        self.console.print(stage_line(stage, width), soft_wrap=True, markup=False)


@contextmanager
def profiling(listener: "Listener", wanted: bool) -> Iterator["Listener"]:
    """The listener itself; where it is wanted one that also measures what each stage costs, and prints it at the end."""
    if not wanted:
        yield listener
        return
    from lastword.profile import StageCosts

    costs = StageCosts(listener)
    yield costs
    error_console().print(cost_table(costs))


def cost_table(costs: "StageCosts") -> "Table":
    """What each stage took: seconds, processor seconds, the most memory; what was outside of stages, and all of it."""
    from lastword.summary import plain_table

    columns = (("stage", "left"), ("seconds", "right"), ("processor s", "right"), ("peak MB", "right"))
    table = plain_table("What it took", *columns)
    for cost in costs.costs:
        table.add_row(cost.title, f"{cost.seconds:.1f}", f"{cost.processor_seconds:.1f}", f"{cost.peak_bytes / 1e6:,.0f}")
    outside = costs.outside_seconds()
    total = outside + sum(cost.seconds for cost in costs.costs)
    table.add_row("outside of stages", f"{outside:.1f}", "", "")
    used, peak = sum(cost.processor_seconds for cost in costs.costs), max((cost.peak_bytes for cost in costs.costs), default=0)
    table.add_row("together", f"{total:.1f}", f"{used:.1f}", f"{peak / 1e6:,.0f}")
    return table


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show that something goes on which has no stages of its own."""
    console = error_console()
    if not console.is_terminal:
        console.print(what)
        yield
        return
    with console.status(what):
        yield


def stage_line(stage: "StageOutcome", width: int) -> str:
    """One line: seconds, the stage's title and as many of its counts as fit into `width` characters."""
    line = f"{stage.seconds:6.1f} s  {stage.title}"
    for number, text in enumerate(count_texts(stage.counts)):
        longer = line + ("  " if number == 0 else " · ") + text
        if len(longer) > width:
            return line
        line = longer
    return line


def count_texts(counts: Mapping[str, int | float | str]) -> list[str]:
    """Counts as people read them: `rows_quarantined: 12` becomes `12 rows quarantined`, text becomes `name: text`."""
    return [_count_text(name.replace("_", " "), value) for name, value in counts.items()]


def _count_text(name: str, value: int | float | str) -> str:
    if isinstance(value, bool):
        return f"{name}: {'yes' if value else 'no'}"
    if isinstance(value, int):
        return f"{value:,} {name}"
    if isinstance(value, float):
        return f"{name} {value:.3g}"
    return f"{name}: {value}"
