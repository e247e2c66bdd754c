"""Views of the queue that people keep."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("web", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("owner", models.TextField()),
                ("name", models.TextField()),
                ("address", models.TextField()),
                ("shared", models.BooleanField(default=False)),
            ],
            options={"db_table": "lastword_saved_view"},
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(fields=("owner", "name"), name="lastword_saved_view_one_per_name"),
        ),
    ]
