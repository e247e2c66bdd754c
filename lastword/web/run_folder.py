"""What a run left in its folder, read for people: older runs left less, and a file that can't be read is told, not raised."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lastword.run import UNFINISHED
from lastword.table_files import row_count

if TYPE_CHECKING:
    from lastword.project import Project

REPORTS = ("validation", "leakage", "metrics")
_NAME = re.compile(r"\w[\w.-]{0,99}", re.ASCII)
SCORE = "(score)"
"""What models.drift calls the score among its rows."""


@dataclass(frozen=True)
class RunFolder:
    """The reports of a run by name, {} where it left none, and which can't be read. `files` are the names in the folder."""

    run_id: str
    path: Path
    files: frozenset[str]
    reports: Mapping[str, Mapping[str, Any]]
    unreadable: tuple[str, ...]

    @property
    def figures(self) -> Mapping[str, Any]:
        return mapping(self.reports["metrics"].get("figures"))

    @property
    def model(self) -> Mapping[str, Any]:
        return mapping(self.reports["metrics"].get("model"))

    @property
    def leakage(self) -> Mapping[str, Any]:
        """Findings by outcome, from leakage.json, else from what the gate or the training kept of them."""
        return self.reports["leakage"] or mapping(self.reports["validation"].get("leakage") or self.figures.get("leakage"))


@dataclass(frozen=True)
class InputTable:
    """How an input passed the gate, and how many rows or cells had which fault."""

    name: str
    rows_in: int | None
    rows_used: int | None
    rows_not_yet_known: int | None
    rows_quarantined: int | None
    reasons: tuple[tuple[str, int], ...]
    cell_issues: tuple[tuple[str, int], ...]
    rows_passed_over: int | None


def run_ids(project: "Project") -> list[str]:
    """The runs that have a folder, newest first."""
    try:
        return sorted((path.name for path in project.runs_folder.iterdir() if path.is_dir()), reverse=True)
    except OSError:
        return []


def read_folder(project: "Project", run_id: str) -> RunFolder | None:
    """What a run left; None where it has no folder. A `run_id` that isn't the name of one folder leads nowhere."""
    path = project.run_folder(run_id)
    if not _NAME.fullmatch(run_id) or not path.is_dir():
        return None
    found, unreadable = {}, []
    for name in REPORTS:
        report = _read(path / f"{name}.json")
        found[name] = report or {}
        if report is None:
            unreadable.append(f"{name}.json")
    return RunFolder(run_id, path, frozenset(_names(path)), found, tuple(unreadable))


def input_tables(folder: RunFolder) -> tuple[InputTable, ...]:
    """How each input passed the gate; nothing where the run kept no report of it."""
    tables = mapping(folder.reports["validation"].get("tables"))
    return tuple(_input_table(name, mapping(table)) for name, table in tables.items())


def quarantined(folder: RunFolder) -> int | None:
    """Rows that the gate kept out; None where the run kept no report of it."""
    tables = input_tables(folder)
    return sum(table.rows_quarantined or 0 for table in tables) if tables else None


def unmet(folder: RunFolder) -> list[Mapping[str, Any]]:
    """The expectations that an input or the features broke."""
    return [each for each in records(folder.reports["validation"].get("expectations")) if not each.get("ok")]


def drifted(folder: RunFolder) -> tuple[int, int] | None:
    """How many features moved since training, of how many; None where nothing was compared."""
    rows = [row for row in records(folder.figures.get("drift")) if row.get("feature") != SCORE]
    return (sum(bool(row.get("drifted")) for row in rows), len(rows)) if rows else None


def queue_size(folder: RunFolder) -> int | None:
    """How many accounts the run put under review; None where it kept no queue."""
    if "review_queue.parquet" not in folder.files:
        return None
    try:
        return row_count(folder.path / "review_queue.parquet")
    except (OSError, ValueError):
        return None


