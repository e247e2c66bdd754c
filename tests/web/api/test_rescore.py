"""A rescore that a program asks for: who may, what it is told, and that one goes on at a time."""

from datetime import UTC, datetime, timedelta

import pytest
from filelock import FileLock

from lastword.web.background import DONE, FAILED, RUNNING, Progress
from lastword.web.rescorer import RESCORING
from tests.web.api.callers import Caller


@pytest.fixture
def begun(monkeypatch):
    """What was begun instead of a process: the arguments after the project's folder."""
    found = []
    monkeypatch.setattr("subprocess.Popen", lambda command, **_: found.append(command) or Ended())
    return found


class Ended:
    def wait(self):
        return 0


def test_an_approvers_token_begins_one_and_anybody_may_look(published, begun):
    answered = Caller("crm", "approver").post("/rescore", {"since": "2026-05-31"})
    assert answered.status_code == 202
    assert {name: answered.json()[name] for name in ("state", "by", "current_run", "look_at")} == {
        "state": "running",
        "by": "token:crm",
        "current_run": "r1",
        "look_at": "/api/v1/rescore",
    }
    ((_, _, module, folder, since),) = begun
    assert (module, folder, since) == ("lastword.web.rescorer", str(published.runs_folder.parent), "2026-05-31")
    assert Caller("bi", "viewer").get("/rescore").json()["state"] == "running"


def test_nobody_asked_yet(published, begun):
    asked = Caller("bi", "viewer").get("/rescore")
    assert (asked.status_code, asked.json()["state"], asked.json()["by"]) == (200, "none", None)
    Caller("crm", "approver").post("/rescore", {})
    assert len(begun[0]) == 4


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("reviewer", 403), ("", 401)])
def test_who_may_not(published, begun, role, status):
    assert Caller("crm" if role else "", role).post("/rescore", {}).status_code == status
    assert begun == []


@pytest.mark.parametrize("body", [{"since": "yesterday"}, {"since": 5}, {"sinse": "2026-05-31"}, "[", ""])
def test_what_cannot_be_read_begins_nothing(published, begun, body):
    answered = Caller("crm", "approver").post("/rescore", body)
    assert answered.status_code in (400, 422)
    assert begun == []


def test_one_at_a_time(published, begun):
    caller = Caller("crm", "approver")
    assert caller.post("/rescore", {}).status_code == 202
    again = caller.post("/rescore", {})
    assert again.status_code == 409
    assert "that token:crm began at" in again.json()["detail"]
    assert len(begun) == 1


def test_not_while_the_command_line_runs(published, begun):
    folder = published.runs_folder.parent
    (folder / "lock.json").write_text('{"by": "ann", "host": "h", "pid": 1, "since": "2026-06-01T06:00:00Z"}')
    with FileLock(folder / "lock"):
        refused = Caller("crm", "approver").post("/rescore", {})
        assert refused.status_code == 409
        assert "ann@h (process 1) runs since" in refused.json()["detail"]
    assert Caller("crm", "approver").post("/rescore", {}).status_code == 202  # a killed run left the file behind


@pytest.mark.parametrize(("state", "said"), [(DONE, "Done"), (FAILED, "no space left")])
def test_how_the_last_one_ended_is_said_and_another_may_begin(published, begun, state, said):
    long_ago = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    from django.conf import settings

    RESCORING.write(settings.LASTWORD_PROJECT, Progress(state, said, "token:crm", long_ago, 4, 4))
    found = Caller("bi", "viewer").get("/rescore").json()
    assert (found["state"], found["said"]) == (state, said)
    assert Caller("crm", "approver").post("/rescore", {}).status_code == 202
    assert RESCORING.progress(settings.LASTWORD_PROJECT, datetime.now(UTC)).state == RUNNING
