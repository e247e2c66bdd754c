"""The review application as a Django app: who may sign in, and the pages."""

from django.apps import AppConfig


class Web(AppConfig):
    name = "lastword.web"
    label = "web"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen for people who sign in and out."""
        from lastword.web import sign_ins

        sign_ins.listen()
