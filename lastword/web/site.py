"""The site of a project: Django set up for it, its store open and up to date, ready to be served."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from lastword.project import Project


def configure(project: "Project") -> None:
    """Set Django up for this project's site, once per process, and open its store.

    Raises
    ------
    Refusal, ConfigurationError : see overrides.store.open_store.
    """
    import django
    from django.conf import settings

    from lastword.web.settings import settings_of
    from overrides.store import database_settings, open_store

    if not settings.configured:
        settings.configure(**settings_of(project, database_settings(project.store_url)))
        django.setup()
    if "lastword.web" not in settings.INSTALLED_APPS:
        raise RuntimeError("the store was opened before the site was configured: call configure first")
    settings.LASTWORD_PROJECT = project
    open_store(project.store_url)


def application(project: "Project") -> "Callable[..., object]":
    """The WSGI application of a project, for any server."""
    configure(project)
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


def close_store() -> None:
    """Close the connection that `configure` opened."""
    from django.db import connections

    connections.close_all()
