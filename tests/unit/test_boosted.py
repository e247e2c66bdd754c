import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from models.boosted import bin_matrix, choose_rounds, fit_boosted, fit_folds
from models.encoding import fit_encoding
from models.scorer import encode
from tests.sample_rows import NAMES_AND_KINDS, training_rows


def encoded(frame: pd.DataFrame) -> np.ndarray:
    return encode(frame, fit_encoding(frame, NAMES_AND_KINDS))


def trees(frame: pd.DataFrame, rounds: int, threads: int) -> str:
    with threadpool_limits(threads, user_api="openmp"):
        dataset = bin_matrix(encoded(frame), frame["won"].to_numpy(), np.ones(len(frame)), seed=7)
        return fit_boosted(dataset, rounds, seed=7).model_to_string()


def test_early_stopping_finds_more_rounds_for_signal_than_for_noise() -> None:
    frame = training_rows(accounts=2000)
    won, fold = frame["won"].to_numpy(), frame["group"].to_numpy() % 3
    matrix, weight = encoded(frame), np.ones(len(frame))
    rounds, boosters = choose_rounds(bin_matrix(matrix, won, weight, seed=7), fold, seed=7)
    noise = np.random.default_rng(1).permutation(won)
    unrelated, _ = choose_rounds(bin_matrix(matrix, noise, weight, seed=7), fold, seed=7)
    assert unrelated < 20 < rounds
    held_out = fold == 0
    assert roc_auc_score(won[held_out], boosters[0].predict(matrix[held_out], num_iteration=rounds)) > 0.65


def test_a_fold_is_not_fitted_on() -> None:
    frame = training_rows(accounts=600)
    won, fold = frame["won"].to_numpy(), frame["group"].to_numpy() % 3
    turned = np.where(fold == 2, 1 - won, won)
    matrix, weight = encoded(frame), np.ones(len(frame))
    first, second = (fit_folds(bin_matrix(matrix, y, weight, 7), fold, 30, 7)[2].predict(matrix) for y in (won, turned))
    assert (np.asarray(first) == np.asarray(second)).all()


def test_one_and_two_threads_give_the_same_text() -> None:
    frame = training_rows(accounts=600)
    assert trees(frame, 40, threads=1) == trees(frame, 40, threads=2)


def test_rows_too_few_for_a_split_give_the_base_rate() -> None:
    frame = training_rows(accounts=40)
    dataset = bin_matrix(encoded(frame), frame["won"].to_numpy(), np.ones(len(frame)), seed=7)
    predicted = np.asarray(fit_boosted(dataset, 5, seed=7).predict(encoded(frame)))
    np.testing.assert_allclose(predicted, frame["won"].mean(), rtol=1e-6)
