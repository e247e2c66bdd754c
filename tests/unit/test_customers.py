"""Where customers stand: the examples of docs/planning.md, and what is said where something isn't given."""

from datetime import date

import pandas as pd
import pytest

from lastword.planning.customers import COLUMNS, customer_rows, health, lifecycle_stage
from lastword.planning.product_whitespace import product_rows
from lastword.planning_settings import Customers

AS_OF = date(2026, 6, 1)
NO_PRODUCTS = product_rows(
    pd.DataFrame({"account_id": [], "industry": []}), pd.DataFrame({"account_id": [], "product": [], "annual_value": []})
)


def accounts(**columns):
    size = len(next(iter(columns.values())))
    given = {"account_id": [f"a{n}" for n in range(size)], "account_status": "customer", "prior_year_spend": None}
    frame = pd.DataFrame({**given, "potential_spend": 100.0, **columns})
    return frame.astype({"prior_year_spend": "float64", "potential_spend": "float64"})


def wins(**by_account):
    rows = {name: (pd.Timestamp(first), pd.Timestamp(last)) for name, (first, last) in by_account.items()}
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["first_won_on", "last_won_on"])
    return frame.rename_axis("account_id").astype("datetime64[us]")


def owning(owners, customers=12):
    people = pd.DataFrame({"account_id": [f"a{n:02}" for n in range(customers)], "industry": "Energy"})
    return product_rows(people, pd.DataFrame(owners, columns=["account_id", "product", "annual_value"]))


def test_penetration_and_typical_value():
    rows = owning([("a00", "Insight", 10_000.0), ("a01", "Insight", 20_000.0), ("a02", "Insight", 60_000.0)])
    assert rows["owned"].tolist() == [True] * 3 + [False] * 9
    assert set(rows["penetration"]) == {0.25}
    assert set(rows["typical_value"]) == {20_000}
    assert set(rows["worth"]) == {5_000}
    assert set(rows["comparable"]) == {12}


def test_few_customers_of_an_industry_are_compared_with_all():
    people = pd.DataFrame({"account_id": [f"a{n:02}" for n in range(15)], "industry": ["Energy"] * 10 + ["Retail"] * 4 + [None]})
    rows = product_rows(people, pd.DataFrame({"account_id": ["a00", "a10"], "product": "Core", "annual_value": [10.0, None]}))
    by_account = rows.set_index("account_id")
    assert by_account.loc["a01", ["comparable", "penetration"]].tolist() == [10, 0.1]
    assert by_account.loc["a11", ["comparable", "penetration"]].tolist() == [15, 2 / 15]
    assert by_account.loc["a14", "comparable"] == 15
    assert by_account.loc["a11", "typical_value"] == 10


def test_products_of_strangers_say_nothing():
    assert owning([("stranger", "Core", 5.0)]).empty


def test_the_next_product_is_the_one_worth_most():
    products = owning([("a00", "Core", 10.0), ("a01", "Core", 10.0), ("a00", "Rare", 15.0)])
    found = customer_rows(accounts(account_id=["a00", "a01", "a02"]), wins(), products, Customers(), AS_OF).set_index(
        "account_id"
    )
    assert found["products_owned"].tolist() == [2, 1, 0]
    assert found["products_open_value"].fillna(0).tolist() == [0, 15, 25]
    assert found.loc[["a01", "a02"], "next_product"].tolist() == ["Rare", "Core"]


def test_whitespace_in_money_and_motion():
    frame = accounts(prior_year_spend=[20.0, 20.0, 80.0, 80.0, 200.0], left=["no", "yes", "no", "Yes", None])
    found = customer_rows(frame, wins(), NO_PRODUCTS, Customers(champion_left="left"), AS_OF)
    assert tuple(found.columns) == COLUMNS
    assert found["whitespace"].tolist() == [80, 80, 20, 20, 0]
    assert found["whitespace_share"].tolist() == pytest.approx([0.8, 0.8, 0.2, 0.2, 0])
    assert found["motion"].tolist() == ["expand", "defend", "advocacy", "retain", "advocacy"]
    assert found["health"].tolist() == ["healthy", "at risk", "healthy", "at risk", "unknown"]


def test_prospects_have_no_motion_and_nothing_known_gives_none():
    frame = accounts(account_status=["prospect", "customer"], potential_spend=[100.0, None])
    found = customer_rows(frame, wins(), NO_PRODUCTS, Customers(), AS_OF)
    assert found["motion"].isna().all()
    assert found["whitespace"].isna().tolist() == [False, True]
    assert found["health"].isna().tolist() == [True, False]


def test_stages():
    frame = accounts(
        account_status=["prospect", "other", "customer", "customer", "customer", "customer"],
        prior_year_spend=[None, None, None, 5.0, None, 0.0],
    )
    dates = wins(a2=("2026-01-05", "2026-01-05"), a3=("2023-01-05", "2023-01-05"), a4=("2023-01-05", "2026-02-01"))
    stages = lifecycle_stage(frame, dates, AS_OF)
    assert stages[0] == "prospect" and pd.isna(stages[1])
    assert stages[2:].tolist() == ["new in the year", "active", "active", "lapsed"]
    assert lifecycle_stage(accounts(prior_year_spend=[None]), wins(), AS_OF).tolist() == ["active"], "no spend is given at all"


def test_health_says_why_and_what_was_not_given():
    frame = accounts(usage=[-0.1, -0.05, None, "n/a"], renews=["2026-05-31", "2026-06-01", None, "soon"])
    found = health(frame, Customers(usage_change="usage", renewal_date="renews"), AS_OF)
    assert found["health"].tolist() == ["at risk", "healthy", "unknown", "unknown"]
    assert found["health_reason"].tolist() == [
        "declining usage, late renewal; not given: departed champion",
        "no sign of risk; not given: departed champion",
        "nothing is known; not given: departed champion",
        "nothing is known; not given: departed champion",
    ]
