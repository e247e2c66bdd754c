"""`lastword model`: which version serves, by hand, with the guard in the way and a way back."""

import json
import shutil
import sys
from dataclasses import asdict
from datetime import UTC, datetime

import numpy as np
import pytest

from features.catalog import VERSION, Vocabulary
from lastword import cli
from lastword.errors import Refusal
from lastword.project import init_project
from lastword.run import lock
from lastword.serving_history import listed, promote_version, roll_back
from models.grades import Reference
from models.propensity import fit_propensity
from models.registry import TrainingRecord, aliases, register, versions
from tests.sample_rows import RECIPE, training_rows

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FIGURES = {"auc": 0.78, "plan_auc": 0.62, "lift_at_15": 2.9, "plan_lift_at_15": 1.4}
ALLOWED = {"guard_refuses": "", "promoted": "no", "refused_because": '[model] promote is "never"', "compared_with": ""}
REFUSED = {"guard_refuses": "it loses to the plan", "promoted": "no", "refused_because": "it loses to the plan"}


@pytest.fixture(scope="module")
def rows():
    return training_rows(accounts=300)


@pytest.fixture
def project(tmp_path, empty_registry):
    project = init_project(tmp_path / "acme")
    project.state_folder.mkdir()
    shutil.copy(empty_registry, project.state_folder / "mlflow.db")
    return project


@pytest.fixture
def trained(project, rows, tmp_path):
    """Registers a version with these tags and gives its number."""
    folder = tmp_path / "trained"
    fit_propensity(rows, rows["won"], RECIPE).save(folder)
    reference = Reference.from_population(np.array([0.1, 0.2]))
    (folder / "reference.json").write_text(json.dumps(reference.to_json()))

    def train(tags, catalog_version=VERSION):
        policy = {"half_life_days": 30, "window_days": 180}
        serving = {
            "catalog_version": catalog_version,
            "mode": "landmarks",
            "prior_odds": None,
            "cuts": {},
            "intent_policy": policy,
        }
        serving |= {"recipe": RECIPE.to_json(), "vocabulary": asdict(Vocabulary((), (), ()))}
        (folder / "serving.json").write_text(json.dumps(serving))
        told = {"figures": json.dumps(FIGURES), "mode": "landmarks", "by": "ana", "command": "lastword train", **tags}
        record = TrainingRecord("train", {}, {}, {}, folder, None, rows, RECIPE.features, version_tags=told)
        return register(project, record).version

    return train


