"""What posted potential adds up to, [spend] in words and as text, and another method tried: literals in and out."""

import tomllib

import pandas as pd
import pytest

from lastword.bands import Between
from lastword.planning.posted_spend import posted_spend, rule_of_each
from lastword.planning.spend_methods import why_not
from lastword.planning.spend_summary import by_attribute, by_method, by_rule, not_in_force, posted_total, refusals
from lastword.planning.spend_trial import by_parts, metric_and_spend, try_method
from lastword.planning_settings import Spend, SpendChoice, SpendRule
from lastword.spend_words import choice_sentence, spend_text, when_sentence, with_choice

NAN = float("nan")
ACCOUNTS = pd.DataFrame(
    {
        "account_id": ["a", "b", "c", "d"],
        "prior_year_spend": [100.0, NAN, 300.0, 0.0],
        "industry": ["Energy", "Energy", "Retail", None],
        "sub_industry": ["Oil", "Oil", "Shops", None],
        "region": ["EMEA", "APAC", "EMEA", "EMEA"],
        "employee_count": [10.0, 20.0, NAN, 40.0],
    }
)
SPEND = Spend(
    method="assumption",
    amount=50,
    rules=(SpendRule(when={"region": "EMEA"}, method="growth", growth=0.5),),
)
NOBODY = pd.DataFrame({"kind": [], "amount": [], "reason": [], "by": []}, index=pd.Index([], name="account_id"))
ENTERED = pd.DataFrame(
    {"kind": ["value"], "amount": [1000.0], "reason": ["told"], "by": ["ann"]}, index=pd.Index(["c"], name="account_id")
)


@pytest.fixture
def posted() -> pd.DataFrame:
    """a grows to 150, b is assumed 50, ann entered 1,000 on c, and d, which spent nothing, gets the average of 100 and 300."""
    found = posted_spend(ACCOUNTS, SPEND, ENTERED, seed=1)
    assert found["potential_spend"].tolist() == [150.0, 50.0, 1000.0, 200.0]
    return found


def test_potential_adds_up_by_method(posted):
    assert by_method(posted).values.tolist() == [
        ["manual value", 1, 1000.0],
        ["industry average", 1, 200.0],
        ["growth", 1, 150.0],
        ["assumption", 1, 50.0],
    ]
    nothing = posted.assign(potential_spend=[NAN, 50.0, 1000.0, 200.0])
    assert by_method(nothing)["spend_method"].isna().tolist() == [False, False, False, True]
    assert posted_total(posted) == {"accounts": 4, "potential_spend": 1400.0, "manual": 1, "manual_spend": 1000.0}


def test_potential_adds_up_by_attribute_with_what_is_unspent(posted):
    assert by_attribute(posted, ACCOUNTS["industry"]).values.tolist() == [
        ["Retail", 1, 1000.0, 300.0, 700.0],
        ["Energy", 2, 200.0, 100.0, 100.0],
        ["not given", 1, 200.0, 0.0, 200.0],
    ]


def test_a_rule_is_told_with_whom_it_gives_the_potential(posted):
    rows = by_rule(posted, rule_of_each(ACCOUNTS, SPEND)).set_index("rule")
    assert rows.loc[0, ["accounts", "applied", "instead", "manual"]].tolist() == [3, 1, 1, 1]
    assert rows.loc[-1, ["accounts", "applied", "instead", "manual"]].tolist() == [1, 1, 0, 0]
    assert rows.loc[0, "potential_spend"] == 1350.0


def test_why_a_method_could_not_apply_is_counted(posted):
    assert refusals(posted).values.tolist() == [["growth", "nothing was spent", 1]]
    assert (
        why_not("industry average instead of correlation: m; is odd; mean of the active accounts of all, a tenth") == "m; is odd"
    )
    assert why_not("industry average instead of quantile: 3 accounts; no account is active, so there is nothing") == "3 accounts"
    assert why_not("assumed: 50 a year") == "assumed: 50 a year"


def test_entries_that_are_not_posted_yet_are_counted(posted):
    assert not_in_force(posted, ENTERED) == 0
    assert not_in_force(posted, ENTERED.assign(amount=900.0)) == 1
    assert not_in_force(posted, NOBODY) == 1, "taken back since"
    grown = pd.DataFrame({"kind": ["growth", "growth"], "amount": [0.1, 0.1]}, index=["a", "d"])
    assert not_in_force(posted, grown) == 2, "c was taken back, a grows, and of d nothing can grow"


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({}, "what active accounts of its industry spend on average"),
        ({"method": "assumption", "amount": 25000}, "25,000 a year is assumed"),
        ({"method": "growth", "growth": 0.1}, "the prior year's spend and 10 % more"),
        (
            {"method": "growth", "growth": -0.25, "amount": 5000},
            "the prior year's spend and 25 % less, plus 5,000; without spend 5,000 alone",
        ),
        (
            {"method": "correlation", "metric": "employee_count"},
            "as much for each unit of employee count as active accounts spend",
        ),
        ({"method": "quantile"}, "what four in five of comparable accounts stay below"),
    ],
)
def test_a_method_is_said_in_words(choice, said):
    assert choice_sentence(SpendChoice(**choice)) == said


