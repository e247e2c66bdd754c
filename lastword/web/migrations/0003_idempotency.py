import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("web", "0002_saved_views"),
    ]

    operations = [
        migrations.CreateModel(
            name="KeptAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.TextField()),
                ("asked", models.TextField()),
                ("status", models.IntegerField()),
                ("answer", models.TextField()),
                ("made_at", models.DateTimeField()),
                ("token", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="web.apitoken")),
            ],
            options={
                "db_table": "lastword_kept_answer",
                "indexes": [models.Index(fields=["made_at"], name="lastword_kept_answer_by_time")],
                "constraints": [models.UniqueConstraint(fields=("token", "key"), name="lastword_kept_answer_once")],
            },
        ),
    ]
