import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from models.slices import by_attribute, pooled, size_band, slices, worst


def population(seed: int = 0, accounts: int = 3000) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """What accounts are, their propensities, and whether they won: by those propensities everywhere."""
    random = np.random.default_rng(seed)
    rows = pd.DataFrame(
        {
            "region": random.choice(["North", "South", None], accounts, p=[0.5, 0.4, 0.1]),
            "industry": random.choice(["Energy", "Retail", "Software"], accounts),
            "log_employees": np.log1p(np.exp(random.normal(5, 1.5, accounts))),
        }
    )
    propensity = expit(random.normal(-2, 1.2, accounts))
    return rows, propensity, random.random(accounts) < propensity


def test_every_row_is_in_one_slice_of_each_attribute() -> None:
    rows, propensity, won = population()
    table = by_attribute(slices(rows, won, propensity, propensity, np.arange(len(rows)), seed=1))
    assert list(table) == ["region", "industry", "size"]
    for found in table.values():
        assert sum(each["rows"] for each in found) == len(rows)
        assert sum(each["wins"] for each in found) == won.sum()
    assert [each["slice"] for each in table["region"]] == ["North", "South", "unknown"]
    north = table["region"][0]
    expected = won[rows["region"] == "North"].sum() / propensity[rows["region"] == "North"].sum()
    assert north["observed_over_expected"] == pytest.approx(expected)
    assert north["oe_low"] < expected < north["oe_high"]
    assert north["auc"]["low"] < north["auc"]["estimate"] < north["auc"]["high"]


def test_few_wins_are_listed_without_figures_and_few_rows_are_pooled() -> None:
    rows, propensity, won = population()
    rows.loc[:39, "industry"] = "Media"
    rows.loc[40:44, "industry"] = "Mining"
    rows.loc[45:48, "industry"] = "Forestry"
    won[:49] = False
    found = by_attribute(slices(rows[["industry"]], won, propensity, None, np.arange(len(rows)), seed=1))["industry"]
    assert [(each["slice"], each["rows"]) for each in found[-2:]] == [("Media", 40), ("2 others", 9)]
    assert found[-1]["auc"] is None and "under 10 wins" in found[-1]["note"]
    assert found[0]["observed_over_expected"] is None, "nothing is expected without propensities"


def test_the_bands_of_employees() -> None:
    employees = [0, 49, 50, 249, 250, 999, 1000, 90_000, np.nan]
    assert size_band(np.log1p(pd.Series(employees))).tolist() == [
        *("under 50", "under 50", "50–249", "50–249", "250–999", "250–999", "1000+", "1000+", "unknown")
    ]


def test_one_rare_value_is_one_other() -> None:
    assert pooled(pd.Series(["a"] * 20 + ["b"])).iloc[-1] == "1 other"


def test_where_no_slice_is_worse_the_lowest_is_named_as_no_worse() -> None:
    rows, propensity, won = population()
    found = worst(slices(rows, won, propensity, propensity, np.arange(len(rows)), seed=1))
    assert not found["beyond_chance"]
    assert found["said"].startswith("no slice is worse beyond chance; of ")
    assert found["measure"] == "auc"


def test_a_slice_that_is_ranked_by_chance_is_named() -> None:
    rows, propensity, won = population()
    retail = (rows["industry"] == "Retail").to_numpy()
    shuffled = propensity.copy()
    shuffled[retail] = np.random.default_rng(5).permutation(propensity[retail])
    found = worst(slices(rows, won, shuffled, shuffled, np.arange(len(rows)), seed=1))
    assert (found["attribute"], found["slice"], found["measure"], found["beyond_chance"]) == ("industry", "Retail", "auc", True)
    assert "ranks worse in industry Retail beyond chance" in found["said"]


def test_a_slice_whose_propensities_are_off_is_named() -> None:
    rows, propensity, won = population()
    off = np.where(rows["region"] == "South", propensity / 2, propensity)
    found = worst(slices(rows, won, off, off, np.arange(len(rows)), seed=1))
    assert (found["slice"], found["measure"]) == ("South", "observed_over_expected")
    assert "times as many wins as expected" in found["said"]


def test_nothing_to_compare_names_nothing() -> None:
    rows, propensity, won = population(accounts=60)
    assert worst(slices(rows, won & False, propensity, propensity, np.arange(60), seed=1)) is None
    assert slices(rows[[]], won, propensity, propensity, np.arange(60), seed=1) == []
