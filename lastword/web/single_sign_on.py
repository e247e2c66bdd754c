"""Single sign-on by OpenID Connect, through allauth: what is checked of an answer, and whom it lets in as what.

Beyond what allauth checks (state, PKCE, audience, issuer, expiry) the ID token's signature and nonce are checked, and that all
answers are of one person. The role is read from the claims at each sign-in. Nobody is matched by name or address with a
person who is there already: a provider that lets its users choose these would let them choose whom to be.
"""

import logging
from typing import Any

import jwt
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse

from lastword.settings import SingleSignOn
from lastword.web.models import User
from lastword.web.roles import ROLES
from lastword.web.sign_ins import LONGEST_NAME, record_failure
from overrides import events

_log = logging.getLogger("lastword.web")
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")


class Adapter(OpenIDConnectOAuth2Adapter):
    """The dance with the provider: where it answers, and what of its answers is believed."""

    nonce: str | None = None

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the provider says of itself; OAuth2Error where it isn't the issuer that lastword.toml names."""
        config: dict[str, Any] = super().openid_config
        expected = self.get_provider().app.settings["server_url"]
        if str(config.get("issuer", "")).rstrip("/") != expected:
            raise OAuth2Error(f"the provider calls itself {config.get('issuer')!r}, not {expected!r}")
        return config

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        return request.build_absolute_uri(reverse("single_sign_on_callback"))

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> Any:
        """Who signed in, from the ID token and, where the provider has it, its userinfo; OAuth2Error on anything amiss."""
        try:
            claims = self._decode_id_token(app, kwargs["response"]["id_token"])
            data = {"id_token": claims}
            if "userinfo_endpoint" in self.openid_config:
                data["userinfo"] = self._fetch_user_info(token.token)
        except (KeyError, TypeError, ValueError, jwt.PyJWTError) as error:
            raise OAuth2Error(f"the provider's answer can't be read: {error!r}") from error
        if not self.nonce or claims.get("nonce") != self.nonce:
            raise OAuth2Error("the ID token was made for another sign-in")
        if any(part.get("sub") != claims["sub"] for part in data.values()):
            raise OAuth2Error("the answers are of two people")
        return self.get_provider().sociallogin_from_response(request, data)

    def _decode_id_token(self, app: Any, id_token: str) -> dict[str, Any]:
        if jwt.get_unverified_header(id_token)["alg"] not in ALGORITHMS:
            raise OAuth2Error("the ID token isn't signed with a public key")
        self.did_fetch_access_token = False  # allauth would skip the signature otherwise
        claims: dict[str, Any] = super()._decode_id_token(app, id_token)
        return claims


class Provider(OpenIDConnectProvider):
    """The one provider of the project."""

    oauth2_adapter_class = Adapter


class Callback(OAuth2CallbackView):
    """Where the provider sends people back to."""

    def _get_state(self, request: HttpRequest, provider: Any) -> Any:
        state, response = super()._get_state(request, provider)
        self.adapter.nonce = (state or {}).get("nonce")
        return state, response


class Admission(DefaultSocialAccountAdapter):
    """Whom the provider's answer lets in, and as what."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Give the person the role of their claims, at each sign-in; refuse whom no role fits and whose access has ended."""
        asked = request.project.settings.web.single_sign_on
        claims = _claims(sociallogin.account.extra_data)
        name = sociallogin.user.username if sociallogin.is_existing else name_of(claims)
        role = role_of(claims, asked)
        if not name:
            _refuse(request, "", f"{asked.name} tells no name of yours that can be used here.")
        elif role is None:
            _refuse(request, name, f"{asked.name} knows you, but none of your groups may use this. An admin can change that.")
        elif sociallogin.is_existing:
            self._returning(request, sociallogin.user, role)
        else:
            self._new(request, sociallogin, name, role)
        sociallogin.email_addresses = []  # we keep none apart from the person's own field

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Exception | None = None, **_: Any
    ) -> None:
        """Cancelled, expired, forged or unreachable: the sign-in page, which says to try again. The log has the reason."""
        _log.warning("single sign-on by %s failed: %s", provider.name, exception or error)
        said = f"{provider.name} didn't confirm who you are. Try again; if it stays so, an admin finds the reason in the log."
        _refuse(request, "", said, status=401)

    def _returning(self, request: HttpRequest, person: User, role: str) -> None:
        if not person.is_active:
            _refuse(request, person.username, "Your access has ended. An admin can give it back.")
        if person.role != role:
            events.record("user", "single sign-on", person.username, f"{person.role} became {role}", request.now, {"role": role})
            person.role = role
            person.save(update_fields=["role"])

    def _new(self, request: HttpRequest, sociallogin: Any, name: str, role: str) -> None:
        if User.objects.filter(username=name).exists():
            said = f"Somebody called {name} signs in here in another way. An admin can remove them, and you come in."
            _refuse(request, name, said)
        sociallogin.user.username, sociallogin.user.role = name, role
        events.record("user", "single sign-on", name, f"added as {role}", request.now, {"role": role})


class Quiet(DefaultAccountAdapter):
    """No messages of allauth's own."""

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        pass


def role_of(claims: dict[str, Any], asked: SingleSignOn) -> str | None:
    """The highest role that a person's groups map to, else the default; None where there is neither.

    The claim is a text or a list of texts; a dot in `role_claim` leads further in, where no claim is called so as a whole.
    """
    found = claims.get(asked.role_claim)
    if found is None:
        found = claims
        for step in asked.role_claim.split("."):
            found = found.get(step) if isinstance(found, dict) else None
    groups = found if isinstance(found, list) else [found]
    roles = [asked.roles[group] for group in groups if isinstance(group, str) and group in asked.roles]
    return max(roles, key=ROLES.index, default=asked.default_role)


def name_of(claims: dict[str, Any]) -> str:
    """What a new person is called: their user name, else their address, else the provider's id; whichever can be a name."""
    names = [str(claims.get(claim, "")) for claim in ("preferred_username", "email", "sub")]
    return next((name for name in names if _is_name(name)), "")


def _is_name(name: str) -> bool:
    try:
        UnicodeUsernameValidator()(name)
    except ValidationError:
        return False
    return len(name) <= LONGEST_NAME


def _claims(data: dict[str, Any]) -> dict[str, Any]:
    """The signed claims, and what userinfo adds to them."""
    return data.get("userinfo", {}) | data.get("id_token", {})


def _refuse(request: HttpRequest, name: str, said: str, status: int = 403) -> None:
    from lastword.web.pages.session import again

    if name:
        record_failure(request, name, said)
    raise ImmediateHttpResponse(again(request, said, status))
