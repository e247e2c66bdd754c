"""People who may sign in."""

from typing import TYPE_CHECKING

from lastword.errors import ConfigurationError

if TYPE_CHECKING:
    from lastword.project import Project
    from lastword.web.models import User


def add_person(project: "Project", name: str, role: str, password: str) -> "User":
    """A person with this role and password: new, or one who is there already, changed.

    Raises
    ------
    ConfigurationError : the name or the password isn't one that can be used.
    """
    from lastword.web.site import configure

    configure(project)
    from django.core.exceptions import ValidationError

    from lastword.web.models import User

    person = User.objects.filter(username=name).first() or User(username=name)
    person.role, person.is_active = role, True
    person.set_password(password)
    try:
        person.full_clean()
    except ValidationError as error:
        raise ConfigurationError(f"{name!r} can't sign in: {' '.join(error.messages)}") from error
    person.save()
    return person
