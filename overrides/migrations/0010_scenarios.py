"""Scenarios, and every text that one was saved with: the revisions accept new rows alone, as the ledger does."""

import django.db.models.deletion
from django.db import migrations, models

from overrides.append_only import append_only


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
        append_only(
            "lastword_scenario_revision",
            "revision_id = NEW.revision_id OR (scenario_id = NEW.scenario_id AND revision = NEW.revision)",
            "the revisions of a scenario are append-only",
        ),
    ]
