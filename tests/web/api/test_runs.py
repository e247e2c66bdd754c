"""Runs through the API."""

import json
from datetime import timedelta

from tests.stores import scores_of
from tests.web.api.callers import Caller
from tests.web.api.conftest import ACCOUNTS, PUBLISHED_AT


def test_the_runs_newest_first_and_which_is_current(published):
    for number in (2, 3):
        at = PUBLISHED_AT + timedelta(days=number)
        published.publish(scores_of(ACCOUNTS, at), f"r{number}", at, counts={"accounts": 7})
    caller, seen, path = Caller(), [], "/runs?limit=2"
    while path:
        page = caller.get(path).json()
        seen += page["runs"]
        path = page["next"]
    assert [(run["run_id"], run["current"]) for run in seen] == [("r3", True), ("r2", False), ("r1", False)]
    assert seen[0]["published_at"] == "2026-06-04T06:00:00Z"
    assert seen[0]["counts"] == {"accounts": 7}


def test_a_run_comes_with_its_reports(published):
    (published.runs_folder / "r1" / "metrics.json").write_text(json.dumps({"mode": "landmarks", "figures": {"auc": 0.8}}))
    run = Caller().get("/runs/r1").json()
    assert run["as_of"] == "2026-06-01"
    assert run["metrics"]["figures"] == {"auc": 0.8}
    assert run["validation"] is None


def test_a_run_that_was_never_published_is_not_there(published):
    (published.runs_folder / "left").mkdir()
    answer = Caller().get("/runs/left")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "run 'left' was never published; nearest is 'r1'"
    assert Caller().get("/runs/%2e%2e").status_code == 404
