"""What goes to Salesforce, row by row. Accepts new rows alone, as the ledger does."""

from django.db import migrations, models

from overrides.append_only import append_only


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
        append_only("lastword_salesforce_push", "id = NEW.id", "the record of pushes is append-only"),
    ]
