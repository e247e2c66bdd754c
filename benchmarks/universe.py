"""A project as large as asked for: the accounts of a demo many times over, each time with other ids, sizes, days and strengths.

    python -m benchmarks.universe FOLDER [--accounts 1000000] [--signals 20] [--technologies 5]

The demo's own generator lives through every account's history, which takes long for millions. What scoring costs hangs on how
many rows there are, how they group, and how many columns they become; that is kept. The champion is trained on one copy.
"""

import argparse
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb

from lastword.demo import generate

LASTWORD = (sys.executable, "-m", "lastword.cli")
COPY = 14_000
AS_OF = date(2026, 11, 23)
TABLES = ("accounts", "won", "house_list", "technographics", "intents", "products")

OTHER_ID = "printf('%03d-%s', copy, account_id)"
SPLIT = "CASE WHEN hash(account_id, {0}) % 2 = 0 THEN {0} ELSE {0} || ' plus' END"
"""Each technology and topic becomes two, so that there are about a hundred features."""

SEED_ROWS = {
    "technographics": f"* REPLACE ({SPLIT.format('technology')} AS technology)",
    "intents": f"* REPLACE ({SPLIT.format('topic')} AS topic)",
}
DATES = ("first_seen", "last_seen", "won_on", "listed_on", "owned_since")
NUMBERS = ("employee_count", "annual_revenue")
TYPES = (
    dict.fromkeys(("account_id", "parent_account_id"), "VARCHAR")
    | dict.fromkeys(DATES, "DATE")
    | dict.fromkeys(NUMBERS, "DOUBLE")
)
VARIED = {
    "accounts": "employee_count * (0.8 + 0.4 * random()) AS employee_count, annual_revenue * (0.8 + random()) AS annual_revenue",
    "technographics": "first_seen - CAST(random() * 30 AS INTEGER) AS first_seen",
    "intents": "observed_on - CAST(random() * 10 AS INTEGER) AS observed_on, 20 + CAST(random() * 80 AS INTEGER) AS strength",
}
"""What differs between the copies of a row."""


def write_universe(folder: Path, accounts: int, signals: float, technologies: float) -> None:
    """Write the project folder, with a champion in it. `signals` and `technologies`: rows for each account, on average."""
    shutil.rmtree(folder, ignore_errors=True)
    generate(folder, COPY, seed=7, today=AS_OF)
    data = duckdb.connect()
    data.execute("SELECT setseed(0.5)")
    per_account = {"technographics": technologies, "intents": signals}
    for name in TABLES:
        _write_seed(data, folder, name, per_account.get(name))
    settings = folder / "lastword.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace(".csv", ".parquet"), encoding="utf-8")
    subprocess.run([*LASTWORD, "train", "--project", str(folder)], check=True, stdout=subprocess.DEVNULL)
    for name in TABLES:
        _multiply(data, folder / "data" / f"{name}.parquet", name, accounts)


def _write_seed(data: duckdb.DuckDBPyConnection, folder: Path, name: str, per_account: float | None) -> None:
    """One copy of a table as Parquet, thinned out to so many rows for each account."""
    source = next((folder / "data").glob(f"{name}.*"))
    columns, given = SEED_ROWS.get(name, "*"), f"'{source}'"
    if source.suffix == ".csv":  # what a demo breaks on purpose is left out: rows are to be many, not interesting
        header = source.read_text(encoding="utf-8").partition("\n")[0].split(",")
        types = {column: TYPES[column] for column in header if column in TYPES}
        given = f"read_csv('{source}', ignore_errors = true, types = {types})"
    data.execute(f"CREATE OR REPLACE TABLE seed AS SELECT {columns} FROM {given}")
    rows = data.table("seed").count("*").fetchall()[0][0]
    share = 1.0 if per_account is None else min(1.0, per_account * COPY / rows)
    source.unlink()
    target = folder / "data" / f"{name}.parquet"
    data.execute(f"COPY (SELECT * FROM seed WHERE random() < {share}) TO '{target}' (FORMAT parquet)")


def _multiply(data: duckdb.DuckDBPyConnection, path: Path, name: str, accounts: int) -> None:
    """The table as often as it takes, of the last copy only so many accounts."""
    copies, rest = -(-accounts // COPY), accounts % COPY or COPY
    parent = ", printf('%03d-%s', copy, parent_account_id) AS parent_account_id" if name == "accounts" else ""
    varied = f", {VARIED[name]}" if name in VARIED else ""
    larger = path.with_suffix(".larger")
    data.execute(
        f"COPY (SELECT * EXCLUDE (copy) REPLACE ({OTHER_ID} AS account_id{parent}{varied}) "
        f"FROM '{path}', range({copies}) copies(copy) "
        f"WHERE copy < {copies - 1} OR TRY_CAST(account_id AS INTEGER) <= {rest}) TO '{larger}' (FORMAT parquet)"
    )
    larger.replace(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--signals", type=float, default=20.0, help="intent signals for each account")
    parser.add_argument("--technologies", type=float, default=5.0, help="technologies for each account")
    given = parser.parse_args()
    write_universe(given.folder, given.accounts, given.signals, given.technologies)


if __name__ == "__main__":
    main()
