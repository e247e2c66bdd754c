import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from lastword.errors import Refusal
from models import propensity
from models.fitting import prepare
from models.folds import grouped_folds
from models.propensity import NamedFeature, Propensity, Recipe, choose_recipe, fit_propensity, load_propensity, out_of_fold
from tests.sample_rows import NAMES_AND_KINDS, RECIPE, Named, training_rows

FEATURES: list[NamedFeature] = [Named(name, kind) for name, kind in NAMES_AND_KINDS]


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return training_rows(accounts=3000)


@pytest.fixture(scope="module")
def chosen(rows: pd.DataFrame) -> tuple[Recipe, np.ndarray]:
    return choose_recipe(rows, rows["won"], rows["group"], FEATURES, seed=7)


@pytest.fixture(scope="module")
def fitted(rows: pd.DataFrame, chosen: tuple[Recipe, np.ndarray]) -> Propensity:
    return fit_propensity(rows, rows["won"], chosen[0])


def test_the_model_is_nearly_as_good_as_the_truth_on_new_accounts(fitted: Propensity) -> None:
    fresh = training_rows(accounts=5000, seed=99)
    propensity = fitted.predict(fresh)
    assert roc_auc_score(fresh["won"], propensity) > roc_auc_score(fresh["won"], fresh["truth"]) - 0.03
    assert propensity.mean() == pytest.approx(fresh["won"].mean(), abs=0.01)


def test_out_of_fold_log_odds_do_not_flatter(rows: pd.DataFrame, chosen: tuple[Recipe, np.ndarray]) -> None:
    fresh = training_rows(accounts=5000, seed=99)
    on_folds = roc_auc_score(rows["won"], chosen[1])
    on_new = roc_auc_score(fresh["won"], fit_propensity(rows, rows["won"], chosen[0]).predict(fresh))
    assert on_folds == pytest.approx(on_new, abs=0.03)


def test_the_recipe_uses_both_models_and_leaves_the_correction_to_later_time(chosen: tuple[Recipe, np.ndarray]) -> None:
    recipe = chosen[0]
    assert recipe.features == NAMES_AND_KINDS
    assert recipe.use_boosted
    assert recipe.boosting_rounds > 20
    assert sum(recipe.stack[1:]) == pytest.approx(1, abs=0.25)
    assert recipe.platt == (1.0, 0.0)


def test_wins_without_any_pattern_give_no_confident_scores() -> None:
    rows = training_rows(accounts=1500)
    unrelated = np.random.default_rng(4).permutation(rows["won"])
    recipe, logit = choose_recipe(rows, unrelated, rows["group"], FEATURES, seed=7)
    assert roc_auc_score(unrelated, logit) < 0.55
    assert fit_propensity(rows, unrelated, recipe).predict(rows).std() < 0.02


def test_the_logistic_regression_alone(rows: pd.DataFrame) -> None:
    recipe, logit = choose_recipe(rows, rows["won"], rows["group"], FEATURES, seed=7, use_boosted=False)
    model = fit_propensity(rows, rows["won"], recipe)
    assert (recipe.boosting_rounds, recipe.stack[2], model.booster) == (0, 0.0, None)
    assert not model.boosted_logit(rows).any()
    assert roc_auc_score(rows["won"], logit) > 0.65


def test_out_of_fold_refits_the_recipe(rows: pd.DataFrame, chosen: tuple[Recipe, np.ndarray]) -> None:
    recipe, logit = chosen
    again = out_of_fold(rows, rows["won"], rows["group"], recipe)
    assert np.corrcoef(again, logit)[0, 1] > 0.99
    alone = out_of_fold(rows, rows["won"], rows["group"], recipe.logistic_alone())
    assert 0.5 < np.corrcoef(alone, logit)[0, 1] < 0.999


def test_a_row_is_scored_without_its_own_outcome() -> None:
    rows = training_rows(accounts=600).assign(noise=0.0)
    won = rows["won"].to_numpy()
    fold = grouped_folds(won, rows["group"].to_numpy(), RECIPE.seed)
    clue = rows.assign(noise=np.where(fold == 0, won, 0.0))
    recipe = replace(RECIPE, features=(("noise", "flag"),)).logistic_alone()
    logit = out_of_fold(clue, won, rows["group"], recipe)
    assert np.ptp(logit[fold == 0]) < 0.001
    assert np.ptp(fit_propensity(clue, won, recipe).logit(clue)[fold == 0]) > 0.5


