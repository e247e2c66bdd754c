"""Reasons in words: as the pages show what the tables of a run say."""

import pandas as pd
import pytest

from lastword.reason_words import sentences_of, trait_words, why_words


@pytest.mark.parametrize(
    ("trait", "words"),
    [
        ("annual_revenue 8220000", "annual revenue 8,220,000"),
        ("annual_revenue unknown", "annual revenue unknown"),
        ("industry Oil, gas and 2 more", "industry Oil, gas and 2 more"),
        ("signals_30_days 5", "signals in 30 days 5"),
        ("intent:account scoring 109", "intent in account scoring 109"),
        ("intent:account scoring none", "intent in account scoring none"),
        ("intent:account scoring", "intent in account scoring"),
        ("technology:Kubernetes", "Kubernetes"),
        ("technology:Windows 11", "Windows 11"),
        ("technology:Windows 11 yes", "Windows 11"),
        ("no technology:Windows 11", "no Windows 11"),
        ("technology:Windows 11 no", "no Windows 11"),
        ("technology:Windows 11 unknown", "Windows 11 unknown"),
        ("where accounts start", "where accounts start"),
        ("sum", "sum"),
    ],
)
def test_an_attribute_with_its_value(trait, words):
    assert trait_words(trait) == words


@pytest.mark.parametrize(
    ("why", "words"),
    [
        (
            "model: intent:account scoring 109 +5, no technology:Rivalscore +10; plan: annual_revenue 8220000 -6",
            "model: intent in account scoring 109 +5, no Rivalscore +10; plan: annual revenue 8,220,000 −6",
        ),
        ("plan: industry Oil, gas -0.4, region EMEA -12", "plan: industry Oil, gas −0.4, region EMEA −12"),
        ("", ""),
        ("said by hand", "said by hand"),
    ],
)
def test_why(why, words):
    assert why_words(why) == words


def test_sentences_have_words_and_a_real_minus():
    reasons = pd.DataFrame(
        [
            ("1", "plan", "annual_revenue", "firmographic", -9.0, "8220000", "weighted_differently"),
            ("1", "plan", "(base)", "(base)", 50.0, None, "weighted_differently"),
            ("1", "model", "technology:Rivalscore", "technographic", 12.0, "no", "plan_ignores"),
            ("1", "model", "(base)", "(base)", 60.0, None, "weighted_differently"),
        ],
        columns=["account_id", "source", "attribute", "family", "contribution", "value", "cause"],
    )
    assert sentences_of(reasons, 41.0, 72.0) == (
        "The plan gives 41: annual revenue 8,220,000 −9.",
        "The model gives 72: no Rivalscore +12.",
        "The model stands 31 points above the plan.",
        "The plan ignores Rivalscore (no, +12); together +12.",
        "Weighed differently: annual revenue (8,220,000, +9: model 0, plan −9); together +9.",
        "Where each starts: +10.",
    )
    assert sentences_of(reasons[reasons["source"] == "plan"], 41.0, None) == ("The plan gives 41: annual revenue 8,220,000 −9.",)
