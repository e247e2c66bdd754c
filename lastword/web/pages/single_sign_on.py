"""To the OpenID Connect provider and back. allauth's other pages have no address here."""

import logging
import secrets
from typing import Any

import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from lastword.web.pages.session import again
from lastword.web.roles import allows
from lastword.web.single_sign_on import Adapter, Callback

PROVIDER = "single-sign-on"
UNANSWERED = (requests.RequestException, OAuth2Error, KeyError, ValueError)
"""A provider that isn't there, isn't the one we asked for, or says of itself what can't be read."""

_log = logging.getLogger("lastword.web")


@allows("public")
@never_cache
@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """Send the browser to the provider. A link and no form: the policy lets forms lead nowhere else, and nothing changes here."""
    provider = _provider(request)
    nonce = secrets.token_urlsafe(24)
    back = request.GET.get("next", "")
    next_url = back if url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()) else "/"
    try:
        return provider.redirect(request, "login", next_url=next_url, auth_params={"nonce": nonce}, nonce=nonce)
    except UNANSWERED as error:
        return _unanswered(request, provider, error)
    except ImmediateHttpResponse as refused:
        return refused.response


@allows("public")
@never_cache
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Back from the provider: checked, let in or refused with a sentence."""
    provider = _provider(request)
    try:
        return Callback.adapter_view(Adapter(request, PROVIDER))(request)
    except UNANSWERED as error:
        return _unanswered(request, provider, error)


def _unanswered(request: HttpRequest, provider: Any, error: Exception) -> HttpResponse:
    _log.error("single sign-on: %s can't be asked: %s", provider.app.settings["server_url"], error)
    return again(request, f"{provider.name} can't be reached. Nothing is wrong with your account; try again later.", 502)


def _provider(request: HttpRequest) -> Any:
    if request.project.settings.web.single_sign_on is None:
        raise Http404
    return get_adapter(request).get_provider(request, PROVIDER)


routes = (
    path("sign-in/single-sign-on", start, name="single_sign_on"),
    path("sign-in/single-sign-on/callback", callback, name="single_sign_on_callback"),
)
