"""The bar on top of every page: where one can go with one's role, and what is published."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from lastword.web.roles import includes

PAGES = (
    ("overview", "Overview", "viewer"),
    ("queue", "Queue", "viewer"),
    ("waiting", "Waiting", "viewer"),
    ("segments", "Segments", "viewer"),
    ("accounts", "Accounts", "viewer"),
    ("indicators", "Indicators", "viewer"),
    ("plans", "Plan", "viewer"),
    ("planning", "Planning", "viewer"),
    ("audit", "Audit", "viewer"),
    ("runs", "Runs", "viewer"),
    ("users", "Users", "admin"),
    ("tokens", "Tokens", "admin"),
)
"""Name of the route, its title, the least role that may see it."""


@dataclass(frozen=True)
class Place:
    title: str
    href: str
    here: bool


def context(request: HttpRequest) -> dict[str, Any]:
    """For every template: project, places, and whether the reader may decide."""
    user = getattr(request, "user", None)
    role = getattr(user, "role", "")
    return {
        "project": getattr(request, "project", None),
        "places": _places(request, role),
        "may_decide": includes(role, "reviewer"),
        "may_approve": includes(role, "approver"),
    }


def _places(request: HttpRequest, role: str) -> list[Place]:
    found = (_place(request, name, title, needed, role) for name, title, needed in PAGES)
    return [place for place in found if place is not None]


def _place(request: HttpRequest, name: str, title: str, needed: str, role: str) -> Place | None:
    if not includes(role, needed) or (name == "waiting" and not _asks_for_two(request)):
        return None
    try:
        href = reverse(name)
    except NoReverseMatch:
        return None
    here = request.path == href if href == "/" else request.path.startswith(href)
    return Place(title, href, here)


def _asks_for_two(request: HttpRequest) -> bool:
    """Whether moves of so many grades wait for a second person here."""
    return bool(request.project.settings.overrides.approve_from_steps)
