"""Versions of the plan and who adopted which, when. Both accept new rows alone, as the ledger does."""

import django.db.models.deletion
from django.db import migrations, models

TABLES = ("lastword_plan_version", "lastword_plan_adoption")
KEYS = {"lastword_plan_version": "version_id", "lastword_plan_adoption": "adoption_id"}
MESSAGE = "versions of the plan and their adoptions are append-only"

SQLITE = (
    [
        f"""CREATE TRIGGER {table}_no_{event} BEFORE {event} ON {table}
        BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"""
        for table in TABLES
        for event in ("update", "delete")
    ]
    + [
        # INSERT OR REPLACE would remove a row without firing the triggers above
        f"""CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}
        WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})
        BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"""
        for table, key in KEYS.items()
    ]
    + [
        """CREATE TRIGGER lastword_plan_version_no_replacing_name BEFORE INSERT ON lastword_plan_version
        WHEN EXISTS (SELECT 1 FROM lastword_plan_version WHERE version = NEW.version OR fingerprint = NEW.fingerprint)
        BEGIN SELECT RAISE(ABORT, 'this version of the plan is stored already'); END"""
    ]
)

POSTGRESQL = [
    f"""CREATE FUNCTION lastword_plans_append_only() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{MESSAGE}'; END $$""",
    *(
        f"""CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION lastword_plans_append_only()"""
        for table in TABLES
    ),
    *(
        f"""CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION lastword_plans_append_only()"""
        for table in TABLES
    ),
]

DROP_POSTGRESQL = "DROP FUNCTION lastword_plans_append_only CASCADE"


def create_triggers(apps, schema_editor):
    for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


def drop_triggers(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":  # SQLite's go with the tables
        schema_editor.execute(DROP_POSTGRESQL, params=None)


class Migration(migrations.Migration):
    dependencies = [("overrides", "0006_decisions")]

    operations = [
        migrations.CreateModel(
            name="PlanVersion",
            fields=[
                ("version_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("version", models.TextField(unique=True)),
                ("fingerprint", models.TextField(unique=True)),
                ("text", models.TextField()),
                ("author", models.TextField()),
                ("note", models.TextField(default="")),
                ("made_at", models.DateTimeField()),
                ("effective_from", models.DateField(null=True)),
                ("effective_to", models.DateField(null=True)),
            ],
            options={"db_table": "lastword_plan_version"},
        ),
        migrations.CreateModel(
            name="PlanAdoption",
            fields=[
                ("adoption_id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "plan_version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="overrides.planversion", db_index=False
                    ),
                ),
                ("by", models.TextField()),
                ("made_at", models.DateTimeField()),
                ("note", models.TextField(default="")),
            ],
            options={"db_table": "lastword_plan_adoption"},
        ),
        migrations.RunPython(create_triggers, drop_triggers),
    ]
