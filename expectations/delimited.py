"""Delimited text files (CSV): any encoding that Python knows, any delimiter, with or without a byte order mark."""

import codecs
import csv
import io
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from expectations.copies import Places, copy_schema, named, row_numbers
from lastword.errors import InputError

BLOCK_BYTES = 1 << 24
"""How much is parsed at once. No row may be longer."""

STAND_IN = "\x1f"
"""ASCII's unit separator stands in for a delimiter outside ASCII, which pyarrow doesn't take."""


@dataclass(frozen=True)
class DelimitedFile:
    """A text file whose first row that isn't empty is its header. Every cell is text."""

    table: str
    path: Path
    label: str
    delimiter: str
    encoding: str
    headers: tuple[str, ...]
    header_rows: int
    """Rows down to the header, empty ones included."""
    has_rows: bool

    def copy_to(self, path: Path) -> list[tuple[str, ...]]:
        ragged: list[str] = []
        schema = copy_schema([pa.string()] * len(self.headers))
        count, last_cell = 0, ""
        try:
            with pq.ParquetWriter(path, schema) as writer:
                for batch in self._batches(ragged):
                    writer.write_batch(pa.record_batch([*batch.columns, row_numbers(count, batch.num_rows)], schema=schema))
                    count += batch.num_rows
                    last_cell = batch.columns[-1][-1].as_py() if batch.num_rows else last_cell
        except (UnicodeError, pa.ArrowInvalid) as error:
            raise self._unreadable(error) from error
        if "\n" in last_cell or "\n" in "".join(ragged[-1:]):
            self._check_last_quote()
        return [self._cells(text) for text in ragged]

    def locate(self, rows: Collection[int]) -> Places:
        """One pass over the text. A row that this parser can't follow has no line."""
        wanted, lines, ragged = set(rows), dict[int, int](), list[int]()
        count = 0
        with self._text() as text:
            for line, cells in _numbered(csv.reader(text, delimiter=self.delimiter), skip=1):
                if len(cells) != len(self.headers):
                    ragged.append(line)
                    continue
                count += 1
                if count in wanted:
                    lines[count] = line
        return Places(lines, ragged)

    @property
    def _parsed_delimiter(self) -> str:
        return self.delimiter if self.delimiter.isascii() else STAND_IN

    def _text(self) -> io.TextIOWrapper:
        return _open_text(self.path, self.encoding)

    def _batches(self, ragged: list[str]) -> Iterator[pa.RecordBatch]:
        """All rows after the header; the texts of those with too many or too few cells are appended to `ragged`."""
        if not self.has_rows:
            return

        def skip(row: Any) -> str:
            ragged.append(row.text)
            return "skip"

        names = [f"c{i}" for i in range(len(self.headers))]
        source: Any = str(self.path)
        if not self.delimiter.isascii():
            source = pa.PythonFile(_Recoded(self._text(), self.delimiter), mode="r")
        reader = pacsv.open_csv(
            source,
            pacsv.ReadOptions(
                encoding=self.encoding if self.delimiter.isascii() else "utf-8",
                use_threads=False,
                block_size=BLOCK_BYTES,
                column_names=names,
                skip_rows_after_names=self.header_rows,
            ),
            pacsv.ParseOptions(delimiter=self._parsed_delimiter, newlines_in_values=True, invalid_row_handler=skip),
            pacsv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
        )
        for batch in reader:
            yield batch if self.delimiter.isascii() else _restored(batch, self.delimiter)

    def _cells(self, text: str) -> tuple[str, ...]:
        """The cells of a row's text; all of it as one where the csv module can't take it apart."""
        try:
            return tuple(next(csv.reader([text], delimiter=self._parsed_delimiter), ()))
        except csv.Error:
            return (text,)

    def _check_last_quote(self) -> None:
        """A quote that is never closed swallows all the rows after it, which must not pass for one long cell."""
        with self._text() as text:
            start = max((line for line, _ in _numbered(csv.reader(text, delimiter=self.delimiter), skip=1)), default=1)
        with self._text() as text:
            try:
                deque(csv.reader(islice(text, start - 1, None), delimiter=self.delimiter, strict=True), maxlen=0)
            except csv.Error as error:
                if "end of data" in str(error):
                    raise InputError(
                        f"{self.table}: {self.label}, line {start}: a quote is opened and never closed; close it or take it out"
                    ) from error

    def _unreadable(self, error: Exception) -> InputError:
        if isinstance(error, UnicodeError) or "UTF8" in str(error):
            return _wrong_encoding(self.table, self.path, self.label, self.encoding)
        return InputError(f"{self.table}: {self.label} cannot be read as delimited text: {str(error).splitlines()[0]}")


