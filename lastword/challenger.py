"""Trains a challenger on what a run's inputs tell, registers it, and lets it become the champion if it is better."""

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lastword.contracts import Counts
from lastword.reports import null_for_nan, to_json, write_json, write_metrics
from lastword.run import Run

if TYPE_CHECKING:
    import pandas as pd

    from features.build import IntentPolicy, Tables
    from features.catalog import Feature
    from lastword.model_card import CardFacts, ModelCard
    from models.findings import LeakageReport
    from models.landmarks import TrainingSet
    from models.registry import RegisteredModel
    from models.training import Trained, TrainingPolicy


def train_challenger(run: Run) -> Counts:
    """Train, evaluate, register and decide; write metrics.json.

    With fewer winners than [model] min_wins nothing is trained, and the run goes on with the plan alone.

    Raises
    ------
    Refusal
        The leakage gate blocks a column. Its report is in the run's folder and on the page of the validation all the same.
    """
    from features.build import choose_vocabulary, read_tables
    from features.catalog import catalog
    from features.engine import connect
    from models.findings import LeakageRefusal
    from models.landmarks import training_set
    from models.registry import champion
    from models.served import load_served
    from models.training import train

    settings, policy = run.project.settings, run.intent_policy()
    tables = read_tables(connect(run.project, run.folder), run.inputs)
    plan = run.project.load_plan()
    registered = champion(run.project)
    served = load_served(registered.folder) if registered else None
    vocabulary = choose_vocabulary(tables, run.as_of)
    features = catalog(vocabulary.union(served.vocabulary) if served else vocabulary, settings.features.columns)
    training = training_set(tables, features, plan, run.as_of, settings.model.horizon_days, policy, settings.model.group_by)
    if training.winners < settings.model.min_wins:
        return too_few_wins(run, training)
    population = prospects(run, tables, training.features, policy)
    recipe, mode = (served.recipe, served.mode) if served else (None, None)
    try:
        trained = train(training, population, recipe, training_policy(run), champion_mode=mode)
    except LeakageRefusal as refusal:
        write_leakage(run, refusal.report, stopped=True)
        raise
    write_leakage(run, trained.leakage, stopped=False)
    challenger = register_challenger(run, training, trained, policy, population, registered)
    return settle(run, training, trained, challenger, registered)


def training_policy(run: Run) -> "TrainingPolicy":
    """[model] and [grades] of lastword.toml."""
    from models.training import TrainingPolicy

    settings = run.project.settings
    return TrainingPolicy(
        horizon_days=settings.model.horizon_days,
        seed=settings.seed,
        grades=settings.grades,
        class_prior=settings.model.class_prior,
        promote=settings.model.promote,
        leakage=settings.model.leakage,
        waivers=settings.model.leakage_waivers,
        product_names=settings.model.product_names,
    )


def prospects(run: Run, tables: "Tables", features: "tuple[Feature, ...]", policy: "IntentPolicy") -> "pd.DataFrame":
    """Features of today's prospects, by account_id: the reference population. Every account where there is no prospect."""
    from features.build import build_features
    from models.landmarks import at_risk

    built = build_features(tables, run.as_of, features, policy).order_by("account_id").to_pandas()
    risk = at_risk(tables, run.as_of, run.project.settings.model.horizon_days).select("account_id").to_pandas()
    today = built[built["account_id"].isin(risk["account_id"])]
    return today if len(today) else built


def too_few_wins(run: Run, training: "TrainingSet") -> Counts:
    """State why nothing is trained; the stages that follow read the mode and leave the model out, an older champion too."""
    from lastword.model_card import ModelCard

    least = run.project.settings.model.min_wins
    said = f"{training.winners} accounts won in usable windows, [model] min_wins asks for {least}: the plan decides alone"
    write_metrics(run, "plan-only", None, refused_because=said)
    facts = replace(card_facts(run, training, None), mode="plan-only", untrained_because=said)
    ModelCard(facts, {}, None).publish(run.project.docs_folder)
    return {"winners": training.winners, "trained": "no"}


def write_leakage(run: Run, report: "LeakageReport", stopped: bool) -> None:
    """leakage.json, and the same in validation.json and on its page."""
    from expectations.gate import record_leakage

    found = report.to_json()
    write_json(run, "leakage.json", found)
    record_leakage(found, stopped, run.folder, run.project.docs_folder)


