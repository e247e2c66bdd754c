"""Customers counted by motion, stage, health and product: literals in and out."""

import pandas as pd
import pytest

from lastword.planning.customer_summary import Conditions, by_product, counts_by, finding, known, narrowed, signs_of_risk
from lastword.planning.product_whitespace import product_rows

CUSTOMERS = pd.DataFrame(
    {
        "account_id": ["a", "b", "c", "d"],
        "motion": ["expand", "expand", "defend", None],
        "stage": ["active", "lapsed", "active", "active"],
        "health": ["healthy", "unknown", "at risk", "at risk"],
        "health_reason": ["no sign of risk", "nothing is known", "declining usage, late renewal; not given: x", "late renewal"],
        "region": ["EMEA", "APAC", "EMEA", None],
        "prior_year_spend": [10.0, None, 30.0, 40.0],
        "potential_spend": [110.0, 50.0, 80.0, None],
        "whitespace": [100.0, 50.0, 50.0, None],
        "next_product": ["X", "X", "Y", None],
    }
)


def test_motions_are_counted_in_their_order_with_those_that_nobody_has():
    assert counts_by(CUSTOMERS, "motion")[["value", "accounts", "whitespace", "share"]].values.tolist() == [
        ["expand", 2, 150.0, 0.75],
        ["defend", 1, 50.0, 0.25],
        ["advocacy", 0, 0.0, 0.0],
        ["retain", 0, 0.0, 0.0],
        ["not known", 1, 0.0, 0.0],
    ]
    assert counts_by(CUSTOMERS, "stage")["value"].tolist() == ["new in the year", "active", "lapsed"]
    assert counts_by(CUSTOMERS, "region")["value"].tolist() == ["EMEA", "APAC", "not known"]
    assert counts_by(CUSTOMERS[:0], "motion")["accounts"].tolist() == [0, 0, 0, 0]


def test_conditions_narrow_and_the_unknown_can_be_asked_for():
    assert narrowed(CUSTOMERS, Conditions()).equals(CUSTOMERS)
    assert narrowed(CUSTOMERS, Conditions(motion="expand", region="EMEA"))["account_id"].tolist() == ["a"]
    assert narrowed(CUSTOMERS, Conditions(motion="not known"))["account_id"].tolist() == ["d"]
    assert narrowed(CUSTOMERS, Conditions(next_product="Z")).empty
    assert known(CUSTOMERS["region"]).tolist() == ["EMEA", "APAC", "EMEA", "not known"]


def test_signs_of_risk_are_counted_each():
    assert signs_of_risk(CUSTOMERS).values.tolist() == [["late renewal", 2, 50.0], ["declining usage", 1, 50.0]]
    assert signs_of_risk(CUSTOMERS[:2]).empty


def test_whitespace_by_product():
    """Twelve customers of which three own Insight at 10,000, 20,000 and 60,000: open with nine at 20,000 each."""
    ids = [f"c{i}" for i in range(12)]
    customers = pd.DataFrame({"account_id": ids, "industry": "Energy", "next_product": [None] * 3 + ["Insight"] * 9})
    products = pd.DataFrame({"account_id": ids[:3], "product": "Insight", "annual_value": [10_000.0, 20_000.0, 60_000.0]})
    (row,) = by_product(product_rows(customers[["account_id", "industry"]], products), customers).to_dict("records")
    assert row == {
        "product": "Insight",
        "owners": 3,
        "penetration": 0.25,
        "typical_value": 20_000.0,
        "open": 9,
        "open_value": 180_000.0,
        "worth": 45_000.0,
        "offered_next": 9,
    }
    nobody = by_product(product_rows(customers[["account_id", "industry"]], products[:0]), customers)
    assert nobody.empty


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (CUSTOMERS, "Expand: 2 customers hold 75 % of the whitespace of 200 EUR"),
        (CUSTOMERS[2:3], "Defend: 1 customer hold 100 % of the whitespace of 50 EUR".replace("hold", "holds")),
        (CUSTOMERS[3:], "Nothing is known to be open with 1 customer"),
        (CUSTOMERS[:0], "No customer fits"),
    ],
)
def test_the_finding(rows, said):
    assert finding(counts_by(rows, "motion"), "EUR") == said
