"""Takes the inputs of a project in: opens them, judges every row, keeps the used ones and quarantines the broken ones."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import ibis

from expectations.columns import Given, given_columns
from expectations.copies import ROW, Source
from expectations.quarantine import UNREADABLE_ROW, write_quarantine
from expectations.rules import ISSUE, LATER, REASON, Day, judge
from expectations.sources import open_source
from features.engine import read, write
from lastword.contracts import INPUT_TABLES
from lastword.mistakes import Mistakes
from lastword.project import Project

MOST_QUARANTINED = 0.20
"""A table of which more is quarantined stops the run."""


@dataclass(frozen=True)
class TableReport:
    """What became of the rows of an input: rows_in = rows_used + rows_not_yet_known + rows_quarantined.

    `reasons` counts quarantined rows, `cell_issues` cells of used rows that became null.
    """

    rows_in: int
    rows_used: int
    rows_not_yet_known: int
    rows_quarantined: int
    reasons: Mapping[str, int] = field(default_factory=dict)
    cell_issues: Mapping[str, int] = field(default_factory=dict)

    @property
    def broken(self) -> bool:
        """Whether so much is quarantined that the run must not go on."""
        return self.rows_quarantined > MOST_QUARANTINED * self.rows_in


@dataclass(frozen=True)
class Input:
    """An opened input and which of our columns it gives."""

    name: str
    source: Source
    columns: tuple[Given, ...]


def take_in(
    project: Project, connection: ibis.BaseBackend, inputs: Sequence[Input], folder: Path, day: Day
) -> dict[str, TableReport]:
    """Judge every row of the inputs, accounts first, and report on each input.

    Writes `folder`/inputs/<table>.parquet, and a quarantine CSV for each input that has broken rows; those of earlier runs
    are replaced or taken away.
    """
    (folder / "inputs").mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, prefix="reading-") as scratch:
        tables = {one.name: _check_rows(project, connection, one, folder, Path(scratch), day) for one in inputs}
    _clear_quarantine(project, [one.name for one in inputs])
    return tables


def open_inputs(project: Project) -> list[Input]:
    """Every input opened and its columns found, before any row is read: what is wrong with a setting is said at once."""
    opened = []
    for name, table in INPUT_TABLES.items():
        given = project.input_source(name)
        if given is None:
            continue
        further = {column: one.kind for column, one in project.settings.features.columns.items()} if name == "accounts" else {}
        with _settings_of(project):
            source = open_source(name, given, project.folder)
            columns = given_columns(table, source, project.column_mapping(name), further)
        opened.append(Input(name, source, columns))
    return opened


@contextmanager
def _settings_of(project: Project) -> Iterator[None]:
    """Name the line of lastword.toml on which a mistake is."""
    try:
        yield
    except Mistakes as mistakes:
        first = mistakes.found[0]
        raise project.mistake(first.at, first.text) from None


def _check_rows(project: Project, connection: ibis.BaseBackend, one: Input, folder: Path, scratch: Path, day: Day) -> TableReport:
    """Judge every row of an input, keep the used ones and quarantine the broken ones."""
    copied = scratch / f"{one.name}.parquet"
    ragged = one.source.copy_to(copied)
    copy = read(connection, copied, f"copy_{one.name}")
    ids = None if one.name == "accounts" else used_rows(connection, folder, "accounts").select("account_id")
    with judge(copy, INPUT_TABLES[one.name], one.columns, day, ids).cache() as judged:
        used = judged.filter(judged[REASON].isnull() & ~judged[LATER]).order_by(ROW)
        write(used.select([column.name for column in one.columns]), used_path(folder, one.name))
        id_position = next(column.position for column in one.columns if column.name == "account_id")
        quarantine = project.quarantine_folder / f"{one.name}.csv"
        write_quarantine(quarantine, one.source, copy, judged, ragged, id_position)
        report = _count(judged, len(ragged))
    connection.drop_view(copy.get_name())
    return report


def _count(judged: ibis.Table, ragged: int) -> TableReport:
    """Count what became of the rows, and the cell issues of the used ones."""
    issues = [name for name in judged.columns if name.startswith(ISSUE)]
    groups = judged.group_by([REASON, LATER]).aggregate(
        rows=judged.count(), **{name: judged[name].cast("int64").sum() for name in issues}
    )
    reasons, later, used, cells = Counter({UNREADABLE_ROW: ragged}), 0, 0, Counter[str]()
    for group in groups.to_pyarrow().to_pylist():
        if group[REASON] is not None:
            reasons[group[REASON]] += group["rows"]
        elif group[LATER]:
            later += group["rows"]
        else:
            used = group["rows"]
            cells = Counter({name.removeprefix(ISSUE): group[name] or 0 for name in issues})
    quarantined = reasons.total()
    return TableReport(used + later + quarantined, used, later, quarantined, _falling(reasons), _falling(cells))


def _falling(counts: Counter[str]) -> dict[str, int]:
    """The counts that aren't nought, the largest first."""
    return {name: count for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if count}


def used_path(folder: Path, name: str) -> Path:
    """Where a run keeps the used rows of an input."""
    return folder / "inputs" / f"{name}.parquet"


def used_rows(connection: ibis.BaseBackend, folder: Path, name: str) -> ibis.Table:
    """The used rows of an input."""
    return read(connection, used_path(folder, name), f"checked_{name}")


def _clear_quarantine(project: Project, names: Sequence[str]) -> None:
    """Take away what an earlier run quarantined of inputs that the project no longer has."""
    for name in INPUT_TABLES:
        if name not in names:
            (project.quarantine_folder / f"{name}.csv").unlink(missing_ok=True)
