"""What of the record of events is asked for, and what the kinds of its lines are called."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from lastword.errors import ConfigurationError
from lastword.web.moments import day_of, start_of
from lastword.web.roles import includes
from overrides.timeline import all_kinds

GROUPS: tuple[tuple[str, Mapping[str, str]], ...] = (
    (
        "Decisions",
        {
            "add": "decided",
            "supersede": "decided anew",
            "revoke": "taken back",
            "hold_out": "held out",
            "expire": "lapsed",
            "proposal": "second person",
            "batch": "many at once",
        },
    ),
    (
        "Potential spend",
        {"spend_value": "value entered", "spend_growth": "growth entered", "spend_clear": "entry taken back"},
    ),
    ("Set aside", {"snooze": "snoozed", "dismiss": "dismissed", "return": "brought back"}),
    ("Work", {"assignment": "assigned", "import": "imported", "export": "exported"}),
    (
        "Runs",
        {
            "publication": "run published",
            "plan_change": "plan changed",
            "plan_adoption": "plan adopted",
            "scenario": "scenario",
            "promotion": "model changed",
        },
    ),
    (
        "People",
        {
            "sign_in": "signed in",
            "sign_in_failed": "sign-in failed",
            "sign_out": "signed out",
            "user": "user changed",
            "token": "token changed",
        },
    ),
)
"""The kinds in groups, each with what its lines are tagged with."""

TITLES = {kind: title for _, titles in GROUPS for kind, title in titles.items()}
FOR_ADMINS = ("sign_in", "sign_in_failed", "sign_out", "user", "token")
"""Kinds that tell who signs in and who may: shown to admins alone."""

LONGEST_NAME = 500


@dataclass(frozen=True)
class Asked:
    """Lines of these kinds (none: every one that the reader may see), by this person, on this account or other subject, from the
    start of one day to the end of another (UTC)."""

    kinds: tuple[str, ...] = ()
    by: str = ""
    subject: str = ""
    since: date | None = None
    until: date | None = None

    def to_query(self) -> list[tuple[str, str]]:
        """The parameters of the address."""
        days = {"from": self.since, "until": self.until}
        given = {"by": self.by, "subject": self.subject, **{name: day.isoformat() for name, day in days.items() if day}}
        return [*(("kind", kind) for kind in self.kinds), *((name, value) for name, value in given.items() if value)]

    def for_timeline(self, role: str) -> dict[str, Any]:
        """The arguments of overrides.timeline.timeline."""
        return {
            "kinds": self.kinds or (() if includes(role, "admin") else tuple(visible_kinds(role))),
            "by": self.by or None,
            "subject": self.subject or None,
            "since": start_of(self.since) if self.since else None,
            "until": start_of(self.until + timedelta(days=1)) if self.until else None,
        }

    def said(self) -> str:
        """In words; "everything" where nothing narrows it."""
        return "; ".join(f"{title} {said}" if title else said for title, said, _ in self.parts()) or "everything"

    def parts(self) -> list[tuple[str, str, "Asked"]]:
        """Each condition: its title, its value in words, and what is asked without it."""
        found = [
            ("", title_of(kind), replace(self, kinds=tuple(each for each in self.kinds if each != kind))) for kind in self.kinds
        ]
        titles = {"by": "by", "subject": "on", "since": "from", "until": "until"}
        empty = {field.name: field.default for field in fields(self)}
        for name, title in titles.items():
            if value := getattr(self, name):
                without: dict[str, Any] = {name: empty[name]}
                found.append((title, str(value), replace(self, **without)))
        return found


def asked_of(query: QueryDict, role: str) -> Asked:
    """Read it from an address.

    Raises
    ------
    ConfigurationError
        No such kind, or one that the role may not see; no such day; the first day after the last.
    """
    possible = visible_kinds(role)
    for kind in query.getlist("kind"):
        if kind not in possible:
            reason = "is for admins" if kind in FOR_ADMINS else "is unknown"
            raise ConfigurationError(f"kind {kind[:40]!r} {reason}: expected {', '.join(possible)}")
    since, until = day_of("from", query.get("from", "")), day_of("until", query.get("until", ""))
    if since and until and since > until:
        raise ConfigurationError(f"from {since} is after until {until}: nothing lies between; exchange them")
    return Asked(tuple(dict.fromkeys(query.getlist("kind"))), _text(query, "by"), _text(query, "subject"), since, until)


def visible_kinds(role: str) -> list[str]:
    """The kinds that a role may see."""
    return [kind for kind in all_kinds() if includes(role, "admin") or kind not in FOR_ADMINS]


def title_of(kind: str) -> str:
    """What lines of a kind are tagged with."""
    return TITLES.get(kind, kind.replace("_", " "))


def address(path: str, asked: Asked, **further: str) -> str:
    """The address of a page that shows it."""
    query = urlencode([*asked.to_query(), *further.items()])
    return f"{path}?{query}" if query else path


def _text(query: QueryDict, name: str) -> str:
    text: str = query.get(name, "").strip()
    if len(text) > LONGEST_NAME or "\0" in text:
        raise ConfigurationError(f"{name} has {len(text)} characters or one that can't be stored: expected a name or an id")
    return text