def test_whom_a_rule_is_for_is_said_in_words():
    rule = SpendRule(
        when={"industry": ["Energy", "Retail"], "employee_count": {"min": 1000, "max": 5000}, "public": True}, method="quantile"
    )
    assert (
        when_sentence(rule.when) == "industry is Energy or Retail, and employee count is from 1,000 to 5,000, and public is yes"
    )
    assert when_sentence({"a": Between(min=5)}) == "a is 5 or more"
    assert when_sentence({"a": Between(max=5)}) == "a is under 5"
    assert when_sentence({"a": tuple("abcdefgh")}) == "a is a, b, c, d, e, f or 2 more"


@pytest.mark.parametrize(
    "spend",
    [
        Spend(),
        SPEND,
        Spend(
            method="correlation",
            metric='odd "metric"',
            rules=(
                SpendRule(when={"annual_revenue": {"min": 1e6}, "a b": ["x\n", 1.5, True]}, method="growth", growth=-0.1),
                SpendRule(when={"account_id": "007"}, method="assumption", amount=12.5),
            ),
        ),
    ],
)
def test_the_text_for_lastword_toml_reads_back_as_the_same(spend):
    assert Spend.model_validate(tomllib.loads(spend_text(spend))["spend"]) == spend


def test_a_method_for_some_goes_before_every_rule_and_in_place_of_one_for_the_same():
    choice = SpendChoice(method="assumption", amount=7)
    assert with_choice(SPEND, {}, choice) == Spend(method="assumption", amount=7, rules=SPEND.rules)
    assert [rule.method for rule in with_choice(SPEND, {"industry": ("Energy",)}, choice).rules] == ["assumption", "growth"]
    assert [rule.method for rule in with_choice(SPEND, {"region": ("EMEA",)}, choice).rules] == ["assumption"]


def test_another_method_is_tried_beside_what_was_posted(posted):
    fits = ACCOUNTS["region"] == "EMEA"
    trial = try_method(ACCOUNTS, posted, fits, SpendChoice(method="growth", growth=1.0), seed=1)
    assert (trial.accounts, trial.manual, trial.before, trial.after, trial.changed) == (3, 1, 1350.0, 1400.0, 1)
    assert trial.differences.iloc[0][["account_id", "before", "after", "difference"]].tolist() == ["a", 150.0, 200.0, 50.0]
    assert trial.instead == (("nothing was spent", 1),)
    nobody = try_method(ACCOUNTS, posted, fits & False, SpendChoice(), seed=1)
    assert (nobody.accounts, nobody.before, nobody.after, len(nobody.differences)) == (0, 0.0, 0.0, 0)


def test_only_the_ten_largest_differences_are_told():
    many = pd.DataFrame(
        {
            "account_id": [f"{i:02}" for i in range(30)],
            "prior_year_spend": [float(i + 1) for i in range(30)],
            "industry": "Energy",
            "sub_industry": "Oil",
        }
    )
    posted = posted_spend(many, Spend(method="growth", growth=0.0), NOBODY, seed=1)
    trial = try_method(many, posted, many["account_id"] != "", SpendChoice(method="growth", growth=-1.0), seed=1)
    assert trial.changed == 30
    assert trial.differences["difference"].tolist() == [-float(i) for i in range(30, 20, -1)]


def test_spend_against_a_metric_in_fifths_beside_the_line():
    accounts = ACCOUNTS.assign(prior_year_spend=[100.0, 200.0, 300.0, 400.0])
    pairs = metric_and_spend(accounts, "employee_count")
    assert pairs["account_id"].tolist() == ["a", "b", "d"]
    parts = by_parts(pairs, 10.0)
    assert parts["accounts"].sum() == 3
    assert (parts["line"] == parts["metric"] * 10).all()
    assert by_parts(pairs.assign(metric=5.0), None)[["low", "high", "accounts"]].values.tolist() == [[5.0, 5.0, 3.0]]
    assert by_parts(pairs[:0], 1.0).empty
