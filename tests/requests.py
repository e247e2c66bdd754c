"""Requests of pages without a browser or a client: for what a page counts rather than how it looks."""

from datetime import UTC, datetime
from typing import Any

from lastword.project import Project


def request_of(site: Project, path: str) -> Any:
    """A request as the middleware leaves it: with its project and its clock."""
    from django.test import RequestFactory

    made = RequestFactory(headers={"host": "localhost"}).get(path)
    made.project, made.now = site, datetime.now(UTC)
    return made
