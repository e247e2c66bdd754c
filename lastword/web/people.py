"""People who may sign in: their names, roles and passwords. Every change is on record.

`by` is who changes it, as text. The functions work on the store of the site that is configured (site.configure).
"""

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lastword.errors import ConfigurationError, Refusal
from lastword.web.roles import ROLES

if TYPE_CHECKING:
    from django.http import HttpRequest

    from lastword.project import Project
    from lastword.web.models import User


EASY = "abcdefghjkmnpqrstuvwxyz23456789"
"""Characters that nobody takes for others."""


def add_person(project: "Project", name: str, role: str, password: str, by: str = "setup") -> "User":
    """A person with this role and password: new, or one who is there already, changed. Configures the site.

    Raises
    ------
    ConfigurationError : the name or the password isn't one that can be used.
    """
    from lastword.web.site import configure

    configure(project)
    return save_person(name, role, password, by, datetime.now(UTC))


def add_demo_person(now: datetime) -> tuple[str, str]:
    """The demo's admin: name, and a random password that is kept nowhere in clear."""
    password = "-".join("".join(secrets.choice(EASY) for _ in range(4)) for _ in range(3))
    save_person("demo", "admin", password, "demo", now)
    return "demo", password


def save_person(name: str, role: str, password: str | None, by: str, now: datetime) -> "User":
    """Add a person, or give one who is there another role and password; without a password none that works.

    Raises
    ------
    ConfigurationError
        The name, the role or the password isn't one that can be used.
    Refusal
        They are the last admin, and the role isn't admin.
    """
    from django.core.exceptions import ValidationError

    from lastword.web.models import User
    from overrides import events
    from overrides.store import transaction

    with transaction():
        person = User.objects.filter(username=name).first()
        if person is not None and role != "admin":
            _refuse_last_admin(person)
        said = f"added as {role}" if person is None else f"may sign in as {role}, with a new password"
        person = person or User(username=name)
        person.role, person.is_active = _checked_role(role), True
        try:
            _give_password(person, password)
            person.full_clean()
        except ValidationError as error:
            raise ConfigurationError(f"{name!r} can't be added: {' '.join(error.messages)}") from error
        person.save()
        events.record("user", by, name, said, now)
    return person


def people() -> "list[User]":
    """Everybody, those whose access has ended included, by name."""
    from lastword.web.models import User

    return list(User.objects.order_by("username"))


def names_of_single_sign_on() -> set[str]:
    """Who has come in through the provider."""
    from allauth.socialaccount.models import SocialAccount

    return set(SocialAccount.objects.values_list("user__username", flat=True))


def find_person(name: str) -> "User":
    """Refusal where nobody is called so."""
    from lastword.web.models import User

    person = User.objects.filter(username=name).first()
    if person is None:
        raise Refusal(f"nobody is called {name!r}: `lastword user list` shows who there is")
    return person


def set_role(name: str, role: str, by: str, now: datetime) -> "User":
    """Another role, which counts from the person's next request on.

    Raises
    ------
    Refusal
        Nobody is called so, or they are the last admin.
    """
    from overrides import events
    from overrides.store import transaction

    with transaction():
        person = find_person(name)
        if person.role != _checked_role(role):
            _refuse_last_admin(person)
            said = f"{person.role} became {role}"
            person.role = role
            person.save(update_fields=["role"])
            events.record("user", by, name, said, now, {"role": role})
    return person


def set_active(name: str, active: bool, by: str, now: datetime) -> "User":
    """End a person's access with their open sessions, or give it back; what they decided stays.

    Raises
    ------
    Refusal
        Nobody is called so, or they are the last admin.
    """
    from overrides import events
    from overrides.store import transaction

    with transaction():
        person = find_person(name)
        if person.is_active != active:
            _refuse_last_admin(person)
            person.is_active = active
            person.save(update_fields=["is_active"])
            events.record("user", by, name, "access given back" if active else "access ended", now)
    return person


def remove_person(name: str, by: str, now: datetime) -> None:
    """Take a person off the list, their sessions with them. Their name stays in everything they decided.

    Raises
    ------
    Refusal
        Nobody is called so, or they are the last admin.
    """
    from overrides import events
    from overrides.store import transaction

    with transaction():
        person = find_person(name)
        _refuse_last_admin(person)
        person.delete()
        events.record("user", by, name, "removed", now)


def password_link(person: "User", by: str, now: datetime) -> str:
    """The path of a page where this person sets a password: works once, for three days, until they sign in. On record."""
    from django.contrib.auth.tokens import default_token_generator
    from django.urls import reverse
    from django.utils.encoding import force_bytes
    from django.utils.http import urlsafe_base64_encode

    from overrides import events

    events.record("user", by, person.username, "given a link to a new password", now)
    parts = (urlsafe_base64_encode(force_bytes(person.pk)), default_token_generator.make_token(person))
    return reverse("new_password", args=parts)


def locked_until(request: "HttpRequest", name: str) -> datetime:
    """When a name that was tried too often from the request's address may be tried again, UTC."""
    from axes.models import AccessAttempt
    from django.db.models import Max

    from lastword.web.access import address_of
    from lastword.web.settings import LOCKED_FOR

    tried = AccessAttempt.objects.filter(username=name, ip_address=address_of(request))
    last: datetime = tried.aggregate(last=Max("attempt_time"))["last"] or datetime.now(UTC)
    return last + LOCKED_FOR


def _give_password(person: "User", password: str | None) -> None:
    """Set it where it is good enough; Django's ValidationError where it isn't."""
    from django.contrib.auth.password_validation import validate_password

    if password is None:
        person.set_unusable_password()
    else:
        validate_password(password, person)
        person.set_password(password)


def _checked_role(role: str) -> str:
    if role not in ROLES:
        raise ConfigurationError(f"{role!r} is no role; give one of {', '.join(ROLES)}")
    return role


def _refuse_last_admin(person: "User") -> None:
    """Somebody has to be able to let people in. The rows are locked: of two admins who demote each other, one is refused."""
    from lastword.web.models import User

    admins = User.objects.select_for_update().filter(role="admin", is_active=True)
    if [admin.pk for admin in admins] == [person.pk]:
        raise Refusal(f"{person.username} is the last admin: make somebody else admin first")
