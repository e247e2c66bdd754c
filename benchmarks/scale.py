"""What scoring costs by the number of accounts: seconds, processor seconds and memory of each stage, and what one more takes.

    python -m benchmarks.scale [--accounts 100000 300000 1000000] [--repeats 3] [--folder DIR]

Each size is a universe of its own (see universe.py), scored `--repeats` times from cold; the medians are printed, and by them the
slope: seconds for each further million accounts. With --folder the universes stay there and are used again.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.universe import write_universe

ONE_RUN = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
import os
from lastword.environment import set_quiet_defaults
set_quiet_defaults(os.environ)
from lastword.profile import StageCosts
from lastword.project import find_project
from lastword.runner import Silence, run_stages
costs = StageCosts(Silence())
run_stages(find_project(Path(sys.argv[1])), sys.argv[2], datetime.now(UTC), listener=costs)
found = {cost.title: [cost.seconds, cost.processor_seconds, cost.peak_bytes] for cost in costs.costs}
print(json.dumps({**found, "outside of stages": [costs.outside_seconds(), 0, 0]}))
"""

type Costs = Mapping[str, Sequence[float]]
"""By stage: seconds, processor seconds, bytes at most."""


def measure(folder: Path, command: str = "score") -> Costs:
    """Carry a command out in a process of its own; the runs before are taken away, so that each is a first one."""
    shutil.rmtree(folder / ".lastword" / "runs", ignore_errors=True)
    (folder / ".lastword" / "lastword.db").unlink(missing_ok=True)
    done = subprocess.run([sys.executable, "-c", ONE_RUN, str(folder), command], check=True, stdout=subprocess.PIPE)
    costs: Costs = json.loads(done.stdout.splitlines()[-1])
    return costs


def medians(runs: Sequence[Costs]) -> Costs:
    """By stage the medians of seconds and processor seconds, and the most memory of any run."""
    return {
        stage: [*(statistics.median(run[stage][i] for run in runs) for i in (0, 1)), max(run[stage][2] for run in runs)]
        for stage in runs[0]
    }


def report(accounts: int, costs: Costs) -> None:
    """A line per stage, and all of them."""
    print(f"\n{accounts:,} accounts{'':<12} {'seconds':>9} {'processor s':>12} {'peak MB':>9}")
    for stage, (seconds, processor, peak) in costs.items():
        print(f"{stage:<28} {seconds:>9.1f} {processor:>12.1f} {peak / 2**20:>9,.0f}")
    peak = max(each[2] for each in costs.values()) / 2**20
    print(f"{'together':<28} {_sum(costs, 0):>9.1f} {_sum(costs, 1):>12.1f} {peak:>9,.0f}")


def report_slope(found: Mapping[int, Costs]) -> None:
    """What a further million accounts takes, between the smallest and the largest size."""
    least, most = min(found), max(found)
    if least == most:
        return
    further = (most - least) / 1e6
    seconds, processor = ((_sum(found[most], i) - _sum(found[least], i)) / further for i in (0, 1))
    print(f"\na further 1,000,000 accounts: {seconds:.0f} s, {processor:.0f} s of processors")


def _sum(costs: Costs, place: int) -> float:
    return sum(each[place] for each in costs.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, nargs="+", default=[100_000, 300_000, 1_000_000])
    parser.add_argument("--signals", type=float, default=20.0, help="intent signals for each account")
    parser.add_argument("--technologies", type=float, default=5.0, help="technologies for each account")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the universes are made, or were")
    given = parser.parse_args()
    print(f"{os.cpu_count()} cores, {given.repeats} rounds", flush=True)
    found: dict[int, Costs] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for accounts in given.accounts:
            folder = (given.folder or Path(temporary)) / f"universe-{accounts}"
            if not folder.exists():
                write_universe(folder, accounts, given.signals, given.technologies)
            found[accounts] = medians([measure(folder) for _ in range(given.repeats)])
            report(accounts, found[accounts])
            sys.stdout.flush()
            if given.folder is None:
                shutil.rmtree(folder)
    report_slope(found)


if __name__ == "__main__":
    main()
