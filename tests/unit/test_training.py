"""From rows to a decision: what is promoted, what is refused, and what stops the run."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from features.catalog import Declared, further_column
from lastword.errors import Refusal
from models.grades import Reference
from models.landmarks import TrainingSet
from models.training import TrainingPolicy, informative, train
from tests.sample_rows import GRADES

POLICY = TrainingPolicy(horizon_days=180, seed=7, grades=GRADES)
NUMBERS = ("size", "age")


def training_set(effect: float, accounts: int = 1200, landmarks: int = 6, mode: str = "landmarks") -> TrainingSet:
    """Accounts whose log-odds of a win rise by `effect` with each unit of size; the rest is noise."""
    random = np.random.default_rng(3)
    pieces = []
    for number in range(landmarks):
        size, age = random.normal(size=(2, accounts))
        won = random.random(accounts) < 1 / (1 + np.exp(2.8 - effect * size))
        ids = [f"{number}-{i}" for i in range(accounts)]
        landmark = pd.Timestamp(date(2026, 1, 1) - timedelta(days=90 * number))
        piece = {"account_id": ids, "landmark": landmark, "won": won.astype(int), "size": size, "age": age}
        pieces.append(pd.DataFrame(piece | {"plan_points": random.uniform(0, 100, accounts)}))
    rows = pd.concat(pieces, ignore_index=True)
    rows["group"] = np.arange(len(rows))
    features = tuple(further_column(name, Declared("numeric", "always")) for name in NUMBERS)
    return TrainingSet(mode, rows, features, winners=int(rows["won"].sum()))


@pytest.fixture(scope="module")
def signal():
    return training_set(1.5)


@pytest.fixture(scope="module")
def trained(signal):
    return train(signal, signal.rows, None, POLICY)


def test_a_model_with_a_signal_is_promoted_and_measured_beside_plan_blend_and_chance(trained):
    assert trained.promotion.promoted, trained.promotion.refused_because
    temporal = trained.figures["temporal"]
    assert set(trained.figures["grouped"]) == set(trained.figures["random"]) == set(temporal["model"])
    assert set(temporal) == {"model", "plan", "blend", "chance"}
    assert temporal["model"]["auc"]["low"] > 0.75 > temporal["plan"]["auc"]["high"]
    assert set(trained.cuts) == set("ABCD")


def test_the_test_landmarks_are_newer_than_every_training_window(trained):
    windows = trained.figures["windows"]
    last = max(map(date.fromisoformat, windows["training"]["landmarks"]))
    first = min(map(date.fromisoformat, windows["test"]["landmarks"]))
    assert last + timedelta(days=187) <= first


def test_noise_is_not_promoted():
    noise = training_set(0.0)
    decided = train(noise, noise.rows, None, POLICY).promotion
    assert not decided.promoted
    assert "AUC" in decided.refused_because


def test_a_better_champion_stays(signal, trained):
    worse = replace(signal, features=signal.features[1:])
    decided = train(worse, signal.rows, trained.recipe, replace(POLICY, promote="if_better")).promotion
    assert not decided.promoted
    again = train(signal, signal.rows, trained.recipe, POLICY).promotion
    assert again.promoted, "an equal challenger may follow"


def test_a_column_that_knows_the_future_stops_the_run_unless_waived(signal):
    leaky = signal.rows.assign(contract=signal.rows["won"].where(signal.rows["won"] == 1).astype(float))
    features = (*signal.features, further_column("contract", Declared("numeric", "always")))
    with pytest.raises(Refusal, match='"contract"'):
        train(replace(signal, rows=leaky, features=features), leaky, None, POLICY)
    waived = replace(POLICY, waivers={"contract": "signed letters of intent only"})
    let_through = train(replace(signal, rows=leaky, features=features), leaky, None, waived)
    assert {finding.column for finding in let_through.leakage.waived} == {"contract"}


def test_what_only_customers_have_never_reaches_the_model(signal):
    spend = signal.rows.assign(spend=signal.rows["won"].where(signal.rows["won"] == 1).astype(float))
    features = (*signal.features, further_column("spend", Declared("numeric", "after_win")))
    found = train(replace(signal, rows=spend, features=features), spend, None, POLICY)
    assert "spend" not in found.recipe.names
    assert [finding.column for finding in found.leakage.excluded] == ["spend"]


def test_look_alikes_have_the_class_prior_in_the_mean_of_the_house_list():
    once = training_set(1.5, accounts=2000, landmarks=1, mode="look-alike")
    found = train(once, once.rows, None, replace(POLICY, class_prior=0.03))
    assert found.prior_odds is not None
    house = once.rows[once.rows["won"] == 0]
    propensity = np.minimum(1, found.prior_odds * np.exp(found.model.logit(house)))
    assert propensity.mean() == pytest.approx(0.03, rel=1e-6)
    assert found.model.predict(house).mean() == pytest.approx(0.03, rel=1e-6), "the model itself gives what is served"
    assert "look-alike" in found.figures["label"]
    assert [each["class_prior"] for each in found.figures["prior_sensitivity"]] == [0.015, 0.03, 0.06]
    assert found.figures["prior_warnings"] == []
    corrected, measured = found.figures["auc_corrected_for_unlabelled"], found.figures["look_alike"]["model"]["auc"]
    assert corrected["estimate"] == pytest.approx((measured["estimate"] - 0.015) / 0.97)


def test_look_alikes_without_a_prior_are_told_what_to_give_and_with_too_high_a_one_are_warned():
    once = training_set(1.5, accounts=600, landmarks=1, mode="look-alike")
    without = train(once, once.rows, None, POLICY)
    assert without.prior_odds is None and without.model.prior_odds is None
    assert "give the share" in without.figures["class_prior_said"]
    assert "prior_sensitivity" not in without.figures and without.figures["curves"]["distribution"] == []
    too_high = train(once, once.rows, None, replace(POLICY, class_prior=0.6)).figures["prior_warnings"]
    assert all("α is too high" in said for said in too_high) and len(too_high) == 2


def test_a_column_of_one_value_is_no_feature(signal):
    rows = signal.rows.assign(age=1.0)
    assert [feature.name for feature in informative(rows, signal.features)] == ["size"]


def test_points_are_percentiles_of_the_population(signal, trained):
    logit = trained.model.logit(signal.rows)
    points = trained.reference.points(1 / (1 + np.exp(-logit)))
    assert isinstance(trained.reference, Reference)
    assert np.median(points) == pytest.approx(50, abs=1)
