"""Takes the inputs of a project in: opens them, judges every row, keeps the used ones and quarantines the broken ones."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ibis
import pyarrow as pa

from expectations.columns import Given, given_columns
from expectations.copies import ROW, Source
from expectations.parquet import ParquetTable
from expectations.prints import account_id_of, write_prints
from expectations.quarantine import UNREADABLE_ROW, write_quarantine
from expectations.rules import ISSUE, LATER, REASON, Day, judge, noted, repeats, unused, with_repeats
from expectations.sources import open_source
from features.engine import read, read_numbered, reading, write
from lastword.contracts import INPUT_TABLES
from lastword.mistakes import Mistakes
from lastword.project import Project

MOST_QUARANTINED = 0.20
"""A table of which more is quarantined stops the run."""

LONG = ("technographics", "intents")
"""Tables of many rows for each account. Nothing hangs on their order, and to sort them takes longer than to judge them."""


@dataclass(frozen=True)
class TableReport:
    """What became of the rows of an input: rows_in = rows_used + rows_not_yet_known + rows_quarantined.

    `reasons` counts quarantined rows, `cell_issues` cells of used rows that became null. Where only the rows of some accounts
    were read, `rows_passed_over` are those of the others, not among rows_in.
    """

    rows_in: int
    rows_used: int
    rows_not_yet_known: int
    rows_quarantined: int
    reasons: Mapping[str, int] = field(default_factory=dict)
    cell_issues: Mapping[str, int] = field(default_factory=dict)
    rows_passed_over: int = 0

    @property
    def broken(self) -> bool:
        """Whether so much is quarantined that the run must not go on."""
        return self.rows_quarantined > MOST_QUARANTINED * (self.rows_in + self.rows_passed_over)

    def as_dict(self) -> dict[str, Any]:
        """For validation.json, which speaks of rows passed over where there are some."""
        told = asdict(self)
        return told if self.rows_passed_over else {name: value for name, value in told.items() if name != "rows_passed_over"}


@dataclass(frozen=True)
class Input:
    """An opened input and which of our columns it gives."""

    name: str
    source: Source
    columns: tuple[Given, ...]


@dataclass(frozen=True)
class Rows:
    """The rows of an input as `expectations.copies` has them, and the cells of its ragged ones."""

    copy: ibis.Table
    ragged: list[tuple[str, ...]]


type Choice = Callable[[], Collection[str] | None]
"""Gives the accounts of which alone the long tables are read, None for all."""


def take_in(
    project: Project, connection: ibis.BaseBackend, inputs: Sequence[Input], folder: Path, day: Day, choose: Choice | None = None
) -> dict[str, TableReport]:
    """Judge every row of the inputs, accounts first, and report on each input.

    Writes `folder`/account_prints.parquet, `folder`/inputs/<table>.parquet, and a quarantine CSV for each input that has broken
    rows; those of earlier runs are replaced or taken away. `choose` is asked when the fingerprints are written.
    """
    (folder / "inputs").mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, prefix="reading-") as scratch, ExitStack() as kept:
        rows = {one.name: _numbered_rows(connection, one, Path(scratch), kept) for one in inputs}
        write_prints(connection, [(one, rows[one.name].copy) for one in inputs], day.as_of, folder)
        chosen = None if choose is None else choose()
        tables = {}
        for one in inputs:
            read_of = None if chosen is None or one.name not in LONG else _account_table(chosen)
            tables[one.name] = _check_rows(project, connection, one, rows[one.name], folder, day, read_of)
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


def _check_rows(
    project: Project,
    connection: ibis.BaseBackend,
    one: Input,
    rows: Rows,
    folder: Path,
    day: Day,
    read_of: ibis.Table | None,
) -> TableReport:
    """Judge the rows of an input, all or those `read_of` some accounts; keep the used ones and quarantine the broken ones.

    However many rows there are, only those are held in memory of which there is something to say.
    """
    ids = None if one.name == "accounts" else used_rows(connection, folder, "accounts").select("account_id")
    with ExitStack() as kept:
        ragged, whole = rows.ragged, int(rows.copy.count().execute())
        copy = rows.copy if read_of is None else kept.enter_context(_only(one, rows.copy, read_of).cache())
        judged = judge(copy, one.columns, day, ids)
        values = judged.select(ROW, *(column.name for column in one.columns))
        found = kept.enter_context(noted(judged).cache())
        again = repeats(values.anti_join(unused(found), ROW), INPUT_TABLES[one.name])
        if again is not None:
            found = kept.enter_context(with_repeats(found, kept.enter_context(again.cache()), INPUT_TABLES[one.name]).cache())
        used = values.anti_join(kept.enter_context(unused(found).cache()), ROW)
        ordered = used if one.name in LONG else used.order_by(ROW)
        write(ordered.select([column.name for column in one.columns]), used_path(folder, one.name))
        _quarantine(project, one, copy, found, ragged)
        read = whole if read_of is None else int(copy.count().execute())
        return _count(found, read, len(ragged), whole - read)


def _only(one: Input, copy: ibis.Table, accounts: ibis.Table) -> ibis.Table:
    """The rows of some accounts."""
    return copy.filter(account_id_of(one.columns, copy).isin(accounts.account_id))


def _account_table(accounts: Collection[str]) -> ibis.Table:
    return ibis.memtable(pa.table({"account_id": pa.array(list(accounts), pa.string())}))


def _numbered_rows(connection: ibis.BaseBackend, one: Input, scratch: Path, kept: ExitStack) -> Rows:
    """The rows of an input as `expectations.copies` has them, read where they are if they can be, and the ragged ones."""
    source, name = one.source, f"copy_{one.name}"
    kept.callback(connection.drop_view, name, force=True)
    if isinstance(source, ParquetTable) and source.plain:
        rows = read_numbered(connection, source.path, name, ROW)
        if rows is not None:
            kept.enter_context(reading(source.path, source.unreadable))
            return Rows(rows.select(ROW, **{f"c{i}": rows[column] for i, column in enumerate(source.columns)}), [])
    copied = scratch / f"{one.name}.parquet"
    ragged = source.copy_to(copied)
    return Rows(read(connection, copied, name), ragged)


def _quarantine(project: Project, one: Input, copy: ibis.Table, noted: ibis.Table, ragged: list[tuple[str, ...]]) -> None:
    id_position = next(column.position for column in one.columns if column.name == "account_id")
    bad = noted.filter(noted[REASON].notnull()).select(ROW, REASON)
    write_quarantine(project.quarantine_folder / f"{one.name}.csv", one.source, copy, bad, ragged, id_position)


def _count(noted: ibis.Table, rows: int, ragged: int, passed_over: int) -> TableReport:
    """Count what became of so many rows, and the cell issues of the used ones."""
    issues = [name for name in noted.columns if name.startswith(ISSUE)]
    groups = noted.group_by([REASON, LATER]).aggregate(
        rows=noted.count(), **{name: noted[name].cast("int64").sum() for name in issues}
    )
    reasons, later, cells = Counter({UNREADABLE_ROW: ragged}), 0, Counter[str]()
    for group in groups.to_pyarrow().to_pylist():
        if group[REASON] is not None:
            reasons[group[REASON]] += group["rows"]
        elif group[LATER]:
            later += group["rows"]
        else:
            cells = Counter({name.removeprefix(ISSUE): group[name] or 0 for name in issues})
    quarantined = reasons.total()
    used = rows + ragged - later - quarantined
    return TableReport(rows + ragged, used, later, quarantined, _falling(reasons), _falling(cells), passed_over)


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
