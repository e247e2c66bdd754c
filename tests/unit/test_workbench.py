"""A project in a notebook: the code path of `lastword train`, with settings changed in memory."""

import asyncio
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lastword import cli
from lastword.errors import ConfigurationError, Refusal
from lastword.workbench import changed, open_project
from tests.small_project import small_project

SETTINGS = "[model]\nmin_wins = 30\nclass_prior = 0.1\n"


def inputs(accounts=700):
    """Larger accounts win more often; wins have no dates, which trains in seconds."""
    random = np.random.default_rng(1)
    employees = np.exp(random.normal(5, 1, accounts)).astype(int)
    wins = random.random(accounts) < 1 / (1 + np.exp(1.5 - 1.2 * (np.log(employees + 1) - 5)))
    ids = [f"a{number}" for number in range(accounts)]
    table = pd.DataFrame({"account_id": ids, "name": ids, "employee_count": employees})
    table["industry"] = random.choice(["Software", "Retail"], accounts)
    return {
        "accounts": table.to_csv(index=False),
        "won": table.loc[wins, ["account_id"]].to_csv(index=False),
        "house_list": table.loc[~wins, ["account_id"]].to_csv(index=False),
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory, empty_registry):
    project = small_project(tmp_path_factory.mktemp("bench") / "acme", **inputs())
    with project.settings_path.open("a") as file:
        file.write(f"\n{SETTINGS}")
    project.state_folder.mkdir()
    shutil.copy(empty_registry, project.state_folder / "mlflow.db")
    return project.folder


@pytest.fixture(scope="module")
def first(folder):
    return open_project(folder).train(promote="if_better", progress=False)


@pytest.fixture(scope="module")
def second(folder, first):
    """Trained where a notebook trains: in a running event loop."""

    async def cell():
        return open_project(folder).train(boosting={"num_leaves": 4, "learning_rate": 0.1}, seed=8, progress=False)

    return asyncio.run(cell())


def test_an_experiment_is_trained_as_the_command_does_and_serves_only_when_asked(folder, first, second):
    assert first.promoted and first.refused_because is None
    assert not second.promoted
    assert second.refused_because == '[model] promote is "never"'
    assert first.registered.tags["command"] == "lastword.workbench"
    assert second.model.recipe.boosting == (("learning_rate", 0.1), ("num_leaves", 4))
    assert second.registered.tags["changed_settings"] == (
        "seed = 8; [model.boosting] num_leaves = 4; [model.boosting] learning_rate = 0.1"
    )
    assert "changed_settings" in first.registered.tags and first.registered.tags["changed_settings"] == ""
    assert (folder / ".lastword" / "runs" / second.run_id / "metrics.json").is_file()
    project = open_project(folder)
    assert project.version("champion").version == first.version
    assert project.version("challenger").version == second.version == str(int(first.version) + 1)


