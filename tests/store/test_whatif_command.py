"""`lastword whatif` on a project of six accounts: any column can become an attribute, valued as a run by that plan would."""

import json
import sys
from datetime import UTC, datetime
from unittest.mock import patch

import pandas as pd
import pytest

from lastword.cli import main
from lastword.plan import parse_plan
from lastword.plan_values_kept import COLUMNS, PAST, VALUES, past_values_of, values_of
from lastword.runner import run_stages
from tests.small_project import PLAN, small_project

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
INPUTS = {
    "accounts": "account_id,name,fleet,spot\n007,One,5,x\na2,Two,50,y\na3,Three,,x\na4,Four,9,\na5,Five,7,x\na6,Six,8,y\n",
    "won": "account_id\n007\na3\n",
    "house_list": "account_id\na2\na4\na5\n",
    "technographics": "account_id,technology\n007,Kafka\na2,Kafka\na2,Rust\na4,Rust\n",
    "intents": "account_id,topic,observed_on,strength\na2,scoring,2026-11-13,80\na2,scoring,2026-10-24,40\n"
    "a5,other,2026-11-20,10\n",
}
OTHER = (
    PLAN.replace('version = "1"', 'version = "2"').replace(
        "min_points = 0", 'min_points = 40\n[[segments]]\nname = "F"\nmin_points = 0'
    )
    + """
[[attributes]]
name = "fleet"
kind = "quantitative"
weight = 1
bands = [ { max = 9, points = 0 }, { min = 9, points = 100 } ]
[[attributes]]
name = "spot"
kind = "qualitative"
weight = 1
points = { x = 100 }
[[attributes]]
name = "technology:Kafka"
kind = "qualitative"
weight = 1
points = { yes = 100 }
[[attributes]]
name = "intent:scoring"
kind = "quantitative"
weight = 1
bands = [ { max = 10, points = 0 }, { min = 10, points = 100 } ]
"""
)


@pytest.fixture
def scored(tmp_path):
    project = small_project(tmp_path / "acme", **INPUTS)
    outcome = run_stages(project, "score", NOW)
    (tmp_path / "other.toml").write_text(OTHER, encoding="utf-8")
    return project, outcome.folder, tmp_path / "other.toml"


def whatif(project, capsys, plan, *arguments):
    """Exit code, standard output, standard error."""
    words = ["lastword", "whatif", "--plan", str(plan), "--project", str(project.folder), *arguments]
    with patch.object(sys, "argv", words), pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    return ended.value.code, said.out, said.err


def test_values_of_another_plan_are_those_that_a_run_by_it_keeps(scored):
    project, folder, path = scored
    plans = (parse_plan(PLAN), parse_plan(OTHER))
    tried, past = (read(project, folder, NOW.date(), plans) for read in (values_of, past_values_of))
    project.plan_path.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    later = run_stages(project, "score", NOW).folder
    for found, name in ((tried, VALUES), (past, PAST)):
        kept = pd.read_parquet(later / name)
        for column in plans[1].names:
            assert found[column].astype(object).where(found[column].notna(), None).tolist() == (
                kept[column].astype(object).where(kept[column].notna(), None).tolist()
            ), column
    assert past["account_id"].tolist() == ["007", "a2", "a3", "a4", "a5"]
    assert past["won"].tolist() == [1, 0, 1, 0, 0]


def test_the_command_prints_who_moves_and_writes_the_list(scored, capsys, tmp_path):
    """By hand: 007 gets (100 + 0 + 100 + 100 + 0) ÷ 5 = 60, a2 (50 + 100 + 0 + 100 + 100) ÷ 5 = 70, the others 22 at most."""
    project, _, path = scored
    code, out, _ = whatif(project, capsys, path, "--moves", str(tmp_path / "moves.csv"))
    assert code == 0
    assert "Would move     4 of 6 accounts (66.7%): 0 up, 4 down" in out
    assert "attribute technology:Kafka is new: qualitative, weight 1" in out
    moves = pd.read_csv(tmp_path / "moves.csv", dtype="str")
    assert sorted(moves["account_id"]) == ["a3", "a4", "a5", "a6"]
    assert set(moves["segment_before"] + moves["segment_after"]) == {"AF"}
    found = json.loads(whatif(project, capsys, path, "--json")[1])
    assert found["matrix"] == {"A": {"A": 2, "F": 4}}
    assert (found["plan_before"], found["plan_after"], found["capture"]["wins"]) == ("1", "2", 2)


def test_the_plan_of_the_run_moves_nobody(scored, capsys):
    project, _, _ = scored
    found = json.loads(whatif(project, capsys, project.plan_path, "--json")[1])
    assert (found["moved"], found["differences"], found["capture"]["gain"]["estimate"]) == (0, [], 0.0)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("weight = 1\nbands", "weight = -1\nbands", "other.toml:19: [[attributes]] #2 weight"),
        ('"fleet"', '"trucks"', 'other.toml:17: [[attributes]] #2 name: accounts have no column "trucks"'),
    ],
)
def test_a_wrong_plan_and_a_plan_of_another_project_are_named_by_their_line(scored, capsys, old, new, said):
    project, _, path = scored
    path.write_text(OTHER.replace(old, new, 1), encoding="utf-8")
    code, out, err = whatif(project, capsys, path)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err


def test_a_run_that_kept_too_little_says_so(scored, capsys):
    project, folder, path = scored
    (folder / COLUMNS).unlink()
    code, _, err = whatif(project, capsys, path)
    assert code == 1
    assert "kept only what its own plan looks at, and the other plan looks at fleet too: `lastword score`" in err


def test_without_a_publication_there_is_nothing_to_try_it_on(tmp_path, capsys):
    project = small_project(tmp_path)
    code, _, err = whatif(project, capsys, project.plan_path)
    assert (code, "nothing is published" in err) == (1, True)
