"""Tokens for programs, for admins: make, look at, revoke."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from lastword.errors import ConfigurationError, LastwordError
from lastword.web.roles import ROLES, allows
from lastword.web.tokens import DEFAULT_DAYS, make_token, revoke_token, state_of
from lastword.web.tokens import tokens as all_tokens


@allows("admin")
@never_cache
@require_GET
def tokens(request: HttpRequest) -> HttpResponse:
    """Every token, the newest first."""
    return _list(request)


@allows("admin")
@never_cache
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """A new token; this answer is the only one that shows it."""
    name = request.POST.get("name", "")
    try:
        days = _days(request.POST.get("days", ""))
        made, text = make_token(name, request.POST.get("role", ""), request.user.username, request.now, days)
    except LastwordError as error:
        messages.error(request, str(error))
        return _list(request, typed=name, status=400)
    return _list(request, made=made, text=text)


@allows("admin")
@require_POST
def revoke(request: HttpRequest) -> HttpResponse:
    """End a token at once."""
    token = revoke_token(request.POST.get("name", ""), request.user.username, request.now)
    messages.success(request, f"{token.name} is revoked: its program is refused from now on.")
    return HttpResponseRedirect(reverse("tokens"))


def _days(text: str) -> int:
    if not text:
        return DEFAULT_DAYS
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise ConfigurationError(f"{text[:20]!r} is no number of days")
    return int(text)


def _list(request: HttpRequest, status: int = 200, **context: object) -> HttpResponse:
    context |= {"tokens": [(token, state_of(token, request.now)) for token in all_tokens()], "roles": ROLES}
    return render(request, "tokens/list.html", context, status=status)


routes = (
    path("tokens", tokens, name="tokens"),
    path("tokens/add", add, name="token_add"),
    path("tokens/revoke", revoke, name="token_revoke"),
)