def test_a_refused_promotion_ends_with_0_and_leaves_the_champion_serving(folder, first, tmp_path, monkeypatch, capsys):
    copy = Path(shutil.copytree(folder, tmp_path / "copy"))
    settings = copy / "lastword.toml"
    settings.write_text(settings.read_text().replace("[model]", '[model]\npromote = "never"'))
    champion = open_project(copy).version("champion").version
    monkeypatch.setattr(sys, "argv", ["lastword", "train", "--project", str(copy), "--json"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    model = json.loads(capsys.readouterr().out)["metrics"]["model"]
    assert (model["version"], model["promoted"], model["refused_because"]) == (champion, False, '[model] promote is "never"')
    assert open_project(copy).version("champion").version == champion
    assert open_project(copy).versions()["command"].iloc[0] == "lastword train"


def test_two_experiments_side_by_side(first, second):
    compared = second.compare(first)
    assert compared.groupby("metric")["version"].apply(list).map(sorted).map(tuple).unique().tolist() == [("1", "2")]
    area = compared[compared["metric"] == "auc"].set_index("version")
    assert area.loc["1", "low"] < area.loc["1", "estimate"] < area.loc["1", "high"]
    opinions = first.metrics()
    assert {"model", "plan", "chance"} <= set(opinions["opinion"])
    assert set(second.checks()["rule"]) >= {"signal", "champion"}


def test_an_experiment_in_a_cell(second):
    html = second._repr_html_()
    assert "<b>Version 2</b>: not promoted" in html and "num_leaves = 4" in html and "<table" in html


def test_the_model_scores_the_features_of_the_project(folder, first):
    features = open_project(folder).features()
    assert len(features) == 700 and features["account_id"].is_unique
    assert np.isfinite(first.model.predict(features)).all()
    assert first.served.score(features)["points"].between(0, 100).all()


def test_runs_and_versions_as_tables(folder, second):
    project = open_project(folder)
    runs, versions = project.runs(), project.versions()
    assert runs["version"].tolist() == versions["version"].tolist() == ["2", "1"]
    assert runs["params.boosting.num_leaves"].tolist() == ["4", "8"]
    assert runs["tags.data_fingerprint"].nunique() == 1, "equal data, equal fingerprint"
    assert runs["name"].iloc[0].startswith("notebook ")
    assert versions["auc"].between(0.5, 1).all()


def test_an_experiment_may_be_promoted_with_the_guard_in_the_way(folder, first, second):
    if second.guard_refuses:
        with pytest.raises(Refusal, match="--override-guard"):
            second.promote("ana")
    second.promote("ana", override_guard="a test")
    assert open_project(folder).version("champion").version == "2"


def test_without_a_publication_there_is_no_final_table(folder):
    with pytest.raises(Refusal, match="nothing is published"):
        open_project(folder).final()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model": {"horizon_day": 1}}, "[model] horizon_day: unknown key; did you mean horizon_days?"),
        ({"boosting": {"num_leafs": 9}}, "[model.boosting] num_leafs: unknown key; did you mean num_leaves?"),
        ({"boosting": {"learning_rate": 0}}, "[model.boosting] learning_rate: 0 is out of range; write a number above 0"),
        ({"boosting": {"num_leaves": 9, "max_depth": 3}}, "[model.boosting] num_leaves: 9 leaves need max_depth = 4"),
        ({"boosting": 3}, "[model] boosting: 3 is not a table"),
        ({"promote": "yes"}, '[model] promote: "yes" is unknown; write "if_better", "always" or "never"'),
        ({"seed": "x"}, "seed:"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_said_as_of_lastword_toml_and_nothing_is_trained(folder, changes, said):
    with pytest.raises(ConfigurationError) as stated:
        open_project(folder).train(**changes)
    assert str(stated.value).startswith(said)
    assert "\n" not in str(stated.value)


def test_too_few_wins_are_a_refusal(folder):
    with pytest.raises(
        Refusal, match=r"nothing was trained: .* accounts won in usable windows, \[model\] min_wins asks for 5000"
    ):
        open_project(folder).train(model={"min_wins": 5000}, progress=False)


def test_what_does_not_differ_is_no_change(folder):
    project = open_project(folder).project
    same = changed(project, {"model": {"min_wins": 30, "promote": "never"}, "features": {}})
    assert same.changes == ()
    assert changed(project, {"model": {"group_by": ["domain"]}}).changes == (("model.group_by", '["domain"]'),)


def test_an_unknown_version_is_a_refusal(folder, first):
    with pytest.raises(Refusal, match="propensity has no version 99; there are 1"):
        open_project(folder).version(99)


def test_the_version_to_look_at_is_the_champion(folder, first):
    project = open_project(folder)
    assert project.current().version == project.version("champion").version


def test_the_inputs_and_rows_learnt_from(folder, first):
    past = open_project(folder).past()
    assert set(past.tables) == {"accounts", "won", "house_list"}
    assert len(past.tables["accounts"]) == 700
    assert past.training.mode == "look-alike"
    assert past.training.winners == past.training.rows["won"].sum() == len(past.tables["won"])


@pytest.mark.parametrize("table", ["gate", "gate_reasons", "indicators", "reasons"])
def test_tables_of_a_publication_are_refused_before_the_first(folder, table):
    with pytest.raises(Refusal, match="nothing is published"):
        getattr(open_project(folder), table)()


def test_without_a_model_there_is_nothing_to_look_at(tmp_path):
    with pytest.raises(Refusal, match="no model has been trained in .*: run `lastword train`"):
        open_project(small_project(tmp_path / "fresh").folder).current()


@pytest.mark.parametrize("url", ["postgresql://ana@db.example/scores", "sqlite:////var/lib/elsewhere/scores.db"])
def test_a_rehearsal_never_shares_a_ledger_outside_of_the_folder(tmp_path, url):
    project = small_project(tmp_path / "acme")
    with project.settings_path.open("a") as file:
        file.write(f'\n[store]\nurl = "{url}"\n')
    with pytest.raises(Refusal, match="would have the same ledger"):
        open_project(project.folder).rehearsal(tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
