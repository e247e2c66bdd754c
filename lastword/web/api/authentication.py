"""Who calls: a bearer token with a role and an expiry. The token's SHA-256 is in the store, the token itself nowhere."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja.errors import AuthenticationError, AuthorizationError
from ninja.security import HttpBearer

from lastword.web.models import ApiToken
from lastword.web.roles import includes
from lastword.web.tokens import find_token, note_use


class Token(HttpBearer):
    """`Authorization: Bearer TOKEN`, where the token's role includes `role`."""

    def __init__(self, role: str) -> None:
        super().__init__()
        self.role = role

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken:
        """The token's row, which becomes `request.auth`; 401 where it doesn't count, 403 where its role is too low."""
        found = _in_force(token.strip(), request.now)
        if not includes(found.role, self.role):
            raise AuthorizationError(
                message=f"this asks for the role {self.role}, and the token {found.name!r} has {found.role}: "
                "an admin can make one that may"
            )
        note_use(found, request.now)
        return found


def asking(role: str, example: str = "") -> dict[str, Any]:
    """What an operation says of who may call it: `@router.get(…, **asking("viewer"))`. `example`: a query for the reference."""
    return {"auth": Token(role), "openapi_extra": {"x-least-role": role, "x-example": example}}


def author(request: HttpRequest, on_behalf_of: str | None) -> str:
    """The `by` of what a request records: "token:crm", or "token:crm (jane@example.com)"."""
    name = f"token:{request.auth.name}"
    return f"{name} ({on_behalf_of.strip()})" if on_behalf_of and on_behalf_of.strip() else name


def _in_force(token: str, now: datetime) -> ApiToken:
    found = find_token(token)
    if found is None:
        raise AuthenticationError(message="the token is unknown: an admin makes tokens in the review application")
    if found.revoked_at is not None:
        raise AuthenticationError(message=f"the token {found.name!r} was revoked at {found.revoked_at:%Y-%m-%d %H:%M} UTC")
    if found.expires_at <= now:
        raise AuthenticationError(message=f"the token {found.name!r} expired at {found.expires_at:%Y-%m-%d %H:%M} UTC")
    return found
