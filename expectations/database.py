"""Tables of a PostgreSQL database: `postgresql://user@host/database?table=accounts`, or `?table=schema.accounts`."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from expectations.copies import Places, named, write_text_rows
from lastword.errors import InputError
from lastword.mistakes import wrong

BATCH_ROWS = 20_000
CONNECT_SECONDS = 10


@dataclass(frozen=True)
class DatabaseTable:
    """A table or view. Its rows are read in the order of their content, since a database promises no other."""

    table: str
    url: str
    relation: tuple[str, ...]
    label: str
    columns: tuple[str, ...]
    headers: tuple[str, ...]

    def copy_to(self, path: Path) -> list[tuple[str, ...]]:
        from psycopg import sql

        cells = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(column)) for column in self.columns)
        order = sql.SQL(", ").join(sql.SQL(str(position)) for position in range(1, len(self.columns) + 1))
        query = sql.SQL("SELECT {} FROM {} ORDER BY {}").format(cells, sql.Identifier(*self.relation), order)
        with _connected(self.table, self.url, self.label) as connection, connection.cursor(name="lastword") as cursor:
            cursor.execute(query)
            write_text_rows(path, len(self.columns), _batches(cursor))
        return []

    def locate(self, rows: Collection[int]) -> Places:
        """A database table has no lines: rows are counted from 1 in the order in which they were read."""
        return Places({row: row for row in rows}, ())


def open_table(table: str, url: str) -> DatabaseTable:
    """Connect and read the names of the columns."""
    from psycopg import sql

    plain_url, relation, label = _parse(table, url)
    query = sql.SQL("SELECT * FROM {} LIMIT 0").format(sql.Identifier(*relation))
    with _connected(table, plain_url, label) as connection:
        columns = tuple(column.name for column in connection.execute(query).description)
    return DatabaseTable(table, plain_url, relation, label, columns, named(columns))


def _parse(table: str, url: str) -> tuple[str, tuple[str, ...], str]:
    """The URL without `table`, the table's name in parts, and the URL without password."""
    parts = urlsplit(url)
    shown = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    if parts.scheme not in ("postgresql", "postgres"):
        text = f"{shown} is no input that can be read; write a path, or postgresql://user@host/database?table=NAME"
        raise wrong(text, "inputs", table)
    query = parse_qsl(parts.query, keep_blank_values=True)
    name = dict(query).get("table", "")
    if not all(name.split(".")):
        raise wrong(f"{shown} names no table; write it at the end, as in {shown}?table={table}", "inputs", table)
    rest = urlencode([(key, value) for key, value in query if key != "table"])
    plain_url = urlunsplit((parts.scheme, parts.netloc, parts.path, rest, ""))
    return plain_url, tuple(name.split(".")), f"{shown}?table={name}"


@contextmanager
def _connected(table: str, url: str, label: str) -> Iterator[Any]:
    """A connection that only reads and writes times as UTC in ISO's way."""
    import psycopg

    given = dict(parse_qsl(urlsplit(url).query))
    try:
        timeout = int(given.get("connect_timeout", CONNECT_SECONDS))
        with psycopg.connect(url, connect_timeout=timeout) as connection:
            connection.read_only = True
            connection.execute("SET TIME ZONE 'UTC'")
            connection.execute("SET DateStyle = 'ISO, YMD'")
            yield connection
    except (psycopg.Error, ValueError) as error:
        raise InputError(f"{table}: {label} cannot be read: {_without_password(str(error), url)}") from None


def _without_password(message: str, url: str) -> str:
    line = " ".join(message.split()) or "no reason given"
    parts = urlsplit(url)
    secrets = [parts.password, dict(parse_qsl(parts.query)).get("password")]
    for written in {form for secret in secrets if secret for form in (secret, unquote(secret))}:
        line = line.replace(written, "***")
    return line


def _batches(cursor: Any) -> Iterator[tuple[range, list[tuple[str | None, ...]]]]:
    count = 0
    while rows := cursor.fetchmany(BATCH_ROWS):
        yield range(count + 1, count + len(rows) + 1), list(zip(*rows, strict=True))
        count += len(rows)
