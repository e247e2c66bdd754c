"""The audit reads what was entered on potential spend by time."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("overrides", "0011_triggers")]

    operations = [
        migrations.AddIndex("SpendEntry", models.Index(fields=["made_at", "entry_id"], name="lastword_spend_by_time")),
    ]
