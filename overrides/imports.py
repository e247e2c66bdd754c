"""Decisions to and from a file: export, edit in a spreadsheet, see what an import would change, apply all or the clean rows."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lastword.errors import InputError, LastwordError, Refusal
from overrides.accounts import described, standings
from overrides.decisions import Decision, Standing, asks_for_approval, checked, checked_author, default_expiry, new_entry
from overrides.evidence import moved_since
from overrides.proposals import new_proposal, phrase, save_new, settle_waiting, waiting_on
from overrides.spreadsheet import read_table, write_table
from overrides.store import lock_ledger, reading, transaction

if TYPE_CHECKING:
    import pandas as pd

    from overrides.models import OverrideEntry, Proposal

    type Row = OverrideEntry | Proposal | None

REQUIRED = ("account_id", "grade", "reason")
SEEN = ("seen_run_id", "seen_plan_grade", "seen_model_grade")
OPTIONAL = ("note", "expires_on", "by", "entry_id", *SEEN)
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
NEW, CHANGED, WAITING, UNCHANGED, CONFLICT, ERROR = "new", "changed", "waiting", "unchanged", "conflict", "error"


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
    seen_run_id: str | None = None
    seen_plan_grade: str | None = None
    seen_model_grade: str | None = None


@dataclass(frozen=True)
class ImportRow:
    """What a row of the file would do, said in words.

    `outcome`: new, changed, unchanged, waiting (the move asks for a second person), conflict (somebody decided since, or the
    evidence moved) or error.
    """

    line: int
    account_id: str
    outcome: str
    said: str


def read_decisions(path: Path) -> list[DecisionRow]:
    """Read a .csv or .xlsx of decisions: account_id, grade, reason, and optionally note, expires_on, by, entry_id, seen_….

    seen_run_id, seen_plan_grade and seen_model_grade are what the account's scores said when the file was
    written. Names of columns in any case; further columns (those of an export) are ignored.

    Raises
    ------
    InputError
        The file can't be read, or lacks a column or has it twice.
    """
    return decision_rows(read_table(path), path)


def decision_rows(table: "pd.DataFrame", path: Path) -> list[DecisionRow]:
    """The decisions in a table of text, its index the line in the file: see `read_decisions`. `path` is for the messages."""
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


def apply_import(
    rows: list[DecisionRow], now: datetime, settings: Any, by: str, *, only_clean: bool = False, source: str = ""
) -> list[ImportRow]:
    """Record every new and changed decision in one transaction, or none; moves that ask for a second person are proposed.

    Parameters
    ----------
    by
        Who imports: the author of rows that name none, and the proposer of every move that waits.
    only_clean
        Leave conflicts and errors out, which come back as what they are, instead of refusing the file.
    source
        The file's name, for the record of events.

    Raises
    ------
    Refusal
        Some rows are conflicts or errors, and not only_clean: how many, and the first.
    """
    by = checked_author(by)
    with transaction() as cursor:
        lock_ledger(cursor)
        planned = _planned(rows, now, settings, by)
        told = [row for row, _ in planned]
        if not only_clean:
            _refuse_broken(told)
        if _save([row for _, row in planned if row is not None], by, now):
            _tell(told, by, source, now)
    return told


def import_file(path: Path, by: str, now: datetime, settings: Any, *, dry_run: bool = False) -> list[ImportRow]:
    """Read a file of decisions and apply it (see `apply_import`), or with `dry_run` only say what that would do."""
    rows = read_decisions(path)
    return plan_import(rows, now, settings, by) if dry_run else apply_import(rows, now, settings, by, source=path.name)


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


def _save(rows: "list[OverrideEntry | Proposal]", by: str, now: datetime) -> bool:
    """Save entries and proposals; moves that waited on the accounts decided are withdrawn. Gives whether there were any."""
    from overrides.models import OverrideEntry, Proposal

    entries = [row for row in rows if isinstance(row, OverrideEntry)]
    OverrideEntry.objects.bulk_create(entries, batch_size=500)
    settle_waiting([entry.account_id for entry in entries], by, now, f"{by} imported a decision on the account since")
    save_new([row for row in rows if isinstance(row, Proposal)])
    return bool(rows)


def _tell(rows: list[ImportRow], by: str, source: str, now: datetime) -> None:
    from overrides.events import IMPORT, new_event

    counts = Counter(row.outcome for row in rows)
    said = ", ".join(f"{count:,} {outcome}" for outcome, count in counts.items())
    new_event(IMPORT, by, source, f"Imports {source or 'decisions'}: {said}", now, dict(counts)).save(force_insert=True)


def _planned(rows: list[DecisionRow], now: datetime, settings: Any, by: str) -> "list[tuple[ImportRow, Row]]":
    standing = standings(row.account_id for row in rows)
    waiting = waiting_on(standing)
    repeated = _repeated(rows)
    planned: list[tuple[ImportRow, Row]] = []
    for row in rows:
        account = row.account_id
        outcome, said, new = repeated.get(row.line) or _outcome(row, standing[account], waiting.get(account), now, settings, by)
        planned.append((ImportRow(row.line, account, outcome, said), new))
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
    row: DecisionRow, standing: Standing, waiting: "Proposal | None", now: datetime, settings: Any, by: str
) -> "tuple[str, str, Row]":
    standing_entry = standing.in_force(now)
    if not row.grade.strip():
        return UNCHANGED, "no grade given: nothing to decide (an override ends with `lastword override revoke`)", None
    if standing_entry is not None and _says_the_same(row, standing_entry):
        return UNCHANGED, described(standing_entry), None
    if row.entry_id is not None and row.entry_id.strip() != ("" if standing_entry is None else str(standing_entry.entry_id)):
        return CONFLICT, f"decided on since the file was exported: {described(standing_entry)}", None
    if moved := moved_since(standing, *(getattr(row, name) for name in SEEN)):
        return CONFLICT, f"the evidence moved since the file was exported: {moved}", None
    try:
        decision = _decision(row, standing, now, settings, by)
        if asks_for_approval(decision, standing, settings):
            return _proposal(replace(decision, by=by), standing, waiting, now)
        entry = new_entry(decision, standing, now, settings)
    except LastwordError as error:
        return ERROR, str(error), None
    if standing_entry is None:
        return NEW, f"{entry.grade} ({entry.reason}) through {entry.expires_on}", entry
    return CHANGED, f"{entry.grade} ({entry.reason}) through {entry.expires_on}, where {described(standing_entry)}", entry


def _proposal(decision: Decision, standing: Standing, waiting: "Proposal | None", now: datetime) -> "tuple[str, str, Row]":
    """A move that asks for a second person. Whoever imports it proposes it, so that nobody approves their own."""
    if waiting is None:
        proposal = new_proposal(decision, standing, now)
        return WAITING, f"{phrase(proposal)} is to wait for a second person", proposal
    same = (waiting.grade, waiting.reason) == (decision.grade, decision.reason)
    return UNCHANGED if same else CONFLICT, f"{phrase(waiting)} waits for a second person already", None


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


def _decision(row: DecisionRow, standing: Standing, now: datetime, settings: Any, by: str) -> Decision:
    if standing.scores is None:
        raise InputError("unknown to the current scores: expected an account_id of the final table")
    expires_on = _date(row.expires_on.strip()) if row.expires_on and row.expires_on.strip() else default_expiry(now, settings)
    author = _author(row, standing.in_force(now), by)
    decision = Decision(row.account_id, row.grade, row.reason, _plain(row.note or ""), author, expires_on)
    return checked(decision, now, settings)


def _author(row: DecisionRow, standing_entry: "OverrideEntry | None", by: str) -> str:
    """Whoever the file names, except where it still names the author of the decision that is being changed."""
    named = (row.by or "").strip()
    return by if not named or (standing_entry is not None and named == standing_entry.by) else named


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise InputError(f"expires_on {text!r} isn't a date: expected YYYY-MM-DD") from None
