"""Excel workbooks: a frame to the bytes of an .xlsx, and the first sheet of one back as lines of text."""

import io
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

import pandas as pd

from lastword.errors import InputError, Refusal
from overrides.cells import holds_ids, is_quoted

MOST_ROWS = 1_048_575
LONGEST_CELL = 32_767
_WIDEST, _SAMPLE = 40, 200
_DATE, _TIME = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def workbook_bytes(frame: pd.DataFrame, sheet: str, name: str) -> bytes:
    """The .xlsx of a frame: bold frozen header with filters, text as text, dates as dates, times in UTC.

    A text that a reader would take for the ' of a CSV gets one more, so that reading gives back the same text.

    Raises
    ------
    Refusal
        More rows than a worksheet holds, or a text longer than a cell holds. `name` is the file's, for the message.
    """
    buffer = io.BytesIO()
    write_workbook(buffer, [frame], sheet, name)
    return buffer.getvalue()


def write_workbook(target: IO[bytes], frames: Iterable[pd.DataFrame], sheet: str, name: str) -> None:
    """Write frames of the same columns below each other as one sheet, holding one of them at a time: see `workbook_bytes`."""
    import xlsxwriter
    import xlsxwriter.exceptions

    try:
        with xlsxwriter.Workbook(target, OPTIONS) as workbook:
            fill_sheet(workbook, frames, sheet, name)
            return
    except xlsxwriter.exceptions.FileCreateError as error:  # its temporary files have no room
        failure = OSError(error.args[0].errno, error.args[0].strerror)
    raise failure  # here, where the unfinished archive is closed already


def fill_sheet(
    workbook: Any, frames: Iterable[pd.DataFrame], sheet: str, name: str, numbers: Mapping[str, str] | None = None
) -> None:
    """Add a sheet to a workbook made with OPTIONS: see `write_workbook`. `numbers` gives columns one of Excel's formats."""
    worksheet = workbook.add_worksheet(sheet)
    worksheet.freeze_panes(1, 1)
    bold = workbook.add_format({"bold": True})
    numbers = numbers or {}
    formats = {kind: workbook.add_format({"num_format": kind}) for kind in dict.fromkeys((_DATE, _TIME, *numbers.values()))}
    written, last = 0, 0
    for number, frame in enumerate(frames):
        if written + len(frame) > MOST_ROWS:
            rows = written + len(frame)
            raise Refusal(f"{name}: {rows} rows don't fit a worksheet, which holds {MOST_ROWS}: export to .csv or .parquet")
        columns = [_Cells(str(title), column, formats, written + 1, numbers.get(str(title))) for title, column in frame.items()]
        if number == 0:
            _write_header(worksheet, columns, bold)
            last = max(len(columns) - 1, 0)
        for row in range(len(frame)):
            for place, cells in enumerate(columns):
                cells.write(worksheet, row, place, name)
        written += len(frame)
    worksheet.autofilter(0, 0, written, last)


def _write_header(worksheet: Any, columns: "list[_Cells]", bold: Any) -> None:
    for place, cells in enumerate(columns):
        worksheet.set_column(place, place, cells.width())
        worksheet.write_string(0, place, cells.title, bold)


class _Cells:
    """One column ready to be written from a line on: its Python values (None for null), the format of its dates or times."""

    def __init__(self, title: str, column: pd.Series, formats: dict[str, Any], first: int, numbers: str | None) -> None:
        self.title = title
        self.first = first
        self.format: Any = formats[numbers] if numbers else None
        if isinstance(column.dtype, pd.DatetimeTZDtype):
            column, self.format = column.dt.tz_convert("UTC").dt.tz_localize(None), formats[_TIME]
        elif pd.api.types.is_datetime64_dtype(column):
            self.format = formats[_DATE]
        self.values = column.astype(object).where(column.notna(), None).tolist()

    def width(self) -> int:
        shown = [len(str(value)) for value in self.values[:_SAMPLE] if value is not None and self.format is None]
        return min(_WIDEST, max([len(self.title) + 3, 12 if self.format else 0, *shown]))

    def write(self, worksheet: Any, row: int, place: int, file: str) -> None:
        value = self.values[row]
        if value is None:
            return
        if isinstance(value, bool):
            worksheet.write_boolean(self.first + row, place, value)
        elif isinstance(value, (int, float)) and math.isfinite(value):
            worksheet.write_number(self.first + row, place, value, self.format)
        elif isinstance(value, datetime) and value.year >= 1900:
            worksheet.write_datetime(self.first + row, place, value, self.format)
        else:
            self._write_text(worksheet, row, place, str(value), file)

    def _write_text(self, worksheet: Any, row: int, place: int, text: str, file: str) -> None:
        if not holds_ids(self.title) and is_quoted(text):
            text = "'" + text
        if len(text) > LONGEST_CELL:
            raise Refusal(
                f"{file}: {self.title} of row {self.first + row + 1} has {len(text)} characters, a cell holds {LONGEST_CELL}: "
                "export to .csv or .parquet"
            )
        worksheet.write_string(self.first + row, place, text)


def workbook_lines(content: bytes, path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows of the first sheet as (line, cells as text).

    Raises
    ------
    InputError
        It isn't a workbook, or it is encrypted or broken.
    """
    import openpyxl

    try:
        workbook = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        rows = list(workbook.worksheets[0].iter_rows(values_only=True))
    except Exception as error:  # the reader of a broken archive or XML raises whatever it meets
        raise InputError(f"{path} isn't a readable .xlsx workbook ({type(error).__name__}): save it again as .xlsx") from error
    for line, cells in enumerate(rows, start=1):
        yield line, [cell_text(cell) for cell in cells]


def cell_text(cell: Any) -> str:
    """The value of a cell as text: whole numbers without ".0", dates as YYYY-MM-DD, "" where it is empty."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if (cell.hour, cell.minute, cell.second) == (0, 0, 0) else cell.isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    from openpyxl.utils.escape import unescape

    return str(unescape(cell)) if isinstance(cell, str) else str(cell)