def test_the_same_rows_and_seed_give_the_same_bytes_on_one_thread_and_on_two(tmp_path: Path) -> None:
    rows = training_rows(accounts=500)
    for threads in (1, 2):
        with threadpool_limits(threads):
            choose_and_save(rows, tmp_path / str(threads))
    for name in ("model.json", "booster.txt"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


def choose_and_save(rows: pd.DataFrame, folder: Path) -> None:
    recipe, _ = choose_recipe(rows, rows["won"], rows["group"], FEATURES, seed=7)
    fit_propensity(rows, rows["won"], recipe).save(folder)


def test_saved_and_loaded_it_is_the_same_model(tmp_path: Path, rows: pd.DataFrame, fitted: Propensity) -> None:
    fitted.save(tmp_path)
    loaded = load_propensity(tmp_path)
    assert loaded == fitted
    assert loaded.recipe == fitted.recipe
    assert (loaded.predict(rows) == fitted.predict(rows)).all()


def test_a_model_without_trees_leaves_no_file_of_an_earlier_one(tmp_path: Path, fitted: Propensity) -> None:
    fitted.save(tmp_path)
    rows = training_rows(accounts=300)
    alone = fit_propensity(rows, rows["won"], RECIPE.logistic_alone())
    alone.save(tmp_path)
    assert load_propensity(tmp_path) == alone


def test_a_recipe_survives_json() -> None:
    assert Recipe.from_json(RECIPE.to_json()) == RECIPE


def test_a_correction_is_put_on_top_of_the_one_there_is() -> None:
    corrected = replace(RECIPE, platt=(0.5, 1.0)).with_platt(2.0, -0.5)
    assert corrected.platt == (1.0, 1.5)
    assert RECIPE.logistic_alone().stack == (0.0, 1.0, 0.0)


def test_features_that_are_gone_are_refused_in_one_line(rows: pd.DataFrame, fitted: Propensity) -> None:
    with pytest.raises(Refusal, match=r"not there today: technology:Kubernetes, noise; give .*`lastword train`") as refused:
        fitted.contributions(rows.drop(columns=["noise", "technology:Kubernetes"]))
    assert "\n" not in str(refused.value)


def test_a_large_set_is_calibrated_although_it_is_sampled() -> None:
    rows = training_rows(accounts=40_000, landmarks=2)
    rare = rows[(rows["won"] == 0) | (np.arange(len(rows)) % 12 == 0)]
    assert len(rare) > 60_000
    model = fit_propensity(rare, rare["won"], replace(RECIPE, stack=(0.0, 0.5, 0.5), platt=(1.0, 0.0)))
    assert model.predict(rare).mean() == pytest.approx(rare["won"].mean(), rel=0.03)


def test_changed_boosting_parameters_travel_with_the_recipe_and_change_the_fit(rows: pd.DataFrame, tmp_path: Path) -> None:
    changed = replace(RECIPE, boosting=(("learning_rate", 0.1), ("num_leaves", 16)))
    stored = Recipe.from_json(json.loads(json.dumps(changed.to_json())))
    assert stored == changed
    plain, deeper = fit_propensity(rows, rows["won"], RECIPE), fit_propensity(rows, rows["won"], stored)
    assert np.abs(plain.boosted_logit(rows) - deeper.boosted_logit(rows)).max() > 0.1
    deeper.save(tmp_path)
    text = (tmp_path / "booster.txt").read_text()
    assert "[learning_rate: 0.1]" in text and "[num_leaves: 16]" in text and "[max_depth: 4]" in text
    assert max(int(leaves) for leaves in re.findall(r"num_leaves=(\d+)", text)) > 8
    assert load_propensity(tmp_path).recipe == changed
    assert not np.array_equal(*(out_of_fold(rows, rows["won"], rows["group"], recipe) for recipe in (RECIPE, changed)))


def test_a_recipe_stored_before_there_were_changes_changes_nothing() -> None:
    old = {name: value for name, value in RECIPE.to_json().items() if name not in ("boosting", "evidence")}
    assert Recipe.from_json(old | {"regularization": 0.003}) == replace(RECIPE, evidence=0.1)


def test_the_choice_of_a_recipe_keeps_to_what_was_asked(rows: pd.DataFrame) -> None:
    asked = (("learning_rate", 0.1),)
    recipe, _ = choose_recipe(rows, rows["won"], rows["group"], FEATURES, 7, boosting=asked, evidence_per_win=1.4)
    usual, _ = choose_recipe(rows, rows["won"], rows["group"], FEATURES, 7, boosting=asked)
    assert recipe.boosting == asked
    assert recipe.evidence == pytest.approx(2 * usual.evidence)


def test_where_rows_are_many_the_logistic_regression_is_fitted_on_some_that_stand_for_all(
    rows: pd.DataFrame, fitted: Propensity, chosen: tuple[Recipe, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(propensity, "MOST_LOGISTIC_ROWS", len(rows))
    assert fit_propensity(rows, rows["won"], chosen[0]).model == fitted.model
    monkeypatch.setattr(propensity, "MOST_LOGISTIC_ROWS", len(rows) // 2)
    on_half = fit_propensity(rows, rows["won"], chosen[0])
    assert on_half.booster == fitted.booster
    assert on_half.model != fitted.model
    assert on_half.predict(rows).mean() == pytest.approx(rows["won"].mean(), rel=0.05)
    assert np.corrcoef(on_half.logit(rows), fitted.logit(rows))[0, 1] > 0.97


def test_of_many_rows_those_drawn_weigh_as_much_as_all(rows: pd.DataFrame) -> None:
    whole = prepare(rows, rows["won"].to_numpy(), NAMES_AND_KINDS, 7)
    some = whole.at_most(1_500)
    assert len(some.rows) == len(set(some.rows.tolist()) & set(whole.rows.tolist())) == 1_500
    assert some.weight.sum() == pytest.approx(whole.weight.sum())
    assert whole.at_most(len(rows)).rows is whole.rows
