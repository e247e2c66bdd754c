"""Pages through Django's test client, on a published demo of its own for every test."""

from collections.abc import Callable

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
