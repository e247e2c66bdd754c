"""Whatever is sent, the answer is a page, a problem or a redirection, and never a failure of ours."""

import json

import pytest

from tests.web.api.callers import Caller

LONG = "x" * 20_000
TEXTS = [
    "", "\0", LONG, "😀" * 400, "NaN", "1e999", "9" * 400, "\ud83d", "'; DROP TABLE x; --",
    " ", "a\0b", "-1", "Infinity", "../..", "[]", "{}", "%", "_", "\u202e", "\n",
]  # fmt: skip
FEW = 9
VALUES = [
    None,
    True,
    -1,
    0,
    10**400,
    1e308,
    [],
    {},
    ["A"],
    {"a": 1},
    [[[]]],
    "",
    " ",
    "\0",
    "a\0b",
    LONG,
    "😀",
    "\ud83d",
    "NaN",
    "9999-12-31",
    "0001-01-01",
    "-0001-01-01",
    "\r\n",
]
POSTS = {
    "/overrides": {"account_id": "007", "grade": "D", "reason": "other"},
    "/overrides/revoke": {"account_id": "007"},
    "/overrides/bulk": {"rows": [{"account_id": "007", "grade": "D", "reason": "other"}]},
}
EXPECTED = {200, 201, 202, 304, 400, 404, 406, 409, 413, 422}


def parameters():
    from lastword.web.api import api

    for path, methods in api.get_openapi_schema()["paths"].items():
        if "get" in methods:
            yield (
                path.removeprefix("/api/v1"),
                [found["name"] for found in methods["get"]["parameters"] if found["in"] == "query"],
            )


def ok(answer):
    if answer.status_code >= 400:
        assert set(answer.json()) >= {"type", "title", "status", "detail"}
        assert len(answer.json()["detail"]) < 2000
    return answer.status_code in EXPECTED


def test_any_text_in_any_parameter(published):
    caller = Caller()
    for path, names in parameters():
        address = path.replace("{account_id}", "007").replace("{run_id}", "r1")
        for name in [*names, "nonsense"]:
            for text in TEXTS[:FEW]:
                query = {name: text.encode("utf-8", "surrogatepass")}
                assert ok(caller.get(address, query)), (path, name, text[:20])
        assert ok(caller.get(f"{address}?limit=1&limit=x&after=%ff%fe&as_of=%80"))


def test_any_text_as_an_id_in_the_address(published):
    from urllib.parse import quote

    caller = Caller()
    for text in TEXTS:
        place = quote(text.encode("utf-8", "surrogatepass"), safe="")
        for path in (f"/final-scores/{place}", f"/accounts/{place}/explanation", f"/runs/{place}"):
            assert ok(caller.get(path)) or caller.get(path).status_code in (301, 302), (path[:60], text[:20])


@pytest.mark.parametrize("path", POSTS)
def test_any_value_in_any_member_of_a_body(published, path):
    from lastword.web.api import override_schemas as overrides

    model = {
        "/overrides": overrides.DecisionBody,
        "/overrides/revoke": overrides.RevocationBody,
        "/overrides/bulk": overrides.BulkBody,
    }
    caller = Caller()
    for name in [*model[path].model_fields, "nonsense"]:
        for value in VALUES:
            assert ok(caller.post(path, POSTS[path] | {name: value})), (path, name, str(value)[:20])
    if path == "/overrides/bulk":
        for name in overrides.BulkRow.model_fields:
            for value in VALUES:
                assert ok(caller.post(path, {"rows": [POSTS[path]["rows"][0] | {name: value}]})), (name, str(value)[:20])


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"7",
        b'"text"',
        b"[]",
        b"[[]]",
        b"{",
        b"\xff\xfe",
        b"\0",
        b"NaN",
        b'{"account_id": NaN}',
        b"[" * 100_000,
        b'{"account_id": 1e999}',
        json.dumps([POSTS]).encode(),
    ],
)
def test_any_body(published, path, body):
    answer = Caller().post(path, body)
    assert answer.status_code in (400, 422)
    assert ok(answer)


@pytest.mark.parametrize("key", ["", " ", LONG, "a\tb", "é", "😀".encode().decode("latin-1")])
def test_any_text_as_a_key(published, key):
    assert ok(Caller().post("/overrides", POSTS["/overrides"], idempotency_key=key))


@pytest.mark.parametrize("length", ["-1", "x", "", "999999999999999999999", "१"])
def test_any_length_of_a_body(published, length):
    from django.test import Client

    from tests.web.api.callers import add_token

    client = Client(headers={"host": "localhost", "authorization": f"Bearer {add_token('crm')}"})
    answer = client.post("/api/v1/overrides", "{}", content_type="application/json", CONTENT_LENGTH=length)
    assert answer.status_code in (400, 413, 422)
