"""What building features costs beside a query written by hand, and what the gate is of a whole `lastword score`.

    python -m benchmarks.features [--accounts 1000000] [--folder FOLDER] [--repeats 3]

The universe of benchmarks/universe.py is made in FOLDER where it isn't there yet. Both ways read the inputs that the gate let
through and write one Parquet file of the same columns; their values are compared, and their processor seconds, which other
programs disturb least. Ends with 1 where the values differ or the features take over 1.2 times as long.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.run import Measured, measure
from benchmarks.universe import LASTWORD, write_universe

BOUND = 1.2
OURS, BY_HAND = "features", "by hand"
GATE = "validate"
NEARLY = 1e-9
"""Values may differ by so much of themselves: ln and powers are computed in another order."""


def technographic_sql(technologies: Sequence[str], categories: Sequence[str], day: str) -> str:
    """A row per account that was seen with a technology."""
    flags = "".join(
        f""", max((in_use AND technology = {_text(name)})::INT)::DOUBLE AS {_name("technology:" + name)}"""
        for name in technologies
    )
    counts = "".join(
        f""", (count(*) FILTER (in_use AND category = {_text(name)}))::DOUBLE AS {_name("technology_category:" + name)}"""
        for name in categories
    )
    return f"""
    SELECT account_id, sum(in_use::INT)::DOUBLE AS technologies, min(adopted)::DOUBLE AS days_since_adoption,
      (count(*) FILTER (adopted <= 180))::DOUBLE AS adoptions_180_days,
      (count(*) FILTER (NOT in_use AND gone <= 180))::DOUBLE AS removals_180_days {flags} {counts}
    FROM (SELECT *, {day} - first_seen AS adopted, coalesce({day} - last_seen <= 180, true) AS in_use,
            {day} - last_seen - 180 AS gone
          FROM technographics WHERE first_seen IS NULL OR first_seen < {day})
    GROUP BY account_id"""


def intent_sql(topics: Sequence[str], day: str, half_life_days: int, window_days: int) -> str:
    """A row per account with a signal: signals are summed by topic first."""
    sums = "".join(
        f""", coalesce(sum(decayed) FILTER (topic = {_text(name)}), 0) / 1e6 AS {_name("intent:" + name)}""" for name in topics
    )
    return f"""
    SELECT account_id, sum(decayed) / 1e6 AS intent, sum(n7)::DOUBLE AS signals_7_days, sum(n30)::DOUBLE AS signals_30_days,
      sum(n90)::DOUBLE AS signals_90_days, count(*)::DOUBLE AS distinct_topics, min(days_ago)::DOUBLE AS days_since_signal,
      ln((sum(n30) + 1) / ((sum(n90) - sum(n30)) / 2.0 + 1)) AS intent_trend, max(surge) AS intent_surge,
      (count(*) FILTER (surge >= 90))::DOUBLE AS surging_topics {sums}
    FROM (
      SELECT account_id, topic, sum(round(strength * 0.5 ** (age / {half_life_days}.0) * 1e6)::BIGINT) AS decayed,
        count(*) FILTER (age <= 7) AS n7, count(*) FILTER (age <= 30) AS n30, count(*) FILTER (age <= 90) AS n90,
        min(age) AS days_ago, count(*) FILTER (age <= 21) AS recent, count(*) FILTER (age > 21 AND age <= 105) AS before
      FROM (SELECT *, {day} - observed_on AS age FROM intents WHERE observed_on < {day} AND observed_on >= {day} - {window_days})
      GROUP BY account_id, topic) AS by_topic
    LEFT JOIN surges ON recent_key = recent AND before_key = before
    GROUP BY account_id"""


def query(names: dict[str, list[str]], columns: Sequence[str], further: Sequence[str], settings: dict[str, int], day: str) -> str:
    """All features, in the order of `columns`: the families joined to the accounts, 0 where an account has no row."""
    unseen = {"days_since_adoption", "days_since_signal", "intent_surge"}
    families = ("technolog", "adoptions", "removals", "intent", "signals", "distinct", "surging", "days_since")
    shown = ", ".join(
        f"coalesce({_name(name)}, 0) AS {_name(name)}" if name.startswith(families) and name not in unseen else _name(name)
        for name in columns
    )
    categories = ", ".join(("industry", "sub_industry", "region", "sub_region", "country", "ownership"))
    numbers = "".join(f", {_name(name)}::DOUBLE AS {_name(name)}" for name in further)
    return f"""
    WITH technographic AS ({technographic_sql(names["technologies"], names["categories"], day)}),
    intent AS ({intent_sql(names["topics"], day, **settings)}),
    firmographic AS (
      SELECT account_id, {day} AS as_of, ln(1 + employee_count) AS log_employees, ln(1 + annual_revenue) AS log_revenue,
        ln(1 + annual_revenue / nullif(employee_count, 0)) AS log_revenue_per_employee,
        CASE WHEN founded_year IS NOT NULL
          THEN greatest(year({day}) + (dayofyear({day}) - 1) / 365.25 - founded_year, 0.0) END AS age_years,
        (parent_account_id IS NOT NULL)::DOUBLE AS has_parent,
        CASE WHEN parent_account_id IS NULL THEN 0.0
          ELSE (count(*) OVER (PARTITION BY parent_account_id) - 1)::DOUBLE END AS siblings, {categories}{numbers}
      FROM accounts)
    SELECT account_id, as_of, {shown}
    FROM firmographic LEFT JOIN technographic USING (account_id) LEFT JOIN intent USING (account_id)"""


def build(way: str, project_folder: Path, inputs: Path, output: Path) -> None:
    """Build the champion's features in one way from inputs that passed the gate. In a process of its own, to be measured."""
    from features.build import build_features, read_tables
    from features.catalog import catalog
    from features.engine import connect
    from features.intent import surge_table
    from lastword.project import find_project
    from models.registry import champion
    from models.served import load_served

    project = find_project(project_folder)
    registered = champion(project)
    assert registered is not None, "the universe has a champion"
    served = load_served(registered.folder)
    listed = catalog(served.vocabulary, project.settings.features.columns)
    as_of = project.as_of(datetime.now(UTC).date())
    engine = connect(project, output.parent)
    tables = read_tables(engine, inputs)
    if way == OURS:
        build_features(tables, as_of, listed, served.intent_policy).to_parquet(output)
        return
    data = engine.con
    for name in ("accounts", "technographics", "intents"):
        data.execute(f"CREATE VIEW {name} AS FROM read_parquet('{inputs / name}.parquet')")
    data.register("surge_frame", surge_table())
    data.execute("CREATE TABLE surges AS FROM surge_frame")
    own = {"log_employees", "log_revenue", "log_revenue_per_employee", "age_years", "has_parent", "siblings"}
    further = [one.name for one in listed if one.family == "firmographic" and one.kind != "category" and one.name not in own]
    names = {kind: list(getattr(served.vocabulary, kind)) for kind in ("technologies", "categories", "topics")}
    policy = {"half_life_days": served.intent_policy.half_life_days, "window_days": served.intent_policy.window_days}
    written = query(names, [one.name for one in listed], further, policy, f"DATE '{as_of}'")
    data.execute(f"COPY ({written}) TO '{output}' (FORMAT parquet)")


