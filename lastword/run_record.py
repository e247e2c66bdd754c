"""What MLflow is told of a training: a name, tags, every setting that shapes the model, and the figures worth comparing."""

import getpass
import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from lastword.contracts import INPUT_TABLES
from lastword.mistakes import key_name
from lastword.run import Run
from lastword.settings import Boosting
from lastword.table_files import parts, row_count

if TYPE_CHECKING:
    from models.landmarks import TrainingSet
    from models.promotion import Promotion
    from models.registry import DataInput, StepMetrics
    from models.training import Trained

MEASURED = ("temporal", "look_alike")
"""Figures of the model, the plan, a blend and chance on the same rows."""

OVER_TIME = ("auc", "average_precision", "lift_at_15", "capture_at_15", "log_loss", "calibration_slope", "ece")
"""Metrics shown as curves over landmarks."""

KEY_FIGURES = ("auc", "lift_at_15", "ece")
SOURCES = {"notebook": "lastword.workbench"}
MOST_CHARACTERS_OF_CHANGES = 120


def run_name(run: Run, mode: str) -> str:
    """How, which run (the end of its id), with which settings out of the ordinary, and as of when: what differs comes first."""
    changes = " ".join(f"{key.rpartition('.')[2]}={value}" for key, value in run.project.changes)[:MOST_CHARACTERS_OF_CHANGES]
    return ", ".join(filter(None, (f"{run.command} {run.run_id[-4:]}", changes, f"{run.as_of} {mode}")))


def tags(run: Run, mode: str, promotion: "Promotion", champion: str | None) -> dict[str, str]:
    """Who trained what, on which data, against which champion, and what came of it. The version has the same tags.

    `guard_refuses` are the rules that were not met, whatever [model] promote says; `promoted` is what was done.
    """
    from features.catalog import VERSION

    return {
        "run_id": run.run_id,
        "as_of": str(run.as_of),
        "mode": mode,
        "by": getpass.getuser(),
        "command": SOURCES.get(run.command, f"lastword {run.command}"),
        "data_fingerprint": fingerprint(run),
        "plan_version": run.project.load_plan().version,
        "catalog_version": str(VERSION),
        "compared_with": champion or "",
        "promoted": "yes" if promotion.promoted else "no",
        "refused_because": promotion.refused_because or "",
        "guard_refuses": "; ".join(check.said for check in promotion.checks if not check.ok),
        "changed_settings": "; ".join(f"{key_name(tuple(key.split('.')))} = {value}" for key, value in run.project.changes),
    }


def params(run: Run, training: "TrainingSet", trained: "Trained") -> dict[str, Any]:
    """Every choice that shapes the model, of the settings and of the training itself: what two runs are compared by."""
    from features.catalog import VERSION
    from models.boosted import parameters

    settings, recipe = run.project.settings, trained.recipe
    model, grades = settings.model, settings.grades
    trees = {name: value for name, value in parameters(recipe.boosting, recipe.seed).items() if name in Boosting.model_fields}
    return {
        "mode": training.mode,
        "as_of": run.as_of,
        "seed": settings.seed,
        "horizon_days": model.horizon_days,
        "class_prior": model.class_prior,
        "min_wins": model.min_wins,
        "group_by": ", ".join(model.group_by),
        "promote": model.promote,
        "leakage": model.leakage,
        "leakage_waivers": "; ".join(f"{column}: {reason}" for column, reason in sorted(model.leakage_waivers.items())),
        "product_names": ", ".join(model.product_names),
        "half_life_days": settings.features.half_life_days,
        "window_days": settings.features.window_days,
        "grades_policy": grades.policy,
        "grades": ", ".join(f"{grade} {value:g}" for grade, value in (grades.cuts or grades.shares).items()),
        "landmarks": ", ".join(map(str, training.landmarks)),
        **training.sample_figures,
        "winners": training.winners,
        "features": len(recipe.features),
        "feature_list": ", ".join(recipe.names),
        "catalog_version": VERSION,
        "plan_version": run.project.load_plan().version,
        "evidence_per_win": model.evidence_per_win,
        "tune_minutes": model.tune_minutes,
        "evidence": recipe.evidence,
        "use_boosted": recipe.use_boosted,
        "boosting_rounds": recipe.boosting_rounds,
        "stack": recipe.stack,
        "platt": recipe.platt,
        **{f"boosting.{name}": value for name, value in trees.items()},
    }


