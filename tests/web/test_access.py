"""Signing in, and what is closed to whom."""

from collections.abc import Callable
from typing import Any

from django.urls import get_resolver

from lastword.web.access import needed_role
from lastword.web.roles import includes
from tests.sites import PASSWORD


def test_a_role_includes_those_before_it():
    assert includes("admin", "viewer")
    assert includes("reviewer", "reviewer")
    assert not includes("viewer", "reviewer")
    assert not includes("", "viewer")


def test_whoever_has_not_signed_in_is_sent_to_the_form_and_back(client_of: Callable[[str], Any]):
    nobody = client_of("")
    answer = nobody.get("/sign-in?next=/queue%3Fregion%3DEMEA")
    assert answer.status_code == 200
    answer = nobody.post("/sign-in", {"username": "rita", "password": PASSWORD, "next": "/sign-in"})
    assert answer.status_code == 302
    assert answer["Location"] == "/sign-in"


def test_a_wrong_password_is_said_in_a_sentence(client_of: Callable[[str], Any]):
    answer = client_of("").post("/sign-in", {"username": "rita", "password": "wrong"})
    assert answer.status_code == 200
    assert "match" in answer.content.decode()


def test_every_view_says_which_role_it_asks_for(client_of: Callable[[str], Any]):
    client_of("")
    silent = [str(pattern.pattern) for pattern in get_resolver().url_patterns if needed_role(pattern.callback) is None]
    assert not silent
