import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.evaluation import Interval
from models.priors import corrected_auc, prior_figures, prior_sensitivity, prior_warnings, propensity_of, solve_prior_odds

HOUSE = np.random.default_rng(0).normal(-1, 1.0, 2000)
AUC = Interval(0.80, 0.77, 0.83)


def test_corrected_auc_of_a_perfect_and_of_a_random_score() -> None:
    assert corrected_auc(0.5, 0.05) == pytest.approx(0.5)
    assert corrected_auc(1 - 0.05 / 2, 0.05) == pytest.approx(1.0)


@settings(max_examples=30)
@given(st.floats(0.002, 0.9))
def test_the_house_lists_mean_is_the_class_prior(class_prior: float) -> None:
    propensity = propensity_of(HOUSE, "look-alike", solve_prior_odds(HOUSE, class_prior))
    assert propensity.mean() == pytest.approx(class_prior, rel=1e-6)
    assert propensity.max() <= 1


def test_half_and_twice_the_prior() -> None:
    half, given_, twice = prior_sensitivity(HOUSE, AUC, 0.02)
    assert [each["class_prior"] for each in (half, given_, twice)] == [0.01, 0.02, 0.04]
    assert [each["mean_propensity"] for each in (half, given_, twice)] == pytest.approx([0.01, 0.02, 0.04])
    assert twice["factor"] == pytest.approx(2 * given_["factor"], rel=0.02)
    assert given_["auc_corrected"]["estimate"] == pytest.approx((0.8 - 0.01) / 0.98)
    assert given_["auc_corrected"]["low"] < given_["auc_corrected"]["estimate"] < given_["auc_corrected"]["high"]
    assert given_["clipped_share"] == 0


def test_a_prior_of_more_than_half_has_no_double() -> None:
    empty = {"factor": None, "mean_propensity": None, "clipped_share": None, "auc_corrected": None}
    assert prior_sensitivity(HOUSE, AUC, 0.6)[2] == {"class_prior": 1.2} | empty


def test_a_prior_that_is_too_high_is_said_to_be() -> None:
    assert prior_warnings(0.004, AUC, 0.02) == []
    (clipped,) = prior_warnings(0.006, AUC, 0.02)
    assert "α is too high" in clipped and "0.6 % of the house list" in clipped
    (impossible,) = prior_warnings(0.0, AUC, 0.5)
    assert "at most 0.400 can" in impossible
    assert corrected_auc(0.80, 0.4) == pytest.approx(1.0)
    warned = prior_figures(HOUSE, AUC, 0.5)
    assert len(warned["prior_warnings"]) == 2


def test_without_a_prior_it_is_said_what_to_give() -> None:
    (said,) = prior_figures(HOUSE, AUC, None).values()
    assert "[model] class_prior" in said and "give the share of the house list" in said
    assert np.isnan(propensity_of(HOUSE, "look-alike", None)).all()
