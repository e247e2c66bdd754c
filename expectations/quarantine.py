"""The quarantine: a CSV per input with its broken rows as the source has them, where they stand, and why they are there."""

import csv
import heapq
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import ibis

from expectations.copies import ROW, Source
from expectations.rules import REASON

UNREADABLE_ROW = "unreadable_row"
HEADERS = ("source_file", "line", "reason")

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

Row = tuple[int, str, Sequence[str]]
"""Line (0 where it cannot be told), reason, cells."""


def write_quarantine(
    path: Path, source: Source, copy: ibis.Table, bad: ibis.Table, ragged: Sequence[tuple[str, ...]], id_position: int
) -> None:
    """Write the quarantined rows of an input in the order of their lines; no file where there is none.

    `bad` has a row for each, `ROW` and `REASON`; `copy` has the source's rows.

    Columns: source_file, line, reason, then the source's own. Where a row has more cells than the header, its last column
    has all that are left over. A text that a spreadsheet would take for a formula gets a leading `'`, an id never does.
    """
    numbers = bad[ROW].to_pyarrow().to_pylist()
    if not numbers and not ragged:
        path.unlink(missing_ok=True)
        return
    places = source.locate(numbers)
    rows = bad.join(copy, ROW).order_by(ROW)
    broken = ((places.lines.get(number, 0), reason, cells) for number, reason, cells in _rows(rows))
    torn_lines = [*places.ragged[: len(ragged)], *[0] * (len(ragged) - len(places.ragged))]
    torn = ((line, UNREADABLE_ROW, _fitted(cells, len(source.headers))) for line, cells in zip(torn_lines, ragged, strict=True))
    merged = heapq.merge(broken, torn, key=lambda row: row[0])
    _replace(path, source, merged, id_position)


def _rows(rows: ibis.Table) -> Iterator[Row]:
    """Row number, reason and cells of the rows, as text."""
    columns = [name for name in rows.columns if name not in (ROW, REASON)]
    texts = rows.select(ROW, REASON, *(_written(rows[name]).name(name) for name in columns))
    for batch in texts.to_pyarrow_batches():
        numbers, reasons, *cells = (column.to_pylist() for column in batch.columns)
        for number, reason, *values in zip(numbers, reasons, *cells, strict=True):
            yield number, reason, ["" if value is None else str(value) for value in values]


def _written(cell: ibis.Value) -> ibis.Value:
    """As text, but for numbers with a fraction, which engines write in ways of their own."""
    return cell if cell.type().is_float64() else cell.cast("string")


def _fitted(cells: Sequence[str], width: int) -> list[str]:
    """As many cells as the header has: what is too much in the last one, what is missing blank."""
    kept = list(cells[: width - 1])
    return [*kept, *[""] * (width - 1 - len(kept)), " ".join(cells[width - 1 :])]


def _replace(path: Path, source: Source, rows: Iterable[Row], id_position: int) -> None:
    """Write the whole file beside its place, then put it there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("w", encoding="utf-8", newline="") as file:
        writer: Any = csv.writer(file)
        writer.writerow([*HEADERS, *source.headers])
        for line, reason, cells in rows:
            shown = [cell if at == id_position else without_formula(cell) for at, cell in enumerate(cells)]
            writer.writerow([source.label, line or "", reason, *shown])
    unfinished.replace(path)


def without_formula(cell: str) -> str:
    """The cell with a leading `'` where a spreadsheet would run it; a signed number is left as it is."""
    if not cell.startswith(FORMULA_STARTS):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell
