"""What Lastword costs beside a plain script of the same work, measured in turn on the same files.

    python benchmarks/run.py [--accounts 14000] [--repeats 3] [--check | --keep]

Prints median and range of the seconds and the peak memory of each command, and how it compares to what it stands beside: work
to the plain script, start-up to a bare interpreter. --check compares these ratios with those kept in ratios.json and ends with 1
where one has become worse; --keep keeps those just measured.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LASTWORD = str(Path(sys.executable).parent / "lastword")
PLAIN = str(Path(__file__).parent / "plain.py")
KEPT = Path(__file__).parent / "ratios.json"
BESIDE = {
    "lastword run": "plain script",
    "lastword score": "plain script",
    "lastword override add": "python -c pass",
    "lastword --help": "python -c pass",
}
"""What each command is compared with, by processor seconds: other programs disturb these least."""

WORSE = 1.25
"""A ratio so many times the kept one is a regression: medians of three rounds differ by less from day to day."""


@dataclass(frozen=True)
class Measured:
    """One execution: wall-clock seconds, processor seconds, peak resident memory in MB."""

    seconds: float
    processor_seconds: float
    megabytes: float


def measure(*command: str) -> Measured:
    """Run a command to its end; a failing one ends the benchmark."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{said.read().decode()}")
    return Measured(time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def in_turn(folder: Path, repeats: int) -> dict[str, list[Measured]]:
    """Each command `repeats` times, one after another in every round, so that a busy machine slows all alike."""
    project = ("--project", str(folder))
    account = (folder / "data" / "accounts.csv").read_text(encoding="utf-8").splitlines()[1].partition(",")[0]
    override = ("override", "add", account, "--grade", "A", "--reason", "other", "--by", "benchmark")
    commands = {
        "plain script": (sys.executable, PLAIN, str(folder), str(folder / "plain.parquet")),
        "lastword run": (LASTWORD, "run", *project),
        "lastword score": (LASTWORD, "score", *project),
        "lastword override add": (LASTWORD, *override, *project),
        "lastword --help": (LASTWORD, "--help"),
        "python -c pass": (sys.executable, "-c", "pass"),
    }
    measured: dict[str, list[Measured]] = {name: [] for name in commands}
    for _ in range(repeats):
        shutil.rmtree(folder / ".lastword", ignore_errors=True)
        for name, command in commands.items():
            measured[name].append(measure(*command))
    return measured


def report(measured: dict[str, list[Measured]]) -> None:
    """A line per command, then the ratios."""
    print(f"{'':<22} {'median s':>9} {'range s':>15} {'processor s':>12} {'peak MB':>8}")
    for name, runs in measured.items():
        seconds = [run.seconds for run in runs]
        spread = f"{min(seconds):.2f}–{max(seconds):.2f}"
        processor, memory = statistics.median(run.processor_seconds for run in runs), max(run.megabytes for run in runs)
        print(f"{name:<22} {statistics.median(seconds):>9.2f} {spread:>15} {processor:>12.2f} {memory:>8.0f}")
    pairs = zip(measured["lastword run"], measured["plain script"], strict=True)
    clock = [run.seconds / plain.seconds for run, plain in pairs]
    print(f"\nlastword run takes {statistics.median(clock):.2f} × the plain script ({min(clock):.2f}–{max(clock):.2f})")
    for name, ratio in ratios(measured).items():
        print(f"{name}: {ratio:.2f} × the processor time of {BESIDE[name]}")


def ratios(measured: Mapping[str, Sequence[Measured]]) -> dict[str, float]:
    """Processor seconds of each command over those of what it stands beside, in the same round: the median of the rounds."""
    found = {}
    for name, beside in BESIDE.items():
        rounds = zip(measured[name], measured[beside], strict=True)
        found[name] = statistics.median(own.processor_seconds / other.processor_seconds for own, other in rounds)
    return found


def regressions(found: Mapping[str, float], kept: Mapping[str, float]) -> list[str]:
    """A sentence for each ratio that is WORSE times the kept one or more."""
    return [
        f"{name} takes {found[name]:.2f} × {BESIDE[name]}, kept are {ratio:.2f}: {found[name] / ratio:.2f} times as much"
        for name, ratio in kept.items()
        if found[name] >= WORSE * ratio
    ]


def check(measured: Mapping[str, Sequence[Measured]], accounts: int) -> int:
    """Print what has become worse since the ratios were kept; 1 where something has, 2 where none are kept of this size."""
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    if str(accounts) not in kept:
        print(
            f"{KEPT.name} keeps no ratios of {accounts:,} accounts, only of {', '.join(kept)}: --keep keeps them", file=sys.stderr
        )
        return 2
    worse = regressions(ratios(measured), kept[str(accounts)])
    for sentence in worse:
        print(sentence, file=sys.stderr)
    print("nothing has become worse" if not worse else f"{len(worse)} worse than kept", flush=True)
    return 1 if worse else 0


def keep(measured: Mapping[str, Sequence[Measured]], accounts: int) -> None:
    """Write the ratios of this size into ratios.json, beside those of others."""
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    kept[str(accounts)] = {name: round(ratio, 3) for name, ratio in ratios(measured).items()}
    KEPT.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=14_000)
    parser.add_argument("--repeats", type=int, default=3)
    after = parser.add_mutually_exclusive_group()
    after.add_argument("--check", action="store_true", help="compare the ratios with the kept ones")
    after.add_argument("--keep", action="store_true", help="keep the ratios for --check")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "demo"
        generate(folder, given.accounts)
        print(f"{given.accounts:,} accounts, {os.cpu_count()} cores, {given.repeats} rounds\n", flush=True)
        measured = in_turn(folder, given.repeats)
    report(measured)
    if given.keep:
        keep(measured, given.accounts)
    return check(measured, given.accounts) if given.check else 0


def generate(folder: Path, accounts: int) -> None:
    """The demo's files alone. In a process of its own: a child's peak memory counts what its parent held when it was started."""
    script = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path; from lastword.demo import generate; "
        "generate(Path(sys.argv[1]), int(sys.argv[2]), 7, datetime.now(UTC).date())"
    )
    subprocess.run([sys.executable, "-c", script, str(folder), str(accounts)], check=True)


if __name__ == "__main__":
    sys.exit(main())
