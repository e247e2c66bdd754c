"""The measure of what reviewing gains, on cases where the answer is plain."""

import numpy as np
import pandas as pd
import pytest

from tests.truth.review import candidates, realised_gain, review_figures


def accounts(**columns) -> pd.DataFrame:
    size = max(len(column) for column in columns.values() if isinstance(column, list))
    given = {
        "log_odds": 0.0,
        "log_odds_sd": 0.6,
        "cut_log_odds": 0.0,
        "cut_propensity": 0.5,
        "review_value": 1.0,
    }
    frame = pd.DataFrame(given | {"disparity": 50.0, "p_observable": 0.5} | columns, index=range(size))
    return frame.assign(account_id=[f"{k:03d}" for k in frame.index])


def test_a_reviewer_who_knows_gains_what_the_decision_was_wrong_by():
    table = accounts(log_odds=[0.1, 0.1, -0.1], log_odds_sd=5.0, p_observable=[0.2, 0.8, 0.7], review_value=[10.0, 10.0, 1.0])
    assert realised_gain(table, reviewer_sd=1e-6).tolist() == pytest.approx([3.0, 0.0, 0.2])


def test_where_the_model_is_sure_a_reviewer_changes_nothing():
    table = accounts(log_odds=[0.1, 0.1], log_odds_sd=1e-4, p_observable=[0.2, 0.8])
    assert realised_gain(table).abs().max() < 1e-9


def test_a_reviewer_who_guesses_does_harm_where_the_model_was_right():
    table = accounts(log_odds=[0.1], log_odds_sd=1.0, p_observable=[0.9])
    assert realised_gain(table, reviewer_sd=5.0).iloc[0] < 0


def test_gains_are_shares_of_the_best_order():
    rng = np.random.default_rng(3)
    log_odds = rng.normal(-3, 1, 2000)
    truth = rng.normal(log_odds, 0.4)
    table = accounts(
        log_odds=log_odds.tolist(),
        log_odds_sd=0.4,
        cut_log_odds=-3.0,
        cut_propensity=1 / (1 + np.exp(3)),
        p_observable=(1 / (1 + np.exp(-truth))).tolist(),
        disparity=rng.uniform(-100, 100, 2000).tolist(),
    )
    found = review_figures(table)
    assert 0 < found["disparity"] < found["value of information"] < 1
    assert found["advantage"] > 2
    nothing = table.assign(p_observable=table["cut_propensity"])
    assert np.isnan(review_figures(nothing)["advantage"])


def test_candidates_are_covered_prospects_with_a_spread_and_those_of_them_in_the_queue():
    table = (
        accounts(log_odds=[0.0] * 5)
        .drop(columns="p_observable")
        .assign(
            coverage=[True, False, True, True, True],
            account_status=["prospect", "prospect", "customer", "prospect", "prospect"],
            open_reason=["disparity", "disparity", "disparity", None, "audit"],
            log_odds_sd=[0.5, 0.5, 0.5, 0.5, None],
        )
    )
    truth = pd.DataFrame({"account_id": table["account_id"], "p_observable": 0.3})
    found = candidates(table, truth)
    assert found["all prospects"]["account_id"].tolist() == ["000", "003"]
    assert found["under review"]["account_id"].tolist() == ["000"]
