"""A project of literal input files and its passage through the gate, for tests of expectations/."""

import csv
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from expectations.gate import GateReport, check_inputs
from expectations.intake import TableReport, open_inputs, take_in
from expectations.rules import Day
from features.engine import connect
from lastword.project import Project, find_project

AS_OF = date(2026, 6, 1)
TODAY = date(2026, 11, 23)
RUN = "r1"

SMALLEST = {
    "accounts": "account_id,name\na1,One\na2,Two\na3,Three\na4,Four\na5,Five\na6,Six\n",
    "won": "account_id,won_on\na1,2026-01-15\n",
    "house_list": "account_id\na2\na3\n",
}


def write_project(folder: Path, settings: str = "", inputs: dict[str, str] | None = None, **files: str | bytes) -> Project:
    """A project whose inputs are CSV files of these texts, the smallest ones where not given.

    `inputs` gives the right-hand side in [inputs] where it isn't `"data/<table>.csv"`.
    """
    (folder / "data").mkdir(parents=True, exist_ok=True)
    given = SMALLEST | files
    for table, text in given.items():
        content = text if isinstance(text, bytes) else text.encode()
        (folder / "data" / f"{table}.csv").write_bytes(content)
    sources = {table: f'"data/{table}.csv"' for table in given} | (inputs or {})
    lines = ["[inputs]", *(f"{table} = {source}" for table, source in sources.items()), settings]
    (folder / "lastword.toml").write_text("\n".join(lines), encoding="utf-8")
    return find_project(folder)


def pass_gate(project: Project, as_of: date = AS_OF, today: date = TODAY) -> GateReport:
    """The gate's report on a project; the run folder is `run_folder(RUN)`."""
    folder = project.run_folder(RUN)
    folder.mkdir(parents=True, exist_ok=True)
    return check_inputs(project, connect(project, folder), folder, as_of, today)


def take_rows(project: Project, as_of: date = AS_OF, today: date = TODAY) -> dict[str, TableReport]:
    """What the row rules alone find, without the expectations; the run folder is `run_folder(RUN)`."""
    folder = project.run_folder(RUN)
    folder.mkdir(parents=True, exist_ok=True)
    return take_in(project, connect(project, folder), open_inputs(project), folder, Day(as_of, today))


def used(project: Project, table: str) -> dict[str, list[Any]]:
    """The used rows of an input, by column."""
    columns: dict[str, list[Any]] = pq.read_table(project.run_folder(RUN) / "inputs" / f"{table}.parquet").to_pydict()
    return columns


def quarantined(project: Project, table: str) -> list[dict[str, str]]:
    """The quarantine file of an input; empty where there is none."""
    path = project.quarantine_folder / f"{table}.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def reasons(project: Project, table: str) -> Sequence[tuple[str, str]]:
    """(line, reason) of an input's quarantined rows."""
    return [(row["line"], row["reason"]) for row in quarantined(project, table)]
