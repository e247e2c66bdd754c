"""Scenarios, and every text that one was saved with: the revisions accept new rows alone, as the ledger does."""

import django.db.models.deletion
from django.db import migrations, models

MESSAGE = "the revisions of a scenario are append-only"

SQLITE = [
    f"""CREATE TRIGGER lastword_scenario_revision_no_{event} BEFORE {event} ON lastword_scenario_revision
        BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"""
    for event in ("update", "delete")
] + [
    # INSERT OR REPLACE would remove a row without firing the trigger above
    f"""CREATE TRIGGER lastword_scenario_revision_no_replace BEFORE INSERT ON lastword_scenario_revision
        WHEN EXISTS (SELECT 1 FROM lastword_scenario_revision WHERE revision_id = NEW.revision_id
                     OR (scenario_id = NEW.scenario_id AND revision = NEW.revision))
        BEGIN SELECT RAISE(ABORT, '{MESSAGE}'); END"""
]

POSTGRESQL = [
    f"""CREATE FUNCTION lastword_scenarios_append_only() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION '{MESSAGE}'; END $$""",
    """CREATE TRIGGER lastword_scenario_revision_append_only BEFORE UPDATE OR DELETE ON lastword_scenario_revision
        FOR EACH ROW EXECUTE FUNCTION lastword_scenarios_append_only()""",
    """CREATE TRIGGER lastword_scenario_revision_no_truncate BEFORE TRUNCATE ON lastword_scenario_revision
        FOR EACH STATEMENT EXECUTE FUNCTION lastword_scenarios_append_only()""",
]

DROP_POSTGRESQL = "DROP FUNCTION lastword_scenarios_append_only CASCADE"


def create_triggers(apps, schema_editor):
    for statement in {"sqlite": SQLITE, "postgresql": POSTGRESQL}[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


def drop_triggers(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":  # SQLite's go with the table
        schema_editor.execute(DROP_POSTGRESQL, params=None)


class Migration(migrations.Migration):
    dependencies = [("overrides", "0009_salesforce")]

    operations = [
        migrations.CreateModel(
            name="Scenario",
            fields=[
                ("scenario_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("name", models.TextField()),
                ("based_on", models.TextField(default="")),
                ("revision", models.IntegerField()),
                ("state", models.TextField(default="open")),
                ("made_by", models.TextField()),
                ("made_at", models.DateTimeField()),
                ("changed_by", models.TextField()),
                ("changed_at", models.DateTimeField()),
                ("note", models.TextField(default="")),
            ],
            options={
                "db_table": "lastword_scenario",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")), fields=("name",), name="lastword_scenario_one_name"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ("open", "adopted", "dropped")), ("state", None), _connector="OR"),
                        name="lastword_scenario_state",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ScenarioRevision",
            fields=[
                ("revision_id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "scenario",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="overrides.scenario", db_index=False
                    ),
                ),
                ("revision", models.IntegerField()),
                ("text", models.TextField()),
                ("by", models.TextField()),
                ("made_at", models.DateTimeField()),
            ],
            options={
                "db_table": "lastword_scenario_revision",
                "constraints": [models.UniqueConstraint(fields=("scenario", "revision"), name="lastword_scenario_revision_once")],
            },
        ),
        migrations.RunPython(create_triggers, drop_triggers),
    ]
