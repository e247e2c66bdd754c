"""The rows of a publication, put into the store the quickest way that its database has."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import pandas as pd

from lastword.contracts import SCORE_COLUMNS
from lastword.errors import Refusal
from overrides.final import DATES, FLAGS_WITH_UNKNOWN, NUMBERS, TIMES, typed
from overrides.score_batches import Scores
from overrides.spreadsheet import arrow_table

COLUMNS = ("publication_id", "from_step", *SCORE_COLUMNS)
ROWS_AT_ONCE = 50_000
"""So many rows are in the form of the database at a time, which is larger than that of a frame."""

SQLITE_CACHE_KIB = 262_144


@dataclass(frozen=True)
class Place:
    """Where the rows of a publication stand: on which base, and from which of its steps on (see valid_rows)."""

    base: str
    step: int = 0


def insert_scores(cursor: Any, scores: Scores, run_id: str, place: Place) -> None:
    """Insert the scores of a run, a batch at a time: by COPY on PostgreSQL, by executemany on SQLite.

    Parameters
    ----------
    scores
        One row per account: contracts.SCORE_COLUMNS; further columns are ignored.
    run_id
        What a refusal names.

    Raises
    ------
    Refusal
        An account comes twice.
    """
    if cursor.db.vendor == "postgresql":
        _copy(cursor, scores, run_id, place)
        if place.step == 0:
            cursor.execute("ANALYZE lastword_score")  # the next page is asked for before the server would think of it
    else:
        cursor.execute(f"PRAGMA cache_size = -{SQLITE_CACHE_KIB}")  # the indexes grow everywhere at once
        _execute_many(cursor, scores, run_id, place)


def typed_batches(scores: Scores) -> Iterator[pd.DataFrame]:
    """The batches with contracts.SCORE_COLUMNS alone, in their types."""
    for batch in scores.batches():
        yield typed(batch[list(SCORE_COLUMNS)])


def _copy(cursor: Any, scores: Scores, run_id: str, place: Place) -> None:
    with cursor.copy(f"COPY lastword_score ({', '.join(COLUMNS)}) FROM STDIN WITH (FORMAT csv)") as copy:
        for part in _parts(scores, run_id):
            copy.write(csv_bytes(part.assign(publication_id=place.base, from_step=place.step)[list(COLUMNS)]))


def csv_bytes(frame: pd.DataFrame) -> memoryview:
    """Rows as PostgreSQL's COPY reads them: null is nothing, texts are in quotes, the empty text too."""
    import pyarrow as pa
    from pyarrow import csv

    sink = pa.BufferOutputStream()
    csv.write_csv(arrow_table(frame), sink, csv.WriteOptions(include_header=False))
    return memoryview(sink.getvalue())


def _execute_many(cursor: Any, scores: Scores, run_id: str, place: Place) -> None:
    marks = ", ".join(["%s"] * len(COLUMNS))
    for part in _parts(scores, run_id):
        values = [sqlite_values(cursor.db, str(name), column) for name, column in part.items()]
        rows = zip(repeat(place.base, len(part)), repeat(place.step, len(part)), *values, strict=True)
        cursor.executemany(f"INSERT INTO lastword_score ({', '.join(COLUMNS)}) VALUES ({marks})", rows)


def sqlite_values(connection: Any, name: str, column: pd.Series) -> list[Any]:
    """The cells as SQLite stores them, dates and times in the form of Django's own rows; NaN is NULL to it."""
    if name in DATES:
        return _formed(column, lambda date: f"{date:%Y-%m-%d}")
    if name in TIMES:
        return _formed(column, lambda time: connection.ops.adapt_datetimefield_value(time.to_pydatetime()))
    cells: list[Any] = column.tolist() if name in NUMBERS else column.astype(object).tolist()
    return [None if cell is pd.NA else cell for cell in cells] if name in FLAGS_WITH_UNKNOWN else cells


def _formed(column: pd.Series, form: Callable[[Any], str]) -> list[Any]:
    """Every distinct time is given its form once, for there are few; null is None."""
    codes, times = pd.factorize(column)
    forms = pd.Series([*(form(time) for time in times), None], dtype="object").to_numpy()
    cells: list[Any] = forms[codes].tolist()  # null has the code -1: the last
    return cells


def _parts(scores: Scores, run_id: str) -> Iterator[pd.DataFrame]:
    last = None
    for batch in typed_batches(scores):
        _refuse_repeated(batch["account_id"], last, run_id)
        last = batch["account_id"].iloc[-1] if len(batch) else None
        for start in range(0, len(batch), ROWS_AT_ONCE):
            yield batch.iloc[start : start + ROWS_AT_ONCE]


def _refuse_repeated(ids: pd.Series, last: str | None, run_id: str) -> None:
    """In order of account_id, an account that comes twice follows itself."""
    repeated = ids[ids.eq(ids.shift(fill_value=last))]
    if not repeated.empty:
        raise Refusal(f"account {repeated.iloc[0]!r} occurs twice in the scores of run {run_id}: one row per account expected")
