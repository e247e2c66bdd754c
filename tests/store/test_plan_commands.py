"""`lastword plan` on a project whose store is SQLite: plan.toml and the versions both ways, nothing unsaved lost."""

import json
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest

from lastword import plan_files
from lastword.cli import main
from lastword.errors import Refusal
from lastword.plan_files import effective_warning
from overrides import scenarios
from tests.small_project import PLAN, small_project

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def project(tmp_path):
    return small_project(tmp_path)


def plan_toml(project, *replacements):
    text = PLAN
    for old, new in replacements:
        text = text.replace(old, new)
    project.plan_path.write_text(text, encoding="utf-8")


def lastword(project, capsys, *arguments):
    """Exit code, standard output, standard error."""
    import sys
    from unittest.mock import patch

    with (
        patch.object(sys, "argv", ["lastword", "plan", *arguments, "--project", str(project.folder)]),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    said = capsys.readouterr()
    return ended.value.code, said.out, said.err


def test_push_adopt_change_and_back(project, capsys):
    plan_toml(project, ("version", "# ours\nversion"))
    assert lastword(project, capsys, "push", "--note", "first", "--by", "ana")[:2] == (
        0,
        "Version 1 is stored. Adopt it with: lastword plan adopt 1\n",
    )
    assert lastword(project, capsys, "adopt", "1", "--by", "ana")[0] == 0
    plan_toml(project, ('"1"', '"2"'), ("One = 100", "One = 90"))
    assert lastword(project, capsys, "diff")[1] == "plan.toml, where it differs from 1:\n  name: One 100 → 90 points\n"
    code, _, err = lastword(project, capsys, "pull")
    assert code == 1
    assert "has changes that no version holds (name: One 100 → 90 points): `lastword plan push` keeps them; --force" in err
    lastword(project, capsys, "push")
    assert lastword(project, capsys, "pull", "1")[0] == 0
    assert project.plan_path.read_text(encoding="utf-8").lstrip().startswith("# ours")
    listed = json.loads(lastword(project, capsys, "list", "--json")[1])
    assert [(each["version"], each["author"] == "ana", each["adopted_by"]) for each in listed] == [
        ("2", False, None),
        ("1", True, "ana"),
    ]
    assert json.loads(lastword(project, capsys, "diff", "1", "2", "--json")[1])["differences"] == ["name: One 100 → 90 points"]


def test_a_changed_plan_under_its_old_version_is_refused(project, capsys):
    lastword(project, capsys, "push", "--by", "ana")
    plan_toml(project, ("One = 100", "One = 90"))
    code, _, err = lastword(project, capsys, "push")
    assert (code, err.count("\n")) == (1, 1)
    assert "is another plan (name: One 100 → 90 points): give this one a version of its own" in err


def test_what_only_plan_toml_has_is_written_over_by_force_alone(project):
    plan_files.push(project, "ana", "", NOW)
    plan_toml(project, ("version", "# a comment of mine\nversion"))
    with pytest.raises(Refusal, match="comments or spelling differ and no version holds those"):
        plan_files.pull(project, "1", False, NOW)
    project.plan_path.write_text("no plan", encoding="utf-8")
    with pytest.raises(Refusal, match="has a mistake, so no version holds it"):
        plan_files.adopt(project, "1", "ana", "", False, NOW)
    assert project.plan_path.read_text(encoding="utf-8") == "no plan"
    plan_files.pull(project, "1", True, NOW)
    assert project.plan_path.read_text(encoding="utf-8") == PLAN


@pytest.mark.parametrize("arguments", [("pull",), ("diff",), ("pull", "9"), ("adopt", "9")])
def test_without_such_a_version_the_refusal_is_one_line(project, capsys, arguments):
    code, out, err = lastword(project, capsys, *arguments)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "lastword plan" in err


def test_a_run_for_a_day_on_which_another_version_is_effective_is_warned(project):
    run = SimpleNamespace(project=project, now=NOW, as_of=date(2026, 5, 1))
    assert effective_warning(run) is None
    plan_files.push(project, "ana", "", NOW, effective_to=date(2026, 5, 31))
    plan_files.adopt(project, "1", "ana", "", False, NOW)
    assert effective_warning(run) is None
    plan_toml(project, ('"1"', '"2"'), ("One = 100", "One = 90"))
    assert effective_warning(run) == (
        "plan.toml differs from version 1, which ana adopted and which is effective on 2026-05-01: name: One 100 → 90 points"
    )
    assert effective_warning(SimpleNamespace(project=project, now=NOW, as_of=date(2026, 6, 1))) is None


def test_scenarios_are_listed_and_their_plan_is_printed(project, capsys):
    assert lastword(project, capsys, "scenarios")[1].startswith("There is no scenario yet")
    lastword(project, capsys, "push", "--by", "ana")
    made = scenarios.create("Bolder", PLAN.replace("One = 100", "One = 90"), "1", "ana", "try", NOW)
    listed = json.loads(lastword(project, capsys, "scenarios", "--json")[1])
    assert [(each["scenario_id"], each["name"], each["state"], each["revision"]) for each in listed] == [
        (made.scenario_id, "Bolder", "open", 1)
    ]
    assert "Bolder" in lastword(project, capsys, "scenarios")[1]
    assert lastword(project, capsys, "show", "1") == (0, PLAN, "")
    assert json.loads(lastword(project, capsys, "show", "Bolder", "--json")[1]) == {
        "kind": "scenario",
        "name": "Bolder",
        "plan": made.text,
    }
    code, out, err = lastword(project, capsys, "show", "Boldr")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "did you mean 'Bolder'?" in err
