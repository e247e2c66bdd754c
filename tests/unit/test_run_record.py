"""What MLflow is told of a training."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from lastword.project import Project, init_project
from lastword.run import Run
from lastword.run_description import describe_model, describe_training
from lastword.run_record import flat_metrics, key_figures, metrics_by_landmark, run_name
from lastword.settings import Model
from models.boosted import SHALLOW, parameters
from models.logistic import EVIDENCE_PER_WIN

INTERVAL = {"estimate": 0.8, "low": 0.7, "high": 0.9}
UNKNOWN = {"estimate": float("nan"), "low": None, "high": None}
FIGURES = {
    "windows": {
        "training": {"landmarks": ["2025-01-01"], "rows": 900, "wins": 90},
        "test": {"landmarks": [], "rows": 5515, "wins": 281},
    },
    "temporal": {
        "model": {"auc": INTERVAL, "capture_at_1": INTERVAL, "capture_at_15": INTERVAL, "ece": UNKNOWN},
        "plan": {"auc": {"estimate": 0.6, "low": 0.5, "high": 0.7}},
        "chance": {"auc": 0.5},
    },
    "random": {"auc": INTERVAL, "lift_at_15": INTERVAL},
    "grades": [{"grade": "A", "rate": 0.2, "observed_over_expected": None}],
    "slices": {"region": [{"slice": "EMEA", "auc": INTERVAL}]},
}
TOLD = {
    "by": "ana",
    "command": "lastword train",
    "as_of": "2026-11-23",
    "run_id": "r1",
    "compared_with": "",
    "changed_settings": "",
}
PROMOTED = {"promoted": True, "refused_because": None, "checks": [{"name": "signal", "ok": True, "said": "above .5"}]}
REFUSED = {"promoted": False, "refused_because": "worse", "checks": [{"name": "champion", "ok": False, "said": "worse"}]}


def test_metrics_are_flat_numbers_with_intervals_of_the_model_alone() -> None:
    assert flat_metrics(FIGURES) == {
        "windows.training.rows": 900,
        "windows.training.wins": 90,
        "windows.test.rows": 5515,
        "windows.test.wins": 281,
        "temporal.model.auc": 0.8,
        "temporal.model.auc.low": 0.7,
        "temporal.model.auc.high": 0.9,
        "temporal.model.capture_at_15": 0.8,
        "temporal.model.capture_at_15.low": 0.7,
        "temporal.model.capture_at_15.high": 0.9,
        "temporal.plan.auc": 0.6,
        "temporal.chance.auc": 0.5,
        "random.auc": 0.8,
        "random.auc.low": 0.7,
        "random.auc.high": 0.9,
        "random.lift_at_15": 0.8,
        "grades.A.rate": 0.2,
    }
    assert flat_metrics({}) == {}


def test_the_rolling_evaluation_becomes_curves_and_may_be_absent() -> None:
    later = {
        "landmark": "2026-03-01",
        "rows": 10,
        "wins": 2,
        "model": {"auc": INTERVAL, "brier": INTERVAL},
        "plan": {"auc": UNKNOWN},
    }
    earlier = {"landmark": "2026-01-30", "rows": 9, "wins": 1, "model": {"auc": INTERVAL}}
    curves = metrics_by_landmark({"rolling": [later, earlier]})
    assert [curve.landmark for curve in curves] == [date(2026, 1, 30), date(2026, 3, 1)]
    assert curves[1].metrics == {"rolling.rows": 10, "rolling.wins": 2, "rolling.model.auc": 0.8}
    assert metrics_by_landmark({}) == [] == metrics_by_landmark({"rolling": None})


def test_the_key_figures_of_a_version() -> None:
    expected = {"auc": 0.8, "plan_auc": 0.6, "auc_low": 0.7, "auc_high": 0.9}
    assert json.loads(key_figures(FIGURES)) == expected
    look_alike = {"look_alike": FIGURES["temporal"]}
    assert json.loads(key_figures(look_alike)) == expected
    assert json.loads(key_figures({})) == {}


def test_a_description_has_the_decision_the_figures_and_the_guard() -> None:
    text = describe_training(FIGURES, PROMOTED, TOLD, ["figures.json", "model_card.html"])
    assert text.startswith(
        "**Promoted** when it was trained.\n\nTrained by ana with `lastword train` as of 2026-11-23; run `r1`.\n"
    )
    assert "| on wins that came later (5,515 rows, 281 wins) | model | plan | chance |" in text
    assert "| AUC | 0.800 (0.700–0.900) | 0.600 (0.500–0.700) | 0.500 |" in text
    assert "calibration error" not in text, "what was not measured has no row"
    assert "with no version serving:\n- met: above .5" in text
    assert text.endswith(
        "The model card is the artifact `model_card.html`. Among the artifacts: `figures.json`, `model_card.html`."
    )


def test_a_description_of_a_refusal_names_the_champion_and_the_settings() -> None:
    told = TOLD | {"compared_with": "3", "changed_settings": "[model] horizon_days = 120"}
    text = describe_training({}, REFUSED, told, [])
    assert "**Not promoted** when it was trained: worse." in text
    assert "lastword.toml does not have: `[model] horizon_days = 120`" in text
    assert text.endswith("The guard, with version 3 serving:\n- **not met**: worse")
    assert 'load_model("models:/propensity@champion")' in describe_model("propensity")


@pytest.mark.parametrize(
    ("command", "changes", "name"),
    [
        ("train", (), "train beef, 2026-11-23 landmarks"),
        ("notebook", (("model.horizon_days", "120"), ("model.boosting.num_leaves", "16")),
         "notebook beef, horizon_days=120 num_leaves=16, 2026-11-23 landmarks"),
    ],
)  # fmt: skip
def test_a_run_is_named_by_what_sets_it_apart(tmp_path: Path, command: str, changes: tuple, name: str) -> None:
    project = Project(tmp_path, init_project(tmp_path / "acme").settings, changes)
    run = Run(project, "20261123T120000Z-beef", command, datetime(2026, 11, 23, tzinfo=UTC), date(2026, 11, 23), tmp_path)
    assert run_name(run, "landmarks") == name


def test_what_the_settings_show_as_defaults_is_what_the_models_use() -> None:
    assert Model().evidence_per_win == EVIDENCE_PER_WIN
    assert Model().boosting.changes() == ()
    assert parameters((), 7) == {**SHALLOW, "seed": 7}
    page = (Path(__file__).parents[2] / "docs" / "project-folder.md").read_text(encoding="utf-8")
    for name in ("num_leaves", "max_depth", "learning_rate", "max_bin"):
        assert f"| `{name}` | `{SHALLOW[name]}` |" in page


@pytest.mark.parametrize(("leaves", "depth"), [(2, 3), (8, 3), (9, 4), (16, 4), (17, 5)])
def test_more_leaves_make_the_trees_as_deep_as_they_need(leaves: int, depth: int) -> None:
    assert parameters((("num_leaves", leaves),), 7)["max_depth"] == depth
    assert parameters((("max_depth", 2), ("num_leaves", leaves)), 7)["max_depth"] == 2
