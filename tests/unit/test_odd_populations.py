"""Populations that a training may meet and must end with: sane figures, and a decision."""

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from features.catalog import Declared, further_column
from lastword.errors import Refusal
from lastword.reports import to_json
from models.groups import alike, components
from models.landmarks import TrainingSet
from models.training import Trained, TrainingPolicy, train
from tests.sample_rows import GRADES

POLICY = TrainingPolicy(horizon_days=180, seed=7, grades=GRADES)
KINDS = {"size": "numeric", "age": "numeric", "region": "category"}
LANDMARKS = 4


def population(
    effect: float | list[float], base: float = -2.2, accounts: int = 400, seed: int = 0, mode: str = "landmarks"
) -> TrainingSet:
    """Landmarks 200 days apart, oldest first, with accounts of their own; `effect` of the size on the log-odds, at each."""
    random = np.random.default_rng(seed)
    landmarks = LANDMARKS if mode == "landmarks" else 1
    effects = [effect] * landmarks if isinstance(effect, float) else effect
    pieces = []
    for number, strength in enumerate(effects):
        size, age = random.normal(size=(2, accounts))
        columns: dict[str, Any] = {
            "account_id": [f"{number}-{i}" for i in range(accounts)],
            "landmark": pd.Timestamp(date(2024, 1, 1) + timedelta(days=200 * number)),
            "won": (random.random(accounts) < expit(base + strength * size)).astype(int),
            "plan_points": random.uniform(0, 100, accounts),
        }
        columns |= {"size": size, "age": age, "region": random.choice(["North", "South"], accounts)}
        pieces.append(pd.DataFrame(columns))
    return set_of(pd.concat(pieces, ignore_index=True), mode)


def set_of(rows: pd.DataFrame, mode: str = "landmarks") -> TrainingSet:
    people = pd.Index(rows["account_id"].unique())
    ties = alike(rows, people, list(KINDS))
    grouped = rows.assign(group=components(len(people), ties)[people.get_indexer(rows["account_id"])])
    features = tuple(further_column(name, Declared(kind, "always")) for name, kind in KINDS.items())
    return TrainingSet(mode, grouped, features, winners=int(rows["won"].sum()))


def trained_on(training: TrainingSet, **policy: Any) -> Trained:
    """Trained, and whatever is told of it makes sense."""
    found = train(training, training.rows, None, replace(POLICY, **policy))
    told = json.loads(to_json(found.figures | {"promotion": found.promotion.to_json()}))
    measured = told["temporal"] if training.mode == "landmarks" else told["look_alike"]
    for opinion in (*(measured[name] for name in ("model", "plan", "blend")), told["grouped"], told["random"]):
        assert 0 <= opinion["auc"]["low"] <= opinion["auc"]["high"] <= 1
        assert opinion["lift_at_15"]["estimate"] >= 0
    propensity = found.model.predict(training.rows)
    assert ((propensity >= 0) & (propensity <= 1)).all()
    assert list(found.cuts.values()) == sorted(found.cuts.values(), reverse=True)
    assert found.promotion.promoted == (found.promotion.refused_because is None)
    assert all(share[1] <= 1 for curve in told["curves"]["gains"].values() for share in curve)
    return found


def test_no_signal_gives_chance_and_no_champion() -> None:
    found = [trained_on(population(0.0, base=-1.0, seed=seed)) for seed in range(12)]
    areas = [each.figures["temporal"]["model"]["auc"]["estimate"] for each in found]
    assert np.mean(areas) == pytest.approx(0.5, abs=0.03)
    assert sum(each.promotion.promoted for each in found) == 0
    assert all("no signal beyond chance" in str(each.promotion.refused_because) for each in found)


def test_one_dominant_feature_is_used_and_where_it_looks_like_the_future_stops_the_run() -> None:
    found = trained_on(population(1.8))
    assert found.promotion.promoted, found.promotion.refused_because
    assert found.figures["temporal"]["model"]["auc"]["low"] > 0.75
    with pytest.raises(Refusal, match='"size"'):
        trained_on(population(9.0))


def test_drift_after_training_is_measured_and_not_promoted() -> None:
    found = trained_on(population([1.5, 1.5, 1.5, -1.5]))
    assert found.figures["temporal"]["model"]["auc"]["high"] < 0.5
    assert not found.promotion.promoted
    rolling = found.figures["rolling"]
    assert [each["model"]["auc"]["estimate"] > 0.7 for each in rolling] == [True, True, False]


def test_forty_wins_end_with_a_decision() -> None:
    few = population(1.5, base=-4.5, seed=2)
    assert 30 <= few.winners <= 50
    found = trained_on(few)
    assert found.figures["rolling_left_out"], "an origin with so few wins is left out"
    assert "wins" in found.figures["rolling_left_out"][0]["said"]
    assert found.figures["slices"]["region"][0]["auc"] is None or found.figures["windows"]["test"]["wins"] >= 10


def test_sixty_percent_wins() -> None:
    most = population(1.5, base=0.5)
    assert most.rows["won"].mean() > 0.55
    found = trained_on(most)
    assert found.figures["temporal"]["model"]["auc"]["low"] > 0.7
    assert max(share for share, _ in found.figures["curves"]["gains"]["model"]) == 1
    assert found.figures["curves"]["distribution"][-1]["low"] >= 0.7


@pytest.mark.parametrize("mode", ["landmarks", "look-alike"])
def test_identical_rows_on_both_sides_of_a_split_do_not_flatter_the_grouped_figures(mode: str) -> None:
    once = population(0.0, base=-0.5, accounts=200, seed=5, mode=mode).rows
    copies = [once.assign(account_id=once["account_id"] + f" copy {number}") for number in range(4)]
    if mode == "landmarks":
        shifted = [copy.assign(landmark=np.roll(copy["landmark"], 200 * n)) for n, copy in enumerate(copies)]
        copies = shifted
    found = trained_on(set_of(pd.concat([once, *copies], ignore_index=True), mode))
    assert found.figures["grouped"]["auc"]["estimate"] < 0.58
    assert found.figures["random"]["auc"]["estimate"] > found.figures["grouped"]["auc"]["estimate"] + 0.05
