"""Pages through Django's test client, on a published demo of its own for every test."""

from collections.abc import Callable, Iterator

import pytest

from lastword.project import Project
from tests.sites import PASSWORD, published_demo, site  # noqa: F401


@pytest.fixture
def client_of(site: Project) -> Callable[[str], object]:  # noqa: F811
    """A test client in which this person (see tests.sites.PEOPLE) has signed in; "" for nobody."""
    from django.test import Client

    def client(name: str = "rita") -> Client:
        made = Client(headers={"host": "localhost"})
        if name:
            from lastword.web.models import User

            made.force_login(User.objects.get(username=name))
        return made

    return client


@pytest.fixture
def site_with(site: Project) -> Callable[[str], Project]:  # noqa: F811
    """The site again, with these lines at the end of its lastword.toml."""
    from lastword.project import find_project
    from lastword.web.site import configure

    def with_lines(text: str) -> Project:
        site.settings_path.write_text(f"{site.settings_path.read_text(encoding='utf-8')}\n{text}\n", encoding="utf-8")
        project = find_project(site.folder)
        configure(project)
        return project

    return with_lines


@pytest.fixture
def quick_passwords() -> Iterator[None]:
    """Passwords digested in no time, for tests that set and try many; real digests take half a second each by design."""
    from django.test import override_settings

    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield
