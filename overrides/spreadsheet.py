"""Tables to and from files that people open: .csv, .xlsx and .parquet, replaced whole or not at all.

A datetime column without a zone is a date, one with a zone a time in UTC. Ids stay text and are never altered. In CSV a
text cell that a spreadsheet would run gets a leading ', which reading takes off again.
"""

import csv
import io
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from lastword.errors import ConfigurationError, InputError, Refusal
from overrides.cells import RUNNABLE, holds_ids, without_quote

if TYPE_CHECKING:
    import pyarrow as pa

SUFFIXES = (".csv", ".parquet", ".xlsx")
_ENCODINGS = ("utf-8-sig", "cp1252")


def write_table(frame: pd.DataFrame, path: Path, sheet: str = "final_scores") -> None:
    """Write the columns of `frame` (not its index) by the suffix of `path`; the file there before is replaced at the end.

    Raises
    ------
    ConfigurationError
        The suffix is not .csv, .parquet or .xlsx.
    Refusal
        The file can't be written, or the table doesn't fit a worksheet; the file there before is untouched.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise ConfigurationError(f"{path.name} ends in {suffix or 'nothing'!r}: expected .csv, .parquet or .xlsx")
    with replacing(path) as temporary:
        if suffix == ".csv":
            _write_csv(frame, temporary)
        elif suffix == ".parquet":
            _write_parquet(frame, temporary)
        else:
            from overrides.workbook import workbook_bytes

            temporary.write_bytes(workbook_bytes(frame, sheet, path.name))


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path in the same folder; at the end flush it to disk and put it in the place of `path` at once.

    Raises
    ------
    Refusal
        No space, no right, no folder: one line; `path` is as before and the temporary file is gone.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        _flush(temporary)
        temporary.replace(path)
        _flush(path.parent)
    except OSError as error:
        reason = error.strerror or " ".join(str(error).split())
        raise Refusal(f"{path} can't be written: {reason}; what was there before is untouched; give another place") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(csv_text(frame))


def csv_text(frame: pd.DataFrame, *, header: bool = True) -> str:
    """A frame, or with `header` False the part of one that follows, as the text of a .csv."""
    cells = pd.DataFrame({name: _csv_cells(name, column) for name, column in frame.items()}, index=frame.index)
    # RFC 4180's line ends; with others a lone \r isn't quoted
    return str(cells.to_csv(index=False, header=header, lineterminator="\r\n"))


def _csv_cells(name: str, column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return column.dt.tz_convert("UTC").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    if pd.api.types.is_datetime64_dtype(column):
        return column.dt.strftime("%Y-%m-%d")
    if pd.api.types.is_bool_dtype(column):
        return column.map({True: "true", False: "false"})
    if pd.api.types.is_numeric_dtype(column) or holds_ids(name):
        return column
    text = column.astype("str")
    return text.mask(text.str.match(RUNNABLE).fillna(False).astype(bool), "'" + text)


def _write_parquet(frame: pd.DataFrame, path: Path) -> None:
    import pyarrow.parquet as pq

    pq.write_table(arrow_table(frame), path)


def arrow_table(frame: pd.DataFrame) -> "pa.Table":
    """The columns with their types alone, without pandas' own notes: the same table gives the same bytes."""
    import pyarrow as pa

    return pa.table({name: pa.Array.from_pandas(column, type=_arrow_type(column)) for name, column in frame.items()})


def _arrow_type(column: pd.Series) -> object:
    import pyarrow as pa

    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return pa.timestamp("us", tz="UTC")
    if pd.api.types.is_datetime64_dtype(column):
        return pa.date32()
    return pa.string() if isinstance(column.dtype, pd.StringDtype) else None


def read_table(path: Path) -> pd.DataFrame:
    """Read a .csv or .xlsx, all cells as text, "" where empty; the index is the line in the file, the header being line 1.

    Ids in numeric cells become text without ".0", dates YYYY-MM-DD; the ' before a cell that would run is taken off.
    The delimiter is the one of , ; and tab that the header has most; the encoding utf-8, else cp1252.

    Raises
    ------
    InputError
        The file is missing, empty or can't be read.
    ConfigurationError
        The suffix is neither .csv nor .xlsx.
    """
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".xlsx"):
        raise ConfigurationError(f"{path.name} ends in {suffix or 'nothing'!r}: expected .csv or .xlsx")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} can't be read: {error.strerror}; give an existing file") from error
    if suffix == ".csv":
        lines = csv_lines(content, path)
    else:
        from overrides.workbook import workbook_lines

        lines = workbook_lines(content, path)
    return table_of(lines, path)


def csv_lines(content: bytes, path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows of a .csv as (line, cells as text). InputError where it is no text, or its quotes aren't in pairs."""
    return _csv_lines(_decoded(content, path), path)


def _decoded(content: bytes, path: Path) -> str:
    for encoding in _ENCODINGS:
        with suppress(UnicodeDecodeError):
            return content.decode(encoding)
    raise InputError(f"{path} is neither UTF-8 nor Windows-1252 text: save it as CSV UTF-8")


def _csv_lines(text: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{path}, line {line}: {error}; expected CSV with quotes in pairs") from error


def table_of(lines: Iterable[tuple[int, list[str]]], path: Path) -> pd.DataFrame:
    """The table of a file from its lines, the first of them the header: see `read_table`. InputError where there is none."""
    filled = [(line, cells) for line, cells in lines if any(cell.strip() for cell in cells)]
    if not filled:
        raise InputError(f"{path} is empty: expected a header and rows")
    names = [name.strip() for name in filled[0][1]]
    while names and not names[-1]:
        names.pop()
    rows = [[*cells[: len(names)], *[""] * (len(names) - len(cells))] for _, cells in filled[1:]]
    frame = pd.DataFrame(rows, columns=names, index=[line for line, _ in filled[1:]], dtype="str")
    return frame.apply(lambda column: column if holds_ids(str(column.name)) else column.map(without_quote))
