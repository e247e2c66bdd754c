"""What people enter on an account's potential spend; it accepts new rows alone, as the ledger does."""

from django.db import migrations, models

from overrides.append_only import append_only


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
        append_only("lastword_spend_entry", "entry_id = NEW.entry_id", "the record of spend entries is append-only"),
    ]
