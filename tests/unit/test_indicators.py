import numpy as np
import pandas as pd
import pytest
from scipy.stats import fisher_exact

from features.catalog import Vocabulary, catalog
from lastword.indicators import as_indicators
from models.indicators import bands, indicators, levels
from tests.truth.bounds import MOST_FALSE
from tests.truth.indicators import discoveries, false_discovery_rates


def population(counts: dict[str, tuple[int, int]], wins=100, house=1000):
    """Accounts of which, per indicator, so many winners and so many of the house list have it."""
    table = pd.DataFrame(
        {
            name: np.concatenate([np.arange(wins) < with_won, np.arange(house) < with_house]).astype(float)
            for name, (with_won, with_house) in counts.items()
        }
    )
    won = np.arange(wins + house) < wins
    return won, ~won, table


def test_lift_coverage_and_test_of_one_indicator():
    won, house, table = population({"industry: Software": (30, 100)})
    row = indicators(won, house, table, {"industry: Software": "firmographic"}).iloc[0]
    lift = (30.5 / 101) / (100.5 / 1001)
    reach = np.exp(1.96 * np.sqrt(1 / 30.5 - 1 / 101 + 1 / 100.5 - 1 / 1001))
    assert (row.wins_with, row.house_with, row.coverage_won, row.coverage_house) == (30, 100, 0.3, 0.1)
    assert (row.lift, row.lift_low, row.lift_high) == pytest.approx((lift, lift / reach, lift * reach))
    assert row.p_value == row.q_value == pytest.approx(fisher_exact([[30, 70], [100, 900]], alternative="greater").pvalue)
    assert row.family == "firmographic" and row.significant


def test_with_few_indicators_the_prior_is_a_fixed_one():
    won, house, table = population({"a": (30, 100)})
    row = indicators(won, house, table, {"a": "intent"}).iloc[0]
    expected = 100 * 100.5 / 1001
    assert row.eb_lift == pytest.approx((30 + 4) / (expected + 4))
    assert 1 < row.eb05 < row.eb_lift


def test_one_true_indicator_among_noise_is_found_alone():
    rng = np.random.default_rng(2)
    won = np.arange(2000) < 150
    table = pd.DataFrame((rng.random((2000, 60)) < 0.08).astype(float)).rename(columns=lambda k: f"topic {k}")
    table.loc[:149, "topic 7"] = (rng.random(150) < 0.3).astype(float)
    found = indicators(won, ~won, table, dict.fromkeys(table.columns, "intent"))
    assert found.loc[found["significant"], "indicator"].tolist() == ["topic 7"]
    assert found["indicator"].iloc[0] == "topic 7"
    assert found["eb_lift"].iloc[0] < found["lift"].iloc[0]


def test_pure_noise_gives_no_significant_indicator():
    for seed in range(10):
        rng = np.random.default_rng(seed)
        won = np.arange(1500) < 80
        table = pd.DataFrame((rng.random((1500, 80)) < rng.random(80) * 0.3).astype(float))
        assert not indicators(won, ~won, table, dict.fromkeys(table.columns, "intent"))["significant"].any()


def test_q_values_are_those_of_benjamini_and_hochberg():
    won, house, table = population({"a": (30, 100), "b": (14, 100), "c": (10, 100)})
    found = indicators(won, house, table, dict.fromkeys("abc", "intent")).set_index("indicator")
    p = found.loc[list("abc"), "p_value"].to_numpy()
    assert found.loc[list("abc"), "q_value"].tolist() == pytest.approx([3 * p[0], min(3 * p[1] / 2, p[2]), p[2]])


def test_unknown_counts_as_not_having_it():
    won, house, table = population({"a": (30, 100)})
    table.loc[0:9, "a"] = np.nan
    assert indicators(won, house, table, {"a": "intent"})["wins_with"].tolist() == [20]


@pytest.mark.parametrize("won", [np.zeros(4, bool), np.ones(4, bool)])
def test_without_winners_or_without_a_house_list_there_are_no_figures(won):
    found = indicators(won, ~won, pd.DataFrame({"a": [1.0, 0, 1, 0]}), {"a": "intent"})
    assert np.isnan(found["lift"].iloc[0]) and not found["significant"].any()


def test_no_indicators_no_rows():
    found = indicators([True, False], [False, True], pd.DataFrame(index=range(2)), {})
    assert found.empty and "eb05" in found.columns


def test_bands_hold_every_known_value_once():
    made = bands(pd.Series([5.0, 10.0, 1e6, np.nan], name="annual_revenue"), [10, 1e6])
    assert list(made.columns) == ["annual_revenue under 10", "annual_revenue 10 to 1,000,000", "annual_revenue from 1,000,000"]
    assert made.sum(axis=1, min_count=1).tolist()[:3] == [1, 1, 1] and made.iloc[3].isna().all()
    assert made["annual_revenue 10 to 1,000,000"].tolist()[:3] == [0, 1, 0]


def test_levels_are_those_with_enough_accounts():
    made = levels(pd.Series(["x", "x", "y", None], name="industry"), least=2)
    assert list(made.columns) == ["industry: x"]
    assert made["industry: x"].tolist()[:3] == [1, 1, 0] and np.isnan(made["industry: x"].iloc[3])


def test_what_is_called_significant_is_mostly_true_and_a_raw_lift_mostly_is_not():
    rates = false_discovery_rates(discoveries(20, 1))
    significant, raw = (rates.loc[rule] for rule in rates.index)
    assert (
        significant["false_discovery_rate"] - 2 * significant["standard_error"] <= MOST_FALSE < 0.5 < raw["false_discovery_rate"]
    )
    assert significant["power"] > 0.2


def test_populations_of_pure_noise_give_no_significant_topic():
    rates = false_discovery_rates(discoveries(20, 2, planted=0))
    assert rates["any_discovery"].tolist() == [0.0, 1.0]


def test_numbers_become_bands_that_people_can_read():
    listed = {feature.name: feature for feature in catalog(Vocabulary())}
    rows = pd.DataFrame({"log_employees": np.log1p([10.0, 104, 377, 5213, np.nan]), "signals_7_days": [0.0, 0, 0, 3, 0]})
    table, families = as_indicators(rows, [listed[name] for name in rows])
    assert list(table.columns) == [
        "employee_count under 80",
        "employee_count 80 to 240",
        "employee_count 240 to 1,600",
        "employee_count from 1,600",
        "signals_7_days known",
    ]
    assert families["employee_count under 80"] == "firmographic"
    assert table.iloc[:, :4].sum(axis=1, min_count=1).tolist()[:4] == [1, 1, 1, 1] and table.iloc[4, :4].isna().all()
