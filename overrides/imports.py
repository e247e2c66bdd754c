"""Decisions to and from a file: export, edit in a spreadsheet, see what an import would change, apply all or nothing."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lastword.errors import InputError, LastwordError, Refusal
from overrides.accounts import described, standings
from overrides.decisions import Decision, Standing, checked, default_expiry, new_entry
from overrides.spreadsheet import read_table, write_table
from overrides.store import lock_ledger, reading, transaction

if TYPE_CHECKING:
    from overrides.models import OverrideEntry

REQUIRED = ("account_id", "grade", "reason")
OPTIONAL = ("note", "expires_on", "by", "entry_id")
EXPORTED = (
    "account_id",
    "name",
    "plan_segment",
    "model_grade",
    "final_grade",
    "grade",
    "reason",
    "note",
    "by",
    "made_at",
    "expires_on",
    "entry_id",
)
NEW, CHANGED, UNCHANGED, CONFLICT, ERROR = "new", "changed", "unchanged", "conflict", "error"


@dataclass(frozen=True)
class DecisionRow:
    """One row of a file of decisions, as text; None where the file has no such column."""

    line: int
    account_id: str
    grade: str
    reason: str
    note: str | None
    expires_on: str | None
    by: str | None
    entry_id: str | None


@dataclass(frozen=True)
class ImportRow:
    """What a row of the file would do: new, changed, unchanged, conflict (somebody decided since) or error; said in words."""

    line: int
    account_id: str
    outcome: str
    said: str


def read_decisions(path: Path) -> list[DecisionRow]:
    """Read a .csv or .xlsx of decisions: account_id, grade, reason, and optionally note, expires_on, by, entry_id.

    Names of columns in any case; further columns (those of an export) are ignored.

    Raises
    ------
    InputError
        The file can't be read, or lacks a column or has it twice.
    """
    table = read_table(path)
    names = [str(name).strip().casefold() for name in table.columns]
    for name in (*REQUIRED, *OPTIONAL):
        if names.count(name) > 1:
            raise InputError(f"{path}, line 1: column {name!r} occurs {names.count(name)} times: keep one")
        if name in REQUIRED and name not in names:
            nearest = get_close_matches(name, names, n=1, cutoff=0.5)
            hint = f"; nearest is {nearest[0]!r}" if nearest else ""
            raise InputError(f"{path}, line 1: column {name!r} is missing{hint}: expected {', '.join(REQUIRED)}")
    columns = {name: table.iloc[:, names.index(name)].tolist() for name in (*REQUIRED, *OPTIONAL) if name in names}
    missing: list[None] = [None] * len(table)
    cells = zip(*(columns.get(name, missing) for name in (*REQUIRED, *OPTIONAL)), strict=True)
    return [DecisionRow(int(line), *row) for line, row in zip(table.index, cells, strict=True)]


def plan_import(rows: list[DecisionRow], now: datetime, settings: Any, by: str) -> list[ImportRow]:
    """What importing the rows would do, in their order; nothing changes. `by` is the author where the file names none."""
    with reading():
        return [row for row, _ in _planned(rows, now, settings, by)]


def apply_import(rows: list[DecisionRow], now: datetime, settings: Any, by: str) -> list[ImportRow]:
    """Record every new and changed decision in one transaction, or none.

    Raises
    ------
    Refusal
        Some rows are conflicts or errors: how many, and the first.
    """
    from overrides.models import OverrideEntry

    with transaction() as cursor:
        lock_ledger(cursor)
        planned = _planned(rows, now, settings, by)
        _refuse_broken([row for row, _ in planned])
        OverrideEntry.objects.bulk_create([entry for _, entry in planned if entry is not None], batch_size=500)
    return [row for row, _ in planned]


def import_file(path: Path, by: str, now: datetime, settings: Any, *, dry_run: bool = False) -> list[ImportRow]:
    """Read a file of decisions and apply it (see `apply_import`), or with `dry_run` only say what that would do."""
    rows = read_decisions(path)
    return plan_import(rows, now, settings, by) if dry_run else apply_import(rows, now, settings, by)


def export_decisions(path: Path, now: datetime) -> int:
    """Write the overrides in force to .csv, .xlsx or .parquet, one row per account; gives their number.

    `entry_id` lets an import of the edited file see whether somebody decided since.
    """
    from overrides.final import final_table
    from overrides.ledger import in_force

    overrides = in_force(now).reset_index()
    scores = final_table()[["account_id", "name", "plan_segment", "model_grade", "final_grade"]]
    table = overrides.merge(scores, on="account_id", how="left")[list(EXPORTED)]
    write_table(table, path, sheet="overrides")
    return len(table)


def _refuse_broken(planned: list[ImportRow]) -> None:
    broken = [row for row in planned if row.outcome in (CONFLICT, ERROR)]
    if broken:
        counts = Counter(row.outcome for row in broken)
        first = broken[0]
        raise Refusal(
            f"nothing imported: {counts[CONFLICT]} conflicts and {counts[ERROR]} errors in {len(planned)} rows; "
            f"the first is line {first.line}, account {first.account_id!r}: {first.said}"
        )


def _planned(rows: list[DecisionRow], now: datetime, settings: Any, by: str) -> "list[tuple[ImportRow, OverrideEntry | None]]":
    standing = standings(row.account_id for row in rows)
    repeated = _repeated(rows)
    planned: list[tuple[ImportRow, OverrideEntry | None]] = []
    for row in rows:
        outcome, said, entry = repeated.get(row.line) or _outcome(row, standing[row.account_id], now, settings, by)
        planned.append((ImportRow(row.line, row.account_id, outcome, said), entry))
    return planned


def _repeated(rows: list[DecisionRow]) -> dict[int, tuple[str, str, None]]:
    """Lines of accounts that occur more than once: the same decision again changes nothing, another one is a conflict."""
    first: dict[str, DecisionRow] = {}
    outcomes: dict[int, tuple[str, str, None]] = {}
    for row in (row for row in rows if row.grade.strip()):
        before = first.setdefault(row.account_id, row)
        if before is row:
            continue
        if _wish(row) == _wish(before):
            outcomes[row.line] = (UNCHANGED, f"the same as line {before.line}", None)
        else:
            said = f"lines {before.line} and {row.line} decide differently on the account: keep one"
            outcomes[before.line] = outcomes[row.line] = (CONFLICT, said, None)
    return outcomes


def _wish(row: DecisionRow) -> tuple[str, str]:
    return row.grade.strip().upper(), row.reason.strip().casefold()


def _outcome(
    row: DecisionRow, standing: Standing, now: datetime, settings: Any, by: str
) -> "tuple[str, str, OverrideEntry | None]":
    standing_entry = standing.in_force(now)
    if not row.grade.strip():
        return UNCHANGED, "no grade given: nothing to decide (an override ends with `lastword override revoke`)", None
    if standing_entry is not None and _says_the_same(row, standing_entry):
        return UNCHANGED, described(standing_entry), None
    if row.entry_id is not None and row.entry_id.strip() != ("" if standing_entry is None else str(standing_entry.entry_id)):
        return CONFLICT, f"decided on since the file was exported: {described(standing_entry)}", None
    try:
        entry = _new_entry(row, standing, now, settings, by)
    except LastwordError as error:
        return ERROR, str(error), None
    if standing_entry is None:
        return NEW, f"{entry.grade} ({entry.reason}) through {entry.expires_on}", entry
    return CHANGED, f"{entry.grade} ({entry.reason}) through {entry.expires_on}, where {described(standing_entry)}", entry


def _says_the_same(row: DecisionRow, entry: "OverrideEntry") -> bool:
    """A column that the file lacks, or an empty date, asks for no change."""
    expires_on = (row.expires_on or "").strip()
    return (
        _wish(row) == (entry.grade, str(entry.reason).casefold())
        and (row.note is None or _plain(row.note) == _plain(entry.note))
        and (not expires_on or expires_on[:10] == str(entry.expires_on))
    )


def _plain(note: str) -> str:
    """A note as spreadsheets give it back: line ends alike, no blanks around."""
    return "\n".join(note.split("\r\n")).replace("\r", "\n").strip()


def _new_entry(row: DecisionRow, standing: Standing, now: datetime, settings: Any, by: str) -> "OverrideEntry":
    if standing.scores is None:
        raise InputError("unknown to the current scores: expected an account_id of the final table")
    expires_on = _date(row.expires_on.strip()) if row.expires_on and row.expires_on.strip() else default_expiry(now, settings)
    author = _author(row, standing.in_force(now), by)
    decision = Decision(row.account_id, row.grade, row.reason, _plain(row.note or ""), author, expires_on)
    return new_entry(checked(decision, now, settings), standing, now, settings)


def _author(row: DecisionRow, standing_entry: "OverrideEntry | None", by: str) -> str:
    """Whoever the file names, except where it still names the author of the decision that is being changed."""
    named = (row.by or "").strip()
    return by if not named or (standing_entry is not None and named == standing_entry.by) else named


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise InputError(f"expires_on {text!r} isn't a date: expected YYYY-MM-DD") from None
