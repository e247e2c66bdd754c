"""Every address that decides: who may use it, what it does, what it answers to a form and to a page that is open."""

import html
import json
import re
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from tests.sites import PEOPLE
from tests.web.test_queue import HTMX, accounts_of, text_of

REVIEWERS = (
    "/decide",
    "/undo",
    "/snooze",
    "/dismiss",
    "/return",
    "/claim",
    "/release",
    "/assign",
    "/withdraw",
    "/batch/preview",
    "/batch/apply",
    "/batch/undo",
)
APPROVERS = ("/approve", "/decline")
DECIDING = {"viewer": (), "reviewer": REVIEWERS, "approver": REVIEWERS + APPROVERS, "admin": REVIEWERS + APPROVERS}


@pytest.fixture
def account(client_of: Callable[[str], Any]) -> str:
    return accounts_of(text_of(client_of("vera"), "/queue"))[0]


def wish(account: str, **others: str) -> dict[str, str]:
    return {"account_id": account, "choice": "accept_model", "reason": "strategic", "expected_entry_id": "", **others}


def entry_of(answer: Any) -> str:
    return re.search(r'name="entry_id" value="(\d+)"', answer.content.decode())[1]


def test_every_address_asks_for_its_role_and_for_a_post(client_of: Callable[[str], Any]):
    for person, address in product(("", *PEOPLE), REVIEWERS + APPROVERS):
        client = client_of(person)
        answer = client.post(address, {})
        if not person:
            assert answer.status_code == 302 and "/sign-in" in answer["Location"], address
        elif address in DECIDING[PEOPLE[person]]:
            assert answer.status_code == 400, address  # let in, and told that nothing is named
            assert client.get(address).status_code == 405, address
        else:
            assert answer.status_code == 403, address


def test_a_decision_is_a_row_for_the_page_and_in_the_final_table_at_once(client_of: Callable[[str], Any], account: str):
    rita = client_of("rita")
    answer = rita.post("/decide", wish(account, part="row", columns="plan.final"), headers=HTMX)
    part = answer.content.decode()
    assert answer.status_code == 200
    assert 'data-state="decided"' in part
    assert "1 decided today by you, 1 by all" in part
    assert account not in accounts_of(text_of(rita, "/queue"))
    assert "final <span" in text_of(rita, f"/queue/row?id={account}")
    assert "by override" in text_of(rita, f"/queue/row?id={account}")


def test_undo_brings_the_account_back_and_keeps_both_entries(client_of: Callable[[str], Any], account: str):
    rita = client_of("rita")
    entry = entry_of(rita.post("/decide", wish(account, part="row"), headers=HTMX))
    answer = rita.post("/undo", {"account_id": account, "entry_id": entry, "part": "row"}, headers=HTMX)
    assert 'data-state="open"' in answer.content.decode()
    assert "0 decided today by you, 0 by all" in answer.content.decode()
    assert account in accounts_of(text_of(rita, "/queue"))
    panel = text_of(rita, f"/queue/row?id={account}")
    assert re.findall(r"rita · (\w+)", panel) == ["revoke", "add"]


def test_the_second_of_two_sees_what_changed_and_decides_again(client_of: Callable[[str], Any], account: str):
    rita, rolf = client_of("rita"), client_of("rolf")
    rita.post("/decide", wish(account, choice="grade", grade="B", part="row"), headers=HTMX)
    answer = rolf.post("/decide", wish(account, choice="grade", grade="D", part="row"), headers=HTMX)
    part = html.unescape(answer.content.decode())
    assert answer.status_code == 409
    assert "was decided on since" in part
    assert "rita" in part
    entry = re.search(r'data-entry="(\d+)"', part)[1]
    again = rolf.post("/decide", wish(account, choice="grade", grade="D", part="row", expected_entry_id=entry), headers=HTMX)
    assert again.status_code == 200
    assert "D by you" in again.content.decode()


def test_new_scores_since_the_look_are_a_conflict(client_of: Callable[[str], Any], account: str):
    answer = client_of("rita").post("/decide", wish(account, part="row", expected_run_id="an-older-run"), headers=HTMX)
    assert answer.status_code == 409
    assert "was scored again since" in html.unescape(answer.content.decode())


def test_a_plain_form_goes_to_its_next_with_a_message(client_of: Callable[[str], Any], account: str):
    rita, rolf = client_of("rita"), client_of("rolf")
    answer = rita.post("/decide", {"account_id": account, "grade": "B", "reason": "other", "next": "/queue?region=EMEA"})
    assert answer["Location"] == "/queue?region=EMEA"
    assert ": B by you." in text_of(rita, "/queue")
    answer = rolf.post("/decide", wish(account))
    assert answer["Location"] == "/queue"
    assert "was decided on since" in text_of(rolf, "/queue")


def test_next_never_leads_to_another_site(client_of: Callable[[str], Any], account: str):
    rita = client_of("rita")
    for address in ("https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", "http:///x"):
        answer = rita.post("/decide", wish(account, next=address))
        assert answer.status_code == 400, address
        assert "another site" in answer.content.decode()
    assert account in accounts_of(text_of(rita, "/queue"))


