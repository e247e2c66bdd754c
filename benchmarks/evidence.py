"""Measures every check of the method on generated populations and renews docs/evidence.md: make evidence, or

    python -m benchmarks.evidence [--seeds 1-20] [--units model noise …] [--accounts 700 …] [--jobs 1] [--resume]

Each kind of unit, size and seed is measured in a process of its own and kept as a file, so that an interrupted run can go on.
"""

import argparse
import json
import multiprocessing
import os
import resource
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.evidence_page import Measured, at, render, with_error
from lastword.environment import set_quiet_defaults
from tests.truth.bounds import CHECKS, bound_shown
from tests.truth.units import SIZES, UNITS

ROOT = Path(__file__).parents[1]
FEWER_SEEDS = {"bytes": 3}
"""Of these no more are measured: what doesn't vary needs no mean."""


@dataclass(frozen=True, order=True)
class Unit:
    """One population to be measured."""

    kind: str
    accounts: int
    seed: int

    def file(self, folder: Path) -> Path:
        return folder / f"{self.kind}-{self.accounts}-{self.seed}.json"


@dataclass(frozen=True)
class Result:
    """What was measured of a unit, on which day (UTC), with how many cores, and the processor seconds it took."""

    unit: Unit
    figures: dict[str, float]
    measured_on: str
    cores: int
    processor_seconds: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for, print every figure against its bound, write the page; 1 where a bound doesn't hold."""
    given = parse(arguments)
    set_quiet_defaults(os.environ)
    given.results.mkdir(parents=True, exist_ok=True)
    if not given.page_only:
        measure_all(units(given), given.results, given.jobs, resume=given.resume)
    found = read(given.results)
    given.page.write_text(render(found), encoding="utf-8")
    return 0 if report(found) else 1


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    sizes = sorted({accounts for each in SIZES.values() for accounts in each})
    parser.add_argument("--seeds", type=seeds, default=seeds("1-20"), help="1-20, or 1,2,5 (default 1-20; bytes: the first 3)")
    parser.add_argument("--units", nargs="+", choices=UNITS, default=list(UNITS), help="kinds of unit (default all)")
    parser.add_argument("--accounts", nargs="+", type=int, choices=sizes, default=sizes, help="sizes of population (default all)")
    parser.add_argument(
        "--jobs", type=int, default=1, help="units measured at a time (default 1; each uses what cores there are)"
    )
    parser.add_argument("--resume", action="store_true", help="keep what was measured before")
    parser.add_argument("--page-only", action="store_true", help="measure nothing, write the page of what was measured before")
    parser.add_argument(
        "--results", type=Path, default=ROOT / ".evidence", help="folder of what was measured (default .evidence)"
    )
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "evidence.md", help="(default docs/evidence.md)")
    return parser.parse_args(arguments)


def seeds(text: str) -> list[int]:
    """1-20 or 1,2,5 as numbers."""
    try:
        ranges = [list(map(int, part.split("-"))) for part in text.split(",")]
        found = [seed for first, *last in ranges for seed in range(first, (*last, first)[0] + 1)]
    except ValueError:
        found = []
    if not found:
        raise argparse.ArgumentTypeError(f'"{text}" names no seeds: expected a range (1-20) or numbers (1,2,5)')
    return found


def units(given: argparse.Namespace) -> list[Unit]:
    """What is to be measured, by seed first: what an interruption leaves has every kind in it."""
    return [
        Unit(kind, accounts, seed)
        for position, seed in enumerate(given.seeds)
        for kind in given.units
        for accounts in SIZES[kind]
        if accounts in given.accounts and position < FEWER_SEEDS.get(kind, len(given.seeds))
    ]


def measure_all(wanted: Sequence[Unit], folder: Path, jobs: int, *, resume: bool) -> None:
    """Measure each unit in a process of its own; a line for each that is done."""
    missing = [unit for unit in wanted if not (resume and unit.file(folder).exists())]
    for unit in missing:
        unit.file(folder).unlink(missing_ok=True)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, max_tasks_per_child=1) as pool:
        waiting: list[Future[Result]] = [pool.submit(measure, unit, folder) for unit in missing]
        try:
            for number, done in enumerate(as_completed(waiting), 1):
                print(f"{number}/{len(missing)}  {said(done.result())}", flush=True)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def measure(unit: Unit, folder: Path) -> Result:
    """Measure one unit and keep the result, whole or not at all."""
    with tempfile.TemporaryDirectory() as work:
        figures = UNITS[unit.kind](Path(work), unit.accounts, unit.seed)
    plain = {name: float(value) for name, value in figures.items()}
    result = Result(unit, plain, f"{datetime.now(UTC):%Y-%m-%d}", os.cpu_count() or 1, round(processor_seconds(), 1))
    unfinished = unit.file(folder).with_suffix(f".{os.getpid()}")
    unfinished.write_text(json.dumps(asdict(result), indent=1) + "\n", encoding="utf-8")
    unfinished.replace(unit.file(folder))
    return result


def processor_seconds() -> float:
    """Of this process and those it started."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def said(result: Result) -> str:
    unit = result.unit
    figures = "  ".join(f"{name} {value:.4g}" for name, value in result.figures.items())
    return f"{unit.kind}, {unit.accounts:,} accounts, seed {unit.seed} ({result.processor_seconds:.0f} s): {figures}"


def read(folder: Path) -> Measured:
    """Everything that was measured."""
    found = [stored(path) for path in sorted(folder.glob("*.json"))]
    rows = pd.DataFrame([each["unit"] | each["figures"] for each in found], columns=None if found else ["kind", "accounts"])
    groups = rows.groupby(["kind", "accounts"])
    figures = {(str(kind), int(accounts)): each.set_index("seed").sort_index() for (kind, accounts), each in groups}
    days, cores = ({each[name] for each in found} for name in ("measured_on", "cores"))
    return Measured(figures, tuple(sorted(days)), tuple(sorted(cores)))


def stored(path: Path) -> dict[str, Any]:
    """What one file holds; a file of another version, or a broken one, ends the command."""
    try:
        held: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        complete = held.keys() == {field.name for field in fields(Result)}
    except (ValueError, AttributeError):
        complete = False
    if not complete:
        sys.exit(f"{path} is not what this version measures: delete it and measure again with --resume")
    return held


def report(found: Measured) -> bool:
    """A line for each check; whether all hold that were measured."""
    verdicts = [(check, found.verdict(check)) for check in CHECKS]
    for check, verdict in verdicts:
        where = "{} {:,}".format(*at(check))
        figure, bound = with_error(check, verdict), bound_shown(check)
        print(f"{where:<18} {check.what:<56} {figure:>22}  {bound:>14}  {verdict.outcome}")
    return all(verdict.outcome != "does not hold" for _, verdict in verdicts)


if __name__ == "__main__":
    sys.exit(main())
