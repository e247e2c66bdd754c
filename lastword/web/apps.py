"""The review application as a Django app: who may sign in, and the pages."""

from django.apps import AppConfig


class Web(AppConfig):
    name = "lastword.web"
    label = "web"
    default_auto_field = "django.db.models.BigAutoField"
