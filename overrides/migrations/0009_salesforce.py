"""What goes to Salesforce, row by row. Accepts new rows alone, as the ledger does."""

from django.db import migrations, models

MESSAGE = "the record of pushes is append-only"

SQLITE = [
    f"""CREATE TRIGGER lastword_push_no_{event} BEFORE {event} ON lastword_salesforce_push
        BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"""
    for event in ("update", "delete")
] + [
    # INSERT OR REPLACE would remove a row without firing the trigger above
    f"""CREATE TRIGGER lastword_push_no_replace BEFORE INSERT ON lastword_salesforce_push
        WHEN EXISTS (SELECT 1 FROM lastword_salesforce_push WHERE id = NEW.id)
        BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"""
]

POSTGRESQL = [
    f"""CREATE FUNCTION lastword_pushes_append_only() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{MESSAGE}'; END $$""",
    """CREATE TRIGGER lastword_push_append_only BEFORE UPDATE OR DELETE ON lastword_salesforce_push
        FOR EACH ROW EXECUTE FUNCTION lastword_pushes_append_only()""",
    """CREATE TRIGGER lastword_push_no_truncate BEFORE TRUNCATE ON lastword_salesforce_push
        FOR EACH STATEMENT EXECUTE FUNCTION lastword_pushes_append_only()""",
]

DROP_POSTGRESQL = "DROP FUNCTION lastword_pushes_append_only CASCADE"


def create_triggers(apps, schema_editor):
    for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


def drop_triggers(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":  # SQLite's go with the table
        schema_editor.execute(DROP_POSTGRESQL, params=None)


class Migration(migrations.Migration):
    dependencies = [("overrides", "0008_spend_entries")]

    operations = [
        migrations.CreateModel(
            name="SalesforcePush",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("push_id", models.TextField()),
                ("target", models.TextField()),
                ("account_id", models.TextField()),
                ("digest", models.TextField()),
                ("job_id", models.TextField()),
                ("outcome", models.TextField()),
                ("said", models.TextField(default="")),
                ("by", models.TextField()),
                ("made_at", models.DateTimeField()),
            ],
            options={
                "db_table": "lastword_salesforce_push",
                "indexes": [models.Index(fields=["target", "account_id", "id"], name="lastword_push_by_account")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("outcome__in", ("sent", "accepted", "failed", "unknown")), ("outcome", None), _connector="OR"
                        ),
                        name="lastword_push_outcome",
                    )
                ],
            },
        ),
        migrations.RunPython(create_triggers, drop_triggers),
    ]
