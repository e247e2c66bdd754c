"""What waits for a second person: who sees which buttons, what they do, and what became of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.test import override_settings

from tests.web.contexts import rendered_contexts  # noqa: F401


@pytest.fixture
def strict(site):  # type: ignore[no-untyped-def]
    """The project with moves of two grades and more waiting for a second person."""
    overrides = site.settings.overrides.model_copy(update={"approve_from_steps": 2})
    project = replace(site, settings=site.settings.model_copy(update={"overrides": overrides}))
    with override_settings(LASTWORD_PROJECT=project):
        yield project


def _propose(project, account="000004", by="rita"):  # type: ignore[no-untyped-def]
    from overrides.reviewing import decide

    now = datetime.now(UTC) - timedelta(minutes=1)
    return decide(account, "grade", "strategic", "a <b> note", by, now, project.settings, grade="F").proposal


def test_the_bar_has_it_only_where_moves_wait(site, client_of):
    assert 'href="/waiting"' not in client_of("vera").get("/audit").content.decode()
    text = client_of("vera").get("/waiting").content.decode()
    assert "No move waits" in text and "approve_from_steps" in text


def test_the_bar_leads_there(strict, client_of):
    assert 'href="/waiting"' in client_of("vera").get("/audit").content.decode()


def test_a_move_is_shown_with_who_why_and_how_far(strict, client_of):
    proposal = _propose(strict)
    text = client_of("vera").get("/waiting").content.decode()
    assert "1 move waits for a second person" in text and "a &lt;b&gt; note" in text and 'href="/account?id=000004"' in text
    assert f">{proposal.steps}<" in text and "strategic" in text


@pytest.mark.parametrize(
    ("by", "reader", "offered"),
    [
        ("rita", "vera", set()),
        ("rita", "rita", {"/withdraw"}),
        ("rita", "rolf", set()),
        ("rita", "anna", {"/approve", "/decline"}),
        ("anna", "anna", {"/withdraw"}),
        ("Anna", "anna", {"/withdraw"}),
        ("anna", "adam", {"/approve", "/decline"}),
    ],
)
def test_who_may_do_what(strict, client_of, by, reader, offered):
    _propose(strict, by=by)
    text = client_of(reader).get("/waiting").content.decode()
    assert {address for address in ("/approve", "/decline", "/withdraw") if f'action="{address}"' in text} == offered


def test_approving_settles_it_and_declining_keeps_the_note(strict, client_of):
    first, second = _propose(strict, "000004"), _propose(strict, "000006")
    client = client_of("anna")
    assert client.post("/approve", {"proposal_id": first.proposal_id, "next": "/waiting"})["Location"] == "/waiting"
    client.post("/decline", {"proposal_id": second.proposal_id, "note": "not now", "next": "/waiting"})
    page = client.get("/waiting")
    assert page.context["waiting"] == []
    became = {(shown.proposal.state, shown.proposal.settled_by, shown.proposal.settled_note) for shown in page.context["settled"]}
    assert became == {("approved", "anna", ""), ("declined", "anna", "not now")}
    assert "not now" in page.content.decode()


def test_what_was_settled_long_ago_is_left_out(strict, client_of):
    from overrides.approvals import withdraw
    from overrides.settled_proposals import settled

    proposal, now = _propose(strict), datetime.now(UTC)
    withdraw(proposal.proposal_id, "rita", now)
    assert [each.state for each in settled(now - timedelta(days=30))] == ["withdrawn"]
    assert settled(now + timedelta(seconds=1)) == []
