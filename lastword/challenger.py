"""Trains a challenger on what a run's inputs tell, registers it, and lets it become the champion if it is better."""

import getpass
from dataclasses import replace
from typing import TYPE_CHECKING

from lastword.contracts import Counts
from lastword.learning import Learning, gather, prospects, training_policy
from lastword.registration import all_figures, card_facts, register_challenger
from lastword.reports import write_json, write_metrics
from lastword.run import Run

if TYPE_CHECKING:
    import pandas as pd

    from models.findings import LeakageReport
    from models.landmarks import TrainingSet
    from models.registry import RegisteredModel
    from models.training import Trained


def train_challenger(run: Run) -> Counts:
    """Train, evaluate, register and decide; write metrics.json.

    With fewer winners than [model] min_wins nothing is trained, and the run goes on with the plan alone.

    Raises
    ------
    Refusal
        The leakage gate blocks a column.
    """
    learning = gather(run)
    if learning.training.winners < run.project.settings.model.min_wins:
        return too_few_wins(run, learning.training)
    population = prospects(run, learning)
    trained = train_through_gate(run, learning, population)
    trained = trained.with_refits(learning.training, population, training_policy(run))
    challenger = register_challenger(run, learning, trained, population)
    return settle(run, learning, trained, challenger)


def train_through_gate(run: Run, learning: Learning, population: "pd.DataFrame") -> "Trained":
    """Train, and keep what the leakage gate found, also where it stops the training."""
    from models.findings import LeakageRefusal
    from models.training import train

    recipe, mode = (learning.served.recipe, learning.served.mode) if learning.served else (None, None)
    try:
        trained = train(learning.training, population, recipe, training_policy(run), champion_mode=mode)
    except LeakageRefusal as refusal:
        write_leakage(run, refusal.report, stopped=True)
        raise
    write_leakage(run, trained.leakage, stopped=False)
    return trained


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


def settle(run: Run, learning: Learning, trained: "Trained", challenger: "RegisteredModel") -> Counts:
    """Promote or not, and write metrics.json."""
    from models.registry import Move, promote

    decision, registered, training = trained.promotion, learning.registered, learning.training
    if decision.promoted:
        promote(run.project, challenger.version, Move(run.now, getpass.getuser(), "training"))
    serves = challenger.version if decision.promoted else registered.version if registered else None
    write_metrics(run, training.mode, serves, decision.promoted, decision.refused_because, all_figures(trained))
    counts: dict[str, int | float | str] = {"rows": len(training.rows), "winners": training.winners}
    return counts | {"version": challenger.version, "promoted": "yes" if decision.promoted else "no"}
