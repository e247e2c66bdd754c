"""Values, bands and lifts of an account in words."""

import pandas as pd
import pytest

from lastword.indicator_match import LiftTable
from lastword.plan import Attribute
from lastword.plan_words import band_words, missing_words, short_number, value_text

REVENUE = Attribute.model_validate(
    {
        "name": "annual_revenue",
        "kind": "quantitative",
        "weight": 20,
        "missing": "reweight",
        "bands": [{"min": 2.5e7, "points": 100}, {"max": 5000, "points": 0}, {"min": 5000, "max": 2.5e7, "points": 30}],
    }
)
INDUSTRY = Attribute.model_validate(
    {"name": "industry", "kind": "qualitative", "weight": 5, "missing": 3, "points": {"Energy": 60}}
)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "under 5,000, the lowest band"),
        (4999.99, "under 5,000, the lowest band"),
        (5000, "5,000 to 25 M, band 2 of 3"),
        (2.5e7, "25 M or more, the highest band"),
    ],
)
def test_the_band_of_a_number(value, words):
    assert band_words(REVENUE, value) == words


def test_a_value_that_the_plan_lists_and_one_that_it_does_not():
    assert band_words(INDUSTRY, "Energy") == "Energy, listed"
    assert band_words(INDUSTRY, "Media") == "any other value"


def test_what_an_unknown_value_does():
    assert missing_words(REVENUE) == "unknown: left out, the others weigh more"
    assert missing_words(INDUSTRY) == "unknown: 3 points by the plan"


@pytest.mark.parametrize(
    ("value", "said"),
    [("33370000", "33,370,000"), (0.256, "0.26"), (-12.5, "−12.5"), ("007", "007"), ("none", "none"), ("nan", "nan")],
)
def test_numbers_are_grouped_and_texts_stay_as_they_are(value, said):
    assert value_text(value) == said


def test_borders_are_short():
    assert [short_number(each) for each in (2.5e9, 1e6, 999_999, 0.5)] == ["2.5 bn", "1 M", "999,999", "0.5"]


def table(*names):
    figures = {"lift": 2.0, "lift_low": 1.1, "lift_high": 3.0, "coverage_house": 0.2, "coverage_won": 0.4, "significant": True}
    return LiftTable(pd.DataFrame([{"indicator": name} | figures for name in names]))


@pytest.mark.parametrize(
    ("attribute", "value", "indicator", "has"),
    [
        ("technology:Data to go", "yes", "technology:Data to go", True),
        ("technology:Data to go", "no", "technology:Data to go", False),
        ("intent:pricing", "0", "intent:pricing", False),
        ("intent:pricing", "11.5", "intent:pricing", True),
        ("industry", "Energy", "industry: Energy", True),
        ("annual_revenue", "9999", "annual_revenue under 10,000", True),
        ("annual_revenue", "10000", "annual_revenue 10,000 to 500,000", True),
        ("annual_revenue", "500000", "annual_revenue from 500,000", True),
    ],
)
def test_the_indicator_of_a_value(attribute, value, indicator, has):
    bands = ("annual_revenue under 10,000", "annual_revenue 10,000 to 500,000", "annual_revenue from 500,000")
    found = table("technology:Data to go", "intent:pricing", "industry: Energy", *bands).of(attribute, value)
    assert found is not None
    assert (found.indicator, found.has) == (indicator, has)


def test_no_indicator_where_the_value_is_unknown_or_too_rare():
    lifts = table("industry: Energy", "annual_revenue from 500,000")
    assert lifts.of("industry", None) is None
    assert lifts.of("industry", "Media") is None
    assert lifts.of("annual_revenue", "10") is None
    assert lifts.of("annual_revenue", "none") is None
