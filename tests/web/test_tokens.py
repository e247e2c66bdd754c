"""Tokens for programs: shown once, found by their digest, over at their end or when revoked."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from lastword.errors import ConfigurationError, Refusal
from lastword.project import Project
from lastword.web.tokens import find_token, make_token, note_use, revoke_token, state_of

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_token_is_found_by_its_text_alone(site: Project):
    made, text = make_token("nightly export", "viewer", "adam", NOW)
    assert re.fullmatch(r"lw_[\w-]{43}", text)
    found = find_token(text)
    assert found is not None
    assert (found.name, found.role, found.made_by, found.expires_at) == (
        "nightly export",
        "viewer",
        "adam",
        NOW + timedelta(days=90),
    )
    assert found.may("viewer", NOW)
    assert not found.may("reviewer", NOW)
    for wrong in ("", "lw_", text[:-1], text + "x", text.upper(), made.digest):
        assert find_token(wrong) is None


def test_the_text_is_in_no_file(site: Project):
    from django.db import connection

    _, text = make_token("nightly export", "viewer", "adam", NOW)
    connection.close()
    everything = b"".join(path.read_bytes() for path in site.folder.rglob("*") if path.is_file())
    assert text.encode() not in everything


def test_a_token_ends_on_its_day_and_when_revoked(site: Project):
    made, text = make_token("nightly export", "viewer", "adam", NOW, days=10)
    assert state_of(made, NOW + timedelta(days=10, seconds=-1)) == "in force"
    assert state_of(made, NOW + timedelta(days=10)) == "expired"
    revoke_token("nightly export", "adam", NOW)
    revoked = find_token(text)
    assert revoked is not None
    assert state_of(revoked, NOW) == "revoked"
    with pytest.raises(Refusal, match="was revoked on 2026-11-23"):
        revoke_token("nightly export", "adam", NOW)


def test_the_day_of_its_last_use_is_kept(site: Project):
    from lastword.web.models import ApiToken

    made, _ = make_token("nightly export", "viewer", "adam", NOW)
    assert ApiToken.objects.get().last_used_on is None
    note_use(made, NOW + timedelta(days=2))
    assert ApiToken.objects.get().last_used_on == (NOW + timedelta(days=2)).date()


@pytest.mark.parametrize(
    ("name", "role", "days", "said"),
    [
        ("", "viewer", 90, "needs a name"),
        ("x" * 101, "viewer", 90, "needs a name"),
        ("x", "owner", 90, "'owner' is no role"),
        ("x", "viewer", 0, "can't last 0 days; give 1 to 365"),
        ("x", "viewer", 366, "can't last 366 days"),
    ],
)
def test_what_no_token_can_have_is_refused(site: Project, name: str, role: str, days: int, said: str):
    with pytest.raises(ConfigurationError, match=said):
        make_token(name, role, "adam", NOW, days)


@pytest.mark.parametrize("name", ["rita", "nightly export", " nightly  export "])
def test_a_name_stays_one_programs_or_persons(site: Project, name: str):
    make_token("nightly export", "viewer", "adam", NOW)
    revoke_token("nightly export", "adam", NOW)
    with pytest.raises(Refusal, match="is taken"):
        make_token(name, "viewer", "adam", NOW)


def test_the_page_shows_a_token_once_and_revokes_it_on_record(client_of: Callable[[str], Client]):
    from overrides.models import Event

    adam = client_of("adam")
    made = adam.post("/tokens/add", {"name": "nightly export", "role": "reviewer", "days": "30"})
    text = re.search(r"lw_[\w-]{43}", made.content.decode())
    assert text
    assert "lw_" not in adam.get("/tokens").content.decode()
    found = find_token(text[0])
    assert found is not None
    assert found.role == "reviewer"
    adam.post("/tokens/revoke", {"name": "nightly export"})
    found.refresh_from_db()
    assert state_of(found, datetime.now(UTC)) == "revoked"
    until = datetime.now(UTC) + timedelta(days=30)
    events = Event.objects.filter(kind="token").order_by("event_id").values_list("by", "subject", "said")
    assert list(events) == [
        ("adam", "nightly export", f"made as reviewer, until {until:%Y-%m-%d}"),
        ("adam", "nightly export", "revoked"),
    ]
    assert text[0] not in str(list(Event.objects.values()))


@pytest.mark.parametrize("days", ["-1", "ten", "1e3", "999", "٣"])
def test_a_wrong_number_of_days_is_said_beside_the_form(client_of: Callable[[str], Client], days: str):
    answer = client_of("adam").post("/tokens/add", {"name": "x", "role": "viewer", "days": days})
    assert answer.status_code == 400
    assert "days" in answer.content.decode()
    assert 'value="x"' in answer.content.decode()
