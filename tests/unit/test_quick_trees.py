"""Boosted trees on many rows are predicted and explained as LightGBM does, by LightGBM where it can't be done quicker."""

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
import woodelf

from models.propensity import Propensity, fit_propensity
from models.quick_trees import WORTH_EXPLAINING, WORTH_IT, QuickTrees, not_adding_up
from models.scorer import Scorer, Trees, encode
from tests.sample_rows import RECIPE, training_rows


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return training_rows(accounts=600)


@pytest.fixture(scope="module")
def fitted(rows: pd.DataFrame) -> Propensity:
    return fit_propensity(rows, rows["won"], RECIPE)


@pytest.fixture(scope="module")
def plain(fitted: Propensity) -> Trees:
    assert fitted.booster is not None
    return Trees(fitted.booster)


@pytest.fixture
def quick(fitted: Propensity, monkeypatch: pytest.MonkeyPatch) -> QuickTrees:
    """As it works on many rows."""
    assert fitted.booster is not None
    monkeypatch.setattr("models.quick_trees.WORTH_IT", 1)
    monkeypatch.setattr("models.quick_trees.WORTH_EXPLAINING", 1)
    return QuickTrees(fitted.booster)


@pytest.fixture(scope="module")
def matrix(rows: pd.DataFrame, fitted: Propensity) -> np.ndarray:
    found = encode(rows, fitted.scorer.features)
    assert np.isnan(found).any()
    return found


@pytest.fixture(scope="module")
def raw(plain: Trees, matrix: np.ndarray) -> np.ndarray:
    return plain.predict(matrix)


def test_both_are_lightgbms(quick: QuickTrees, plain: Trees, matrix: np.ndarray, raw, recwarn) -> None:
    np.testing.assert_array_equal(quick.predict(matrix), raw)
    found = quick.contributions(matrix, raw)
    np.testing.assert_allclose(found, plain.contributions(matrix, raw), atol=1e-5)
    np.testing.assert_allclose(found.sum(axis=1) + quick.base, raw, atol=1e-5)
    assert found.dtype == np.float64 and not recwarn.list


def test_they_do_not_hang_on_the_batch(quick: QuickTrees, matrix: np.ndarray, raw) -> None:
    whole = quick.contributions(matrix, raw)
    np.testing.assert_array_equal(quick.contributions(matrix[100:300], raw[100:300]), whole[100:300])
    np.testing.assert_array_equal(quick.contributions(matrix[::-1], raw[::-1]), whole[::-1])


def test_few_rows_are_left_to_lightgbm(quick: QuickTrees, plain: Trees, matrix: np.ndarray, raw, monkeypatch) -> None:
    monkeypatch.setattr("models.quick_trees.WORTH_EXPLAINING", len(matrix) + 1)
    np.testing.assert_array_equal(quick.contributions(matrix, raw), plain.contributions(matrix, raw))


def test_nothing_is_printed(quick: QuickTrees, matrix: np.ndarray, raw, capfd: pytest.CaptureFixture[str]) -> None:
    quick.contributions(matrix, raw)
    assert capfd.readouterr() == ("", "")


def test_rows_that_do_not_add_up_are_lightgbms_and_it_is_said(quick, plain, matrix: np.ndarray, raw) -> None:
    other = raw + np.where(np.arange(len(raw)) == 7, 1e-3, 0.0)
    with pytest.warns(RuntimeWarning, match="1 of them do not add up"):
        found = quick.contributions(matrix, other)
    np.testing.assert_array_equal(found, plain.contributions(matrix, raw))


def test_where_woodelf_fails_they_are_lightgbms_and_it_is_said(quick, plain, matrix: np.ndarray, raw, monkeypatch) -> None:
    monkeypatch.delattr(woodelf.WoodelfExplainer, "shap_values")
    with pytest.warns(RuntimeWarning, match="AttributeError"):
        found = quick.contributions(matrix, raw)
    np.testing.assert_array_equal(found, plain.contributions(matrix, raw))


def test_deeper_trees_are_predicted_by_lightgbm_and_explained_by_woodelf(quick, matrix: np.ndarray, raw, rows) -> None:
    given = {"objective": "binary", "num_leaves": 31, "max_depth": 5, "verbose": -1}
    text = lgb.train(given, lgb.Dataset(matrix, rows["won"]), 10).model_to_string()
    deep, plain = QuickTrees(text), Trees(text)
    np.testing.assert_array_equal(deep.predict(matrix), plain.predict(matrix))
    assert deep._by_woodelf(matrix) == pytest.approx(plain.contributions(matrix, raw), abs=1e-5)


def test_a_row_misses_by_more_than_its_share_or_is_no_number() -> None:
    found = np.array([[1.0, 2.0], [1.0, 2.00002], [1.0, np.nan], [100.0, 200.0005]])
    assert not_adding_up(found, np.array([3.5, 3.5, 3.5, 300.5]), 0.5) == 1
    assert not_adding_up(found[:2], np.array([3.5, 3.49]), 0.5) == 1


def test_a_frame_is_explained_as_it_is_scored(rows: pd.DataFrame, fitted: Propensity) -> None:
    many = pd.concat([rows] * 5, ignore_index=True)
    alone = Scorer(fitted.model, fitted.booster)
    assert len(many) >= max(WORTH_IT, WORTH_EXPLAINING)
    logit, contributions, base = fitted.explained(many)
    np.testing.assert_array_equal(logit, fitted.logit(many))
    np.testing.assert_array_equal(logit, alone.logit(many))
    np.testing.assert_allclose(contributions.sum(axis=1) + base, logit, atol=1e-5)
    np.testing.assert_allclose(contributions, alone.contributions(many)[0], atol=1e-5)
