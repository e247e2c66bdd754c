"""`lastword override` where a move asks for a second person, as somebody at a terminal has it."""

import json
import sys
from datetime import UTC, datetime

import pytest

from lastword import cli
from lastword.project import init_project
from overrides.publish import RunRecord, publish
from overrides.store import open_store
from tests.stores import AS_OF, scores_of


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Runs `lastword override …` in a published project that asks for a second person; gives exit code, output, error."""
    project = init_project(tmp_path / "acme")
    path = project.folder / "lastword.toml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("approve_from_steps = 0", "approve_from_steps = 2"), encoding="utf-8"
    )
    open_store(project.store_url)
    folder = project.run_folder("r1")
    folder.mkdir(parents=True)
    publish(
        project,
        scores_of(["001", "002", "003", "004"]),
        RunRecord("r1", "full", AS_OF, "2026", "model"),
        folder,
        datetime.now(UTC),
    )
    monkeypatch.chdir(project.folder)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["lastword", "override", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        output = capsys.readouterr()
        return ended.value.code or 0, output.out, output.err

    return run


PROPOSE = ("add", "004", "--grade", "A", "--reason", "other", "--by", "ann")


def test_a_long_move_is_proposed_and_another_person_approves_it(run):
    code, out, _ = run(*PROPOSE, "--note", "they grow", "--json")
    proposed = json.loads(out)
    assert (code, proposed["waiting"], proposed["steps"], proposed["state"]) == (0, True, 3, "waiting")
    code, out, _ = run("waiting", "--json")
    (waiting,) = json.loads(out)["proposals"]
    assert (waiting["proposal_id"], waiting["account_id"], waiting["by"]) == (proposed["proposal_id"], "004", "ann")
    assert waiting["made_at"].endswith("Z")
    number = str(waiting["proposal_id"])
    code, out, err = run("approve", number, "--by", "ann")
    assert (code, out) == (1, "")
    assert "another person has to approve it" in err
    code, out, _ = run("approve", number, "--by", "bob", "--json")
    entry = json.loads(out)
    assert (code, entry["by"], entry["approved_by"], entry["grade"]) == (0, "ann", "bob", "A")
    code, out, _ = run("history", "004", "--json")
    assert [line["approved_by"] for line in json.loads(out)["entries"]] == ["bob"]
    code, out, err = run("approve", number, "--by", "cleo")
    assert (code, err.count("\n")) == (1, 1)
    assert "was approved by bob" in err


def test_it_is_said_in_words(run):
    code, out, _ = run(*PROPOSE)
    assert code == 0
    assert "004: from D to A is 3 steps, so it waits for a second person; until then the final grade stays." in out
    assert "lastword override approve 1" in out
    code, out, _ = run("waiting")
    assert all(word in out for word in ("Moves that wait for a second person: 1", "004", "D to A", "ann"))
    code, out, _ = run("decline", "1", "--by", "bob", "--note", "too soon")
    assert out == "004: the move to A that ann proposed is declined\n"
    assert "Moves that wait for a second person: 0" in run("waiting")[1]


def test_a_short_move_is_in_force_at_once_as_before(run):
    code, out, _ = run("add", "004", "--grade", "C", "--reason", "other", "--by", "ann", "--json")
    entry = json.loads(out)
    assert (code, entry["action"], entry["grade"], entry["approved_by"]) == (0, "add", "C", None)


@pytest.mark.parametrize(("arguments", "code"), [(("approve", "7", "--by", "bob"), 1), (("decline", "x"), 2), (("approve",), 2)])
def test_a_proposal_that_there_is_none_of_is_one_line(run, arguments, code):
    ended, out, err = run(*arguments)
    assert (ended, out) == (code, "")
    assert "Traceback" not in err
