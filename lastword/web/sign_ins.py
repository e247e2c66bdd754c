"""Signing in, signing out and failing to, put on record as events. The name tried is kept, the password never."""

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from lastword.web.access import address_of
from overrides import events

LONGEST_NAME = 150


def listen() -> None:
    """Have Django tell us, once."""
    user_logged_in.connect(_signed_in, dispatch_uid="lastword sign_in")
    user_logged_out.connect(_signed_out, dispatch_uid="lastword sign_out")
    user_login_failed.connect(_failed, dispatch_uid="lastword sign_in_failed")


def record_failure(request: HttpRequest, name: str, why: str) -> None:
    """Somebody who tried this name wasn't let in."""
    name = name[:LONGEST_NAME]
    events.record("sign_in_failed", name, name, f"{why}{_from(request)}", _now(request))


def _signed_in(request: HttpRequest, user: Any, **_: Any) -> None:
    how = "signed in" if user.has_usable_password() else "signed in by single sign-on"
    events.record("sign_in", user.username, user.username, f"{how}{_from(request)}", _now(request))


def _signed_out(request: HttpRequest, user: Any, **_: Any) -> None:
    if user is not None:
        events.record("sign_out", user.username, user.username, f"signed out{_from(request)}", _now(request))


def _failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_: Any) -> None:
    """What is tried while the name is locked isn't recorded: it could fill the table, and the lock is on record already."""
    if request is not None and not getattr(request, "axes_locked_out", False):
        record_failure(request, str(credentials.get("username") or ""), "wrong name or password")


def _from(request: HttpRequest) -> str:
    address = address_of(request)
    return f" from {address}" if address else ""


def _now(request: HttpRequest) -> datetime:
    return getattr(request, "now", None) or datetime.now(UTC)