def open_delimited(table: str, path: Path, label: str, delimiter: str, encoding: str) -> DelimitedFile:
    """Open a text file and read its header; an InputError says where it isn't in the encoding, or has no header."""
    try:
        with _open_text(path, encoding) as text:
            reader = csv.reader(text, delimiter=delimiter)
            header_rows, cells = next(((n, cells) for n, cells in enumerate(reader, 1) if cells), (0, []))
            has_rows = any(line.strip("\r\n") for line in text)
    except UnicodeError as error:
        raise _wrong_encoding(table, path, label, encoding) from error
    except csv.Error as error:
        raise InputError(f"{table}: {label} has no readable header ({error}); a row of column names was expected") from error
    if not cells:
        raise InputError(f"{table}: {label} is empty; a header with the names of its columns was expected")
    return DelimitedFile(table, path, label, delimiter, encoding, named(cells), header_rows, has_rows)


def _open_text(path: Path, encoding: str) -> io.TextIOWrapper:
    """The file as text, without a byte order mark."""
    name = codecs.lookup(encoding).name
    return path.open(encoding="utf-8-sig" if name == "utf-8" else encoding, newline="")


def _numbered(reader: Any, skip: int) -> Iterator[tuple[int, list[str]]]:
    """(line on which it begins, cells) of every row that isn't empty, after the first `skip` of them."""
    end = 0
    try:
        for cells in reader:
            start, end = end + 1, reader.line_num
            if not cells:
                continue
            if skip:
                skip -= 1
                continue
            yield start, cells
    except csv.Error:
        return


def _wrong_encoding(table: str, path: Path, label: str, encoding: str) -> InputError:
    other = "cp1252" if codecs.lookup(encoding).name == "utf-8" else "utf-8"
    return InputError(
        f"{table}: {label}{_first_undecodable(path, encoding)} is not {encoding}; say which encoding it has, for example "
        f'{table} = {{ path = "{label}", encoding = "{other}" }} under [inputs] in lastword.toml'
    )


def _first_undecodable(path: Path, encoding: str) -> str:
    """`, line 7 (byte 0xe9),` where the encoding keeps lines apart as ASCII does, else nothing."""
    if "\n".encode(encoding) != b"\n":
        return ""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                line.decode(encoding)
            except UnicodeDecodeError as error:
                return f", line {number} (byte {line[error.start]:#04x}),"
            except UnicodeError:
                return f", line {number},"
    return ""


class _Recoded(io.RawIOBase):
    """The text as UTF-8 with the delimiter's stand-in."""

    def __init__(self, text: io.TextIOWrapper, delimiter: str) -> None:
        self._text, self._delimiter, self._rest = text, delimiter, b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._rest) < size:
            text = self._text.read(1 << 20)
            if not text:
                break
            self._rest += text.replace(self._delimiter, STAND_IN).encode()
        taken = len(self._rest) if size < 0 else size
        result, self._rest = self._rest[:taken], self._rest[taken:]
        return result

    def close(self) -> None:
        self._text.close()
        super().close()


def _restored(batch: pa.RecordBatch, delimiter: str) -> pa.RecordBatch:
    """The batch with delimiters inside quoted values as they were."""
    columns = [pc.replace_substring(column, STAND_IN, delimiter) for column in batch.columns]
    return pa.record_batch(columns, schema=batch.schema)
