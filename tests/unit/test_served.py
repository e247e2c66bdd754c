"""A model as it is stored and served."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from features.build import IntentPolicy
from lastword.opinions import model_opinion
from models.grades import Reference, assign_grades
from models.landmarks import Mode, TrainingSet
from models.propensity import fit_propensity
from models.served import load_served, save_served, vocabulary_of
from models.training import Trained, TrainingPolicy
from tests.sample_rows import CUTS, GRADES, RECIPE, training_rows

POLICY = TrainingPolicy(horizon_days=180, seed=7, grades=GRADES)
NOTHING: Any = None
NOBODY_BEFORE = pd.Series(dtype="str")


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return training_rows(accounts=600)


@pytest.fixture(scope="module")
def population() -> pd.DataFrame:
    return training_rows(accounts=400, landmarks=1, seed=5)


@pytest.fixture(scope="module")
def trained(rows: pd.DataFrame, population: pd.DataFrame) -> Trained:
    model = fit_propensity(rows, rows["won"], RECIPE)
    reference = Reference.from_population(expit(model.logit(population)))
    return Trained(model, RECIPE, reference, CUTS, None, leakage=NOTHING, figures={}, promotion=NOTHING)


@pytest.fixture(scope="module", params=["landmarks", "look-alike"])
def mode(request: pytest.FixtureRequest) -> Mode:
    return request.param


def served(folder: Path, trained: Trained, mode: Mode) -> Any:
    folder.mkdir(exist_ok=True)
    save_served(folder, trained, mode, vocabulary_of(RECIPE), IntentPolicy())
    return load_served(folder)


def test_refits_survive_storage_in_either_mode(
    tmp_path: Path, rows: pd.DataFrame, population: pd.DataFrame, trained: Trained, mode: Mode
) -> None:
    refitted = trained.with_refits(TrainingSet(mode, rows, (), winners=1), population, POLICY)
    loaded = served(tmp_path, refitted, mode)
    assert loaded.refits == refitted.refits
    opinion = model_opinion(population, loaded, NOBODY_BEFORE)
    assert opinion["grade_confidence"].between(0, 1).all()
    assert (opinion["log_odds_sd"] > 0).all()
    np.testing.assert_array_equal(opinion["log_odds"], refitted.model.logit(population))
    assert opinion["propensity"].isna().all() == (mode == "look-alike")


def test_the_confidence_is_of_the_grade_that_is_handed_out(
    tmp_path: Path, rows: pd.DataFrame, population: pd.DataFrame, trained: Trained
) -> None:
    loaded = served(tmp_path, trained.with_refits(TrainingSet("landmarks", rows, (), winners=1), population, POLICY), "landmarks")
    fresh = model_opinion(population, loaded, NOBODY_BEFORE)
    kept = model_opinion(population, loaded, pd.Series("C", index=population.index))
    moved = fresh["model_grade"] != kept["model_grade"]
    expected = loaded.refits.score(population, kept["model_grade"])["grade_confidence"]
    assert moved.any()
    pd.testing.assert_series_equal(kept["grade_confidence"], expected)
    assert (kept.loc[moved, "grade_confidence"] != fresh.loc[moved, "grade_confidence"]).all()


def test_a_model_that_was_trained_before_there_were_refits_serves_without_confidence(
    tmp_path: Path, population: pd.DataFrame, trained: Trained
) -> None:
    opinion = model_opinion(population, served(tmp_path, trained, "landmarks"), NOBODY_BEFORE)
    assert opinion["grade_confidence"].isna().all()
    assert opinion["log_odds_sd"].isna().all()
    assert opinion["model_grade"].equals(assign_grades(opinion["model_points"], CUTS).rename("model_grade"))


def test_where_no_model_serves_every_column_is_there_and_null(population: pd.DataFrame, tmp_path: Path, trained: Trained) -> None:
    nothing = model_opinion(population, None, NOBODY_BEFORE)
    something = model_opinion(population, served(tmp_path, trained, "landmarks"), NOBODY_BEFORE)
    assert set(nothing.columns) == set(something.columns)
    assert nothing.isna().all(axis=None)
