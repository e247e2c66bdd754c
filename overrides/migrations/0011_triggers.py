"""What happened, where a trigger put an account under review: null in the publications before.

The column may be null, so it is added in place, on SQLite too, and the view final_scores stays.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("overrides", "0010_scenarios")]
    operations = [migrations.AddField("score", "trigger_said", models.TextField(null=True))]
