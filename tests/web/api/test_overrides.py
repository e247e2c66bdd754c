"""Overrides through the API: what holds at once, what is refused, what is done once, and what the audit keeps."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections

from overrides.ledger import in_force
from tests.stores import scores_of, settings_of
from tests.web.api.callers import Caller
from tests.web.api.conftest import PUBLISHED_AT

GOOD = {"account_id": "007", "grade": "D", "reason": "other"}


def entries():
    from overrides.models import OverrideEntry

    return OverrideEntry.objects.count()


def waits_from(project, steps):
    from django.conf import settings

    settings.LASTWORD_PROJECT.settings = settings_of(approve_from_steps=steps)


def test_a_decision_holds_in_the_same_request_and_in_the_next(published):
    caller = Caller("crm")
    assert caller.get("/final-scores/007").json()["final_grade"] == "A"
    answer = caller.post("/overrides", GOOD | {"note": "closed", "on_behalf_of": "jane@example.com"})
    assert answer.status_code == 201
    said = answer.json()
    assert said["proposal"] is None
    assert said["entry"]["by"] == "token:crm (jane@example.com)"
    assert said["entry"]["action"] == "add"
    row = said["final_score"]
    assert (row["final_grade"], row["decided_by"], row["override_by"]) == ("D", "override", "token:crm (jane@example.com)")
    assert caller.get("/final-scores/007").json() == row
    assert [found for found in caller.get("/final-scores").json()["rows"] if found["account_id"] == "007"] == [row]


@pytest.mark.parametrize(("choice", "grade"), [("accept_plan", "D"), ("accept_model", "A")])
def test_accepting_an_opinion_takes_its_grade(published, choice, grade):
    entry = Caller().post("/overrides", {"account_id": "007", "choice": choice, "reason": "other"}).json()["entry"]
    assert (entry["grade"], entry["kind"]) == (grade, choice)


def test_a_move_that_asks_for_a_second_person_waits(published):
    waits_from(published, 2)
    answer = Caller().post("/overrides", GOOD)
    assert answer.status_code == 202
    said = answer.json()
    assert said["entry"] is None
    assert (said["proposal"]["state"], said["proposal"]["grade"], said["proposal"]["by"]) == ("waiting", "D", "token:crm")
    assert said["final_score"]["final_grade"] == "A"
    assert Caller().post("/overrides", GOOD).json()["type"] == "/api/v1/docs#conflict"


def test_who_has_seen_something_else_is_told_what_holds(published):
    caller = Caller()
    assert caller.post("/overrides", GOOD | {"expected_entry_id": "", "expected_run_id": "r1"}).status_code == 201
    late = caller.post("/overrides", GOOD | {"grade": "C", "expected_entry_id": ""})
    assert (late.status_code, late.json()["type"]) == (409, "/api/v1/docs#conflict")
    assert "D (other) by token:crm" in late.json()["detail"]
    old = caller.post("/overrides", {"account_id": "z9", "grade": "C", "reason": "other", "expected_run_id": "r0"})
    assert old.status_code == 409
    assert entries() == 1


def test_the_end_of_an_override(published):
    caller = Caller()
    made = caller.post("/overrides", GOOD).json()["entry"]
    assert caller.post("/overrides/revoke", {"account_id": "007", "expected_entry_id": "0"}).status_code == 409
    answer = caller.post("/overrides/revoke", {"account_id": "007", "note": "over", "expected_entry_id": made["entry_id"]})
    assert answer.status_code == 201
    assert answer.json()["entry"]["action"] == "revoke"
    assert answer.json()["final_score"]["final_grade"] == "A"
    again = caller.post("/overrides/revoke", {"account_id": "007"})
    assert (again.status_code, again.json()["type"]) == (409, "/api/v1/docs#refused")


def test_an_unknown_account_is_not_there(published):
    caller = Caller()
    for path, body in (("/overrides", GOOD | {"account_id": "08"}), ("/overrides/revoke", {"account_id": "08"})):
        answer = caller.post(path, body)
        assert answer.status_code == 404
        assert "nearest is '007'" in answer.json()["detail"]
    assert caller.get("/overrides/history?account_id=08").status_code == 404


def test_a_request_sent_again_does_nothing_again(published):
    caller = Caller()
    first = caller.post("/overrides", GOOD, idempotency_key="k1")
    again = caller.post("/overrides", json.dumps(GOOD, indent=3), idempotency_key="k1")
    assert (again.status_code, again.content) == (201, first.content)
    assert "Idempotent-Replayed" not in first
    assert again["Idempotent-Replayed"] == "true"
    assert entries() == 1
    other = caller.post("/overrides", GOOD | {"grade": "B"}, idempotency_key="k1")
    assert other.status_code == 422
    assert "'k1' was used for another request" in other.json()["detail"]
    assert Caller("planner").post("/overrides", GOOD | {"grade": "B"}, idempotency_key="k1").status_code == 201


def test_what_was_refused_may_be_sent_again_with_its_key(published):
    caller = Caller()
    body = {"account_id": "007", "note": ""}
    assert caller.post("/overrides/revoke", body, idempotency_key="k").status_code == 409
    caller.post("/overrides", GOOD)
    assert caller.post("/overrides/revoke", body, idempotency_key="k").status_code == 201


def test_a_key_counts_for_a_day(published):
    from lastword.web.models import KeptAnswer

    caller = Caller()
    caller.post("/overrides", GOOD, idempotency_key="k")
    KeptAnswer.objects.update(made_at=datetime.now(UTC) - timedelta(days=1, seconds=1))
    assert caller.post("/overrides", GOOD | {"grade": "B"}, idempotency_key="k").status_code == 201
    assert entries() == 2


def test_many_decisions_at_once_say_what_becomes_of_each(published):
    caller = Caller()
    caller.post("/overrides", GOOD)
    rows = [
        GOOD,
        {"account_id": "a/1", "grade": "A", "reason": "other"},
        {"account_id": "b 2", "grade": "A", "reason": "other", "expected_entry_id": "77"},
        {"account_id": "nobody", "grade": "A", "reason": "other"},
    ]
    dry = caller.post("/overrides/bulk", {"rows": rows, "dry_run": True})
    assert [row["outcome"] for row in dry.json()["rows"]] == ["unchanged", "new", "conflict", "error"]
    refused = caller.post("/overrides/bulk", {"rows": rows})
    assert refused.status_code == 409
    assert refused.json()["rows"] == dry.json()["rows"]
    assert "2 of 4 rows" in refused.json()["detail"]
    assert entries() == 1
    applied = caller.post("/overrides/bulk", {"rows": rows, "only_clean": True}, idempotency_key="b1")
    assert applied.json()["counts"] == {"unchanged": 1, "new": 1, "conflict": 1, "error": 1}
    assert caller.post("/overrides/bulk", {"rows": rows, "only_clean": True}, idempotency_key="b1").content == applied.content
    assert entries() == 2
    assert caller.get("/final-scores/a/1").json()["final_grade"] == "A"


def test_many_decisions_leave_an_event_with_the_tokens_name(published):
    from overrides.models import Event

    Caller("crm").post("/overrides/bulk", {"rows": [GOOD], "on_behalf_of": "jane"})
    event = Event.objects.get(kind="import")
    assert event.by == "token:crm (jane)"
    assert event.details == {"new": 1}


def test_a_thousand_decisions_in_one_request(served):
    accounts = [f"{number:05d}" for number in range(1001)]
    served.publish(scores_of(accounts, PUBLISHED_AT), now=PUBLISHED_AT)
    rows = [{"account_id": account, "grade": "C", "reason": "other"} for account in accounts]
    assert Caller().post("/overrides/bulk", {"rows": rows}).json()["counts"] == {"new": 1001}
    assert len(in_force(datetime.now(UTC))) == 1001


def test_more_than_five_thousand_decisions_are_to_be_sent_in_parts(published):
    answer = Caller().post("/overrides/bulk", {"rows": [GOOD] * 5001})
    assert answer.status_code == 422
    assert answer.json()["detail"] == "rows: List should have at most 5000 items after validation, not 5001"


def test_what_is_in_force_by_reason_by_person_and_since(published):
    crm, planner = Caller("crm"), Caller("planner")
    crm.post("/overrides", GOOD)
    crm.post("/overrides", GOOD | {"account_id": "z9", "reason": "relationship"})
    planner.post("/overrides", GOOD | {"account_id": "b 2"})
    planner.post("/overrides", GOOD | {"account_id": "é€"})
    planner.post("/overrides/revoke", {"account_id": "é€"})

    def found(query):
        return [entry["account_id"] for entry in crm.get(f"/overrides?{query}").json()["overrides"]]

    assert found("") == ["007", "b 2", "z9"] == list(in_force(datetime.now(UTC)).index)
    assert found("reason=other") == ["007", "b 2"]
    assert found("by=token:crm&reason=relationship&reason=other") == ["007", "z9"]
    assert found("since=2026-06-01") == ["007", "b 2", "z9"]
    assert found(f"since={datetime.now(UTC) + timedelta(seconds=2):%Y-%m-%dT%H:%M:%SZ}") == []
    first = crm.get("/overrides?limit=2").json()
    assert [entry["account_id"] for entry in crm.get(first["next"]).json()["overrides"]] == ["z9"]


def test_the_history_of_an_account_and_of_all(published):
    caller = Caller()
    caller.post("/overrides", GOOD)
    caller.post("/overrides", GOOD | {"account_id": "z9"})
    caller.post("/overrides/revoke", {"account_id": "007"})
    one = caller.get("/overrides/history?account_id=007").json()["entries"]
    assert [entry["action"] for entry in one] == ["add", "revoke"]
    assert caller.get("/overrides/history?account_id=a/1").json()["entries"] == []
    seen, path = [], "/overrides/history?limit=2"
    while path:
        page = caller.get(path).json()
        seen += [(entry["account_id"], entry["action"]) for entry in page["entries"]]
        path = page["next"]
    assert seen == [("007", "add"), ("z9", "add"), ("007", "revoke")]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"grade": "E"}, "grade 'E' is unknown: expected one of A B C D F"),
        ({"reason": "becuase"}, "reason 'becuase' isn't among [overrides] reasons; nearest is"),
        ({"grade": None}, "choice 'grade' comes without one: expected A, B, C, D or F"),
        ({"choice": "accept_plan"}, "choice 'accept_plan' comes with the grade 'D'"),
        ({"expires_on": "2020-01-01"}, "expires_on 2020-01-01 of account '007' is past"),
        ({"expires_on": "9999-12-31"}, "expires_on: 9999-12-31 is too late: expected 9998-12-31 or earlier"),
        ({"expires_on": 7}, "expires_on: expected a date as text, YYYY-MM-DD"),
        ({"account_id": 7}, "account_id: Input should be a valid string"),
        ({"graed": "A"}, "graed: Extra inputs are not permitted"),
    ],
)
def test_a_wrong_value_is_named_and_nothing_is_done(published, changes, said):
    answer = Caller().post("/overrides", GOOD | changes)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(said)
    assert entries() == 0


def test_a_body_that_is_too_large_is_refused_before_it_is_read(published):
    answer = Caller().post("/overrides", b"x" * (5 * 1024 * 1024 + 1))
    assert answer.status_code == 413
    assert answer.json()["detail"].startswith("a body of 5,242,881 bytes: expected at most 5,242,880")
    assert Caller().post("/overrides", b"x" * (5 * 1024 * 1024)).status_code == 400


def test_the_same_request_many_times_at_once_is_done_once(published):
    callers = [Caller("crm") for _ in range(8)]
    Caller("crm").get("/runs")

    def send(caller):
        try:
            return caller.post("/overrides", GOOD, idempotency_key="k")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(send, callers))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert entries() == 1


def test_of_two_decisions_at_once_that_saw_the_same_one_is_told(published):
    callers = [Caller(f"crm{number}") for number in range(6)]

    def send(caller):
        try:
            return caller.post("/overrides", GOOD | {"expected_entry_id": ""}).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as threads:
        assert sorted(threads.map(send, callers)) == [201, 409, 409, 409, 409, 409]
    assert entries() == 1
