"""What protects the pages beside roles: headers, cookies, host names, forged forms, throttled sign-in."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client, RequestFactory

from lastword.project import Project
from lastword.web.access import address_of
from lastword.web.people import save_person
from tests.sites import PASSWORD

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
BEHIND_A_PROXY = '[web]\nhttps = true\nproxies = 1\nhosts = ["lastword.example.com"]'


def test_pages_carry_the_headers_that_keep_them_to_themselves(client_of: Callable[[str], Client]):
    for answer in (client_of("").get("/sign-in"), client_of("adam").get("/users"), client_of("vera").get("/users")):
        assert answer["Content-Security-Policy"] == POLICY
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Referrer-Policy"] == "same-origin"
        assert "Strict-Transport-Security" not in answer


def test_pages_have_nothing_that_the_policy_forbids(client_of: Callable[[str], Client]):
    import re

    for address in ("/users", "/tokens", "/password"):
        page = client_of("adam").get(address).content.decode()
        assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son\w+=|javascript:", page), address


def test_cookies_are_out_of_reach_of_scripts_and_other_sites(client_of: Callable[[str], Client], quick_passwords: None):
    save_person("nina", "viewer", PASSWORD, "test", NOW)
    cookie = client_of("").post("/sign-in", {"username": "nina", "password": PASSWORD}).cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"], cookie["secure"]) == (True, "Lax", "")


def test_behind_a_proxy_everything_goes_by_https(
    site_with: Callable[[str], Project], client_of: Callable[[str], Client], quick_passwords: None
):
    site_with(BEHIND_A_PROXY)
    save_person("nina", "viewer", PASSWORD, "test", NOW)
    proxied = {"HTTP_HOST": "lastword.example.com", "HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_FOR": "192.0.2.1"}
    rita = client_of("rita")
    answer = client_of("").post("/sign-in", {"username": "nina", "password": PASSWORD}, **proxied)
    assert answer.cookies["sessionid"]["secure"]
    answer = rita.get("/password", **proxied)
    assert answer.status_code == 200
    assert answer["Strict-Transport-Security"] == "max-age=31536000"
    assert answer.cookies["csrftoken"]["secure"]
    answer = rita.get("/password", **proxied | {"HTTP_X_FORWARDED_PROTO": "http"})
    assert (answer.status_code, answer["Location"]) == (301, "https://lastword.example.com/password")


def test_without_a_proxy_nobody_believes_what_one_would_say(client_of: Callable[[str], Client]):
    answer = client_of("rita").get("/password", HTTP_X_FORWARDED_PROTO="https")
    assert not answer.wsgi_request.is_secure()
    assert address_of(answer.wsgi_request) == "127.0.0.1"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "192.0.2.1", "127.0.0.1"),
        (1, "192.0.2.1", "192.0.2.1"),
        (1, "203.0.113.9, 192.0.2.1", "192.0.2.1"),
        (2, "203.0.113.9, 192.0.2.1, 10.0.0.1", "192.0.2.1"),
        (2, "192.0.2.1", "192.0.2.1"),
        (1, "", "127.0.0.1"),
        (1, "'; DROP TABLE", "127.0.0.1"),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_the_address_is_what_the_trusted_proxies_say(site: Project, settings_of_proxies: Any, proxies, forwarded, expected):
    settings_of_proxies(proxies)
    assert address_of(RequestFactory().get("/", HTTP_X_FORWARDED_FOR=forwarded)) == expected


@pytest.fixture
def settings_of_proxies() -> Any:
    from django.test import override_settings

    changed: list[Any] = []

    def change(proxies: int) -> None:
        project = SimpleNamespace(settings=SimpleNamespace(web=SimpleNamespace(proxies=proxies)))
        changed.append(override_settings(LASTWORD_PROJECT=project))
        changed[-1].enable()

    yield change
    for setting in changed:
        setting.disable()


def test_another_host_is_refused_on_a_plain_page(client_of: Callable[[str], Client]):
    answer = client_of("rita").get("/password", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert "[web] hosts" in answer.content.decode()
    assert "evil.example" not in answer.content.decode()


def test_a_host_of_the_settings_is_answered(site_with: Callable[[str], Project], client_of: Callable[[str], Client]):
    site_with('[web]\nhosts = ["lastword.example.com"]')
    assert client_of("rita").get("/password", headers={"host": "lastword.example.com"}).status_code == 200
    assert client_of("rita").get("/password", headers={"host": "lastword.example.com.evil.example"}).status_code == 400


@pytest.mark.parametrize("address", ["/sign-in", "/sign-out", "/look", "/users/add", "/users/role", "/tokens/add", "/password"])
def test_a_forged_form_changes_nothing(client_of: Callable[[str], Client], address: str):
    from lastword.web.models import User

    client = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    client.force_login(User.objects.get(username="adam"))
    answer = client.post(address, {"name": "rita", "role": "admin", "username": "adam", "password": PASSWORD})
    assert answer.status_code == 403
    assert "too long" in answer.content.decode()
    assert User.objects.get(username="rita").role == "reviewer"
    assert "sessionid" not in answer.cookies


def test_static_files_are_open_and_kept_for_a_year_by_their_content(client_of: Callable[[str], Client]):
    from django.templatetags.static import static

    address = static("app.css")
    assert "?v=" in address
    answer = client_of("").get(address)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "max-age=31536000, public"


def test_text_is_compressed_for_whoever_takes_it(client_of: Callable[[str], Client]):
    page = client_of("adam").get("/users", headers={"accept-encoding": "gzip"})
    assert page["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in client_of("adam").get("/users")


def fail(client: Client, name: str, times: int, address: str = "192.0.2.7", **headers: str) -> Any:
    answers = [
        client.post("/sign-in", {"username": name, "password": f"wrong {i}"}, REMOTE_ADDR=address, **headers)
        for i in range(times)
    ]
    return answers[-1]


def test_the_fifth_wrong_password_locks_the_name_for_that_address_alone(
    client_of: Callable[[str], Client], quick_passwords: None
):
    save_person("nina", "viewer", PASSWORD, "test", NOW)
    client = client_of("")
    assert fail(client, "nina", 4).status_code == 200
    answer = fail(client, "nina", 1)
    assert answer.status_code == 429
    assert "Try again in 15 minutes, at" in answer.content.decode()
    right = {"username": "nina", "password": PASSWORD}
    assert client.post("/sign-in", right, REMOTE_ADDR="192.0.2.7").status_code == 429
    assert client_of("").post("/sign-in", right, REMOTE_ADDR="192.0.2.8").status_code == 302
    assert fail(client, "somebody", 1).status_code == 200


def test_another_browser_at_the_same_address_is_counted_too(client_of: Callable[[str], Client], quick_passwords: None):
    assert fail(client_of(""), "nina", 4, HTTP_USER_AGENT="one").status_code == 200
    assert fail(client_of(""), "nina", 1, HTTP_USER_AGENT="two").status_code == 429


def test_a_name_that_nobody_has_is_locked_like_any_other(client_of: Callable[[str], Client], quick_passwords: None):
    assert fail(client_of(""), "no-such-person", 5).status_code == 429


def test_after_a_quarter_of_an_hour_it_is_open_again(client_of: Callable[[str], Client], quick_passwords: None):
    from axes.models import AccessAttempt

    save_person("nina", "viewer", PASSWORD, "test", NOW)
    client = client_of("")
    fail(client, "nina", 7)  # tries while it is locked don't make it longer
    AccessAttempt.objects.update(attempt_time=datetime.now(UTC) - timedelta(minutes=15, seconds=1))
    answer = client.post("/sign-in", {"username": "nina", "password": PASSWORD}, REMOTE_ADDR="192.0.2.7")
    assert answer.status_code == 302


def test_a_right_password_forgets_the_wrong_ones(client_of: Callable[[str], Client], quick_passwords: None):
    save_person("nina", "viewer", PASSWORD, "test", NOW)
    fail(client_of(""), "nina", 4)
    assert client_of("").post("/sign-in", {"username": "nina", "password": PASSWORD}, REMOTE_ADDR="192.0.2.7").status_code == 302
    assert fail(client_of(""), "nina", 4).status_code == 200


def test_failures_are_recorded_until_the_lock_and_kept_without_passwords(
    client_of: Callable[[str], Client], quick_passwords: None
):
    from axes.models import AccessAttempt

    from overrides.models import Event

    fail(client_of(""), "nina", 8)
    assert Event.objects.filter(kind="sign_in_failed", by="nina").count() == 5
    assert "wrong 0" not in str(list(AccessAttempt.objects.values()))


def test_what_no_longer_counts_is_forgotten(client_of: Callable[[str], Client], quick_passwords: None):
    from axes.models import AccessAttempt
    from django.contrib.sessions.models import Session

    from lastword.web.site import forget_expired

    client_of("rita")
    fail(client_of(""), "nina", 1)
    forget_expired()
    assert (Session.objects.count(), AccessAttempt.objects.count()) == (1, 1)
    Session.objects.update(expire_date=NOW - timedelta(days=400))
    AccessAttempt.objects.update(attempt_time=NOW - timedelta(days=400))
    forget_expired()
    assert (Session.objects.count(), AccessAttempt.objects.count()) == (0, 0)
