"""What goes wrong, as problem details in JSON (RFC 9457): type, title, status and one sentence of detail."""

import json
import logging
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, AuthorizationError, HttpError, ValidationError
from pydantic import Field

from lastword.errors import ConfigurationError, InputError, LastwordError
from lastword.web.roles import allows
from lastword.web.settings import LARGEST_BODY_BYTES

_log = logging.getLogger("lastword.web")

KINDS = {
    "unreadable": (400, "The request can't be read"),
    "unauthenticated": (401, "No valid token"),
    "forbidden": (403, "The token's role is too low"),
    "unknown": (404, "There is nothing here"),
    "method": (405, "Not with this method"),
    "format": (406, "Not in this format"),
    "refused": (409, "This can't be done"),
    "conflict": (409, "It has changed since"),
    "too-large": (413, "The body is too large"),
    "wrong-value": (422, "A value isn't as expected"),
    "failed": (500, "Something went wrong on our side"),
}
"""Each kind of problem: its status and title. Its `type` leads to the reference."""


class Problem(Schema):
    """What goes wrong, of media type application/problem+json."""

    type: str = Field(description="which kind of problem, as a link into the reference")
    title: str
    status: int
    detail: str = Field(description="one sentence: what, which value, what was expected, what to do next")


class Unknown(Exception):
    """There is no such thing: 404."""


class Changed(Exception):
    """Rows of a bulk request that can't be applied: 409, with what became of each row."""

    def __init__(self, said: str, **more: Any) -> None:
        super().__init__(said)
        self.more = more


def answers(*statuses: int) -> dict[int, Any]:
    """The problems that an operation answers with, for its `response`; those that every operation has are added."""
    return dict.fromkeys(sorted({401, 403, 422, *statuses}), Problem)


def problem(kind: str, detail: str, headers: dict[str, str] | None = None, **more: Any) -> HttpResponse:
    """A problem as an answer; `more` are members of its own."""
    status, title = KINDS[kind]
    body = {"type": f"/api/v1/docs#{kind}", "title": title, "status": status, "detail": detail, **more}
    return HttpResponse(json.dumps(body), status=status, content_type="application/problem+json", headers=headers)


def handle(api: NinjaAPI) -> None:
    """Let every exception of an operation become a problem."""
    handlers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        AuthenticationError: _unauthenticated,
        AuthorizationError: lambda request, error: problem("forbidden", error.message),
        ValidationError: _wrong_values,
        HttpError: lambda request, error: problem("unreadable", f"{error.message}: expected JSON in UTF-8, NaN excepted"),
        Http404: lambda request, error: problem("unknown", f"there is no {request.path}: see /api/v1/docs"),
        Unknown: lambda request, error: problem("unknown", str(error)),
        Changed: lambda request, error: problem("conflict", str(error), **error.more),
        LastwordError: _stated,
        Exception: _failed,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def guarded(pattern: URLPattern) -> URLPattern:
    """The same address, where what never reaches an operation is answered as a problem too.

    It is public to the site, whose sessions don't count here: each operation asks for a token of its own.
    """
    view = pattern.callback

    @allows("public")
    @wraps(view)
    def guard(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if _length(request) > LARGEST_BODY_BYTES:
            return problem(
                "too-large", f"a body of {_length(request):,} bytes: expected at most {LARGEST_BODY_BYTES:,}; send parts"
            )
        response = view(request, *args, **kwargs)
        if response.status_code != 405:
            return response
        allowed = response["Allow"]
        return problem("method", f"{request.method} {request.path}: expected {allowed}", {"Allow": allowed})

    pattern.callback = guard
    return pattern


def _length(request: HttpRequest) -> int:
    given = request.META.get("CONTENT_LENGTH") or "0"
    return int(given) if given.isdecimal() else 0


def _unauthenticated(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    given = bool(request.headers.get("Authorization"))
    detail = error.message if error.message != "Unauthorized" else "no token: send Authorization: Bearer TOKEN"
    challenge = 'Bearer realm="lastword", error="invalid_token"' if given else 'Bearer realm="lastword"'
    return problem("unauthenticated", detail, {"WWW-Authenticate": challenge})


def _stated(request: HttpRequest, error: LastwordError) -> HttpResponse:
    if isinstance(error, ConfigurationError):
        return problem("wrong-value", str(error))
    if isinstance(error, InputError):
        return problem("unreadable", str(error))
    return problem("conflict" if type(error).__name__ == "Conflict" else "refused", str(error))


def _failed(request: HttpRequest, error: Exception) -> HttpResponse:
    _log.error("%s %s failed", request.method, request.path, exc_info=error)
    return problem("failed", "nothing was changed; the server's log says what it was")


def _wrong_values(request: HttpRequest, error: ValidationError) -> HttpResponse:
    said = [
        {"parameter": _parameter(item["loc"]), "in": str(item["loc"][0]), "detail": item["msg"].removeprefix("Value error, ")}
        for item in error.errors
    ]
    more = f" (and {len(said) - 1} more)" if len(said) > 1 else ""
    return problem("wrong-value", f"{said[0]['parameter']}: {said[0]['detail']}{more}", errors=said[:100])


def _parameter(place: Sequence[str | int]) -> str:
    """Where a value is, without the names that only our code knows: ("body", "asked", "rows", 3, "grade") is rows.3.grade."""
    names = [str(name) for name in place[1:] if name != "asked"]
    return ".".join(names) or str(place[0])
