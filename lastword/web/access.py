"""Middleware that opens no page without a role. A view says which it needs with `@allows`; one that says nothing is closed."""

from collections.abc import Callable
from datetime import UTC, datetime
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