def differing(ours: Path, by_hand: Path) -> list[str]:
    """The columns in which the two files differ, of the same accounts."""
    import duckdb

    data = duckdb.connect()
    data.execute("SET enable_progress_bar = false")
    columns = [(name, kind) for name, kind, *_ in data.execute(f"DESCRIBE FROM '{ours}'").fetchall() if name != "account_id"]
    unlike = ", ".join(f"count(*) FILTER ({_unlike(_name(name), kind)})" for name, kind in columns)
    found = data.execute(f"SELECT {unlike} FROM '{ours}' a FULL JOIN '{by_hand}' b USING (account_id)").fetchone()
    return [name for (name, _), count in zip(columns, found or (), strict=True) if count]


def in_turn(folder: Path, repeats: int, scratch: Path) -> dict[str, list[Measured]]:
    """Both ways in every round, so that a busy machine slows both alike."""
    measured: dict[str, list[Measured]] = {OURS: [], BY_HAND: []}
    for _ in range(repeats):
        for way, runs in measured.items():
            command = (sys.executable, "-m", "benchmarks.features", "--way", way, "--folder", str(folder), "--output")
            runs.append(measure(*command, str(scratch / f"{way}.parquet")))
    return measured


def gate_share(folder: Path, scratch: Path) -> tuple[float, float]:
    """Seconds of the gate and of all stages, of one `lastword score` on a copy."""
    copied = scratch / "scored"
    shutil.copytree(folder, copied, ignore=shutil.ignore_patterns("passed"))
    said = subprocess.run([*LASTWORD, "score", "--json", "--project", str(copied)], check=True, capture_output=True, text=True)
    seconds = {stage["name"]: stage["seconds"] for stage in json.loads(said.stdout)["stages"]}
    return seconds[GATE], sum(seconds.values())


