"""What rescoring the few accounts costs that changed, beside scoring all: in one universe, one after the other.

    python -m benchmarks.rescore [--accounts 1000000] [--share 0.01] [--repeats 3] [--folder DIR]

The universe (see universe.py) is scored once; then, `--repeats` times, the share of its accounts changes: half have another
number of employees, half one more signal. What comes of it is compared with the rows of a whole `score` of the same inputs.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb
import pandas as pd

from benchmarks.scale import ONE_RUN, Costs, measure, medians, report
from benchmarks.universe import write_universe

OF_A_RUN = 0.05
"""At most so much of a whole run may rescoring one account in a hundred cost."""

SAME = ("propensity", "model_points", "model_grade", "plan_points", "plan_grade", "policy_grade", "expected_value")


def change(folder: Path, share: float, step: int) -> None:
    """Change a share of the accounts, others at each step."""
    data = duckdb.connect()
    accounts, signals = (folder / "data" / f"{name}.parquet" for name in ("accounts", "intents"))
    drawn = f"hash(account_id, {step}) % 1000000 < {round(share * 1e6)}"
    half = f"hash(account_id, {step}, 'half') % 2 = 0"
    employees = f"CASE WHEN {drawn} AND {half} THEN round(employee_count * 1.3) + 1 ELSE employee_count END AS employee_count"
    _replace(data, accounts, f"SELECT * REPLACE ({employees}) FROM '{accounts}'")
    topic = f"SELECT any_value(topic) AS topic, max(observed_on) AS observed_on FROM '{signals}'"
    more = f"SELECT account_id, topic, observed_on, 80 AS strength FROM '{accounts}', ({topic}) WHERE {drawn} AND NOT {half}"
    _replace(data, signals, f"SELECT * FROM '{signals}' UNION ALL BY NAME {more}")


def _replace(data: duckdb.DuckDBPyConnection, path: Path, query: str) -> None:
    larger = path.with_suffix(".larger")
    data.execute(f"COPY ({query}) TO '{larger}' (FORMAT parquet)")
    larger.replace(path)


def rescore(folder: Path) -> Costs:
    """Carry `rescore` out in a process of its own, on what was published before."""
    done = subprocess.run([sys.executable, "-c", ONE_RUN, str(folder), "rescore"], check=True, stdout=subprocess.PIPE)
    costs: Costs = json.loads(done.stdout.splitlines()[-1])
    return costs


def final(folder: Path) -> pd.DataFrame:
    """The current final table, by account_id."""
    runs = folder / ".lastword" / "runs"
    path = runs / json.loads((runs / "latest.json").read_text(encoding="utf-8"))["path"]
    return pd.read_parquet(path).set_index("account_id")


def compare(rescored: pd.DataFrame, whole: pd.DataFrame) -> None:
    """Say how many accounts have the same row in both, of those scored since the first run and of the others."""
    last = rescored["run_id"] != rescored["run_id"].min()
    then = whole.loc[rescored.index]
    same = pd.concat([rescored[name].eq(then[name]) | (rescored[name].isna() & then[name].isna()) for name in SAME], axis=1)
    for words, rows in (("scored anew", last), ("left as they were", ~last)):
        print(f"{int(rows.sum()):,} accounts {words}: {same[rows].all(axis=1).mean():.4%} as in a whole run of the same inputs")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--share", type=float, default=0.01)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="where the universe is made, or was")
    given = parser.parse_args()
    print(f"{os.cpu_count()} cores, {given.repeats} rescores of {given.share:.1%}", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = (given.folder or Path(temporary)) / f"universe-{given.accounts}"
        if not folder.exists():
            write_universe(folder, given.accounts, 20.0, 5.0)
        whole = measure(folder)
        report(given.accounts, whole)
        rounds = []
        for step in range(given.repeats):
            change(folder, given.share, step)
            rounds.append(rescore(folder))
        part = medians(rounds)
        report(given.accounts, part)
        for place, words in ((0, "seconds"), (1, "processor seconds")):
            ratios = [sum(each[place] for each in costs.values()) for costs in rounds]
            ratio = statistics.median(ratios) / sum(each[place] for each in whole.values())
            print(f"{words}: {ratio:.3f} of a whole run, at most {OF_A_RUN}")
        rescored = final(folder)
        shutil.rmtree(folder / ".lastword" / "runs")
        measure(folder)
        compare(rescored, final(folder))


if __name__ == "__main__":
    main()