@pytest.fixture
def lastword(monkeypatch, capsys, project):
    """Runs `lastword model …` on the project; gives exit code, standard output, standard error."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["lastword", "model", *arguments, "--project", str(project.folder)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        output = capsys.readouterr()
        return ended.value.code or 0, output.out, output.err

    return run


def test_what_the_guard_refused_needs_a_reason_that_stays_on_record(project, trained):
    trained(REFUSED)
    with pytest.raises(Refusal, match=r"the guard refuses version 1: it loses to the plan; .* --override-guard REASON"):
        promote_version(project, "1", "ana", "", None, NOW)
    with pytest.raises(Refusal, match="needs a reason in words"):
        promote_version(project, "1", "ana", "", "  ", NOW)
    assert "champion" not in aliases(project)
    promote_version(project, "1", "ana", "", "the plan is being replaced", NOW)
    assert aliases(project)["champion"] == "1"
    assert versions(project)[0].tags["guard_overridden"] == "the plan is being replaced"


def test_what_the_guard_allows_needs_none_and_an_unneeded_one_is_not_recorded(project, trained):
    trained(ALLOWED)
    moved = promote_version(project, "1", "ana", "", "just in case", NOW)
    assert (moved.before, moved.remarks) == (None, ())
    assert "guard_overridden" not in versions(project)[0].tags


def test_a_version_without_a_record_of_the_guard_is_refused(project, trained):
    trained({})
    with pytest.raises(Refusal, match="no record"):
        promote_version(project, "1", "ana", "", None, NOW)


@pytest.mark.parametrize("version", ["9", "one", "champion"])
def test_an_unknown_version_names_those_there_are(project, trained, version):
    trained(ALLOWED)
    with pytest.raises(Refusal, match=f"propensity has no version {version}; there are 1"):
        promote_version(project, version, "ana", "", None, NOW)


def test_the_one_that_serves_is_not_promoted_again(project, trained):
    trained(ALLOWED)
    promote_version(project, "1", "ana", "", None, NOW)
    with pytest.raises(Refusal, match="version 1 serves already"):
        promote_version(project, "1", "ana", "", None, NOW)


def test_what_cannot_serve_is_refused_before_the_alias_moves(project, trained):
    trained(ALLOWED)
    trained(ALLOWED, catalog_version=VERSION + 1 if isinstance(VERSION, int) else "other")
    promote_version(project, "1", "ana", "", None, NOW)
    with pytest.raises(Refusal, match="version 2 cannot serve: the model was trained on features of catalog version"):
        promote_version(project, "2", "ana", "", None, NOW)
    trained(ALLOWED)
    promote_version(project, "3", "ana", "", None, NOW)
    shutil.rmtree(project.artifacts_folder / versions(project)[-1].tags["model_folder"])
    with pytest.raises(Refusal, match="version 1 cannot serve: the files of propensity version 1 are gone"):
        roll_back(project, "ana", "", NOW)
    assert aliases(project)["champion"] == "3"


def test_a_file_that_cannot_be_read_is_a_refusal(project, trained):
    trained(ALLOWED)
    (project.artifacts_folder / versions(project)[0].tags["model_folder"] / "serving.json").write_text("{")
    with pytest.raises(Refusal, match="version 1 cannot serve: its files cannot be read"):
        promote_version(project, "1", "ana", "", None, NOW)


def test_the_way_back_and_a_retraining_in_between(project, trained):
    with pytest.raises(Refusal, match="no model serves"):
        roll_back(project, "ana", "", NOW)
    for version in "12":
        trained(ALLOWED)
        promote_version(project, version, "ana", "", None, NOW)
    assert roll_back(project, "bob", "did not help", NOW).version == "1"
    with pytest.raises(Refusal, match="no other version served before version 1"):
        roll_back(project, "bob", "", NOW)
    trained(ALLOWED)
    promote_version(project, "3", "ana", "", None, NOW)
    assert roll_back(project, "bob", "", NOW).version == "1"


def test_promotions_and_the_way_back_are_in_the_record_of_events(project, trained):
    from overrides.events import timeline

    trained(ALLOWED)
    trained(REFUSED)
    with pytest.raises(Refusal):
        promote_version(project, "2", "ana", "", None, NOW)
    promote_version(project, "1", "ana", "better", None, NOW)
    promote_version(project, "2", "ben", "", "the market has changed", NOW)
    roll_back(project, "cleo", "", NOW)
    assert [(line.kind, line.by, line.subject) for line in timeline(now=NOW).lines] == [
        ("promotion", "cleo", "1"),
        ("promotion", "ben", "2"),
        ("promotion", "ana", "1"),
    ]
    assert [line.said for line in timeline(now=NOW).lines] == [
        "Model version 1 is brought back in place of version 2",
        "Model version 2 is promoted in place of version 1; the guard overruled: the market has changed",
        "Model version 1 is promoted: better",
    ]


def test_who_promotes_hears_what_the_training_does_not_share_with_today(project, trained):
    trained(ALLOWED)
    trained(ALLOWED | {"changed_settings": "[model] horizon_days = 120"})
    promote_version(project, "1", "ana", "", None, NOW)
    compared, settings = promote_version(project, "2", "ana", "", None, NOW).remarks
    assert compared == "It was compared with no champion, not with version 1, which served until now."
    assert "[model] horizon_days = 120" in settings


def test_nothing_moves_while_a_run_holds_the_lock(project, trained):
    trained(ALLOWED)
    with lock(project, NOW), pytest.raises(Refusal, match="is locked"):
        promote_version(project, "1", "ana", "", None, NOW)


def test_a_project_that_never_trained_has_no_versions_and_gets_no_database(tmp_path):
    project = init_project(tmp_path / "new")
    assert listed(project) == []
    with pytest.raises(Refusal, match="propensity has no version 1; run `lastword train` first"):
        promote_version(project, "1", "ana", "", None, NOW)
    assert not (project.state_folder / "mlflow.db").exists()


def test_the_commands(lastword, trained):
    assert lastword("list") == (0, "No model was trained yet: lastword train\n", "")
    trained(ALLOWED)
    trained(REFUSED)
    code, out, _ = lastword("promote", "1", "--by", "ana", "--note", "first")
    assert (code, out.splitlines()[0]) == (0, "Version 1 serves.")
    assert "`lastword score` makes its scores current" in out
    code, out, err = lastword("promote", "2")
    assert (code, out) == (1, "")
    assert "it loses to the plan" in err and err.count("\n") == 1
    code, out, _ = lastword("promote", "2", "--override-guard", "asked for", "--by", "bob", "--json")
    assert (code, json.loads(out)["before"]) == (0, "1")
    code, out, _ = lastword("list")
    assert "promoted by bob on" in out and "the guard overruled: asked for" in out and "0.780" in out
    code, out, _ = lastword("rollback", "--by", "ana", "--note", "worse in the field")
    assert (code, out.splitlines()[0]) == (0, "Version 1 serves again, as before version 2.")
    code, out, _ = lastword("list", "--json")
    newest, oldest = json.loads(out)["versions"]
    assert (newest["aliases"], oldest["aliases"]) == (["challenger"], ["champion"])
    assert (newest["rolled_back_by"], newest["rolled_back_note"], newest["guard_overridden"]) == (
        "ana",
        "worse in the field",
        "asked for",
    )
    assert (oldest["figures"], oldest["guard_refuses"], newest["guard_refuses"]) == (FIGURES, None, "it loses to the plan")
    assert "taken back by ana" in lastword("list")[1]
    assert lastword("rollback")[0] == 1
