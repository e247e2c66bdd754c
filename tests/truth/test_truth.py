"""The model against the truth that the demo's generator knows, over several populations. Slow: minutes, not seconds."""

import numpy as np
import pytest

from benchmarks.truth import LARGEST_AUC_GAP, LARGEST_MEAN_ERROR, measure_seeds

SEEDS = 4
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def figures():
    return measure_seeds(SEEDS, 14_000)


def test_the_auc_gap_to_what_anybody_could_know(figures):
    gap = figures["AUC gap"]
    assert gap.mean() - 2 * gap.std(ddof=1) / np.sqrt(SEEDS) <= LARGEST_AUC_GAP


def test_the_mean_propensity_is_the_mean_of_the_truth(figures):
    error = figures["mean error"]
    assert abs(error.mean()) - 2 * error.std(ddof=1) / np.sqrt(SEEDS) <= LARGEST_MEAN_ERROR


def test_every_trap_is_excluded_and_no_clean_column_blocked(figures):
    assert (figures["blocked"] == 0).all()
    assert (figures["after_win excluded"] == 3).all()


def test_a_model_is_promoted(figures):
    assert (figures["promoted"] == 1).all()
