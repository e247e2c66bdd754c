"""Every store test runs on SQLite and on a real PostgreSQL."""

from tests.stores import (  # noqa: F401
    empty_url,
    postgres_server,
    postgres_template,
    project,
    sqlite_template,
)
