"""Every operation of the API asks for a token with a role; the reference is open to all."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import URLPattern, get_resolver

from lastword.web.roles import ROLES, includes
from tests.web.api.callers import BASE, Caller, add_token

pytestmark = pytest.mark.usefixtures("published")


def operations():
    """(method, path, least role) of every operation, as the OpenAPI document says."""
    from lastword.web.api import api

    paths = api.get_openapi_schema()["paths"]
    return [(method, path, found["x-least-role"]) for path, found in paths.items() for method, found in found.items()]


def call(method, path, token):
    from django.test import Client

    address = path.replace("{account_id}", "a/1").replace("{run_id}", "r1")
    headers = {"host": "localhost"} | ({"authorization": token} if token else {})
    client = Client(headers=headers)
    return client.post(address, "{}", content_type="application/json") if method == "post" else client.get(address)


def test_every_address_is_an_operation_of_the_reference_or_the_reference():
    resolver = next(found for found in get_resolver().url_patterns if getattr(found, "namespace", "") == "api")
    addresses = {
        f"{BASE}/{pattern.pattern}".replace("<path:", "{").replace("<", "{").replace(">", "}")
        for pattern in resolver.url_patterns
    }
    assert all(isinstance(pattern, URLPattern) for pattern in resolver.url_patterns)
    assert addresses == {path for _, path, _ in operations()} | {f"{BASE}/", f"{BASE}/docs", f"{BASE}/openapi.json"}


@pytest.mark.parametrize("role", ROLES)
def test_every_operation_opens_to_its_role_and_those_above(role):
    token = f"Bearer {add_token(f'a-{role}', role)}"
    for method, path, needed in operations():
        status = call(method, path, token).status_code
        assert (status == 403) == (not includes(role, needed)), (method, path, status)
        assert status not in (401, 500)


@pytest.mark.parametrize(
    "changes",
    [{"revoked_at": datetime(2026, 1, 1, tzinfo=UTC)}, {"expires_at": datetime.now(UTC) - timedelta(seconds=1)}],
    ids=["revoked", "expired"],
)
def test_a_token_that_ended_opens_nothing(changes):
    token = f"Bearer {add_token('old', 'admin', **changes)}"
    for method, path, _ in operations():
        answer = call(method, path, token)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].endswith('error="invalid_token"')
        assert "'old'" in answer.json()["detail"]


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer ", "Bearer unknown", "Basic dGV4dA==", "text of crm", "Bearer \xff\x00"])
def test_without_a_token_that_is_known_nothing_opens(token):
    add_token("crm", "admin")
    for method, path, _ in operations():
        answer = call(method, path, token)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert answer["Content-Type"] == "application/problem+json"
        assert set(answer.json()) == {"type", "title", "status", "detail"}


def test_a_signed_in_person_is_nobody_to_the_api():
    from django.test import Client

    from lastword.web.models import User

    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.create_user("adam", role="admin"))
    assert client.get(f"{BASE}/runs").status_code == 401


def test_a_role_that_is_too_low_is_said_with_the_role_it_takes():
    answer = Caller("reader", "viewer").post("/overrides", {})
    assert answer.status_code == 403
    assert answer.json()["detail"].startswith("this asks for the role reviewer, and the token 'reader' has viewer")


def test_the_day_of_its_last_use_is_kept():
    from lastword.web.models import ApiToken

    Caller("crm").get("/runs")
    assert ApiToken.objects.get(name="crm").last_used_on == datetime.now(UTC).date()


def test_the_reference_and_the_document_are_open_and_call_nobody():
    nobody = Caller("")
    page = nobody.get("/docs")
    assert page.status_code == 200
    assert "<script>" not in page.content.decode()
    document = nobody.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert document["components"]["securitySchemes"]["Token"]["scheme"] == "bearer"


def test_what_is_not_there_is_a_problem_too():
    answer = Caller("").get("/final-score")
    assert answer.status_code == 404
    assert answer.json()["type"] == "/api/v1/docs#unknown"
    assert Caller("").post("/nowhere", {}).status_code == 404
    assert Caller("crm").post("/runs", {}).json()["detail"] == "POST /api/v1/runs: expected GET"
    assert Caller("").get("/")["Location"] == f"{BASE}/docs"
