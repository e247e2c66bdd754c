"""Tokens for programs: made once, shown once, kept as a digest. Every change is on record.

A token is 256 random bits, so its SHA-256 can't be guessed back and looking the digest up tells no time.
"""

import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from lastword.errors import ConfigurationError, Refusal
from lastword.web.roles import ROLES

if TYPE_CHECKING:
    from lastword.web.models import ApiToken

PREFIX = "lw_"
DEFAULT_DAYS, MOST_DAYS = 90, 365
LONGEST_NAME = 100


def make_token(name: str, role: str, by: str, now: datetime, days: int = DEFAULT_DAYS) -> "tuple[ApiToken, str]":
    """A new token and its text, which nothing can tell again.

    Raises
    ------
    ConfigurationError
        The name, the role or the number of days isn't one that a token can have.
    Refusal
        A token or a person has this name: the history tells them apart by it.
    """
    from lastword.web.models import ApiToken, User
    from overrides import events
    from overrides.store import transaction

    name = _checked(name, role, days)
    text = PREFIX + secrets.token_urlsafe(32)
    with transaction():
        if ApiToken.objects.filter(name=name).exists() or User.objects.filter(username=name).exists():
            raise Refusal(f"{name!r} is taken by a token or a person: give another name, as in '{name} 2'")
        token = ApiToken.objects.create(
            name=name, role=role, digest=digest_of(text), made_by=by, made_at=now, expires_at=now + timedelta(days=days)
        )
        events.record("token", by, name, f"made as {role}, until {token.expires_at:%Y-%m-%d}", now, {"role": role})
    return token, text


def find_token(text: str) -> "ApiToken | None":
    """The token with this text, whatever its state (state_of); None where there is none."""
    from lastword.web.models import ApiToken
    from overrides.store import reading

    with reading():
        return ApiToken.objects.filter(digest=digest_of(text)).first()


def note_use(token: "ApiToken", now: datetime) -> None:
    """Keep the day of its last use, once a day. A store that is busy keeps nobody from reading."""
    from lastword.web.models import ApiToken
    from overrides.store import transaction

    if token.last_used_on != now.date():
        with suppress(Refusal), transaction():
            ApiToken.objects.filter(pk=token.pk).update(last_used_on=now.date())


def tokens() -> "list[ApiToken]":
    """Every token there ever was, the newest first."""
    from lastword.web.models import ApiToken

    return list(ApiToken.objects.order_by("-made_at", "-pk"))


def revoke_token(name: str, by: str, now: datetime) -> "ApiToken":
    """End a token at once. Refusal where none is called so, or it was revoked before."""
    from lastword.web.models import ApiToken
    from overrides import events
    from overrides.store import transaction

    with transaction():
        token = ApiToken.objects.filter(name=name).first()
        if token is None:
            raise Refusal(f"no token is called {name!r}: `lastword token list` shows which there are")
        if token.revoked_at is not None:
            raise Refusal(f"token {name!r} was revoked on {token.revoked_at:%Y-%m-%d}")
        token.revoked_at = now
        token.save(update_fields=["revoked_at"])
        events.record("token", by, name, "revoked", now)
    return token


def digest_of(text: str) -> str:
    """What is kept of a token."""
    return sha256(text.encode()).hexdigest()


def state_of(token: "ApiToken", now: datetime) -> str:
    """ "in force", "expired" or "revoked"."""
    if token.revoked_at is not None:
        return "revoked"
    return "in force" if token.expires_at > now else "expired"


def _checked(name: str, role: str, days: int) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise ConfigurationError(f"a token needs a name of 1 to {LONGEST_NAME} characters, as in 'nightly CRM export'")
    if role not in ROLES:
        raise ConfigurationError(f"{role!r} is no role; give one of {', '.join(ROLES)}")
    if not 1 <= days <= MOST_DAYS:
        raise ConfigurationError(f"a token can't last {days} days; give 1 to {MOST_DAYS}")
    return name
