"""Opens an input wherever it is: a delimited text file, a workbook, a Parquet file or a table of a database."""

from pathlib import Path

from expectations.copies import Source
from expectations.database import open_table
from expectations.delimited import open_delimited
from expectations.parquet import open_parquet
from expectations.workbook import open_workbook
from lastword.errors import InputError
from lastword.settings import InputSource


def open_source(table: str, given: InputSource, folder: Path) -> Source:
    """Open an input and read its header.

    Parameters
    ----------
    table
        Its name in `[inputs]`, for messages.
    given
        Where it is and how it is written.
    folder
        The project folder, which paths are shown relative to.

    Raises
    ------
    InputError
        It does not exist, cannot be read, is empty, or two of its columns have one name.
    Mistakes
        A sheet or a kind of URL that isn't there.
    """
    source = _open(table, given, folder)
    _check_headers(table, source)
    return source


def _open(table: str, given: InputSource, folder: Path) -> Source:
    if given.is_url:
        return open_table(table, given.path)
    path, label = Path(given.path), shown_path(Path(given.path), folder)
    _check_file(table, path, label)
    if path.suffix.lower() in (".parquet", ".pq"):
        return open_parquet(table, path, label)
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        return open_workbook(table, path, label, given.sheet)
    return open_delimited(table, path, label, given.delimiter, given.encoding)


def shown_path(path: Path, folder: Path) -> str:
    """A path relative to the project folder where it lies in it, else as it is."""
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def _check_file(table: str, path: Path, label: str) -> None:
    advice = f"correct {table} under [inputs] in lastword.toml"
    if path.is_dir():
        raise InputError(f"{table}: {label} is a folder where a file was expected; {advice}")
    if not path.exists():
        raise InputError(f"{table}: {label} does not exist; put the file there, or {advice}")
    try:
        blank = not path.open("rb").read(1)
    except OSError as error:
        raise InputError(f"{table}: {label} cannot be read: {error.strerror}; make it readable") from error
    if blank:
        raise InputError(f"{table}: {label} is empty; a header with the names of its columns was expected")


def _check_headers(table: str, source: Source) -> None:
    """The engine compares names without case, so two that differ in case alone are one name twice."""
    seen: dict[str, str] = {}
    for header in source.headers:
        if header.casefold() in seen:
            twice = header if seen[header.casefold()] == header else f"{seen[header.casefold()]} and {header}"
            raise InputError(f"{table}: {source.label} has two columns named {twice}; rename one of them in the file")
        seen[header.casefold()] = header
