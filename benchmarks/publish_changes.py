"""What publishing a rescore costs by what it changed, beside publishing all rows again.

    python -m benchmarks.publish_changes [--rows 1000000] [--share 0.01] [--repeats 3]

A first publication of all rows, then in turn one of a share of them, spread over all accounts, and one of all. Seconds of
processor time (user and system, of this process: PostgreSQL's own is not in them), and how much of it the final table takes.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from types import ModuleType, SimpleNamespace
from typing import Any

import pandas as pd

from benchmarks.publish import repeated_scores
from benchmarks.web import in_own_process


def main(arguments: Sequence[str] | None = None) -> None:
    from tests.stores import running_postgres

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--share", type=float, default=0.01)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary, running_postgres() as server:
        folder = Path(temporary)
        scores = repeated_scores(folder, given.rows)
        print(f"{given.rows:,} rows, {given.share:.1%} changed, median of {given.repeats}, seconds of processor time", flush=True)
        for name, url in (("SQLite", f"sqlite:///{folder}/changes.db"), ("PostgreSQL", server.url(server.new_database()))):
            target = Path(tempfile.mkdtemp(dir=folder))
            work = f"publish_in_turn(Path({str(scores)!r}), folder, {url!r}, {given.share}, {given.repeats})"
            said = in_own_process(f"from benchmarks.publish_changes import publish_in_turn; {work}", target)
            report(name, json.loads(said.splitlines()[-1]))


def report(name: str, rounds: dict[str, list[list[float]]]) -> None:
    """A line each: all of it, the final table's part, and the wall-clock time."""
    medians = {kind: [statistics.median(each) for each in zip(*found, strict=True)] for kind, found in rounds.items()}
    for kind, (seconds, table, wall) in medians.items():
        print(
            f"{name:<12}{kind:<9}{seconds:6.2f} s   of it the final table {table:6.2f} s   wall clock {wall:6.1f} s", flush=True
        )
    print(f"{name:<12}changes / whole {medians['changes'][0] / medians['whole'][0]:.3f}", flush=True)


def publish_in_turn(scores: Path, folder: Path, url: str, share: float, repeats: int) -> None:
    """Publish all, then changes and all again so many times; prints the seconds of each as a line of JSON."""
    from expectations.gate import check_final
    from expectations.suites import load
    from overrides import publish, publish_changes
    from overrides.score_batches import ScoreFile
    from overrides.store import open_store

    load()
    open_store(url)
    project = SimpleNamespace(runs_folder=folder)
    frame = pd.read_parquet(scores)
    changed = frame.iloc[:: round(1 / share)]
    del frame

    def published(kind: str, number: int) -> list[float]:
        run = folder / f"r{number}"
        run.mkdir()
        (run / "validation.json").write_text('{"ok": true, "tables": {}, "expectations": []}')
        record = publish.RunRecord(run.name, "full" if kind == "whole" else "partial", date(2026, 6, 1), "2026", "model")
        rest = (record, run, datetime.now(UTC), partial(check_final, folder=run))
        if kind == "whole":
            return timed(publish, lambda: publish.publish(project, ScoreFile(scores), *rest))
        on = f"r{number - 1}"
        again = changed.assign(run_id=run.name, plan_points=changed["plan_points"] / 2)
        return timed(publish_changes, lambda: publish_changes.publish_changes(project, on, again, (), *rest))

    published("whole", 0)
    rounds: dict[str, list[list[float]]] = {"changes": [], "whole": []}
    for number in range(repeats):
        for place, kind in enumerate(rounds):
            rounds[kind].append(published(kind, 1 + 2 * number + place))
    print(json.dumps(rounds))


def timed(module: ModuleType, work: Callable[[], object]) -> list[float]:
    """Seconds of processor time, those of them that writing the final table takes, and of the clock."""
    table = [0.0]
    write: Any = module._write_final  # type: ignore[attr-defined]

    def watched(*arguments: Any) -> Any:
        with added_to(table):
            return write(*arguments)

    module._write_final = watched  # type: ignore[attr-defined]
    whole, began = [0.0], time.perf_counter()
    with added_to(whole):
        work()
    module._write_final = write  # type: ignore[attr-defined]
    return [whole[0], table[0], time.perf_counter() - began]


@contextmanager
def added_to(total: list[float]) -> Iterator[None]:
    before = processor_seconds()
    yield
    total[0] += processor_seconds() - before


def processor_seconds() -> float:
    used = getrusage(RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
