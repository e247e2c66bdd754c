"""Reading a workbook or .csv of decisions that came from somewhere else: nothing in it is trusted, nothing of it is run.

What can't be read is an InputError of one sentence. A row that can't be read stays out, with a sentence of its own.
"""

import io
import warnings
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lastword.errors import InputError
from overrides.accounts import standings
from overrides.decisions import Standing
from overrides.imports import ERROR, OPTIONAL, REQUIRED, DecisionRow, ImportRow, decision_rows
from overrides.ledger import NOBODY
from overrides.review_workbook import MOST_ACCOUNTS, SHEET
from overrides.spreadsheet import csv_lines, table_of
from overrides.store import reading
from overrides.workbook import cell_text

if TYPE_CHECKING:
    import pandas as pd

LARGEST_FILE = 20_000_000
LARGEST_CONTENT = 200_000_000
"""Bytes of a file, and of what a workbook unpacks to."""

MOST_ROWS = 100_000
"""Of a list that isn't of decisions."""

MOST_DIGITS = 15
"""Of a number that a spreadsheet keeps exactly."""

_PDF, _ZIP, _COMPOUND = b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SHOWN = 40

type Line = tuple[int, list[str]]


@dataclass(frozen=True)
class ReviewFile:
    """What a file asks for.

    Attributes
    ----------
    rows : the decisions, by nobody yet.
    broken : what is wrong with the other rows, as an import says it; outcome error.
    remarks : what of the file is not followed, a sentence each.
    """

    rows: list[DecisionRow]
    broken: list[ImportRow] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def read_review(content: bytes, name: str) -> ReviewFile:
    """Read the decisions in a .xlsx or .csv of this name.

    A cell that holds a formula, and an account_id that is a number of more digits than a spreadsheet keeps, break their row. A
    column `by` is left out: whoever imports the file decides.

    Raises
    ------
    InputError
        Neither an .xlsx nor a .csv, too large, encrypted, broken, empty, more than MOST_ACCOUNTS rows, several sheets of which
        none is called `review`, or a column is missing.
    """
    path = Path(Path(name).name)
    wrong: dict[tuple[int, int], str] = {}
    table = _table(content, path, wrong, MOST_ACCOUNTS)
    names = [str(title).strip().casefold() for title in table.columns]
    told = _told(wrong, names)
    rows = decision_rows(table, path)
    broken = [ImportRow(row.line, row.account_id, ERROR, told[row.line]) for row in rows if row.line in told]
    named = any((row.by or "").strip() for row in rows)
    remarks = ["The column by is left out: the decisions are yours."] if named else []
    return ReviewFile([replace(row, by=None) for row in rows if row.line not in told], broken, remarks)


def read_upload(content: bytes, name: str, columns: Sequence[str]) -> "pd.DataFrame":
    """Read the table in a .xlsx or .csv of this name as `spreadsheet.read_table` does, trusting nothing.

    Raises
    ------
    InputError
        As for `read_review`; or a cell of one of `columns` holds a formula, or a number of more digits than a spreadsheet keeps.
    """
    path = Path(Path(name).name)
    wrong: dict[tuple[int, int], str] = {}
    table = _table(content, path, wrong, MOST_ROWS)
    table.columns = [str(title).strip().casefold() for title in table.columns]
    names = list(table.columns)
    for (line, place), said in sorted(wrong.items()):
        if line > 1 and place < len(names) and names[place] in columns:
            raise InputError(f"{path}, row {line}: {names[place]} {said}")
    return table


def _table(content: bytes, path: Path, wrong: dict[tuple[int, int], str], most: int) -> "pd.DataFrame":
    suffix = _checked_suffix(content, path)
    lines = _sheet_lines(content, path, wrong) if suffix == ".xlsx" else csv_lines(content, path)
    return table_of(_limited(lines, path, most), path)


def pinned(rows: Sequence[DecisionRow], now: datetime) -> list[DecisionRow]:
    """The rows as they would be exported now, where the file doesn't say what its author saw.

    So what somebody decides between a dry run and its application is a conflict, whatever columns the file has.
    """
    with reading():
        standing = standings(row.account_id for row in rows)
    return [_pinned(row, standing[row.account_id], now) for row in rows]


def _pinned(row: DecisionRow, standing: Standing, now: datetime) -> DecisionRow:
    entry, scores = standing.in_force(now), standing.scores
    if row.entry_id is None:
        row = replace(row, entry_id=NOBODY if entry is None else str(entry.entry_id))
    if scores is None or (row.seen_run_id or "").strip():
        return row
    plan, model = scores["plan_grade"] or "", scores["model_grade"] or ""
    return replace(row, seen_run_id=scores["run_id"], seen_plan_grade=plan, seen_model_grade=model)


