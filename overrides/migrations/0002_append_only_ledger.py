"""The override ledger accepts new rows alone: the database itself refuses UPDATE, DELETE, TRUNCATE and replacing a row.

A later migration that alters the table on SQLite (which rebuilds it) must put these triggers back.
"""

from django.db import migrations

MESSAGE = "the override ledger is append-only"

SQLITE = [
    f"""CREATE TRIGGER lastword_override_entry_no_{event} BEFORE {event} ON lastword_override_entry
        BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"""
    for event in ("update", "delete")
] + [
    # INSERT OR REPLACE would remove a row without firing the trigger above
    f"""CREATE TRIGGER lastword_override_entry_no_replace BEFORE INSERT ON lastword_override_entry
        WHEN EXISTS (SELECT 1 FROM lastword_override_entry WHERE entry_id = NEW.entry_id)
        BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"""
]

POSTGRESQL = [
    f"""CREATE FUNCTION lastword_append_only() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{MESSAGE}'; END $$""",
    """CREATE TRIGGER lastword_override_entry_append_only BEFORE UPDATE OR DELETE ON lastword_override_entry
        FOR EACH ROW EXECUTE FUNCTION lastword_append_only()""",
    """CREATE TRIGGER lastword_override_entry_no_truncate BEFORE TRUNCATE ON lastword_override_entry
        FOR EACH STATEMENT EXECUTE FUNCTION lastword_append_only()""",
]


def create_triggers(apps, schema_editor):
    for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("overrides", "0001_initial")]
    operations = [migrations.RunPython(create_triggers)]
