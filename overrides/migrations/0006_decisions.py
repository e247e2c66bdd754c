"""Decisions by several people: batches, proposals that wait for a second person, claims, owners, and the record of events.

The ledger gets columns that may be null: on SQLite too they are added in place, so that its triggers and the view final_scores
stay. The record of events accepts new rows alone, as the ledger does.
"""

import django.db.models.deletion
from django.db import migrations, models

from overrides.append_only import append_only

GRADES = ("A", "B", "C", "D", "F")


def one_of(field, values, name):
    return models.CheckConstraint(condition=models.Q((f"{field}__in", values), (field, None), _connector="OR"), name=name)


def reference(to, **options):
    return models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=to, **options)


class Migration(migrations.Migration):
    dependencies = [("overrides", "0005_queue_pages")]

    operations = [
        migrations.CreateModel(
            name="Batch",
            fields=[
                ("batch_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("by", models.TextField()),
                ("made_at", models.DateTimeField()),
                ("choice", models.TextField()),
                ("grade", models.TextField(null=True)),
                ("reason", models.TextField()),
                ("note", models.TextField(default="")),
                ("said", models.TextField(default="")),
                ("counts", models.JSONField(default=dict)),
                ("undone_by", models.TextField(null=True)),
                ("undone_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "lastword_batch",
                "constraints": [
                    one_of("choice", ("accept_model", "accept_plan", "grade"), "lastword_batch_choice"),
                    one_of("grade", GRADES, "lastword_batch_grade"),
                ],
            },
        ),
        migrations.AddField("overrideentry", "approved_by", models.TextField(null=True)),
        migrations.AddField("overrideentry", "batch", reference("overrides.batch", db_index=False, db_constraint=False)),
        migrations.AddIndex("overrideentry", models.Index(fields=["made_at", "entry_id"], name="lastword_entry_by_time")),
        migrations.AddIndex("overrideentry", models.Index(fields=["by", "made_at", "entry_id"], name="lastword_entry_by_person")),
        migrations.AddIndex("overrideentry", models.Index(fields=["expires_on", "entry_id"], name="lastword_entry_by_expiry")),
        migrations.AddIndex(
            "overrideentry",
            models.Index(condition=models.Q(("batch__isnull", False)), fields=["batch"], name="lastword_entry_by_batch"),
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("proposal_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("account_id", models.TextField()),
                ("grade", models.TextField()),
                ("kind", models.TextField()),
                ("reason", models.TextField()),
                ("note", models.TextField(default="")),
                ("by", models.TextField()),
                ("made_at", models.DateTimeField()),
                ("expires_on", models.DateField()),
                ("steps", models.IntegerField()),
                ("policy_grade", models.TextField(null=True)),
                ("expected_entry", reference("overrides.overrideentry", db_index=False)),
                ("batch", reference("overrides.batch")),
                ("seen_run_id", models.TextField(null=True)),
                ("seen_plan_points", models.FloatField(null=True)),
                ("seen_model_points", models.FloatField(null=True)),
                ("seen_plan_grade", models.TextField(null=True)),
                ("seen_model_grade", models.TextField(null=True)),
                ("state", models.TextField(default="waiting")),
                ("settled_by", models.TextField(null=True)),
                ("settled_at", models.DateTimeField(null=True)),
                ("settled_note", models.TextField(default="")),
                ("entry", reference("overrides.overrideentry", db_index=False)),
            ],
            options={
                "db_table": "lastword_proposal",
                "indexes": [models.Index(fields=["state", "proposal_id"], name="lastword_proposal_by_state")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "waiting")), fields=("account_id",), name="lastword_proposal_one_waits"
                    ),
                    one_of("state", ("waiting", "approved", "declined", "withdrawn"), "lastword_proposal_state"),
                    one_of("grade", GRADES, "lastword_proposal_grade"),
                    one_of("kind", ("accept_plan", "accept_model", "other"), "lastword_proposal_kind"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Claim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("account_id", models.TextField()),
                ("by", models.TextField()),
                ("claimed_at", models.DateTimeField()),
                ("until", models.DateTimeField()),
            ],
            options={
                "db_table": "lastword_claim",
                "constraints": [models.UniqueConstraint(fields=("account_id",), name="lastword_claim_one_per_account")],
            },
        ),
        migrations.CreateModel(
            name="Ownership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("account_id", models.TextField()),
                ("owner", models.TextField()),
                ("assigned_by", models.TextField()),
                ("assigned_at", models.DateTimeField()),
            ],
            options={
                "db_table": "lastword_ownership",
                "indexes": [models.Index(fields=["owner", "account_id"], name="lastword_ownership_by_owner")],
                "constraints": [models.UniqueConstraint(fields=("account_id",), name="lastword_ownership_one")],
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("event_id", models.BigAutoField(primary_key=True, serialize=False)),
                ("made_at", models.DateTimeField()),
                ("kind", models.TextField()),
                ("by", models.TextField()),
                ("subject", models.TextField(default="")),
                ("said", models.TextField()),
                ("details", models.JSONField(default=dict)),
            ],
            options={
                "db_table": "lastword_event",
                "indexes": [
                    models.Index(fields=["made_at", "event_id"], name="lastword_event_by_time"),
                    models.Index(fields=["subject", "made_at", "event_id"], name="lastword_event_by_subject"),
                    models.Index(fields=["by", "made_at", "event_id"], name="lastword_event_by_person"),
                ],
            },
        ),
        migrations.RemoveConstraint("settingaside", "lastword_aside_action"),
        migrations.AddConstraint("settingaside", one_of("action", ("snooze", "dismiss", "return"), "lastword_aside_action")),
        migrations.AddIndex("settingaside", models.Index(fields=["made_at", "id"], name="lastword_aside_by_time")),
        append_only("lastword_event", "event_id = NEW.event_id", "the record of events is append-only"),
    ]