def passed(folder: Path) -> Path:
    """The inputs as the gate lets them through; made once, beside the universe."""
    from lastword.project import find_project
    from lastword.stages import open_run, validate

    kept = folder / "passed"
    if not kept.exists():
        with open_run(find_project(folder), "features", datetime.now(UTC)) as run:
            validate(run)
            shutil.copytree(run.inputs, kept)
    return kept


def report(measured: dict[str, list[Measured]]) -> float:
    """A line for each way; returns the ratio of processor seconds, the median of the rounds."""
    print(f"{'':<10} {'median s':>9} {'processor s':>12} {'peak MB':>8}")
    for way, runs in measured.items():
        seconds, used = (statistics.median(getattr(run, name) for run in runs) for name in ("seconds", "processor_seconds"))
        print(f"{way:<10} {seconds:>9.1f} {used:>12.1f} {max(run.megabytes for run in runs):>8.0f}")
    pairs = zip(measured[OURS], measured[BY_HAND], strict=True)
    return statistics.median(ours.processor_seconds / by_hand.processor_seconds for ours, by_hand in pairs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where the universe is, or is to be kept")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--way", choices=(OURS, BY_HAND), help=argparse.SUPPRESS)
    parser.add_argument("--output", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.way:
        build(given.way, given.folder, given.folder / "passed", given.output)
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        return compare(given.folder or Path(temporary) / "universe", given.accounts, given.repeats, Path(temporary))


def compare(folder: Path, accounts: int, repeats: int, scratch: Path) -> int:
    """Measure and compare; 1 where a bound isn't held."""
    if not (folder / "lastword.toml").exists():
        write_universe(folder, accounts, signals=20.0, technologies=5.0)
    passed(folder)
    print(f"{os.cpu_count()} cores, {repeats} rounds, {folder}\n", flush=True)
    ratio = report(in_turn(folder, repeats, scratch))
    unlike = differing(scratch / f"{OURS}.parquet", scratch / f"{BY_HAND}.parquet")
    print(f"\nfeatures take {ratio:.2f} × the processor time of the query by hand (at most {BOUND})")
    print(f"the values differ in {', '.join(unlike)}" if unlike else "all values are equal", flush=True)
    gate, whole = gate_share(folder, scratch)
    print(f"the gate takes {gate:.1f} of the {whole:.1f} seconds of `lastword score` ({gate / whole:.0%})")
    return 1 if unlike or ratio > BOUND else 0


def _unlike(name: str, kind: str) -> str:
    if kind != "DOUBLE":
        return f"a.{name} IS DISTINCT FROM b.{name}"
    return f"(a.{name} IS NULL) <> (b.{name} IS NULL) OR abs(a.{name} - b.{name}) > {NEARLY} * greatest(1, abs(a.{name}))"


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


if __name__ == "__main__":
    sys.exit(main())
