"""The one sequence of stages that every command and every flow carries out. A stage reads and writes the run's folder.

validate   inputs pass the gate                      inputs/*.parquet, validation.json
train      landmarks, models, evaluation, registry   metrics.json, a model version in MLflow
features   features and plan values as of today      features.parquet, plan_values.parquet, indicators.parquet
score      two opinions, disparity, queue            scores.parquet, reasons.parquet, review_queue.parquet, drift.parquet
publish    the run becomes the current one           final_scores.parquet, runs/latest.json
backtest   past landmarks replayed                   backtest.json, backtest.parquet
recommend  what to change in the plan                recommendations.json
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from lastword.contracts import Counts
from lastword.run import Run, open_run

__all__ = ["Run", "Stage", "open_run", "sequence"]


@dataclass(frozen=True)
class Stage:
    """One step: its name, what a person reads while it goes on, and the function that does it and returns its counts."""

    name: str
    title: str
    execute: Callable[[Run], Counts]


def validate(run: Run) -> Counts:
    """Pass the inputs through the gate, and see that the plan's columns are among them."""
    from expectations.gate import check_inputs
    from features.engine import connect
    from lastword.changes import find_changes
    from lastword.plan_files import effective_warning
    from lastword.planning.spend_columns import check_planning_columns
    from lastword.reports import read_json, write_json
    from lastword.table_files import schema

    plan = run.project.load_plan()
    choose = partial(find_changes, run) if run.command == "rescore" else None
    report = check_inputs(run.project, connect(run.project, run.folder), run.folder, run.as_of, run.now.date(), choose)
    plan.check_columns(schema(run.inputs / "accounts.parquet").names)
    check_planning_columns(run.project, run.inputs / "accounts.parquet")
    if (warning := effective_warning(run)) is not None:
        write_json(run, "validation.json", {**(read_json(run, "validation.json") or {}), "warnings": [warning]})
    used = {name: table.rows_used for name, table in report.tables.items()}
    return used | {"quarantined": sum(table.rows_quarantined for table in report.tables.values())}


def train(run: Run) -> Counts:
    """Train a challenger and let it become the champion if it is better."""
    from lastword.challenger import train_challenger

    return train_challenger(run)


def features(run: Run) -> Counts:
    """Build the features and the plan's values as of the run's date."""
    from lastword.scoring import write_features

    return write_features(run)


def score(run: Run) -> Counts:
    """Score every account by the plan and by the champion, and choose whom a person should look at."""
    from lastword.scoring import write_scores

    return write_scores(run)


def publish(run: Run) -> Counts:
    """Make this run the current one, in the store and on disk, all or nothing."""
    from lastword.scoring import publish_scores

    return publish_scores(run)


def backtest(run: Run) -> Counts:
    """Replay past landmarks: plan, model, blend and overrides at the same k."""
    from lastword.backtest import write_backtest

    return write_backtest(run)


def recommend(run: Run) -> Counts:
    """Find what to change in the plan, and what each change would do."""
    from lastword.recommending import write_recommendations

    return write_recommendations(run)


VALIDATE = Stage("validate", "Checking the inputs", validate)
TRAIN = Stage("train", "Training and evaluating", train)
FEATURES = Stage("features", "Building features", features)
SCORE = Stage("score", "Scoring both opinions", score)
PUBLISH = Stage("publish", "Publishing", publish)
BACKTEST = Stage("backtest", "Replaying past landmarks", backtest)
RECOMMEND = Stage("recommend", "Trying changes of the plan", recommend)

_SEQUENCES = {
    "validate": (VALIDATE,),
    "train": (VALIDATE, TRAIN),
    "notebook": (VALIDATE, TRAIN),  # an experiment: the same, known by another name
    "features": (VALIDATE, FEATURES),
    "score": (VALIDATE, FEATURES, SCORE, PUBLISH),
    "run": (VALIDATE, TRAIN, FEATURES, SCORE, PUBLISH),
    "rescore": (VALIDATE, FEATURES, SCORE, PUBLISH),
    "backtest": (VALIDATE, BACKTEST),
    "recommend": (VALIDATE, RECOMMEND),
}


def sequence(command: str) -> tuple[Stage, ...]:
    """The stages of a command, in order."""
    return _SEQUENCES[command]
