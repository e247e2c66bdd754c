"""What a person sees where a page can't be shown: what happened, and what to do next. Never a traceback."""

import logging

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from lastword.errors import ConfigurationError, InputError, LastwordError, Refusal

_log = logging.getLogger("lastword.web")
STATUS = {Refusal: 409, ConfigurationError: 400, InputError: 400}


class StatedErrorsMiddleware:
    """Show what Lastword states (a Refusal, a wrong value) as a page of one sentence with the status that fits."""

    def __init__(self, respond):  # type: ignore[no-untyped-def]
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.respond(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, LastwordError):
            return None
        status = next((status for kind, status in STATUS.items() if isinstance(error, kind)), 409)
        return stated(request, str(error), status)


def stated(request: HttpRequest, said: str, status: int) -> HttpResponse:
    """One sentence as a page, or as the part that a page in use shows as an alert."""
    return _page(request, "This can't be done", said, status)


def forbidden(request: HttpRequest, needed: str | None) -> HttpResponse:
    """Signed in, but not for this."""
    role = request.user.role
    said = f"It asks for the role {needed}, and yours is {role}. An admin can change that." if needed else "It is closed."
    return _page(request, "This page isn't open to you", said, 403)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form came from a page that is too old, or from somewhere else."""
    return _page(request, "The page was open for too long", "Nothing was changed. Go back, load it again, and repeat.", 403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What came can't be read, or asks for a host that isn't ours."""
    if isinstance(exception, DisallowedHost):
        said = "An admin adds the name that you typed to [web] hosts in lastword.toml. On the server itself it is localhost."
        return _page(request, "This site isn't known by that name", said, 400)
    return _page(request, "The request can't be read", "Go back and try again from the page.", 400)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No such page."""
    return _page(request, "There is nothing here", "The link may be old or mistyped. The queue and the overview are above.", 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """A bug of ours; the server's log has it."""
    _log.error("%s %s failed", request.method, request.path)
    return _page(request, "Something went wrong on our side", "Nothing was changed. The server's log says what it was.", 500)


def _page(request: HttpRequest, title: str, said: str, status: int) -> HttpResponse:
    htmx = getattr(request, "htmx", False)
    template = "alert.html" if htmx else "error.html"
    response = render(request, template, {"title": title, "said": said, "status": status}, status=status)
    if htmx:
        response["HX-Retarget"], response["HX-Reswap"] = "#alerts", "innerHTML"
    return response
