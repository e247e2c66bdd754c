"""Pull: accounts, and won opportunities as wins, from Salesforce into the project's data folder as CSV with our column names."""

import csv
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from lastword.errors import Refusal, refuse_os_error
from lastword.salesforce.client import Client

if TYPE_CHECKING:
    from lastword.project import Project

FILES = {"accounts": "accounts.csv", "won": "won.csv"}
_WON = "IsWon = true AND AccountId != null"


def pull(project: "Project", client: Client, *, force: bool = False) -> dict[Path, int]:
    """Write data/accounts.csv and data/won.csv, both or none; the rows of each.

    Raises
    ------
    Refusal
        One of them is there already, without `force`; Salesforce can't be reached or refuses. Nothing is changed then.
    """
    from overrides.spreadsheet import replacing

    settings = project.settings.salesforce
    targets = {table: project.folder / "data" / name for table, name in FILES.items()}
    there = [path for path in targets.values() if path.exists()]
    if there and not force:
        raise Refusal(f"{there[0]} is there already: move it away, or write over it with --force")
    try:
        (project.folder / "data").mkdir(exist_ok=True)
    except OSError as error:
        raise refuse_os_error(error, project.folder / "data") from error
    found: dict[Path, int] = {}
    with ExitStack() as both:
        for table, target in targets.items():
            mapping = getattr(settings.pull, table)
            source = settings.object if table == "accounts" else f"Opportunity WHERE {_WON}"
            temporary = both.enter_context(replacing(target))
            found[target] = _write(temporary, mapping, client.query(f"SELECT {', '.join(_fields(mapping))} FROM {source}"))
    return found


def _fields(mapping: Mapping[str, str]) -> list[str]:
    return list(dict.fromkeys(mapping.values()))


def _write(path: Path, mapping: Mapping[str, str], records: Iterable[Mapping[str, str]]) -> int:
    rows = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(mapping)
        for record in records:
            given = {name.casefold(): value for name, value in record.items()}
            absent = [field for field in mapping.values() if field.casefold() not in given]
            if absent:
                raise Refusal(f"Salesforce's answer lacks the field {absent[0]!r}: check [salesforce.pull] in lastword.toml")
            writer.writerow([given[field.casefold()] for field in mapping.values()])
            rows += 1
    return rows
