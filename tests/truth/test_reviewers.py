"""Override value added is positive for a skilled reviewer, not for a random one, and negative for an adversarial one."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from tests.truth.reviewers import REVIEWERS, value_by_reviewer

AS_OF = date(2026, 11, 23)
SEEDS = (1, 2, 3, 4)
REVIEWED = 300


def invented(seed, count=3000):
    """A model that knows the log-odds up to an error of 1, and a plan that knows nothing."""
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(-3, 1, count)
    truth = expit(log_odds)
    return pd.DataFrame(
        {
            "p_true": truth,
            "won": (rng.random(count) < truth).astype(int),
            "propensity": expit(-3 + (log_odds + 3 + rng.normal(0, 1, count)) / 2),
            "plan_points": rng.uniform(0, 100, count),
        },
        index=pd.Index([f"a{number}" for number in range(count)], name="account_id"),
    )


def generated(folder, seed):
    """Today's prospects of a demo population with the model's propensity, the plan's points, the truth and the outcome."""
    from expectations.intake import open_inputs, take_in
    from expectations.rules import Day
    from features.build import IntentPolicy, build_features, choose_vocabulary, read_tables
    from features.catalog import catalog
    from features.engine import connect
    from features.plan_values import build_plan_values
    from lastword.demo import generate
    from lastword.project import find_project
    from models.landmarks import training_set
    from models.propensity import choose_recipe, fit_propensity
    from models.scorecard import score_plan
    from models.training import informative

    project = find_project(generate(folder / "demo", 2000, seed, AS_OF))
    work, plan, model = folder / "work", project.load_plan(), project.settings.model
    (work / "inputs").mkdir(parents=True)
    connection = connect(project, work)
    take_in(project, connection, open_inputs(project), work, Day(AS_OF, AS_OF))
    tables = read_tables(connection, work / "inputs")
    features = catalog(choose_vocabulary(tables, AS_OF), project.settings.features.columns)
    training = training_set(tables, features, plan, AS_OF, model.horizon_days, IntentPolicy(), model.group_by)
    rows, known = training.rows, [feature for feature in features if feature.known != "after_win"]
    recipe, _ = choose_recipe(rows, rows["won"], rows["group"], informative(rows, known), seed)
    built = build_features(tables, AS_OF, features).to_pandas().set_index("account_id")
    values = build_plan_values(tables, AS_OF, plan, IntentPolicy()).to_pandas().set_index("account_id")
    truth = pd.read_parquet(folder / "demo-truth" / "truth.parquet").set_index("account_id")
    accounts = truth.rename(columns={"wins_within_horizon": "won"}).join(score_plan(plan, values).points, how="inner")
    return accounts.assign(propensity=fit_propensity(rows, rows["won"], recipe).predict(built.loc[accounts.index]))


def values(populations):
    """Grain: population × reviewer. Columns: expected (over all futures), realised, brier (expected)."""
    rows = []
    for seed, accounts in enumerate(populations):
        expected = value_by_reviewer(accounts.assign(won=accounts["p_true"]), REVIEWED, seed)
        realised = value_by_reviewer(accounts, REVIEWED, seed)
        for name in REVIEWERS:
            row = {"expected": expected[name]["value"]["estimate"], "realised": realised[name]["value"]["estimate"]}
            rows.append({"reviewer": name} | row | {"brier": expected[name]["brier_difference"]["estimate"]})
    found = pd.DataFrame(rows).set_index("reviewer")
    print(found.groupby("reviewer", sort=False).agg(["mean", "std"]).round(4))
    return found


def check(found):
    assert (found.loc["skilled", "expected"] > 0).all()
    assert (found.loc["random", "expected"] <= 0).all()
    assert (found.loc["adversarial", "expected"] < 0).all()
    assert (found.loc["skilled", "brier"] < 0).all()
    assert (found.loc["adversarial", "brier"] > 0).all()
    realised = found["realised"].groupby("reviewer").mean()
    assert realised["skilled"] > realised["random"] > realised["adversarial"]
    assert realised["adversarial"] < 0


def test_reviewers_of_an_invented_population_are_told_apart():
    check(values(invented(seed) for seed in SEEDS))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_reviewers_of_the_demo_population_are_told_apart(tmp_path):
    check(values(generated(tmp_path / str(seed), seed) for seed in SEEDS))
