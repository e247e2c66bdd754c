"""Each family's features on literal rows, and what every entry of the catalog must keep."""

from datetime import date, timedelta
from math import log

import pytest
from scipy.special import betainc

from features.build import choose_vocabulary
from features.catalog import Declared, Vocabulary, catalog
from tests.sample_tables import features_of, tables

AS_OF = date(2026, 7, 1)
NAMES = Vocabulary(technologies=("Kubernetes",), categories=("cloud",), topics=("security",))
ALL = catalog(NAMES, {"fleet_size": Declared("numeric", "always"), "public": Declared("flag", "always")})


def ago(days: int) -> date:
    return AS_OF - timedelta(days=days)


@pytest.fixture(scope="module")
def features():
    given = tables(
        accounts=[
            {
                "account_id": "001",
                "name": "Globex",
                "employee_count": 99.0,
                "annual_revenue": 1e6,
                "founded_year": 2000.0,
                "parent_account_id": "P",
                "industry": "Software",
                "fleet_size": "12",
                "public": "Yes",
            },
            {
                "account_id": "002",
                "name": "Initech",
                "employee_count": 0.0,
                "annual_revenue": 5e5,
                "parent_account_id": "P",
                "fleet_size": "n/a",
                "public": "no",
            },
            {"account_id": "003", "name": "Umbrella", "industry": ""},
        ],
        technographics=[
            {"account_id": "001", "technology": "Kubernetes", "category": "cloud", "first_seen": ago(100)},
            {"account_id": "001", "technology": "COBOL", "category": "legacy", "first_seen": ago(4000), "last_seen": ago(300)},
            {"account_id": "001", "technology": "Tomorrow", "category": "cloud", "first_seen": AS_OF},
            {"account_id": "002", "technology": "Kubernetes", "category": "cloud", "last_seen": ago(181)},
        ],
        intents=[
            {"account_id": "001", "topic": "security", "observed_on": ago(30), "strength": 80.0},
            {"account_id": "001", "topic": "security", "observed_on": ago(1), "strength": 50.0},
            {"account_id": "001", "topic": "pricing", "observed_on": ago(60), "strength": 100.0},
            {"account_id": "001", "topic": "security", "observed_on": ago(181), "strength": 100.0},
            {"account_id": "001", "topic": "security", "observed_on": AS_OF, "strength": 100.0},
        ],
    )
    return features_of(given, AS_OF, ALL, half_life_days=30, window_days=180)


def test_firmographics(features):
    globex, initech, umbrella = (features.loc[i] for i in ("001", "002", "003"))
    assert globex["log_employees"] == pytest.approx(log(100))
    assert globex["log_revenue_per_employee"] == pytest.approx(log(1e6 / 99 + 1))
    assert initech[["log_revenue_per_employee", "age_years", "fleet_size"]].isna().all()
    assert globex["age_years"] == pytest.approx(26.5, abs=0.01)
    assert list(features["has_parent"]) == [1, 1, 0]
    assert list(features["siblings"]) == [1, 1, 0]
    assert globex["industry"] == "Software"
    assert umbrella[["industry", "log_employees", "public"]].isna().all()
    assert (globex["fleet_size"], globex["public"], initech["public"]) == (12, 1, 0)


def test_technologies_known_and_in_use_at_the_date(features):
    assert list(features["technologies"]) == [1, 0, 0]
    assert list(features["technology:Kubernetes"]) == [1, 0, 0]
    assert list(features["technology_category:cloud"]) == [1, 0, 0]
    assert features.loc["001", "days_since_adoption"] == 100
    assert list(features["adoptions_180_days"]) == [1, 0, 0]
    assert list(features["removals_180_days"]) == [1, 1, 0]


def test_intent_fades_by_half_in_a_half_life_and_ends_with_the_window(features):
    globex = features.loc["001"]
    assert globex["intent:security"] == pytest.approx(80 * 0.5 + 50 * 0.5 ** (1 / 30), abs=1e-5)
    assert globex["intent"] == pytest.approx(globex["intent:security"] + 100 * 0.25, abs=1e-5)
    assert list(globex[["signals_7_days", "signals_30_days", "signals_90_days", "distinct_topics"]]) == [1, 2, 3, 2]
    assert globex["days_since_signal"] == 1
    assert globex["intent_trend"] == pytest.approx(log((2 + 1) / (1 / 2 + 1)))
    assert list(features.loc["003", ["intent", "signals_7_days", "distinct_topics"]]) == [0, 0, 0]


def test_surge_is_the_probability_that_the_rate_has_risen():
    signals = [{"account_id": "1", "topic": "x", "observed_on": ago(day), "strength": 1.0} for day in (1, 2, 3, 4, 50)]
    given = tables(accounts=[{"account_id": "1", "name": "A"}, {"account_id": "2", "name": "B"}], intents=signals)
    surge = features_of(given, AS_OF, ALL)["intent_surge"]
    assert surge["1"] == pytest.approx(100 * betainc(1 + 1, 1 + 4, (4 + 12) / (2 * 4 + 15)))
    assert surge.isna()["2"]


@pytest.mark.parametrize("feature", ALL, ids=lambda feature: feature.name)
def test_every_feature_is_a_column_of_its_kind_and_null_without_its_table(feature):
    alone = tables(accounts=[{"account_id": "1", "name": "A"}, {"account_id": "2", "name": "B"}])
    built = features_of(alone, AS_OF, [feature])[feature.name]
    assert list(built.index) == ["1", "2"]
    assert built.isna().all(), f"{feature.name} says something of accounts of which nothing is known"
    assert feature.null_means
    if feature.kind != "category":
        assert built.dtype == "float64"


@pytest.mark.parametrize("feature", [f for f in ALL if f.family != "firmographic"], ids=lambda feature: feature.name)
def test_a_table_without_a_row_for_an_account_counts_as_none_seen(feature):
    signals = [{"account_id": "1", "topic": "security", "observed_on": ago(3), "strength": 1.0}]
    uses = [{"account_id": "1", "technology": "Kubernetes", "category": "cloud", "first_seen": ago(3)}]
    people = [{"account_id": "1", "name": "A"}, {"account_id": "2", "name": "B"}]
    built = features_of(tables(accounts=people, intents=signals, technographics=uses), AS_OF, [feature])[feature.name]
    assert built.dtype == "float64"
    assert built.isna()["2"] if feature.absent is None else built["2"] == feature.absent


def test_names_are_unique():
    names = [feature.name for feature in ALL]
    assert len(names) == len(set(names))


def test_a_name_needs_twenty_accounts_to_become_a_column():
    def uses(name, accounts):
        return [{"account_id": str(i), "technology": name, "first_seen": ago(9)} for i in range(accounts)]

    rows = (
        uses("common", 20)
        + uses("rare", 19)
        + [{"account_id": str(i), "technology": "tomorrow's", "first_seen": AS_OF} for i in range(30)]
    )
    given = tables(accounts=[{"account_id": str(i), "name": "x"} for i in range(30)], technographics=rows)
    assert choose_vocabulary(given, AS_OF).technologies == ("common",)
