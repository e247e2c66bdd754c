"""Override value added is positive for a skilled reviewer, not for a random one, and negative for an adversarial one."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from tests.truth.market import make_market
from tests.truth.reviewers import REVIEWERS, value_by_reviewer
from tests.truth.scored import train_and_score

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
    return train_and_score(make_market(folder, 2000, seed)).accounts.rename(columns={"wins_within_horizon": "won"})


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
