"""The Django app that holds scores, the current publication and the override ledger."""

from django.apps import AppConfig


class OverridesConfig(AppConfig):
    """Overrides: its tables are called lastword_…, its migrations live in overrides/migrations."""

    name = "overrides"
    verbose_name = "Overrides"
