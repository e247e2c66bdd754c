"""What moved since before: the reference beside the model, and models that were trained before there was one."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pandas as pd
import pytest

from lastword.moves import drift_since_learnt, save_drift_reference, write_drift
from lastword.run import Run
from lastword.score_work import Work, sampled
from models.grades import Reference
from models.landmarks import TrainingSet
from models.propensity import fit_propensity
from models.training import Trained
from tests.sample_rows import RECIPE, training_rows
from tests.unit.test_nearest_cut import served


@pytest.fixture
def run(tmp_path):
    (tmp_path / "champion.json").write_text(json.dumps({"name": "propensity", "version": "1", "folder": str(tmp_path / "model")}))
    (tmp_path / "model").mkdir()
    return Run(None, "r", "score", datetime.now(UTC), date(2026, 6, 1), tmp_path)


def test_a_model_without_a_reference_and_no_model_give_no_figures(run):
    nothing = Work(*[run.folder / "nothing"] * 6)
    assert write_drift(run, nothing, replace(served(), folder=run.folder / "model")) is None
    assert write_drift(run, nothing, None) is None
    assert not (run.folder / "drift.parquet").exists()


def test_the_reference_is_text_beside_the_model(run):
    population = pd.DataFrame({"x": [1.0, 2.0, None]})
    trained = SimpleNamespace(recipe=SimpleNamespace(features=(("x", "numeric"),)), reference=Reference((0.1, 0.2, 0.3)))
    save_drift_reference(run.folder / "model", trained, population)
    stored = json.loads((run.folder / "model" / "drift.json").read_text())
    assert stored["size"] == 3
    assert [column["name"] for column in stored["columns"]] == ["x", "(score)"]
    assert stored["columns"][0]["shares"] == pytest.approx([1 / 3, 1 / 3, 0, 1 / 3])


def test_a_training_tells_what_moved_between_what_it_learnt_from_and_today():
    rows = training_rows(accounts=800).assign(landmark=pd.Timestamp("2026-01-01"))
    older = rows.assign(landmark=pd.Timestamp("2025-01-01"), noise=50.0)
    model = fit_propensity(rows, rows["won"], RECIPE)
    trained = Trained(model, RECIPE, Reference(()), {}, None, leakage=None, figures={}, promotion=None)
    learnt = TrainingSet("landmarks", pd.concat([older, rows]), (), winners=1)
    same = drift_since_learnt(learnt, trained, training_rows(accounts=800, landmarks=1, seed=4))
    assert [row["feature"] for row in same if row["drifted"]] == []
    moved = training_rows(accounts=800, landmarks=1, seed=4).assign(noise=9.0)
    assert [row["feature"] for row in drift_since_learnt(learnt, trained, moved) if row["drifted"]] == ["noise"]
    assert drift_since_learnt(TrainingSet("look-alike", rows, (), winners=1), trained, moved) == []


def test_prospects_are_sampled_evenly_and_all_accounts_where_there_are_none(monkeypatch):
    at_risk = pd.Series([True, False, True, True, True, False, True])
    assert sampled(at_risk).tolist() == at_risk.tolist()
    assert sampled(at_risk & False).all()
    monkeypatch.setattr("lastword.score_work.MOST_COMPARED", 3)
    assert sampled(at_risk).tolist() == [False, False, True, False, True, False, False]
