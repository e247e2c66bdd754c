"""What there is to learn from: a run's inputs as training rows at past landmarks, and the champion that serves so far."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lastword.run import Run

if TYPE_CHECKING:
    import pandas as pd

    from features.build import Tables
    from models.landmarks import TrainingSet
    from models.registry import RegisteredModel
    from models.served import Served
    from models.training import TrainingPolicy


@dataclass(frozen=True)
class Learning:
    """The tables, the training rows made of them, and the champion with its files; None before the first.

    `served` is None too where the features' definitions have changed since: there is nothing then to compare a challenger with.
    """

    tables: "Tables"
    training: "TrainingSet"
    registered: "RegisteredModel | None"
    served: "Served | None"


def gather(run: Run) -> Learning:
    """Build the training rows: features that have support as of today, and those that the champion uses."""
    from features.build import choose_vocabulary, read_tables
    from features.catalog import catalog
    from features.engine import connect
    from models.landmarks import training_set
    from models.registry import champion
    from models.served import is_current, load_served

    settings = run.project.settings
    tables = read_tables(connect(run.project, run.folder), run.inputs)
    plan = run.project.load_plan()
    registered = champion(run.project)
    served = load_served(registered.folder) if registered and is_current(registered.folder) else None
    vocabulary = choose_vocabulary(tables, run.as_of)
    features = catalog(vocabulary.union(served.vocabulary) if served else vocabulary, settings.features.columns)
    horizon, policy = settings.model.horizon_days, run.intent_policy()
    training = training_set(tables, features, plan, run.as_of, horizon, policy, settings.model.group_by)
    return Learning(tables, training, registered, served)


def prospects(run: Run, learning: Learning) -> "pd.DataFrame":
    """Features of today's prospects, by account_id: the reference population. Every account where there is no prospect."""
    from features.build import build_features
    from models.landmarks import at_risk

    tables = learning.tables
    built = build_features(tables, run.as_of, learning.training.features, run.intent_policy())
    rows = built.order_by("account_id").to_pandas()
    risk = at_risk(tables, run.as_of, run.project.settings.model.horizon_days).select("account_id").to_pandas()
    today = rows[rows["account_id"].isin(risk["account_id"])]
    return today if len(today) else rows


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
        boosting=settings.model.boosting.changes(),
        evidence_per_win=settings.model.evidence_per_win,
    )
