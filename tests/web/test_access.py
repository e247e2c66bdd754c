"""Signing in and out, and what is closed to whom: every route that there is, for every role."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from lastword.project import Project
from lastword.web.access import needed_role
from lastword.web.people import save_person, set_active, set_role
from lastword.web.roles import PUBLIC, ROLES, includes
from tests.sites import PASSWORD, PEOPLE

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OF_ROLE = {role: name for name, role in PEOPLE.items()}
EXAMPLES = {"str": "x", "int": "1", "slug": "x", "path": "x/y", "uuid": "00000000-0000-0000-0000-000000000000"}
OPEN = {
    "sign-in",
    "sign-out",
    "look",
    "new-password/<uidb64>/<token>",
    "sign-in/single-sign-on",
    "sign-in/single-sign-on/callback",
}
"""What whoever hasn't signed in may call. A further one is a decision, to be taken here too."""

API = "api/"
"""Asks for a token of its own at every operation: see the tests of the API."""


def routes(resolver: URLResolver | None = None, before: str = "") -> Iterator[tuple[str, Any]]:
    """(route, view) of everything that Django resolves, whatever includes it."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        else:
            assert isinstance(pattern, URLPattern)
            yield route, pattern.callback


def example_of(route: str) -> str:
    """An address of this route, with something for each of its arguments."""
    address = re.sub(r"<(?:(\w+):)?\w+>", lambda found: EXAMPLES[found[1] or "str"], route)
    assert re.fullmatch(r"[\w./-]*", address), f"teach this test to make an address of {route!r}"
    return f"/{address}"


def went_to_sign_in(answer: Any) -> bool:
    return answer.status_code == 302 and answer["Location"].startswith("/sign-in")


def is_as_it_should_be(answer: Any, needed: str, role: str) -> bool:
    if not role:
        return went_to_sign_in(answer)
    if not includes(role, needed):
        return answer.status_code == 403
    return answer.status_code not in (401, 403) and answer.status_code < 500 and not went_to_sign_in(answer)


@pytest.mark.parametrize("role", ["", *ROLES])
def test_every_route_is_open_to_exactly_the_roles_it_names(client_of: Callable[[str], Client], role: str):
    wrong = []
    client = client_of(OF_ROLE.get(role, ""))
    client.raise_request_exception = False
    signed_in = dict(client.cookies)
    for route, view in routes():
        needed = needed_role(view)
        if route in OPEN or route.startswith(API):
            continue
        for method in (client.get, client.post):
            client.cookies.update(signed_in)
            answer = method(example_of(route))
            if needed is None or not is_as_it_should_be(answer, needed, role):
                wrong.append(f"{method.__name__} {route} for {role or 'nobody'}: {answer.status_code}, {needed} needed")
    assert not wrong


def test_only_what_is_listed_is_open_to_everybody(client_of: Callable[[str], Client]):
    client_of("")
    found = list(routes())
    assert len(found) > len(OPEN)
    assert {route for route, view in found if needed_role(view) == PUBLIC and not route.startswith(API)} == OPEN
    assert [route for route, view in found if needed_role(view) is None] == []


def test_a_view_that_says_nothing_is_closed_even_to_an_admin(client_of: Callable[[str], Client]):
    from django.http import HttpResponse
    from django.urls import clear_url_caches, path

    from lastword.web import urls

    urls.urlpatterns.append(path("silent", lambda request: HttpResponse("told")))
    clear_url_caches()
    try:
        answer = client_of("adam").get("/silent")
        assert answer.status_code == 403
        assert b"told" not in answer.content
        assert went_to_sign_in(client_of("").get("/silent"))
    finally:
        urls.urlpatterns.pop()
        clear_url_caches()


def test_a_role_includes_those_before_it():
    assert includes("admin", "viewer")
    assert includes("reviewer", "reviewer")
    assert not includes("viewer", "reviewer")
    assert not includes("", "viewer")


def test_whoever_has_not_signed_in_is_sent_to_the_form_and_back(client_of: Callable[[str], Client]):
    nobody = client_of("")
    assert nobody.get("/users?x=1")["Location"] == "/sign-in?next=%2Fusers%3Fx%3D1"
    answer = nobody.post("/sign-in", {"username": "rita", "password": PASSWORD, "next": "/users?x=1"})
    assert answer["Location"] == "/users?x=1"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_next_never_leads_to_another_site(client_of: Callable[[str], Client], quick_passwords: None, elsewhere: str):
    save_person("nina", "viewer", PASSWORD, "test", NOW)
    answer = client_of("").post("/sign-in", {"username": "nina", "password": PASSWORD, "next": elsewhere})
    assert answer["Location"] == "/"


def test_a_wrong_password_is_said_in_a_sentence(client_of: Callable[[str], Client]):
    answer = client_of("").post("/sign-in", {"username": "rita", "password": "wrong"})
    assert answer.status_code == 200
    assert "match" in answer.content.decode()


def test_the_session_gets_another_key_at_sign_in(client_of: Callable[[str], Client], quick_passwords: None):
    save_person("nina", "viewer", PASSWORD, "test", NOW)
    client = client_of("")
    planted = client.session
    planted.save()
    client.cookies["sessionid"] = planted.session_key
    client.post("/sign-in", {"username": "nina", "password": PASSWORD})
    assert client.cookies["sessionid"].value not in ("", planted.session_key)
    assert not type(planted)().exists(planted.session_key)


def test_signing_out_takes_a_post(client_of: Callable[[str], Client]):
    client = client_of("rita")
    assert client.get("/sign-out").status_code == 405
    assert client.get("/password").status_code == 200
    assert client.post("/sign-out").status_code == 302
    assert went_to_sign_in(client.get("/password"))


def test_an_open_session_ends_with_the_access(client_of: Callable[[str], Client]):
    client = client_of("rita")
    assert client.get("/password").status_code == 200
    set_active("rita", False, "adam", NOW)
    assert went_to_sign_in(client.get("/password"))


def test_a_role_counts_from_the_next_request_on(client_of: Callable[[str], Client]):
    client = client_of("rita")
    assert client.get("/users").status_code == 403
    set_role("rita", "admin", "adam", NOW)
    assert client.get("/users").status_code == 200


def test_another_password_ends_the_other_sessions(client_of: Callable[[str], Client], quick_passwords: None):
    save_person("nina", "viewer", PASSWORD, "test", NOW)
    here, elsewhere = client_of("nina"), client_of("nina")
    new = "another horse battery staple"
    answer = here.post("/password", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    assert answer.status_code == 302
    assert here.get("/password").status_code == 200
    assert went_to_sign_in(elsewhere.get("/password"))


def test_a_session_ends_after_the_hours_of_the_settings(
    site_with: Callable[[str], Project], client_of: Callable[[str], Client], quick_passwords: None
):
    site_with("[web]\nsession_hours = 2")
    save_person("nina", "viewer", PASSWORD, "test", NOW)
    answer = client_of("").post("/sign-in", {"username": "nina", "password": PASSWORD})
    assert answer.cookies["sessionid"]["max-age"] == 7200


def test_sign_ins_are_on_record_without_the_password(client_of: Callable[[str], Client], quick_passwords: None):
    from overrides.models import Event

    save_person("nina", "viewer", PASSWORD, "test", NOW)
    client = client_of("")
    client.post("/sign-in", {"username": "nina", "password": "not this one, no"}, REMOTE_ADDR="192.0.2.7")
    client.post("/sign-in", {"username": "nina", "password": PASSWORD}, REMOTE_ADDR="192.0.2.7")
    client.post("/sign-out", REMOTE_ADDR="192.0.2.7")
    events = list(Event.objects.filter(subject="nina", kind__startswith="sign_").order_by("event_id"))
    assert [(event.kind, event.by, event.said) for event in events] == [
        ("sign_in_failed", "nina", "wrong name or password from 192.0.2.7"),
        ("sign_in", "nina", "signed in from 192.0.2.7"),
        ("sign_out", "nina", "signed out from 192.0.2.7"),
    ]
    assert "not this one" not in str([vars(event) for event in events])
