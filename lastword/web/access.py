"""Middleware that opens no page without a role. A view says which it needs with `@allows`; one that says nothing is closed."""

from collections.abc import Callable
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from lastword.web.pages import errors
from lastword.web.roles import PUBLIC

type Respond = Callable[[HttpRequest], HttpResponse]


def project_middleware(respond: Respond) -> Respond:
    """Give every request its project and its clock: `request.project`, `request.now` (UTC), read once."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.project = settings.LASTWORD_PROJECT
        request.now = datetime.now(UTC)
        return respond(request)

    return middleware


class AccessMiddleware:
    """Compare the role that the view asks for with the person's, before the view is called."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.respond(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        needed = needed_role(view)
        if needed == PUBLIC:
            return None
        if not request.user.is_authenticated:
            return to_sign_in(request)
        if needed is None or not request.user.may(needed):
            return errors.forbidden(request, needed)
        return None


def needed_role(view: Callable[..., object]) -> str | None:
    """The role that a view asks for; None where it says nothing."""
    return getattr(view, "needed_role", None)


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back; a request from a page that is open goes there as a whole, not into a part of it."""
    sign_in = reverse("sign_in")
    if request.htmx:
        came_from = request.htmx.current_url_abs_path or "/"
        return HttpResponse(status=204, headers={"HX-Redirect": f"{sign_in}?{urlencode({'next': came_from})}"})
    back = request.get_full_path() if request.method == "GET" else "/"
    return HttpResponseRedirect(f"{sign_in}?{urlencode({'next': back})}")


def address_of(request: HttpRequest) -> str | None:
    """Where a request comes from: the connection's address, or what so many proxies as `[web] proxies` says tell of it.

    Each proxy adds the address that it was called from to the end of X-Forwarded-For: what stands before these may be made up.
    """
    proxies = settings.LASTWORD_PROJECT.settings.web.proxies
    steps = [step.strip() for step in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    told = steps[max(0, len(steps) - proxies)] if proxies else ""
    return next((address for address in (told, request.META.get("REMOTE_ADDR", "")) if _is_address(address)), None)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
