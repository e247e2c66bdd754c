"""What the pages of the queue show and rest on, null in the publications before, and the orders in which they are read.

The columns may be null, so they are added in place, on SQLite too, and the view final_scores stays. The indexes are on
expressions that `overrides.worklist` repeats word for word; a later migration that rebuilds lastword_score on SQLite puts them
back. They are as narrow as they can be, for publishing pays for each; PostgreSQL keeps statistics of those without WHERE alone,
and needs them to choose between the order and the threshold.
"""

from django.db import migrations, models

NUMBERS = ("disparity_rank", "disparity_points", "disparity_grade")
TEXTS = ("why", "why_family")

GAIN = "(COALESCE(review_gain, -1.0)) DESC"
WORTH = "(COALESCE(ABS(disparity), 0.0) * COALESCE(review_value, 1.0)) DESC"
QUEUED = "WHERE open_reason IS NOT NULL OR override_review IS NOT NULL"
INDEXES = {
    "lastword_score_queue_by_gain": f"(publication_id, {GAIN}, {WORTH}, account_id) {QUEUED}",
    "lastword_score_queue_by_gap": f"(publication_id, (COALESCE(ABS(disparity), 0.0)) DESC, {WORTH}, account_id) {QUEUED}",
    "lastword_score_by_gain": f"(publication_id, {GAIN}, {WORTH})",
    "lastword_score_by_rank_gap": "(publication_id, (ABS(disparity_rank)) DESC) WHERE ABS(disparity_rank) >= 20.0",
    "lastword_score_by_points_gap": "(publication_id, (ABS(disparity_points)) DESC) WHERE ABS(disparity_points) >= 20.0",
    "lastword_score_by_grade_gap": f"(publication_id, (ABS(disparity_grade)) DESC, {WORTH}) WHERE ABS(disparity_grade) >= 50.0",
}


class Migration(migrations.Migration):
    dependencies = [("overrides", "0004_value_of_information")]
    operations = [
        *(migrations.AddField("score", name, models.FloatField(null=True)) for name in NUMBERS),
        *(migrations.AddField("score", name, models.TextField(null=True)) for name in TEXTS),
        migrations.AddField("score", "queued_since", models.DateTimeField(null=True)),
        *(
            migrations.RunSQL(f"CREATE INDEX {name} ON lastword_score {columns}", f"DROP INDEX {name}")
            for name, columns in INDEXES.items()
        ),
    ]
