"""The gate's questions to time: dates that tell the outcome, a today unlike the past, signals that come with the sale."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from models.clustered_auc import clustered_auc
from models.leakage_in_time import judge_dates, judge_lag, judge_population, judge_time, without_clocks

ACCOUNTS = 1200
DATES = pd.date_range("2025-01-01", periods=6, freq="30D")


def feature(name, kind="numeric", known="as_of"):
    return SimpleNamespace(name=name, kind=kind, known=known, family="firmographic")


def panel(seed: int, rates=(0.05,) * 6) -> pd.DataFrame:
    """Accounts at six landmarks; at landmark k an account wins by chance at rates[k], for good."""
    random = np.random.default_rng(seed)
    luck = random.random(ACCOUNTS)
    pieces = [
        pd.DataFrame({"account_id": [f"a{i}" for i in range(ACCOUNTS)], "landmark": date, "won": (luck < rate).astype(int)})
        for date, rate in zip(DATES, rates, strict=True)
    ]
    rows = pd.concat(pieces, ignore_index=True)
    return rows.assign(group=np.tile(np.arange(ACCOUNTS), 6))


def test_dates_whose_rates_rise_are_a_finding_that_says_from_what_to_what():
    (found,) = judge_dates(panel(1, (0.02, 0.03, 0.05, 0.08, 0.12, 0.16)))
    assert (found.column, found.rule, found.limit) == ("landmark", "landmark date", 0.55)
    assert found.figure > 0.6
    assert "2025-05-31 win" in found.message and "2025-01-01" in found.message


def test_rates_that_differ_by_chance_are_none():
    random = np.random.default_rng(2)
    for seed in range(20):
        rows = panel(seed)
        rows["won"] = (random.random(len(rows)) < 0.03).astype(int)  # every row by itself: rates differ most
        assert judge_dates(rows) == []


def test_one_landmark_or_nobody_won_is_no_question():
    rows = panel(1)
    assert judge_dates(rows[rows["landmark"] == DATES[0]]) == []
    assert judge_dates(rows.assign(won=0)) == []
    assert judge_dates(rows.assign(won=1)) == []


@pytest.fixture
def sides():
    """The rows of a landmark and the same accounts today: a size that stays, an age that grows, a count that comes and goes."""
    random = np.random.default_rng(4)
    rows = panel(4)
    rows["size"] = np.tile(random.normal(size=ACCOUNTS), 6)
    rows["place"] = np.tile(random.choice(["x", "y", None], ACCOUNTS), 6)
    rows["age"] = np.tile(np.where(random.random(ACCOUNTS) < 0.1, np.nan, random.integers(1, 80, ACCOUNTS)), 6)
    rows["count"] = random.poisson(2.0, len(rows)).astype(float)
    then = rows[rows["landmark"] == DATES[-1]]
    today = then.assign(age=then["age"] + 0.493, count=random.poisson(2.0, ACCOUNTS).astype(float))
    return rows, today.drop(columns=["landmark", "won", "group"])


FEATURES = (feature("size", known="always"), feature("place", "category", "always"), feature("age"), feature("count"))


def test_an_age_that_all_accounts_gained_tells_nothing(sides):
    rows, today = sides
    assert judge_population(rows, today, FEATURES, seed=7) == []
    then = rows[rows["landmark"] == DATES[-1]]
    assert np.allclose(without_clocks(then, today, FEATURES)["age"], then["age"], equal_nan=True)


def test_the_population_may_have_its_accounts_in_the_index_and_newcomers_among_them(sides):
    rows, today = sides
    newcomers = today.head(50).assign(account_id=[f"new {i}" for i in range(50)])
    assert judge_population(rows, pd.concat([today, newcomers]).set_index("account_id"), FEATURES, seed=7) == []


def test_a_source_that_changed_is_named_first_with_its_figures(sides):
    rows, today = sides
    found = judge_population(rows, today.assign(count=today["count"] * 3 + 1), FEATURES, seed=7)
    assert [finding.column for finding in found] == ["all features", "count"]
    assert found[0].figure > 0.7 == found[0].limit
    assert found[0].message.index('"count"') < found[0].message.index('"age"')
    assert "(mean 1.98 then, 7.17 now; empty 0% and 0%)" in found[1].message


def test_a_column_that_stops_being_filled_is_named(sides):
    rows, today = sides
    found = judge_population(rows, today.assign(size=np.nan, place=None), FEATURES, seed=7)
    assert {finding.column for finding in found} == {"all features", "size", "place"}
    (size,) = (finding for finding in found if finding.column == "size")
    assert "empty 0% and 100%" in size.message


def lagged(rows: pd.DataFrame, soon: np.ndarray, values: np.ndarray) -> pd.DataFrame:
    newest = rows[rows["landmark"] == DATES[-1]]
    return newest[["account_id", "landmark"]].assign(won_soon=soon.astype(int), signal=values)


def test_a_signal_that_only_comes_with_the_sale_is_found():
    random = np.random.default_rng(5)
    rows = panel(5, (0.1,) * 6)
    won = rows.loc[rows["landmark"] == DATES[-1], "won"].to_numpy() == 1
    soon = won & (random.random(ACCOUNTS) < 0.4)
    noise = (random.random(ACCOUNTS) < 0.05).astype(float)
    rows["signal"] = 0.0
    rows.loc[rows["landmark"] == DATES[-1], "signal"] = np.maximum(noise, soon)
    (found,) = judge_lag(rows, lagged(rows, soon, noise), [feature("signal")])
    assert found.rule == "loses when lagged"
    assert found.figure > 0.4 and found.limit == 0.10
    assert "30 days earlier" in found.message
    assert judge_time(rows, rows.head(0), lagged(rows, soon, noise), [feature("signal")], 7) == (found,)


def test_a_signal_that_fades_a_little_is_none():
    random = np.random.default_rng(6)
    for _ in range(10):
        rows = panel(6, (0.1,) * 6)
        won = rows.loc[rows["landmark"] == DATES[-1], "won"].to_numpy() == 1
        soon = won & (random.random(ACCOUNTS) < 0.17)
        now, before = (random.poisson(1.0 + rise * won) for rise in (0.6, 0.4))
        rows["signal"] = np.nan
        rows.loc[rows["landmark"] == DATES[-1], "signal"] = now
        assert judge_lag(rows, lagged(rows, soon, before.astype(float)), [feature("signal"), feature("other")]) == []


def test_a_handful_of_winners_says_nothing_about_a_lag():
    rows = panel(7, (0.005,) * 6)
    won = rows.loc[rows["landmark"] == DATES[-1], "won"].to_numpy() == 1
    assert won.sum() < 10
    rows["signal"] = rows["won"].astype(float)
    assert judge_lag(rows, lagged(rows, won, np.zeros(ACCOUNTS)), [feature("signal")]) == []


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=2, max_size=40))
def test_the_auc_is_the_usual_one_and_its_influences_add_up_to_nothing(pairs):
    score, positive = np.array([pair[0] for pair in pairs], dtype=float), np.array([pair[1] for pair in pairs])
    cluster = np.arange(len(pairs)) // 2
    found = clustered_auc(score, positive, cluster, int(cluster.max()) + 1)
    if positive.all() or not positive.any():
        assert np.isnan(found.auc)
    else:
        assert found.auc == pytest.approx(roc_auc_score(positive, score))
        assert found.influence.sum() == pytest.approx(0, abs=1e-9)


def test_the_error_counts_accounts_not_rows():
    random = np.random.default_rng(8)
    positive = random.random(400) < 0.3
    score = random.normal(size=400) + positive
    once = clustered_auc(score, positive, np.arange(400), 400)
    often = clustered_auc(np.tile(score, 6), np.tile(positive, 6), np.tile(np.arange(400), 6), 400)
    assert often.auc == pytest.approx(once.auc)
    assert often.error == pytest.approx(once.error)
    assert 0.01 < once.error < 0.05
