from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from models.evaluation import (
    Difference,
    Interval,
    attainable_lift,
    compare,
    evaluate,
    grade_table,
    lift_at_share,
    rising_grades,
)
from models.grades import Reference, assign_grades
from models.promotion import PromotionEvidence, decide, evidence_to_json

GOOD = PromotionEvidence(
    mode="landmarks",
    auc=Interval(0.78, 0.72, 0.83),
    against_champion=Difference(0.01, -0.002, 0.02, 0.006),
    against_plan=Difference(0.8, 0.1, 1.5, 0.4),
    top_lift=Interval(3.0, 2.4, 3.6),
    attainable_lift=6.7,
    rising=(),
    split_gap=Difference(0.02, -0.01, 0.05, 0.015),
)
CUTS = {"A": 85, "B": 65, "C": 35, "D": 15}
NAN = float("nan")


def test_a_better_model_is_promoted():
    decision = decide(GOOD, "if_better")
    assert decision.promoted and decision.refused_because is None
    assert [check.name for check in decision.checks] == ["signal", "champion", "plan", "lift of A", "falling grades", "split gap"]
    assert all(check.ok for check in decision.checks)


@pytest.mark.parametrize(
    ("change", "because"),
    [
        ({"auc": Interval(0.56, 0.49, 0.63)}, "no signal beyond chance"),
        ({"auc": Interval(0.55, 0.5, 0.6)}, "no signal beyond chance"),
        ({"auc": Interval(NAN, NAN, NAN)}, "cannot be measured"),
        ({"against_champion": Difference(-0.02, -0.03, -0.01, 0.006)}, "champion"),
        ({"against_plan": Difference(-0.9, -1.5, -0.1, 0.4)}, "loses to the plan"),
        ({"top_lift": Interval(2.2, 1.9, 2.6)}, "asked is 2.00"),
        ({"top_lift": Interval(1.0, 0.7, 1.2), "attainable_lift": 1.6}, "asked is 0.80"),
        ({"rising": (("C", "D"),)}, "D above C"),
        ({"split_gap": Difference(0.2, 0.06, 0.3, 0.05)}, "beyond its interval"),
    ],
)
def test_each_rule_refuses_and_says_why(change, because):
    decision = decide(replace(GOOD, **change), "if_better")
    assert not decision.promoted
    assert because in decision.refused_because
    assert sum(not check.ok for check in decision.checks) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"against_champion": Difference(0.0, 0.0, 0.0, 0.0)},  # the same model again
        {"against_champion": Difference(-0.001, -0.0049, 0.003, 0.002)},
        {"against_champion": Difference(0.006, -0.009, 0.02, 0.01)},  # within one standard error
        {"against_plan": Difference(-0.4, -1.0, 0.1, 0.4)},
        {"against_plan": None, "against_champion": None, "split_gap": None, "top_lift": None},
        {"top_lift": Interval(1.5, 1.3, 1.6), "attainable_lift": 1.7},
        {"split_gap": Difference(0.06, 0.01, 0.11, 0.025)},  # over .05, within its interval
    ],
)
def test_what_is_tolerated(change):
    assert decide(replace(GOOD, **change), "if_better").promoted


def test_a_gap_over_three_hundredths_is_a_warning():
    checks = {
        check.name: check for check in decide(replace(GOOD, split_gap=Difference(0.04, 0.0, 0.08, 0.02)), "if_better").checks
    }
    assert checks["split gap"].ok and checks["split gap"].said.startswith("warning")


def test_look_alike_asks_for_a_signal_and_a_champion_not_better_and_warns_of_the_rest():
    weak = replace(
        GOOD,
        mode="look-alike",
        against_plan=Difference(-0.9, -1.5, -0.1, 0.4),
        top_lift=Interval(1.2, 1.0, 1.4),
        rising=(("A", "B"),),
        split_gap=Difference(0.2, 0.1, 0.3, 0.05),
    )
    decision = decide(weak, "if_better")
    assert decision.promoted
    assert sum(check.said.startswith("warning") for check in decision.checks) == 4
    assert not decide(replace(weak, auc=Interval(0.52, 0.48, 0.56)), "if_better").promoted
    assert not decide(replace(weak, against_champion=Difference(-0.1, -0.12, -0.08, 0.01)), "if_better").promoted


def test_always_promotes_a_worse_model_but_not_one_without_a_signal():
    worse = replace(GOOD, against_champion=Difference(-0.1, -0.12, -0.08, 0.01), rising=(("A", "B"),))
    assert decide(worse, "always").promoted
    refused = decide(replace(worse, auc=Interval(0.51, 0.45, 0.57)), "always")
    assert not refused.promoted and "champion" not in refused.refused_because


def test_never_promotes_nothing_and_says_so():
    decision = decide(GOOD, "never")
    assert not decision.promoted and "never" in decision.refused_because


def test_decision_and_evidence_are_json():
    stored = evidence_to_json(replace(GOOD, auc=Interval(NAN, NAN, NAN), top_lift=None))
    assert stored["auc"] == {"estimate": None, "low": None, "high": None}
    assert stored["top_lift"] is None and stored["against_plan"]["standard_error"] == 0.4
    assert decide(GOOD, "if_better").to_json()["checks"][0]["name"] == "signal"


def _decided(seed: int, wins: int, slope: float) -> bool:
    """A test window of 1,700 accounts with about so many wins, scored by what truly drives them (AUC .8 at slope 1.25)."""
    rng = np.random.default_rng(seed)
    trait = rng.normal(size=1700)
    log_odds = slope * trait
    won = rng.random(1700) < expit(log_odds + np.log(wins / expit(log_odds - 4).sum()) - 4)
    score = trait if slope else rng.normal(size=1700)
    plan, accounts = score * 0.6 + rng.normal(size=1700), np.arange(1700)
    grade = assign_grades(pd.Series(Reference.from_population(rng.normal(size=5000)).points(score)), CUTS)
    evidence = PromotionEvidence(
        "landmarks",
        evaluate(won, score, accounts, is_propensity=False, seed=seed, replicates=50)["auc"],
        against_plan=compare(won, score, plan, accounts, metric="lift_at_15", seed=seed, replicates=50),
        top_lift=lift_at_share(won, score, 0.15, accounts, seed=seed, replicates=50),
        attainable_lift=attainable_lift(won, 0.15),
        rising=rising_grades(won, grade, accounts, seed, replicates=200),
    )
    assert grade_table(won, None, grade)["accounts"].sum() == 1700
    return decide(evidence, "if_better").promoted


@pytest.mark.parametrize("wins", [60, 100])
def test_a_good_model_on_a_small_test_window_is_promoted_nearly_always(wins):
    assert sum(_decided(seed, wins, 1.25) for seed in range(12)) >= 11


def test_noise_is_never_promoted():
    assert not any(_decided(seed, 80, 0.0) for seed in range(12))


def test_look_alikes_do_not_replace_a_champion_of_dated_wins():
    look_alike = replace(GOOD, mode="look-alike", champion_mode="landmarks")
    decision = decide(look_alike, "if_better")
    assert not decision.promoted
    assert "dated wins" in decision.refused_because
    assert decide(replace(look_alike, champion_mode="look-alike"), "if_better").promoted
