"""What has moved since before: today's accounts since the model was trained, and the grades since the last publication."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lastword.run import Run
from lastword.table_files import read

if TYPE_CHECKING:
    import pandas as pd

    from lastword.score_work import Work
    from models.landmarks import TrainingSet
    from models.served import Served
    from models.training import Trained

REFERENCE = "drift.json"
"""In a model's folder: how the features and the score were distributed when it was trained."""

MOST_NAMED = 3


def save_drift_reference(folder: Path, trained: "Trained", population: "pd.DataFrame") -> None:
    """Write drift.json beside the model: text, as everything there."""
    from models.drift import DriftReference

    reference = DriftReference.from_population(population, trained.recipe.features, trained.reference.values)
    (folder / REFERENCE).write_text(json.dumps(reference.to_json()), encoding="utf-8")


def drift_since_learnt(training: "TrainingSet", trained: "Trained", population: "pd.DataFrame") -> list[dict[str, Any]]:
    """Today's prospects against the newest landmark's accounts, the last to learn from: rows of `models.drift.drift`.

    Nothing in look-alike mode, which has no past to compare with.
    """
    from scipy.special import expit

    from models.drift import DriftReference, drift

    if training.mode == "look-alike":
        return []
    newest = training.rows[training.rows["landmark"] == training.rows["landmark"].max()]
    reference = DriftReference.from_population(newest, trained.recipe.features, expit(trained.model.logit(newest)))
    rows: list[dict[str, Any]] = drift(reference, population, expit(trained.model.logit(population))).to_dict("records")
    return rows


def write_drift(run: Run, work: "Work", served: "Served | None") -> list[dict[str, Any]] | None:
    """Compare today's prospects, as the batches sampled them, with those at training and write drift.parquet.

    Returns
    -------
    The rows of `models.drift.drift`. None where no model serves, and for a model that was trained without a reference.
    """
    import pandas as pd
    from scipy.special import expit

    from models.drift import DriftReference, drift

    if served is None or not (stored := served.folder / REFERENCE).is_file():
        return None
    reference = DriftReference.from_json(json.loads(stored.read_text(encoding="utf-8")))
    today = pd.read_parquet(work.samples)
    table = drift(reference, today, expit(today["log_odds"]))
    table.to_parquet(run.folder / "drift.parquet", index=False)
    rows: list[dict[str, Any]] = table.to_dict("records")
    return rows


def grade_moves(run: Run, before: "Mapping[str, pd.Series]") -> dict[str, Any] | None:
    """From the grades `before`, "model" and "final" by account_id, to those of the run; None before the first publication."""
    from models.transitions import transitions

    if before["final"].empty:
        return None
    columns = ["account_id", "model_grade", "policy_grade"]
    scores = read(run.folder / "scores.parquet", columns).to_pandas().set_index("account_id")
    return {
        "model": transitions(before["model"], scores["model_grade"]),
        "final": transitions(before["final"], scores["policy_grade"]),
    }


def drift_line(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """One line on what drifted, the widest first; None where nothing did."""
    from models.drift import SCORE

    drifted = sorted((row for row in rows if row["drifted"]), key=lambda row: -row["psi"])
    if not drifted:
        return None
    features = [row for row in drifted if row["feature"] != SCORE]
    score = len(features) < len(drifted)
    counted = f"{len(features):,} of {len(rows) - 1:,} features" if features else ""
    what = " and ".join(filter(None, (counted, "the score" if score else "")))
    named = "; ".join(f"{row['feature']} {row['said']}" for row in drifted[:MOST_NAMED])
    return f"{what} moved since training: {named}{'; …' if len(drifted) > MOST_NAMED else ''}"


def grades_line(moves: Mapping[str, Any] | None) -> str | None:
    """One line on how many final grades changed, overrides aside; None where no account had one before."""
    if moves is None or moves["final"]["changed"] is None:
        return None
    final = moves["final"]
    return f"{100 * (1 - final['changed']):.0f} % as before; {final['up']:,} up, {final['down']:,} down"
