"""The lift table as its page shows it."""

import pandas as pd
import pytest

from lastword.errors import ConfigurationError
from lastword.web.lifts import Asked, accounts_query, asked_of, counted, finding, in_two, indicator_words, lift_rows

TABLE = pd.DataFrame(
    {
        "indicator": ["technology:Kubernetes", "technologies from 6", "industry: Software", "technology:Looker"],
        "family": ["technographic", "technographic", "firmographic", "technographic"],
        "lift": [2.0, 1.5, 3.0, 4.0],
        "eb_lift": [1.5, 1.2, 1.1, 1.4],
        "q_value": [0.01, 0.04, 0.5, 0.9],
        "coverage_won": [0.2, 0.5, 0.1, 0.3],
        "coverage_house": [0.1, 0.3, 0.05, 0.1],
        "significant": [True, True, False, False],
    }
)


@pytest.mark.parametrize(
    ("indicator", "parts"),
    [
        ("technology:Kubernetes", ("technology", "Kubernetes")),
        ("intent:account scoring", ("intent", "account scoring")),
        ("industry: Health care", ("industry", "Health care")),
        ("employee_count 260 to 890", ("employee_count", "260 to 890")),
        ("technology_category:Analytics from 2", ("technology_category:Analytics", "from 2")),
        ("siblings known", ("siblings", "known")),
        ("intent from 130", ("intent", "from 130")),
        ("is_public", ("is_public", "")),
    ],
)
def test_an_indicator_has_an_attribute_and_a_value(indicator, parts):
    assert in_two(indicator) == parts


@pytest.mark.parametrize(
    ("indicator", "words"),
    [
        ("technology:Kubernetes", "Kubernetes"),
        ("intent:zero trust", "zero trust"),
        ("sub_industry: Health care", "sub industry: Health care"),
        ("employee_count 260 to 890", "employee count 260 to 890"),
        ("technology_category:Analytics from 2", "technologies for Analytics from 2"),
        ("is_public", "is public"),
    ],
)
def test_an_indicator_is_shown_in_words(indicator, words):
    assert indicator_words(indicator) == words


def test_only_what_a_filter_finds_is_linked():
    assert accounts_query("industry", "Software") == (("industry", "Software"),)
    assert accounts_query("technology", "Kubernetes") == ()


def test_rows_are_narrowed_and_ordered():
    assert lift_rows(TABLE, Asked("technographic"))["shown"].tolist() == ["Kubernetes", "number of technologies from 6", "Looker"]
    assert lift_rows(TABLE, Asked("technographic", "-lift"))["shown"].tolist() == [
        "Looker",
        "Kubernetes",
        "number of technologies from 6",
    ]
    assert lift_rows(TABLE, Asked("technographic", "q", True, "KUBER"))["shown"].tolist() == ["Kubernetes"]
    assert lift_rows(TABLE, Asked("technographic", search="number of"))["shown"].tolist() == ["number of technologies from 6"]
    assert lift_rows(TABLE, Asked("technographic", search="(")).empty, "a search is text, not a pattern"


def test_a_band_of_all_intents_keeps_its_name():
    rows = TABLE.assign(indicator=["intent from 130", "intent:zero trust", "x", "y"], family="intent")
    assert lift_rows(rows, Asked("intent"))["shown"].tolist() == ["intent, all topics, from 130", "zero trust", "x", "y"]


def test_the_finding_is_said_from_the_rows():
    rows = lift_rows(TABLE, Asked("technographic")).to_dict("records")
    assert counted(TABLE) == {"firmographic": (0, 1), "technographic": (2, 3), "intent": (0, 0)}
    assert finding(rows, "technographic", 2, 3) == "2 of 3 technologies set winners apart, Kubernetes most: 2.0 times as common"
    assert finding([], "firmographic", 0, 1) == "None of 1 firmographics sets winners apart beyond chance"
    assert finding([], "intent", 0, 0) == "No intents to compare"


@pytest.mark.parametrize(
    ("query", "said"), [({"family": "plans"}, "family 'plans' is unknown"), ({"sort": "size"}, "sort 'size' is unknown")]
)
def test_what_can_not_be_read_is_said(query, said):
    with pytest.raises(ConfigurationError, match=said):
        asked_of(lambda name, default="": query.get(name, default))
