"""The store: one database, SQLite by default and PostgreSQL by URL. The one place that configures Django's connection.

A process has one store open at a time, the connection called `default`; opening another closes the one before.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lastword.errors import ConfigurationError, Refusal

BUSY_SECONDS = 30
KEPT_SECONDS = 600
"""How long a server keeps a connection to PostgreSQL for its next request. A file is opened anew: it may have been restored."""

_MIGRATION_LOCK = 7_326_454_001  # any number that nobody else locks in the same database


@dataclass(frozen=True)
class Store:
    """The open store: its vendor (sqlite or postgresql) and its address without a password."""

    vendor: str
    address: str

    def close(self) -> None:
        """Close the connection; the next use opens it again."""
        from django.db import connection

        connection.close()


def open_store(url: str) -> Store:
    """Bind the process to the store at `url` and bring its tables up to date.

    Parameters
    ----------
    url
        `sqlite:///PATH` or `postgresql://user:password@host:port/database?option=value`, any option of libpq.

    Raises
    ------
    ConfigurationError
        The URL is of neither kind or can't be read.
    Refusal
        The folder or the server can't be used, or a newer Lastword wrote the store.
    """
    database = database_settings(url)
    _bind(database)
    from django.db import connection

    with stated_errors():
        if not _schema_is_current():
            _migrate()
    return Store(connection.vendor, _address())


@contextmanager
def transaction() -> Iterator[Any]:
    """One database transaction for writing, all or nothing; gives a cursor. SQLite takes the writer's lock at once.

    Raises
    ------
    Refusal
        The store is busy, full, read-only or out of reach; one line, without the password.
    """
    from django.db import connection
    from django.db import transaction as django_transaction

    with stated_errors(), django_transaction.atomic(), connection.cursor() as cursor:
        yield cursor


@contextmanager
def reading() -> Iterator[Any]:
    """A cursor for reading: waits for no writer and holds none up. Refuses as `transaction` does."""
    from django.db import connection

    with stated_errors(), connection.cursor() as cursor:
        yield cursor


def lock_ledger(cursor: Any) -> None:
    """Let no other decision into the ledger until the transaction ends. SQLite has only one writer anyway."""
    if cursor.db.vendor == "postgresql":
        cursor.execute(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'")
        cursor.execute("LOCK TABLE lastword_override_entry IN SHARE ROW EXCLUSIVE MODE")


@contextmanager
def stated_errors() -> Iterator[None]:
    """Turn what the database can't do into a Refusal of one line; mistakes in our own SQL stay what they are."""
    from django.db import DatabaseError, DataError, InterfaceError, OperationalError

    try:
        yield
    except DatabaseError as error:
        if type(error) is not DatabaseError and not isinstance(error, (OperationalError, DataError)):
            raise
        raise Refusal(_said(error)) from error
    except InterfaceError as error:
        raise Refusal(_said(error)) from error


def _said(error: Exception) -> str:
    from django.db import connection

    said = " ".join(str(error).split())
    password = connection.settings_dict["OPTIONS"].get("password")
    if password:
        said = said.replace(password, "…")
    if "locked" in said or "lock timeout" in said:
        return f"the store {_address()} is busy: another process has been writing for {BUSY_SECONDS} s; try again when it is done"
    if "full" in said or "No space" in said:
        return f"the store {_address()} has no space left ({said}): free some and run the command again; nothing was changed"
    return f"the store {_address()} can't be used: {said}; check [store] url in lastword.toml, the rights and the server"


def _address() -> str:
    from django.db import connection

    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return str(database["NAME"])
    options = database["OPTIONS"]
    user = f"{options['user']}@" if "user" in options else ""
    port = f":{options['port']}" if "port" in options else ""
    return f"postgresql://{user}{options.get('host', '')}{port}/{database['NAME']}"


def database_settings(url: str) -> dict[str, Any]:
    """What Django needs to reach the store at `url`; ConfigurationError where it can't be read."""
    scheme, separator, rest = url.partition("://")
    if separator and scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        return _sqlite_settings(Path(rest[1:]))
    if separator and scheme in ("postgresql", "postgres"):
        return _postgresql_settings(url)
    raise ConfigurationError(
        f"[store] url is of kind {scheme if separator else 'nothing'!r}: "
        "expected sqlite:///PATH or postgresql://user@host/database"
    )


def _sqlite_settings(path: Path) -> dict[str, Any]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refusal(f"the folder of the store, {path.parent}, can't be made: {error.strerror}; give a writable one") from error
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path.absolute()),
        "OPTIONS": {
            "timeout": BUSY_SECONDS,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
        },
    }


def _postgresql_settings(url: str) -> dict[str, Any]:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        options = dict(conninfo_to_dict(url))
    except psycopg.Error as error:
        raise ConfigurationError(
            "[store] url can't be read as a PostgreSQL address: expected postgresql://user@host:port/database?option=value"
        ) from error
    options.setdefault("connect_timeout", 10)
    options.setdefault("application_name", "lastword")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": options.pop("dbname", None) or options.get("user") or "lastword",
        "OPTIONS": options,
        "CONN_MAX_AGE": KEPT_SECONDS,
        "CONN_HEALTH_CHECKS": True,
    }


def _bind(database: dict[str, Any]) -> None:
    """Configure Django the first time; later, or within a site that has settings of its own, change the address alone."""
    import django
    from django.conf import settings
    from django.db import connections

    if not settings.configured:
        settings.configure(INSTALLED_APPS=["overrides"], USE_TZ=True, TIME_ZONE="UTC", USE_I18N=False, LOGGING_CONFIG=None)
        django.setup()
    if "default" in connections.settings:
        connections["default"].close()
        del connections["default"]
    connections.settings["default"] = connections.configure_settings({"default": database})["default"]


def _schema_is_current() -> bool:
    """Compare migration files with the migrations applied: one query, without loading Django's migration graph."""
    from django.db import connection

    with connection.cursor() as cursor:
        if "django_migrations" not in connection.introspection.table_names(cursor):
            return False
        cursor.execute("SELECT app, name FROM django_migrations")
        applied = set(cursor.fetchall())
    expected = _migrations()
    ours = {app for app, _ in expected} & {"overrides", "web"}
    newer = sorted(name for app, name in applied - expected if app in ours)
    if newer:
        raise Refusal(f"the store {_address()} was written by a newer Lastword (it has {newer[-1]}): upgrade this one")
    return expected <= applied


def _migrations() -> set[tuple[str, str]]:
    from django.apps import apps

    return {
        (app.label, path.stem) for app in apps.get_app_configs() for path in (Path(app.path) / "migrations").glob("[0-9]*.py")
    }


def _migrate() -> None:
    """Apply the missing migrations in one transaction: killed in the middle, the store is as before; a second process waits."""
    from django.core.management import call_command
    from django.db import connection

    connection.disable_constraint_checking()  # SQLite: can't be done within a transaction, and altering a table asks for it
    with transaction() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_MIGRATION_LOCK])
        if not _schema_is_current():
            call_command("migrate", verbosity=0, interactive=False)
    connection.close()  # the next one checks constraints again
