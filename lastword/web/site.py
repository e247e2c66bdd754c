"""The site of a project: Django set up for it, its store open and up to date, ready to be served."""

import os
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

    from lastword.web.settings import settings_of, settings_of_web
    from overrides.store import database_settings, open_store

    if not settings.configured:
        settings.configure(**settings_of(project, database_settings(project.store_url)))
        django.setup()
    if "lastword.web" not in settings.INSTALLED_APPS:
        raise RuntimeError("the store was opened before the site was configured: call configure first")
    settings.LASTWORD_PROJECT = project
    for name, value in settings_of_web(project.settings.web).items():
        setattr(settings, name, value)
    open_store(project.store_url)


def application(project: "Project") -> "Callable[..., object]":
    """The WSGI application of a project, for any server.

    Raises
    ------
    Refusal, ConfigurationError : the store can't be opened, or single sign-on has no secret.
    """
    _check_secret(project)
    configure(project)
    from django.core.wsgi import get_wsgi_application
    from django.urls import get_resolver

    site = get_wsgi_application()
    _ = get_resolver().url_patterns  # every page is imported now, once for all processes, and not by whoever comes first
    return site


def forget_expired() -> None:
    """Delete sessions that are over and wrong passwords that no longer count; either table would grow for ever."""
    from datetime import UTC, datetime

    from axes.models import AccessAttempt
    from django.contrib.sessions.models import Session

    from lastword.web.settings import LOCKED_FOR

    now = datetime.now(UTC)
    Session.objects.filter(expire_date__lt=now).delete()
    AccessAttempt.objects.filter(attempt_time__lt=now - LOCKED_FOR).delete()


def _check_secret(project: "Project") -> None:
    from lastword.web.settings import SECRET_VARIABLE

    if project.settings.web.single_sign_on and not os.environ.get(SECRET_VARIABLE):
        said = f"the client's secret is missing; put it into the environment variable {SECRET_VARIABLE}"
        raise project.mistake(("web", "single_sign_on"), said)


def close_store() -> None:
    """Close the connection that `configure` opened."""
    from django.db import connections

    connections.close_all()
