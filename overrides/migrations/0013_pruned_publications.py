"""When the scores of a publication were pruned: null while they are there. The column is added in place."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("overrides", "0012_spend_entries_by_time")]

    operations = [migrations.AddField("publication", "pruned_at", models.DateTimeField(null=True))]