WRONG_DECISIONS = (
    ({"reason": ""}, "the reason is empty: expected one of"),
    ({"choice": "guess"}, "choice 'guess' is unknown"),
    ({"choice": "grade", "grade": "E"}, "grade 'E' is unknown"),
    ({"choice": ""}, "choice '' is unknown"),
    ({"expires_on": "soon"}, "expected YYYY-MM-DD"),
    ({"expires_on": "2000-01-01"}, "is past"),
    ({"note": "x" * 2001}, "expected at most 2000"),
    ({"account_id": "nobody"}, "unknown to the current scores"),
    ({"account_id": "a\0b"}, "names no account"),
)


def test_what_cant_be_decided_is_said_and_changes_nothing(client_of: Callable[[str], Any], account: str):
    rita = client_of("rita")
    for changed, said in WRONG_DECISIONS:
        answer = rita.post("/decide", {**wish(account, part="row"), **changed}, headers=HTMX)
        assert answer.status_code in (400, 409), changed
        assert said in html.unescape(answer.content.decode())
    assert account in accounts_of(text_of(rita, "/queue"))


def test_snooze_and_dismiss_leave_the_queue_and_come_back(client_of: Callable[[str], Any], account: str):
    rita = client_of("rita")
    for address, fields, said in (("/snooze", {"days": "1"}, "snoozed"), ("/dismiss", {}, "dismissed")):
        answer = rita.post(address, {"account_id": account, "part": "row", **fields}, headers=HTMX)
        assert said in answer.content.decode()
        assert account not in accounts_of(text_of(rita, "/queue"))
        rita.post("/return", {"account_id": account, "part": "row"}, headers=HTMX)
        assert account in accounts_of(text_of(rita, "/queue"))
    for wrong in ({"days": "0"}, {"days": "many"}, {"until": "2000-01-01"}, {"until": "31.12.2030"}):
        assert rita.post("/snooze", {"account_id": account, **wrong}).status_code == 400


def test_accounts_get_an_owner(client_of: Callable[[str], Any]):
    rita = client_of("rita")
    chosen = accounts_of(text_of(rita, "/queue"))[:3]
    rita.post("/assign", {"account_id": chosen, "owner": "rolf"})
    assert accounts_of(text_of(rita, "/queue?owner=rolf")) == chosen
    rita.post("/assign", {"account_id": chosen[:1], "owner": ""})
    assert accounts_of(text_of(rita, "/queue?owner=rolf")) == chosen[1:]


def test_a_batch_is_previewed_applied_and_taken_back(client_of: Callable[[str], Any]):
    rita, rolf = client_of("rita"), client_of("rolf")
    listed = accounts_of(text_of(rita, "/queue?region=EMEA"))
    asked = {"choice": "grade:B", "all": "yes", "address": "region=EMEA", "reason": "strategic", "next": "/queue?region=EMEA"}
    preview = html.unescape(rita.post("/batch/preview", asked, headers=HTMX).content.decode())
    expected = json.loads(re.search(r'name="expected" value="(\{.*?\})"', preview)[1])
    assert set(listed) <= set(expected)
    assert f"Decide {len(expected)}" in preview
    assert accounts_of(text_of(rita, "/queue?region=EMEA")) == listed
    rolf.post("/decide", wish(listed[0], choice="grade", grade="F"))
    fields = {**asked, "choice": "grade", "grade": "B", "expected": json.dumps(expected), "said": "EMEA"}
    applied = rita.post("/batch/apply", fields, headers=HTMX)
    assert applied.status_code == 204
    page = html.unescape(text_of(rita, applied["HX-Redirect"]))
    assert f"{len(expected) - 1} decided" in page
    assert "1 left as they are because somebody decided since" in page
    assert accounts_of(page) == []
    number = re.search(r'name="batch_id" value="(\d+)"', page)[1]
    rita.post("/batch/undo", {"batch_id": number, "next": "/queue?region=EMEA"})
    assert accounts_of(text_of(rita, "/queue?region=EMEA"))[: len(listed) - 1] == listed[1:]
    assert rita.post("/batch/undo", {"batch_id": number}).status_code == 409


def test_a_batch_without_a_reason_shows_what_it_would_do_and_isnt_applied(client_of: Callable[[str], Any], account: str):
    rita = client_of("rita")
    preview = rita.post("/batch/preview", {"choice": "accept_plan", "account_id": [account]})
    assert preview.status_code == 200
    assert "Before it is done" in preview.content.decode()
    fields = {"choice": "accept_plan", "expected": json.dumps({account: ""}), "reason": ""}
    assert rita.post("/batch/apply", fields).status_code == 400
    assert account in accounts_of(text_of(rita, "/queue"))


def test_a_batch_that_names_nothing_is_refused_in_words(client_of: Callable[[str], Any]):
    rita = client_of("rita")
    for fields in (
        {"choice": "accept_model"},
        {"choice": "accept_model", "all": "yes", "address": "threshold=x"},
        {"choice": "accept_model", "all": "yes", "address": "search=no-such-account"},
        {"choice": "sell", "all": "yes"},
        {"choice": "grade:E", "all": "yes", "reason": "other"},
        {"choice": "accept_model", "account_id": ["a\0b"]},
    ):
        answer = rita.post("/batch/preview", fields, headers=HTMX)
        assert answer.status_code == 400, fields
        assert "alert" in answer.content.decode()
    for address in ("/batch/apply", "/assign"):
        fields = {"choice": "accept_model", "reason": "other", "expected": json.dumps({"a\0b": ""}), "account_id": "a\0b"}
        assert "names no account" in html.unescape(rita.post(address, fields, headers=HTMX).content.decode())