def _checked_suffix(content: bytes, path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in (".xlsx", ".csv"):
        raise InputError(f"{path} ends in {suffix or 'nothing'!r}: expected .xlsx or .csv")
    if len(content) > LARGEST_FILE:
        raise InputError(f"{path} has {len(content) / 1e6:.1f} MB: expected at most {LARGEST_FILE / 1e6:.0f} MB")
    if not content.strip():
        raise InputError(f"{path} is empty: expected a header and rows")
    if content.startswith(_PDF):
        raise InputError(f"{path} is a PDF, whatever its name says: expected .xlsx or .csv")
    if content.startswith(_COMPOUND):
        raise InputError(f"{path} is encrypted, or an old .xls: save it as .xlsx without a password")
    if suffix == ".csv" and content.startswith(_ZIP):
        raise InputError(f"{path} is a workbook, whatever its name says: rename it to .xlsx")
    if suffix == ".xlsx":
        _refuse_other_archives(content, path)
    return suffix


def _refuse_other_archives(content: bytes, path: Path) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except zipfile.BadZipFile as error:
        raise InputError(f"{path} isn't a readable .xlsx workbook: save it again as .xlsx") from error
    unpacked = sum(member.file_size for member in members)  # which is also the most that reading a member gives
    if unpacked > LARGEST_CONTENT:
        raise InputError(
            f"{path} unpacks to {unpacked / 1e6:,.0f} MB: expected at most {LARGEST_CONTENT / 1e6:,.0f} MB; "
            "keep the rows to import alone"
        )
    if "[Content_Types].xml" not in {member.filename for member in members}:
        raise InputError(f"{path} is an archive but no workbook: expected an .xlsx")


def _sheet_lines(content: bytes, path: Path, wrong: dict[tuple[int, int], str]) -> Iterable[Line]:
    """The rows of the sheet of decisions; notes in `wrong`, by line and place, the cells that can't be taken as they are."""
    import openpyxl

    lines: list[Line] = []
    try:
        with warnings.catch_warnings(action="ignore"):  # of what openpyxl leaves out: drop-downs, extensions
            workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
            sheet = _sheet_of(workbook, path)
            sheet.reset_dimensions()  # what a file says of its own size may be wrong
            for line, cells in enumerate(sheet.iter_rows(), start=1):
                lines.append((line, [_cell(cell, line, place, wrong) for place, cell in enumerate(cells)]))
                if len(lines) > 10 * MOST_ACCOUNTS:
                    break
    except InputError:
        raise
    except Exception as error:  # the reader of a broken archive or XML raises whatever it meets
        raise InputError(f"{path} isn't a readable .xlsx workbook ({type(error).__name__}): save it again as .xlsx") from error
    return lines


def _sheet_of(workbook: Any, path: Path) -> Any:
    sheets = workbook.worksheets
    shown = [sheet for sheet in sheets if sheet.sheet_state == "visible"]
    named = [sheet for sheet in sheets if sheet.title.strip().casefold() == SHEET]
    if named or len(shown) == 1:
        return (named or shown)[0]
    titles = ", ".join(repr(sheet.title) for sheet in shown) or "none"
    raise InputError(
        f"{path} has {len(shown)} sheets ({titles[:200]}) and none is called {SHEET!r}: "
        "give that name to the one with the decisions"
    )


def _cell(cell: Any, line: int, place: int, wrong: dict[tuple[int, int], str]) -> str:
    value = cell.value
    if cell.data_type == "f":
        wrong[line, place] = f"holds a formula ({_formula(value)}): paste its value"
        return f"={_formula(value).removeprefix('=')}"
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) >= 10**MOST_DIGITS:
        wrong[line, place] = (
            f"holds a number of more than {MOST_DIGITS} digits, which a spreadsheet rounds: take the account from a new export"
        )
    return cell_text(value)


def _formula(value: Any) -> str:
    text = str(getattr(value, "text", value))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _told(wrong: dict[tuple[int, int], str], names: Sequence[str]) -> dict[int, str]:
    """What is wrong with each line, as far as it is in a column that is read."""
    told: dict[int, str] = {}
    for (line, place), said in wrong.items():
        name = names[place] if place < len(names) else ""
        read = name in (*REQUIRED, *OPTIONAL) if "formula" in said else name == "account_id"
        if read and line > 1:
            told.setdefault(line, f"row {line}: {name} {said}")
    return told


def _limited(lines: Iterable[Line], path: Path, most: int) -> list[Line]:
    filled = []
    for line, cells in lines:
        if any(cell.strip() for cell in cells):
            filled.append((line, cells))
        if len(filled) > most + 1:
            raise InputError(f"{path} has more than {most:,} rows: import it in parts")
    return filled
