"""Stores a challenger: its files, its reports, its model card and everything measured of it, as one MLflow run and version."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lastword import run_description, run_record
from lastword.reports import null_for_nan, to_json
from lastword.run import Run

if TYPE_CHECKING:
    import pandas as pd

    from lastword.learning import Learning
    from lastword.model_card import CardFacts, ModelCard
    from models.landmarks import TrainingSet
    from models.registry import RegisteredModel, TrainingRecord
    from models.training import Trained


def register_challenger(run: Run, learning: "Learning", trained: "Trained", population: "pd.DataFrame") -> "RegisteredModel":
    """Store the model as a new version. The model card goes into the MLflow run and among the project's documents."""
    from lastword.moves import drift_since_learnt
    from models.registry import register

    drift = drift_since_learnt(learning.training, trained, population)
    trained = replace(trained, figures=trained.figures | {"drift": drift})
    folder, reports = run.folder / "model", run.folder / "reports"
    for path in (folder, reports):
        path.mkdir(exist_ok=True)
    write_model(run, folder, learning.training, trained, population)
    card = model_card(run, learning, trained, population)
    write_reports(run, reports, trained)
    card.write_reports(reports)
    registered = register(run.project, training_record(run, learning, trained, population, folder, reports))
    card.publish(run.project.docs_folder, registered.version)
    for path in (folder, reports):
        shutil.rmtree(path)
    return registered


def write_model(run: Run, folder: Path, training: "TrainingSet", trained: "Trained", population: "pd.DataFrame") -> None:
    """What serving needs of the model, as text."""
    from lastword.moves import save_drift_reference
    from models.served import save_served, vocabulary_of

    save_served(folder, trained, training.mode, vocabulary_of(trained.recipe), run.intent_policy())
    save_drift_reference(folder, trained, population)


def write_reports(run: Run, reports: Path, trained: "Trained") -> None:
    """What was measured, found and decided, as files of the MLflow run."""
    from expectations.report import render_leakage

    found = trained.leakage.to_json()
    (reports / "leakage.json").write_text(to_json(found), encoding="utf-8")
    (reports / "leakage.html").write_text(render_leakage(found, run.run_id), encoding="utf-8")
    (reports / "figures.json").write_text(to_json(trained.figures), encoding="utf-8")
    (reports / "promotion.json").write_text(to_json(trained.promotion.to_json()), encoding="utf-8")


def training_record(
    run: Run, learning: "Learning", trained: "Trained", population: "pd.DataFrame", folder: Path, reports: Path
) -> "TrainingRecord":
    """The MLflow run: named, tagged and described so that two can be compared."""
    from models.registry import TrainingRecord

    mode, figures, promotion = learning.training.mode, trained.figures, trained.promotion
    tags = run_record.tags(run, mode, promotion, learning.registered.version if learning.registered else None)
    artifacts = sorted(path.name for path in reports.iterdir())
    return TrainingRecord(
        name=run_record.run_name(run, mode),
        params=run_record.params(run, learning.training, trained),
        metrics=run_record.flat_metrics(figures),
        by_landmark=run_record.metrics_by_landmark(figures),
        tags=tags | {"mlflow.source.name": tags["command"]},
        version_tags=tags | {"figures": run_record.key_figures(figures)},
        inputs=run_record.data_inputs(run),
        description=run_description.describe_training(figures, promotion.to_json(), tags, artifacts),
        about=run_description.describe_model(run.project.settings.mlflow.model_name),
        model_folder=folder,
        reports=reports,
        input_example=population[list(trained.recipe.names)].head(5),
        features=trained.recipe.features,
    )


def all_figures(trained: "Trained") -> dict[str, Any]:
    """What was measured, what the gate found and what was decided, as metrics.json has it."""
    return trained.figures | {"leakage": trained.leakage.to_json(), "promotion": trained.promotion.to_json()}


def model_card(run: Run, learning: "Learning", trained: "Trained", population: "pd.DataFrame") -> "ModelCard":
    """The page on this training; what could not be measured is left out of it."""
    from lastword.model_card import ModelCard, explain_sample

    explained = explain_sample(trained, population, learning.training.features, run.project.settings.seed)
    facts = card_facts(run, learning.training, learning.registered)
    return ModelCard(facts, null_for_nan(all_figures(trained)), explained)


def card_facts(run: Run, training: "TrainingSet", serving: "RegisteredModel | None") -> "CardFacts":
    """What the card says of the run itself. `serving` is the version that serves so far."""
    from features.catalog import VERSION
    from lastword.model_card import CardFacts

    model = run.project.settings.model
    return CardFacts(
        project=run.project.folder.name,
        run_id=run.run_id,
        as_of=run.as_of,
        made_at=run.now,
        mode=training.mode,
        horizon_days=model.horizon_days,
        seed=run.project.settings.seed,
        winners=training.winners,
        rows=len(training.rows),
        fingerprint=run_record.fingerprint(run),
        plan_version=run.project.load_plan().version,
        catalog_version=VERSION,
        class_prior=model.class_prior,
        serving=serving.version if serving else None,
    )
