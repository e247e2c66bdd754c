"""Versions of the plan and who adopted which, when. Both accept new rows alone, as the ledger does."""

import django.db.models.deletion
from django.db import migrations, models

from overrides.append_only import append_only


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
        append_only(
            "lastword_plan_version",
            "version_id = NEW.version_id OR version = NEW.version OR fingerprint = NEW.fingerprint",
            "versions of the plan are append-only: what is stored already stays",
        ),
        append_only("lastword_plan_adoption", "adoption_id = NEW.adoption_id", "adoptions of a plan are append-only"),
    ]