def register_challenger(
    run: Run,
    training: "TrainingSet",
    trained: "Trained",
    policy: "IntentPolicy",
    population: "pd.DataFrame",
    serving: "RegisteredModel | None" = None,
) -> "RegisteredModel":
    """Store the model and everything measured of it as one MLflow run and one version of the registered model.

    `serving` is the version that serves so far. The model card goes into the run and among the project's documents.
    """
    from expectations.report import render_leakage
    from lastword.moves import save_drift_reference
    from models.registry import TrainingRecord, register
    from models.served import save_served, vocabulary_of

    folder, reports = run.folder / "model", run.folder / "reports"
    for path in (folder, reports):
        path.mkdir(exist_ok=True)
    save_served(folder, trained, training.mode, vocabulary_of(trained.recipe), policy)
    save_drift_reference(folder, trained, population)
    (reports / "leakage.json").write_text(to_json(trained.leakage.to_json()))
    (reports / "leakage.html").write_text(render_leakage(trained.leakage.to_json(), run.run_id), encoding="utf-8")
    (reports / "figures.json").write_text(to_json(trained.figures))
    (reports / "promotion.json").write_text(to_json(trained.promotion.to_json()))
    card = model_card(run, training, trained, population, serving)
    card.write_reports(reports)
    record = TrainingRecord(
        name=f"{run.as_of} {training.mode} {run.run_id[-4:]}",
        params=params(run, training, trained),
        metrics=flat_metrics(trained.figures),
        tags={"run_id": run.run_id, "as_of": str(run.as_of), "mode": training.mode, "data_fingerprint": fingerprint(run)},
        model_folder=folder,
        reports=reports,
        input_example=population[list(trained.recipe.names)].head(5),
        features=trained.recipe.features,
    )
    registered = register(run.project, record)
    card.publish(run.project.docs_folder, registered.version)
    for path in (folder, reports):
        shutil.rmtree(path)
    return registered


def settle(
    run: Run,
    training: "TrainingSet",
    trained: "Trained",
    challenger: "RegisteredModel",
    registered: "RegisteredModel | None",
) -> Counts:
    """Promote or not, and write metrics.json."""
    from models.registry import promote

    decision = trained.promotion
    if decision.promoted:
        promote(run.project, challenger.version)
    serves = challenger.version if decision.promoted else registered.version if registered else None
    figures = all_figures(trained)
    write_metrics(run, training.mode, serves, decision.promoted, decision.refused_because, figures)
    counts: dict[str, int | float | str] = {"rows": len(training.rows), "winners": training.winners}
    return counts | {"version": challenger.version, "promoted": "yes" if decision.promoted else "no"}


def all_figures(trained: "Trained") -> dict[str, Any]:
    """What was measured, what the gate found and what was decided, as metrics.json has it."""
    return trained.figures | {"leakage": trained.leakage.to_json(), "promotion": trained.promotion.to_json()}


def model_card(
    run: Run, training: "TrainingSet", trained: "Trained", population: "pd.DataFrame", serving: "RegisteredModel | None"
) -> "ModelCard":
    """The page on this training; what could not be measured is left out of it."""
    from lastword.model_card import ModelCard, explain_sample

    explained = explain_sample(trained, population, training.features, run.project.settings.seed)
    return ModelCard(card_facts(run, training, serving), null_for_nan(all_figures(trained)), explained)


def card_facts(run: Run, training: "TrainingSet", serving: "RegisteredModel | None") -> "CardFacts":
    """What the card says of the run itself."""
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
        fingerprint=fingerprint(run),
        plan_version=run.project.load_plan().version,
        catalog_version=VERSION,
        class_prior=model.class_prior,
        serving=serving.version if serving else None,
    )


def params(run: Run, training: "TrainingSet", trained: "Trained") -> dict[str, Any]:
    """What a data scientist compares two runs by."""
    from features.catalog import VERSION

    settings = run.project.settings
    recipe = trained.recipe
    return {
        "mode": training.mode,
        "as_of": run.as_of,
        "horizon_days": settings.model.horizon_days,
        "half_life_days": settings.features.half_life_days,
        "window_days": settings.features.window_days,
        "landmarks": ", ".join(map(str, training.landmarks)),
        "rows": len(training.rows),
        "winners": training.winners,
        "features": len(recipe.features),
        "feature_list": ", ".join(recipe.names),
        "catalog_version": VERSION,
        "plan_version": run.project.load_plan().version,
        "seed": settings.seed,
        "regularization": recipe.regularization,
        "boosting_rounds": recipe.boosting_rounds,
        "use_boosted": recipe.use_boosted,
        "stack": recipe.stack,
        "platt": recipe.platt,
    }


def flat_metrics(figures: Mapping[str, Any], prefix: str = "") -> dict[str, float]:
    """Every number of the figures under one dotted name: MLflow compares runs by these."""
    found: dict[str, float] = {}
    for name, value in figures.items():
        if isinstance(value, Mapping):
            found |= flat_metrics(value, f"{prefix}{name}.")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found[f"{prefix}{name}"] = float(value)
    return found


def fingerprint(run: Run) -> str:
    """SHA-256 over the inputs as they passed the gate: equal data, equal fingerprint."""
    digest = hashlib.sha256()
    for path in sorted(run.inputs.glob("*.parquet")):
        digest.update(path.name.encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