def flat_metrics(figures: Mapping[str, Any]) -> dict[str, float]:
    """The figures worth comparing between runs, each under one dotted name.

    `temporal.model.auc` is the estimate, `temporal.model.auc.low` and `.high` its interval; the plan, the blend and chance have
    estimates alone, as have the folds (`grouped.…`, `random.…`) apart from their AUC. `grades.A.rate` is the rate of wins of
    grade A, `grades.A.observed_over_expected` what it says.
    """
    found: dict[str, float | None] = {}
    for section in MEASURED:
        for opinion, measured in figures.get(section, {}).items():
            found |= {f"{section}.{opinion}.{name}": _estimate(value) for name, value in measured.items() if _kept(name)}
            if opinion == "model":
                found |= {f"{section}.model.{name}": value for name, value in _ends(measured).items()}
    for section in ("grouped", "random"):
        measured = figures.get(section, {})
        found |= {f"{section}.{name}": _estimate(value) for name, value in measured.items() if _kept(name)}
        found |= {f"{section}.{name}": value for name, value in _ends({k: v for k, v in measured.items() if k == "auc"}).items()}
    for name, window in figures.get("windows", {}).items():
        found |= {f"windows.{name}.{count}": float(window[count]) for count in ("rows", "wins")}
    for row in figures.get("grades", ()):
        found |= {f"grades.{row['grade']}.{name}": row.get(name) for name in ("rate", "observed_over_expected")}
    found |= tuning_metrics(figures.get("tuning"))
    found["auc_corrected_for_unlabelled"] = _estimate(figures.get("auc_corrected_for_unlabelled"))
    return {name: float(value) for name, value in found.items() if value is not None and value == value}


def tuning_metrics(tuning: Mapping[str, Any] | None) -> dict[str, float | None]:
    """How many trials there were, the log loss of the first (as it was before) and of the best; nothing without a search."""
    losses = [trial["log_loss"] for trial in (tuning or {}).get("trials", ()) if trial["log_loss"] is not None]
    if not tuning or not losses:
        return {}
    return {"tuning.trials": len(losses), "tuning.log_loss_before": losses[0], "tuning.log_loss": min(losses)} | {
        f"tuning.{name}": tuning[name] for name in ("kept", "gain", "standard_error")
    }


def metrics_by_landmark(figures: Mapping[str, Any]) -> "list[StepMetrics]":
    """The rolling evaluation as curves: `rolling.model.auc` and so on, one value per landmark; nothing where it wasn't made."""
    from models.registry import StepMetrics

    return [
        StepMetrics(date.fromisoformat(str(row["landmark"])[:10]), _of_landmark(row))
        for row in sorted(figures.get("rolling") or (), key=lambda row: str(row["landmark"]))
    ]


def key_figures(figures: Mapping[str, Any]) -> str:
    """The few figures that a list of versions shows, as JSON: `auc`, `auc_low`, `auc_high`, `plan_auc`, `lift_at_15` …"""
    section: Mapping[str, Any] = next((figures[name] for name in MEASURED if name in figures), {})
    found: dict[str, float | None] = {}
    for prefix, opinion in (("", "model"), ("plan_", "plan")):
        measured = section.get(opinion, {})
        found |= {f"{prefix}{name}": _estimate(measured[name]) for name in KEY_FIGURES if name in measured}
    area = section.get("model", {}).get("auc")
    if area:
        found |= {"auc_low": area["low"], "auc_high": area["high"]}
    return json.dumps({name: value for name, value in found.items() if value is not None and value == value})


def data_inputs(run: Run) -> "list[DataInput]":
    """All inputs together by their fingerprint, then each as it passed the gate: where it came from, its digest, its rows."""
    from models.registry import DataInput

    found = []
    for table in INPUT_TABLES:
        path, source = run.inputs / f"{table}.parquet", run.project.input_source(table)
        if path.exists() and source is not None:
            found.append(DataInput(table, source.path, _sha256(path), row_count(path)))
    whole = DataInput("inputs", str(run.project.folder), fingerprint(run), sum(each.rows for each in found))
    return [whole, *found]


def fingerprint(run: Run) -> str:
    """SHA-256 over the inputs as they passed the gate: equal data, equal fingerprint."""
    digest = hashlib.sha256()
    for path in sorted(run.inputs.glob("*.parquet")):
        digest.update(path.name.encode())
        digest.update(bytes.fromhex(_sha256(path)))
    return digest.hexdigest()


def _kept(metric: str) -> bool:
    """Lift and capture say the same but for the scale: one share of capture is enough."""
    return not metric.startswith("capture_at_") or metric == "capture_at_15"


def _sha256(path: Any) -> str:
    digest = hashlib.sha256()
    for part in parts(path):
        with part.open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
    return digest.hexdigest()


def _estimate(figure: Any) -> float | None:
    if isinstance(figure, Mapping):
        return figure.get("estimate")
    return float(figure) if isinstance(figure, int | float) and not isinstance(figure, bool) else None


def _ends(measured: Mapping[str, Any]) -> dict[str, float | None]:
    return {
        f"{name}.{end}": figure[end]
        for name, figure in measured.items()
        if isinstance(figure, Mapping) and _kept(name)
        for end in ("low", "high")
        if end in figure
    }


def _of_landmark(row: Mapping[str, Any]) -> dict[str, float]:
    found: dict[str, float | None] = {f"rolling.{count}": _estimate(row.get(count)) for count in ("rows", "wins", "fitted_rows")}
    for opinion in ("model", "plan", "blend", "chance"):
        measured = row.get(opinion) or {}
        found |= {f"rolling.{opinion}.{name}": _estimate(measured[name]) for name in OVER_TIME if name in measured}
    return {name: value for name, value in found.items() if value is not None and value == value}
