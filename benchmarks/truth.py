"""How close the model comes to the truth that the demo's generator knows: python benchmarks/truth.py [SEEDS] [ACCOUNTS] [FIRST]

For each seed a demo population is generated, trained on, and the model's propensities of today's prospects are compared
with what then happens to them (wins_within_horizon), with p_observable, the best that anybody could know, and with the
traps that were laid. Bounds: the AUC gap is at most .03 and the mean propensity within 10 % of the truth, both in the mean of
the seeds; no clean column is blocked and every after_win column excluded, for each.
"""

import sys
import tempfile
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from expectations.intake import open_inputs, take_in
from expectations.rules import Day
from features.build import IntentPolicy, build_features, choose_vocabulary, read_tables
from features.catalog import catalog
from features.engine import connect
from lastword.demo import generate
from lastword.project import find_project
from models.landmarks import at_risk, training_set
from models.training import TrainingPolicy, train

AS_OF = date(2026, 11, 23)
LARGEST_AUC_GAP = 0.03
LARGEST_MEAN_ERROR = 0.10


def measure(folder: Path, accounts: int, seed: int) -> dict[str, float]:
    """One population: its figures by name."""
    project = find_project(generate(folder / "demo", accounts, seed, AS_OF))
    settings, work = project.settings, folder / "work"
    (work / "inputs").mkdir(parents=True)
    connection = connect(project, work)
    take_in(project, connection, open_inputs(project), work, Day(AS_OF, AS_OF))
    tables = read_tables(connection, work / "inputs")
    features = catalog(choose_vocabulary(tables, AS_OF), settings.features.columns)
    horizon = settings.model.horizon_days
    training = training_set(tables, features, project.load_plan(), AS_OF, horizon, IntentPolicy(), settings.model.group_by)
    built = build_features(tables, AS_OF, features).order_by("account_id").to_pandas().set_index("account_id")
    prospects = built.loc[sorted(at_risk(tables, AS_OF, horizon).select("account_id").to_pandas()["account_id"])]
    trained = train(training, prospects, None, TrainingPolicy(horizon, settings.seed, settings.grades))
    propensity = pd.Series(trained.model.predict(prospects), index=prospects.index, name="propensity")
    truth = pd.read_parquet(folder / "demo-truth" / "truth.parquet").set_index("account_id").join(propensity, how="inner")
    temporal = trained.figures["temporal"]["model"]["auc"]["estimate"]
    future = roc_auc_score(truth["wins_within_horizon"], truth["propensity"])
    observable = roc_auc_score(truth["wins_within_horizon"], truth["p_observable"])
    return {
        "winners": training.winners,
        "AUC observable": observable,
        "AUC future": future,
        "AUC gap": observable - future,
        "temporal - future": temporal - future,
        "mean truth": truth["p_true"].mean(),
        "mean propensity": truth["propensity"].mean(),
        "mean error": truth["propensity"].mean() / truth["p_true"].mean() - 1,
        "blocked": len(trained.leakage.blocked),
        "after_win excluded": len(trained.leakage.excluded),
        "promoted": float(trained.promotion.promoted),
    }


def measure_seeds(seeds: int, accounts: int, first: int = 1) -> pd.DataFrame:
    """Grain: seed. Columns: the figures of `measure`. Each line is printed when it is known."""
    rows = []
    for seed in range(first, first + seeds):
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measure(Path(folder), accounts, seed))
        print(seed, " ".join(f"{name} {value:.4g}" for name, value in rows[-1].items()), flush=True)
    return pd.DataFrame(rows, index=pd.RangeIndex(first, first + seeds, name="seed"))


def main(seeds: int = 20, accounts: int = 14_000, first: int = 1) -> int:
    figures = measure_seeds(seeds, accounts, first)
    means, errors = figures.mean(), figures.std(ddof=1) / np.sqrt(len(figures))
    for name in figures:
        print(f"{name:20} {means[name]:9.4f} ± {errors[name]:.4f}")
    good = (
        means["AUC gap"] <= LARGEST_AUC_GAP
        and abs(means["mean error"]) <= LARGEST_MEAN_ERROR
        and figures["blocked"].eq(0).all()
        and figures["after_win excluded"].eq(3).all()
    )
    print("within the bounds" if good else "BEYOND THE BOUNDS")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
