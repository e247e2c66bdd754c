"""Workbooks (XLSX): the cells' values as text. Numbers that Excel keeps as 1234.0 become 1234, so that ids stay ids."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import batched
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from expectations.copies import Places, named, write_text_rows
from lastword.errors import InputError
from lastword.mistakes import did_you_mean, shown, wrong

BATCH_ROWS = 10_000


@dataclass(frozen=True)
class WorkbookSheet:
    """A sheet whose first row that isn't empty is its header."""

    label: str
    headers: tuple[str, ...]
    rows: Iterator[tuple[int, tuple[Any, ...]]]
    """Sheet row and values of what follows the header. Can be gone through once."""

    def copy_to(self, path: Path) -> list[tuple[str, ...]]:
        width = len(self.headers)
        write_text_rows(path, width, (_as_columns(rows, width) for rows in batched(self.rows, BATCH_ROWS)))
        return []

    def locate(self, rows: Collection[int]) -> Places:
        """The row number of a row is its row in the sheet."""
        return Places({row: row for row in rows}, ())


def open_workbook(table: str, path: Path, label: str, sheet: str | None) -> WorkbookSheet:
    """Open a sheet (the first where none is named) and read its header."""
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, BadZipFile, KeyError, ValueError) as error:
        raise InputError(f"{table}: {label} is not a workbook that can be read; save it as .xlsx or as .csv") from error
    sheets = {one.title: one for one in book.worksheets}
    if not sheets or (sheet is not None and sheet not in sheets):
        nearest = did_you_mean(sheet or "", tuple(sheets), quote=True)
        text = f"{label} has no sheet {shown(sheet)}{nearest}; its sheets are {', '.join(sheets)}"
        raise wrong(text, "inputs", table, "sheet")
    rows = _filled_rows(sheets[sheet] if sheet is not None else book.worksheets[0])
    _, header = next(rows, (0, ()))
    if not header:
        raise InputError(f"{table}: {label} is empty; a header with the names of its columns was expected")
    return WorkbookSheet(label, named(_trimmed(header)), rows)


def _filled_rows(sheet: Any) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """(sheet row, values) of every row with a value. The size that a file claims for its sheet isn't believed."""
    sheet.reset_dimensions()
    for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
        if any(value is not None and value != "" for value in values):
            yield number, values


def _trimmed(values: Sequence[Any]) -> Sequence[Any]:
    """The values up to the last one that isn't empty."""
    filled = [position for position, value in enumerate(values, 1) if value is not None and value != ""]
    return values[: filled[-1]]


def _as_columns(rows: Sequence[tuple[int, tuple[Any, ...]]], width: int) -> tuple[list[int], list[list[str | None]]]:
    numbers = [number for number, _ in rows]
    return numbers, [[_text(values[i]) if i < len(values) else None for _, values in rows] for i in range(width)]


def _text(value: Any) -> str | None:
    """A cell as one would write it in a text file: whole numbers without a fraction, dates in ISO's way."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(" ") if value.time() != value.min.time() else value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)
