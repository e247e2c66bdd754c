"""For migrations: tables that accept new rows alone. The database itself refuses UPDATE, DELETE, TRUNCATE and replacing a row.

A later migration that alters such a table on SQLite (which rebuilds it) must put these triggers back.
"""

from typing import Any

from django.db import migrations


def append_only(table: str, is_replaced: str, message: str) -> migrations.RunPython:
    """The operation that closes a table; taken back, it opens it.

    Parameters
    ----------
    is_replaced : SQL, true of a row that INSERT OR REPLACE of NEW would take away, as in "event_id = NEW.event_id": SQLite fires
        no trigger for that DELETE.
    message : what the database answers.
    """
    create = {"sqlite": _sqlite(table, is_replaced, message), "postgresql": _postgresql(table, message)}
    drop = {"sqlite": [f"DROP TRIGGER {table}_no_{event}" for event in ("update", "delete", "replace")]}
    drop["postgresql"] = [f"DROP FUNCTION {table}_is_append_only CASCADE"]

    def close(_apps: Any, schema_editor: Any) -> None:
        _execute(schema_editor, create)

    def open_again(_apps: Any, schema_editor: Any) -> None:
        _execute(schema_editor, drop)

    return migrations.RunPython(close, open_again)


def _sqlite(table: str, is_replaced: str, message: str) -> list[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
    return [
        *(f"CREATE TRIGGER {table}_no_{event} BEFORE {event} ON {table} {refuse}" for event in ("update", "delete")),
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {is_replaced}) {refuse}",
    ]


def _postgresql(table: str, message: str) -> list[str]:
    refuse = f"EXECUTE FUNCTION {table}_is_append_only()"
    return [
        f"CREATE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{message}'; END $$",
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {refuse}",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}",
    ]


def _execute(schema_editor: Any, statements: dict[str, list[str]]) -> None:
    for statement in statements[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)
