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
    training = training_set(tables, features, plan, run.as_of, horizon, policy, settings.model.group_by, settings.seed)
    return Learning(tables, training, registered, served)


def prospects(run: Run, learning: Learning) -> "pd.DataFrame":
    """Features of today's prospects, by account_id: the reference population. Every account where there is no prospect.

    Of many those that are drawn, see models.sampling.
    """
    from features.build import build_features
    from models.landmarks import at_risk
    from models.sampling import MOST_REFERENCE_ACCOUNTS, sample_of

    tables, settings = learning.tables, run.project.settings
    risk = at_risk(tables, run.as_of, settings.model.horizon_days)
    count = int(risk.count().execute())
    people = risk if count else tables.accounts
    sample = sample_of(count or int(people.count().execute()), MOST_REFERENCE_ACCOUNTS, settings.seed)
    today = build_features(sample.of_histories(tables), run.as_of, learning.training.features, run.intent_policy())
    drawn = sample.of(people).select("account_id")
    rows: pd.DataFrame = today.semi_join(drawn, "account_id").order_by("account_id").to_pandas()
    return rows


def training_policy(run: Run) -> "TrainingPolicy":
    """[model] and [grades] of lastword.toml."""
    from lastword.progress import show
    from models.training import TrainingPolicy
    from models.tuning import Budget

    settings = run.project.settings
    minutes = settings.model.tune_minutes
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
        tuning=Budget(60 * minutes, tell=show()) if minutes else None,
    )
