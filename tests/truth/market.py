"""Generated populations as the product would learn from them: the demo's files through the gate, features, landmarks."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd

from expectations.intake import open_inputs, take_in
from expectations.rules import Day
from features.build import Tables, build_features, choose_vocabulary, read_tables
from features.catalog import Feature, catalog
from features.engine import connect
from lastword.demo import generate
from lastword.learning import training_policy
from lastword.project import find_project
from lastword.run import Run
from models.findings import LeakageReport
from models.landmarks import TrainingSet, at_risk, training_set
from models.training import inspect

AS_OF = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)


@dataclass(frozen=True)
class Market:
    """A generated population: its project and tables, what would be trained on, and features of today's prospects."""

    run: Run
    tables: Tables
    training: TrainingSet
    population: pd.DataFrame

    def report(self) -> LeakageReport:
        """What the leakage gate finds."""
        return inspect(self.training, self.population, training_policy(self.run))

    def truth(self) -> pd.DataFrame:
        """Grain: prospect of today, index account_id. Columns: p_true, p_observable, wins_within_horizon, future_won_on."""
        folder = self.run.project.folder
        return pd.read_parquet(folder.with_name(f"{folder.name}-truth") / "truth.parquet").set_index("account_id")


def make_market(folder: Path, accounts: int, seed: int, change: Callable[[Tables, int], Tables] | None = None) -> Market:
    """The demo of this size and seed in `folder`, its tables changed before anything is built of them."""
    project = find_project(generate(folder / "demo", accounts, seed, AS_OF))
    run = Run(project, "truth", "train", NOW, AS_OF, folder / "work")
    run.inputs.mkdir(parents=True)
    connection = connect(project, run.folder)
    take_in(project, connection, open_inputs(project), run.folder, Day(AS_OF, AS_OF))
    tables = read_tables(connection, run.inputs)
    tables = change(tables, seed) if change else tables
    settings = project.settings
    features = catalog(choose_vocabulary(tables, AS_OF), settings.features.columns)
    horizon, grouped = settings.model.horizon_days, settings.model.group_by
    training = training_set(tables, features, project.load_plan(), AS_OF, horizon, run.intent_policy(), grouped)
    return Market(run, tables, training, prospects(run, tables, training.features))


def prospects(run: Run, tables: Tables, features: tuple[Feature, ...]) -> pd.DataFrame:
    """Features of today's accounts at risk, by account_id."""
    built = build_features(tables, AS_OF, features, run.intent_policy()).order_by("account_id").to_pandas()
    risk = at_risk(tables, AS_OF, run.project.settings.model.horizon_days).to_pandas()
    return built[built["account_id"].isin(risk["account_id"])]
