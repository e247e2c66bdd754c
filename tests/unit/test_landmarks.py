"""Who is at risk when, what counts as a win, and that splits go forward in time."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from features.build import IntentPolicy
from features.catalog import Vocabulary, catalog
from lastword.plan import Plan
from models.landmarks import (
    MOST_ROWS,
    account_status,
    at_risk,
    landmark_dates,
    part,
    rolling_splits,
    temporal_split,
    training_set,
)
from tests.sample_tables import tables

AS_OF = date(2026, 7, 1)
T = date(2026, 1, 1)
PLAN = Plan.model_validate(
    {
        "version": "1",
        "segments": [{"name": "A", "min_points": 50}, {"name": "F", "min_points": 0}],
        "attributes": [
            {"name": "prior_year_spend", "kind": "quantitative", "weight": 1, "missing": "zero",
             "bands": [{"max": 10, "points": 0}, {"min": 10, "points": 100}]}
        ],
    }
)  # fmt: skip


def population():
    return tables(
        accounts=[{"account_id": i, "name": i} for i in ("early", "within", "late", "never", "listed later", "undated", "other")],
        won=[
            {"account_id": "early", "won_on": T - timedelta(days=1)},
            {"account_id": "within", "won_on": T + timedelta(days=179)},
            {"account_id": "within", "won_on": T + timedelta(days=300)},
            {"account_id": "late", "won_on": T + timedelta(days=180)},
            {"account_id": "undated"},
        ],
        house_list=[
            {"account_id": "never"},
            {"account_id": "listed later", "listed_on": T},
            {"account_id": "undated"},
            {"account_id": "within", "listed_on": T - timedelta(days=1)},
        ],
    )


def test_who_is_at_risk_and_who_wins_within_the_horizon():
    rows = at_risk(population(), T, horizon_days=180).to_pandas().set_index("account_id")["won"]
    assert rows.to_dict() == {"within": 1, "late": 0, "never": 0}


def test_a_win_on_the_landmark_itself_is_within_its_window():
    rows = at_risk(population(), T - timedelta(days=1), horizon_days=1).to_pandas().set_index("account_id")["won"]
    assert rows["early"] == 1


def test_status():
    status = account_status(population()).to_pandas().set_index("account_id")["account_status"]
    assert status["undated"] == status["early"] == "customer"
    assert status["never"] == "prospect"
    assert status["other"] == "other"


def test_landmarks_step_back_from_the_last_window_that_is_over():
    first = AS_OF - timedelta(days=180 + 180 + 60)
    assert landmark_dates(AS_OF, 180, 180, first, population=1000) == tuple(AS_OF - timedelta(days=180 + d) for d in (0, 30, 60))
    assert landmark_dates(AS_OF, 180, 180, AS_OF - timedelta(days=359), population=1000) == ()
    assert landmark_dates(AS_OF, 180, 180, None, population=1000) == ()


def test_many_accounts_make_for_coarser_steps():
    first = AS_OF - timedelta(days=3 * 365)
    fine, coarse = (landmark_dates(AS_OF, 180, 180, first, population=n) for n in (1_000, 14_000))
    assert len(fine) > len(coarse)
    assert len(coarse) * 14_000 <= MOST_ROWS


def test_training_windows_end_a_week_before_the_test_begins():
    landmarks = pd.Series(pd.to_datetime([T - timedelta(days=days) for days in range(0, 720, 30)]))
    train, test = temporal_split(landmarks, horizon_days=180)
    assert landmarks[test].min() == pd.Timestamp(T - timedelta(days=90))
    assert landmarks[train].max() + timedelta(days=187) <= landmarks[test].min()
    assert not (train & test).any()


def test_each_origin_of_a_rolling_evaluation_learns_from_windows_that_had_ended():
    landmarks = pd.Series(pd.to_datetime([T - timedelta(days=days) for days in range(0, 720, 30)]))
    splits = rolling_splits(landmarks, horizon_days=180, most=4)
    assert len(splits) == 4
    assert [split.landmark for split in splits] == sorted({split.landmark for split in splits})
    assert splits[-1].landmark == T
    for split in splits:
        assert set(landmarks[split.test]) == {pd.Timestamp(split.landmark)}
        assert landmarks[split.fitting].max() + timedelta(days=187) <= pd.Timestamp(split.landmark)
    assert rolling_splits(landmarks[landmarks > pd.Timestamp(T) - timedelta(days=100)], 180, 4) == ()


def dated(won_on):
    """Forty accounts with a history long enough; `won_on` says when the first ten win."""
    people = [{"account_id": f"{i:02}", "name": "x", "prior_year_spend": 50.0 if i < 10 else None} for i in range(40)]
    return tables(
        accounts=people,
        won=[{"account_id": f"{i:02}", "won_on": won_on} for i in range(10)],
        house_list=[{"account_id": person["account_id"]} for person in people],
        intents=[{"account_id": "39", "topic": "x", "observed_on": AS_OF - timedelta(days=580), "strength": 1.0}],
    )


@pytest.mark.parametrize("won_on, mode", [(T + timedelta(days=9), "landmarks"), (None, "look-alike")])
def test_the_mode_follows_from_the_dates(won_on, mode):
    training = training_set(dated(won_on), catalog(Vocabulary()), PLAN, AS_OF, 180, IntentPolicy(), ["parent_account_id"])
    assert training.mode == mode
    assert training.winners == 10
    assert len(training.rows) == 40 * (len(training.landmarks) if mode == "landmarks" else 1)
    assert (training.rows.groupby("landmark")["won"].sum().max()) == 10
    assert {f.family for f in training.features} == ({"firmographic"} if mode == "look-alike" else set()) | (
        {"firmographic", "technographic", "intent"} if mode == "landmarks" else {"technographic"}
    )


def test_what_only_customers_have_was_not_known_to_the_plan_at_a_past_landmark():
    training = training_set(dated(T), catalog(Vocabulary()), PLAN, AS_OF, 180, IntentPolicy(), [])
    assert (training.rows["plan_points"] == 0).all()


def test_rows_that_follow_each_other_are_not_copied():
    rows = pd.DataFrame({"x": np.arange(6.0), "y": list("abcdef")}, index=range(10, 16))
    for chosen in ([0, 0, 1, 1, 1, 0], [1, 0, 1, 1, 0, 1], [0] * 6, [1] * 6):
        mask = np.array(chosen, dtype=bool)
        pd.testing.assert_frame_equal(part(rows, mask), rows[mask])
    middle = part(rows, np.array([0, 0, 1, 1, 1, 0], dtype=bool))
    assert np.shares_memory(middle["x"].to_numpy(), rows["x"].to_numpy())