def started_at(project: "Project", run_id: str) -> datetime:
    """When a run began, UTC: its run_id tells; of a folder with another name, when it was last changed."""
    try:
        return datetime.strptime(run_id[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        try:
            return datetime.fromtimestamp(project.run_folder(run_id).stat().st_mtime, UTC)
        except OSError:
            return datetime.fromtimestamp(0, UTC)


def why_unpublished(folder: RunFolder) -> tuple[str, str]:
    """How far a run came that wasn't published, as a word and a sentence: blocked, ended, trained, running …"""
    validation = folder.reports["validation"]
    if UNFINISHED in folder.files:
        return "under way", "It goes on, or was stopped from outside: the next run clears what it left."
    if blocked := records(folder.leakage.get("blocked")):
        return "blocked", f"The leakage gate blocked it: {_first([str(each.get('message')) for each in blocked])}."
    if validation and not validation.get("ok", True):
        return "blocked", _gate_words(folder)
    if "backtest.json" in folder.files:
        return "backtest", "It replayed the past to measure; nothing is published by that."
    if "recommendations.json" in folder.files:
        return "recommend", "It looked for changes of the plan; nothing is published by that."
    if "final_scores.parquet" not in folder.files and "scores.parquet" in folder.files:
        return "ended", "It scored and ended before it published."
    if folder.model:
        return "trained", _training_words(folder.model)
    if validation:
        return "checked", "It checked the inputs, which passed; nothing is published by that."
    return "ended", "It ended before its inputs were checked: one can't be read or lacks a column, or its settings are wrong."


def mapping(value: Any) -> Mapping[str, Any]:
    """The value where it is an object of JSON, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def records(value: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; none where it isn't one."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _gate_words(folder: RunFolder) -> str:
    said, tables = [], input_tables(folder)
    named = {str(each.get("table")) for each in unmet(folder)}  # the gate speaks of the first such table too
    worst = next((table for table in tables if table.name in named), max(tables, key=_quarantined_share, default=None))
    if worst is not None and worst.rows_quarantined:
        share = f"{_quarantined_share(worst):.0%}".replace("%", " %")
        said.append(f"of {worst.name} {worst.rows_quarantined:,} of {worst.rows_in or 0:,} rows are quarantined ({share})")
    if broken := unmet(folder):
        count = "an expectation is" if len(broken) == 1 else f"{len(broken)} expectations are"
        said.append(f"{count} unmet: {_first([f'{each.get("table")}: {each.get("name")}' for each in broken])}")
    return f"The gate blocked it: {'; '.join(said) or 'an input has no usable row'}."


def _quarantined_share(table: InputTable) -> float:
    return (table.rows_quarantined or 0) / table.rows_in if table.rows_in else 0.0


def _training_words(model: Mapping[str, Any]) -> str:
    if model.get("promoted"):
        return f"It trained version {model.get('version')}, which serves from the next scoring on."
    if because := model.get("refused_because"):
        return f"It trained, and what came of it doesn't serve: {because}."
    return "It trained and published nothing."


def _first(said: list[str]) -> str:
    return said[0] if len(said) == 1 else f"{said[0]}, and {len(said) - 1} more"


def _input_table(name: str, table: Mapping[str, Any]) -> InputTable:
    return InputTable(
        name,
        _count(table.get("rows_in")),
        _count(table.get("rows_used")),
        _count(table.get("rows_not_yet_known")),
        _count(table.get("rows_quarantined")),
        tuple(_counted(table.get("reasons"))),
        tuple(_counted(table.get("cell_issues"))),
        _count(table.get("rows_passed_over")),
    )


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _counted(value: Any) -> Iterator[tuple[str, int]]:
    yield from ((name, count) for name, count in mapping(value).items() if isinstance(count, int))


def _names(path: Path) -> list[str]:
    try:
        return [each.name for each in path.iterdir()]
    except OSError:
        return []


def _read(path: Path) -> dict[str, Any] | None:
    """The report; {} where there is none, None where it can't be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
