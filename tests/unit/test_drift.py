import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lastword.moves import drift_line
from models.drift import SCORE, DriftReference, drift, psi, psi_bound

FEATURES = (("revenue", "numeric"), ("industry", "category"), ("listed", "flag"))


def accounts(count=4000, seed=1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "revenue": np.where(rng.random(count) < 0.05, np.nan, rng.normal(10, 2, count)),
            "industry": rng.choice(["Software", "Retail", "Mining"], count, p=[0.6, 0.395, 0.005]),
            "listed": np.where(rng.random(count) < 0.1, 1.0, 0.0),
        }
    )


def scores(count=4000, seed=2, shift=0.0) -> np.ndarray:
    return 1 / (1 + np.exp(3 - shift - np.random.default_rng(seed).normal(0, 1, count)))


REFERENCE = DriftReference.from_population(accounts(), FEATURES, scores())


def compared(today: pd.DataFrame, today_scores=None) -> pd.DataFrame:
    return drift(REFERENCE, today, scores(len(today), 4) if today_scores is None else today_scores).set_index("feature")


def test_psi_is_the_sum_over_bins():
    assert psi(np.array([49.5, 49.5]), np.array([24.5, 74.5])) == pytest.approx(0.25 * np.log(2) + 0.25 * np.log(1.5), rel=0.02)
    assert psi(np.array([10.0, 0.0]), np.array([10.0, 0.0])) == 0


def test_the_bound_is_a_tenth_and_for_few_accounts_what_chance_reaches():
    assert psi_bound(10, 5000, 5000) == 0.10
    assert psi_bound(10, 100, 100) == pytest.approx(21.666 * 0.02, rel=1e-3)  # the 99 % quantile of χ² with 9 degrees
    assert np.isnan(psi_bound(10, 100, 0))


def test_by_chance_less_than_two_in_a_hundred_columns_pass_the_bound_even_among_few_accounts():
    table = pd.DataFrame(np.random.default_rng(3).normal(size=(120, 300)))
    reference = DriftReference.from_population(table.rename(columns=str), [(str(k), "numeric") for k in range(300)], [])
    later = pd.DataFrame(np.random.default_rng(4).normal(size=(150, 300))).rename(columns=str)
    found = drift(reference, later, [])
    assert found["drifted"].mean() < 0.02
    assert (found["psi"] > 0.10).mean() > 0.1  # which the usual bound alone would have called drift


def test_the_same_population_has_not_drifted():
    found = compared(accounts(seed=3))
    assert list(found.index) == ["revenue", "industry", "listed", SCORE]
    assert not found["drifted"].any() and set(found["said"]) == {""}


@pytest.mark.parametrize(
    ("feature", "change", "said"),
    [
        ("revenue", lambda v: v.mask(np.arange(len(v)) % 5 < 2), "43 % empty, was 5 %: check the source"),
        ("revenue", lambda v: v + 3, "higher (median 13"),
        ("revenue", lambda v: v - 3, "lower (median 7"),
        (
            "industry",
            lambda v: v.mask(np.arange(len(v)) % 4 == 0, "Space"),
            'level "Space" 25 %, was rare or new: check the source',
        ),
        ("industry", lambda v: v.mask(np.arange(len(v)) % 2 == 0, "Retail"), "Software 30 %, was 60 %: lastword train"),
        ("listed", lambda v: v.mask(np.arange(len(v)) % 3 == 0, 1.0), "yes for 40 %, was 10 %: lastword train"),
    ],
)
def test_what_drifted_says_what_moved_most_and_what_to_do(feature, change, said):
    today = accounts(seed=3)
    found = compared(today.assign(**{feature: change(today[feature])}))
    assert list(found.index[found["drifted"]]) == [feature]
    assert found.loc[feature, "said"].startswith(said)


def test_where_half_share_one_value_the_mean_tells_and_where_neither_moved_the_spread():
    grid = np.linspace(-1, 1, 2001)
    then = pd.DataFrame({"x": np.where(grid < 0.2, 0.0, 10 * grid), "y": 5 + grid})
    now = pd.DataFrame({"x": np.where(grid < 0.6, 0.0, 10 * grid), "y": 5 + 4 * grid})
    found = drift(DriftReference.from_population(then, [("x", "numeric"), ("y", "numeric")], []), now, [])
    assert found["said"].tolist()[:2] == [
        "lower (mean 1.603, was 2.401): lastword train",
        "spread differently about the same median 5: lastword train",
    ]


def test_the_score_is_looked_at_too():
    found = compared(accounts(seed=3), scores(4000, 4, shift=1.0))
    assert found.loc[SCORE, "drifted"] and found.loc[SCORE, "said"].startswith("higher")


def test_a_value_that_almost_all_share_has_a_bin_of_its_own():
    then = pd.DataFrame({"x": np.r_[np.linspace(0, 19, 50), np.full(950, 20.0)]})
    now = pd.DataFrame({"x": np.r_[np.linspace(0, 19, 300), np.full(700, 20.0)]})
    reference = DriftReference.from_population(then, [("x", "numeric")], [])
    assert drift(reference, now, [])["drifted"].iloc[0]


def test_a_column_that_was_empty_and_one_that_became_so():
    then = pd.DataFrame({"x": [np.nan] * 500, "y": np.arange(500.0)})
    reference = DriftReference.from_population(then, [("x", "numeric"), ("y", "numeric")], [])
    found = drift(reference, then.rename(columns={"x": "y", "y": "x"}), [])
    assert found["said"].tolist()[:2] == [
        "values where there were none: lastword train",
        "100 % empty, was 0 %: check the source",
    ]


def test_nobody_to_compare_is_null_and_no_drift():
    found = compared(accounts(0), [])
    assert found["psi"].isna().all() and not found["drifted"].any()


def test_it_survives_json():
    assert DriftReference.from_json(json.loads(json.dumps(REFERENCE.to_json()))) == REFERENCE


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(-1e6, 1e6) | st.none() | st.sampled_from([0.0, 1.0]), min_size=1, max_size=80), st.randoms())
def test_a_population_is_its_own_reference_in_any_order(values, random):
    table = pd.DataFrame({"x": pd.Series(values, dtype=float)})
    found = drift(DriftReference.from_population(table, [("x", "numeric")], []), table.sample(frac=1), [])
    assert found["psi"].iloc[0] == pytest.approx(0, abs=1e-12)
    reference = DriftReference.from_population(table, [("x", "numeric")], []).columns[0]
    assert len(reference.edges) <= 10 and sum(reference.shares) == pytest.approx(1)


def test_the_line_on_the_terminal_names_the_widest_first():
    rows = [
        {"feature": "a", "psi": 0.2, "drifted": True, "said": "higher: lastword train"},
        {"feature": "b", "psi": 0.01, "drifted": False, "said": ""},
        {"feature": SCORE, "psi": 0.4, "drifted": True, "said": "lower: lastword train"},
    ]
    said = "1 of 2 features and the score moved since training: (score) lower: lastword train; a higher: lastword train"
    assert drift_line(rows) == said
    assert drift_line(rows[1:2]) is None and drift_line([]) is None
