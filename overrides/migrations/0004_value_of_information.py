"""What the order of the review queue rests on: null in the publications before.

Columns that may be null are added in place, on SQLite too, so that the view final_scores, which has none of them, stays.
"""

from django.db import migrations, models

COLUMNS = ("log_odds", "log_odds_sd", "cut_log_odds", "cut_propensity", "review_gain")


class Migration(migrations.Migration):
    dependencies = [("overrides", "0003_final_scores")]
    operations = [migrations.AddField("score", name, models.FloatField(null=True)) for name in COLUMNS]
