"""What people enter on an account's potential spend; it accepts new rows alone, as the ledger does."""

from django.db import migrations, models

MESSAGE = "the record of spend entries is append-only"

SQLITE = [
    f"""CREATE TRIGGER lastword_spend_entry_no_{event} BEFORE {event} ON lastword_spend_entry
        BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"""
    for event in ("update", "delete")
] + [
    # INSERT OR REPLACE would remove a row without firing the trigger above
    f"""CREATE TRIGGER lastword_spend_entry_no_replace BEFORE INSERT ON lastword_spend_entry
        WHEN EXISTS (SELECT 1 FROM lastword_spend_entry WHERE entry_id = NEW.entry_id)
        BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"""
]

POSTGRESQL = [
    f"""CREATE FUNCTION lastword_spend_append_only() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{MESSAGE}'; END $$""",
    """CREATE TRIGGER lastword_spend_entry_append_only BEFORE UPDATE OR DELETE ON lastword_spend_entry
        FOR EACH ROW EXECUTE FUNCTION lastword_spend_append_only()""",
    """CREATE TRIGGER lastword_spend_entry_no_truncate BEFORE TRUNCATE ON lastword_spend_entry
        FOR EACH STATEMENT EXECUTE FUNCTION lastword_spend_append_only()""",
]

DROP_POSTGRESQL = "DROP FUNCTION lastword_spend_append_only CASCADE"


def create_triggers(apps, schema_editor):
    for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


def drop_triggers(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":  # SQLite's go with the table
        schema_editor.execute(DROP_POSTGRESQL, params=None)


class Migration(migrations.Migration):
    dependencies = [("overrides", "0007_plan_versions")]

    operations = [
        migrations.CreateModel(
            name="SpendEntry",
            fields=[
                ("entry_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("account_id", models.TextField()),
                ("kind", models.TextField()),
                ("amount", models.FloatField(null=True)),
                ("reason", models.TextField(default="")),
                ("note", models.TextField(default="")),
                ("by", models.TextField()),
                ("made_at", models.DateTimeField()),
            ],
            options={
                "db_table": "lastword_spend_entry",
                "indexes": [models.Index(fields=["account_id", "entry_id"], name="lastword_spend_by_account")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("amount__isnull", False), ("kind__in", ("value", "growth"))),
                            models.Q(("amount__isnull", True), ("kind", "clear")),
                            _connector="OR",
                        ),
                        name="lastword_spend_kind",
                    )
                ],
            },
        ),
        migrations.RunPython(create_triggers, drop_triggers),
    ]
