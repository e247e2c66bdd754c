"""A partial publication as a step on a base: rows are valid from a step until another (see overrides.valid_rows).

Every publication of before was stored whole: it is its own base. The columns are added in place on both databases; SQLite builds
lastword_score anew once, to be rid of its constraint, so that the indexes of the queue go before and come back after. They leave
out the rows that were replaced; the one by gain doesn't, for PostgreSQL keeps statistics of those without WHERE alone.
"""

from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models

BEFORE = import_module("overrides.migrations.0005_queue_pages").INDEXES
VIEW = import_module("overrides.migrations.0003_final_scores")

VALID = "until_step IS NULL"
INDEXES = {
    name: f"{columns.replace('WHERE ', f'WHERE {VALID} AND (')})" if "WHERE" in columns else columns
    for name, columns in BEFORE.items()
}
CURRENT_ROWS = "JOIN lastword_score s ON s.publication_id = c.publication_id"
VALID_ROWS = """JOIN lastword_publication p ON p.run_id = c.publication_id
JOIN lastword_score s ON s.publication_id = p.base_id AND s.until_step IS NULL"""


def create_view(apps, schema_editor):
    view = VIEW.VIEW.replace(CURRENT_ROWS, VALID_ROWS)
    schema_editor.execute(view.format(today=VIEW.TODAY[schema_editor.connection.vendor]), params=None)


def drop_view(apps, schema_editor):
    schema_editor.execute("DROP VIEW final_scores", params=None)


def created(name, columns):
    return f"CREATE INDEX {name} ON lastword_score {columns}"


def added(table, model, name, column, field):
    """In place, where Django would build a large table anew on SQLite."""
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD COLUMN {name} {column}",
        f"ALTER TABLE {table} DROP COLUMN {name}",
        state_operations=[migrations.AddField(model, name, field)],
    )


class Migration(migrations.Migration):
    dependencies = [("overrides", "0013_pruned_publications")]

    operations = [
        migrations.RunPython(drop_view, VIEW.create_view),
        *(migrations.RunSQL(f"DROP INDEX {name}", created(name, columns)) for name, columns in BEFORE.items()),
        migrations.AddField(
            "publication",
            "base",
            models.ForeignKey(
                null=True,
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="overrides.publication",
            ),
        ),
        added("lastword_publication", "publication", "step", "integer DEFAULT 0 NOT NULL", models.IntegerField(db_default=0)),
        migrations.RunSQL("UPDATE lastword_publication SET base_id = run_id", ""),
        migrations.RemoveConstraint("score", "lastword_score_one_per_account"),
        added("lastword_score", "score", "from_step", "integer DEFAULT 0 NOT NULL", models.IntegerField(db_default=0)),
        added("lastword_score", "score", "until_step", "integer NULL", models.IntegerField(null=True)),
        migrations.AddConstraint(
            "score", models.UniqueConstraint("publication", "account_id", "from_step", name="lastword_score_one_per_step")
        ),
        migrations.AddIndex(
            "score",
            models.Index(
                condition=models.Q(("until_step__isnull", False)),
                fields=["publication", "until_step"],
                name="lastword_score_replaced",
            ),
        ),
        *(migrations.RunSQL(created(name, columns), f"DROP INDEX {name}") for name, columns in INDEXES.items()),
        migrations.RunPython(create_view, drop_view),
    ]
