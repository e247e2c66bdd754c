"""What Lastword costs beside a plain script of the same work, measured in turn on the same files.

    python benchmarks/run.py [--accounts 14000] [--repeats 3]

Prints median and range of the seconds and the peak memory of each command, and how `lastword run` compares to the plain script.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

LASTWORD = str(Path(sys.executable).parent / "lastword")
PLAIN = str(Path(__file__).parent / "plain.py")


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
    }
    measured: dict[str, list[Measured]] = {name: [] for name in commands}
    for _ in range(repeats):
        shutil.rmtree(folder / ".lastword", ignore_errors=True)
        for name, command in commands.items():
            measured[name].append(measure(*command))
    return measured


def report(measured: dict[str, list[Measured]]) -> None:
    """A line per command, then the ratio."""
    print(f"{'':<22} {'median s':>9} {'range s':>15} {'processor s':>12} {'peak MB':>8}")
    for name, runs in measured.items():
        seconds = [run.seconds for run in runs]
        spread = f"{min(seconds):.2f}–{max(seconds):.2f}"
        processor, memory = statistics.median(run.processor_seconds for run in runs), max(run.megabytes for run in runs)
        print(f"{name:<22} {statistics.median(seconds):>9.2f} {spread:>15} {processor:>12.2f} {memory:>8.0f}")
    pairs = zip(measured["lastword run"], measured["plain script"], strict=True)
    ratios = [run.seconds / plain.seconds for run, plain in pairs]
    print(f"\nlastword run takes {statistics.median(ratios):.2f} × the plain script ({min(ratios):.2f}–{max(ratios):.2f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=14_000)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "demo"
        generate(folder, given.accounts)
        print(f"{given.accounts:,} accounts, {os.cpu_count()} cores, {given.repeats} rounds\n", flush=True)
        report(in_turn(folder, given.repeats))


def generate(folder: Path, accounts: int) -> None:
    """The demo's files alone. In a process of its own: a child's peak memory counts what its parent held when it was started."""
    script = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path; from lastword.demo import generate; "
        "generate(Path(sys.argv[1]), int(sys.argv[2]), 7, datetime.now(UTC).date())"
    )
    subprocess.run([sys.executable, "-c", script, str(folder), str(accounts)], check=True)


if __name__ == "__main__":
    main()
