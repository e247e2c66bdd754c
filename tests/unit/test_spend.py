"""Potential spend: the examples of docs/planning.md, what happens where a method can't apply, and what a person entered."""

import numpy as np
import pandas as pd
import pytest

from lastword.configuration import read_toml
from lastword.errors import ConfigurationError
from lastword.planning.correlation import correlation, correlations
from lastword.planning.posted_spend import POSTED, posted_spend
from lastword.planning.potential_spend import expected_value, whitespace
from lastword.planning_settings import Spend
from lastword.settings import Settings

NOBODY = pd.DataFrame({"kind": [], "amount": [], "reason": [], "by": []}, index=pd.Index([], name="account_id", dtype="str"))
INPUTS = '[inputs]\naccounts = "a.csv"\nwon = "w.csv"\nhouse_list = "h.csv"\n'


def accounts(spend, **columns):
    frame = pd.DataFrame({"account_id": [f"a{place}" for place in range(len(spend))], "prior_year_spend": spend})
    return frame.assign(**{"industry": "Energy", "sub_industry": "Wind", **columns}).astype({"prior_year_spend": "float64"})


def post(frame, entries=NOBODY, **spend):
    return posted_spend(frame, Spend.model_validate(spend), entries, seed=7)


def entered(**by_account):
    rows = [{"account_id": name, "kind": kind, "amount": amount} for name, (kind, amount) in by_account.items()]
    return pd.DataFrame(rows).assign(reason="they told us", by="ann").set_index("account_id")


def thirty_and_one():
    """The example of the documentation: 30 active accounts, and one without spend that has 1,000 employees."""
    employees = [*range(10, 301, 10), 1000]
    return accounts([100.0 * n + 500 for n in employees[:30]] + [None], employee_count=employees)


def test_industry_average_leaves_out_a_tenth_at_either_end():
    posted = post(accounts([10.0 * n for n in range(1, 11)] + [None]))
    assert list(posted.columns) == list(POSTED)
    assert posted["potential_spend"].tolist() == [55] * 11
    assert posted["reason"][10] == "mean of the active accounts of sub-industry Wind, a tenth at either end left out"


def test_assumption_and_growth():
    frame = accounts([20_000.0, None])
    assert post(frame, method="assumption", amount=25_000.0)["potential_spend"].tolist() == [25_000, 25_000]
    grown = post(frame, method="growth", growth=0.1, amount=5_000.0)
    assert grown["potential_spend"].tolist() == pytest.approx([27_000, 5_000])
    assert grown["reason"].tolist() == [
        "prior year's spend and +10% plus 5,000",
        "nothing was spent, so the amount of 5,000 alone",
    ]


def test_growth_without_an_amount_says_nothing_of_an_account_without_spend():
    grown = post(accounts([20_000.0, 0.0]), method="growth", growth=0.1)
    assert grown["potential_spend"].tolist() == pytest.approx([22_000, 20_000])
    assert grown["spend_method"].tolist() == ["growth", "industry average"]
    assert grown["method"].tolist() == ["growth", "growth"]
    assert grown["reason"][1].startswith("industry average instead of growth: nothing was spent; mean of the active accounts")


def test_correlation_is_spend_per_unit_times_the_metric():
    posted = post(thirty_and_one(), method="correlation", metric="employee_count")
    assert posted["potential_spend"][30] == pytest.approx(103_225.8, abs=0.1)
    assert posted["reason"][30] == "103.2 for each unit of employee_count (r 1.00, Spearman 1.00, 30 active accounts)"


def test_an_account_without_the_metric_gets_the_average():
    frame = thirty_and_one()
    frame.loc[30, "employee_count"] = None
    posted = post(frame, method="correlation", metric="employee_count")
    assert posted["spend_method"].value_counts().to_dict() == {"correlation": 30, "industry average": 1}
    assert "instead of correlation: employee_count is not known of it" in posted["reason"][30]


def test_correlation_is_refused_with_few_accounts_and_where_spend_hardly_goes_with_it():
    few = thirty_and_one().iloc[1:]
    assert (
        correlation(few, "employee_count").refused_because == "employee_count is known of 29 active accounts, and 30 are needed"
    )
    loose = accounts([1.0, 2.0] * 20, level=[1, 1, 2, 2] * 10, same=5, nothing=0)
    found = correlations(loose, ["level", "same", "nothing"]).set_index("metric")
    assert found["refused_because"].tolist() == [
        "spend hardly goes with level (r 0.00, 0.3 is needed)",
        "same is the same on every active account",
        "nothing is 0 on every active account",
    ]
    posted = post(loose, method="correlation", metric="level")
    assert set(posted["spend_method"]) == {"industry average"}
    assert posted["reason"][0].startswith("industry average instead of correlation: spend hardly goes with level")


def test_pearson_and_spearman_are_those_of_the_textbook():
    values = np.arange(1.0, 41.0)
    found = correlation(accounts(values**3, size=values), "size")
    assert found.spearman == pytest.approx(1)
    assert found.pearson == pytest.approx(np.corrcoef(values, values**3)[0, 1])
    assert found.ratio == pytest.approx((values**3).sum() / values.sum())


def test_spend_itself_as_the_metric_gives_what_was_spent():
    frame = thirty_and_one()
    posted = post(frame, method="correlation", metric="prior_year_spend")
    assert posted["potential_spend"][:30].tolist() == pytest.approx(frame["prior_year_spend"][:30].tolist())
    assert posted["spend_method"][30] == "industry average"


def test_the_quantile_lies_above_four_in_five_accounts_like_it_and_is_the_same_every_time():
    random = np.random.default_rng(1)
    size = random.choice([10.0, 1000.0], 2000)
    spend = size * random.lognormal(0, 0.5, 2000)
    known = pd.Series(spend).where(np.arange(2000) < 1000)
    frame = accounts(known, employee_count=size, region="EMEA")
    posted = post(frame, method="quantile")
    assert posted["potential_spend"].equals(post(frame, method="quantile")["potential_spend"])
    below = spend[1000:] <= posted["potential_spend"][1000:]
    for each in (10.0, 1000.0):
        assert below[size[1000:] == each].mean() == pytest.approx(0.8, abs=0.06)


def test_the_quantile_needs_a_hundred_active_accounts():
    posted = post(accounts([5.0] * 99, employee_count=3.0), method="quantile")
    assert posted["reason"][0].startswith("industry average instead of quantile: 99 accounts are active, and 100 are needed")


def test_the_first_rule_that_fits_an_account_wins():
    frame = accounts([100.0] * 4, region=["EMEA", "EMEA", "APAC", None], segment=["A", "B", "A", "A"])
    posted = post(
        frame,
        rules=[
            {"when": {"account_id": "a1"}, "method": "assumption", "amount": 1.0},
            {"when": {"region": ["EMEA"]}, "method": "assumption", "amount": 2.0},
            {"when": {"segment": "A", "prior_year_spend": {"min": 50}}, "method": "assumption", "amount": 3.0},
        ],
    )
    assert posted["potential_spend"].tolist() == [2, 1, 3, 3]


def test_a_value_goes_before_the_method_and_a_growth_too_where_there_is_spend():
    posted = post(accounts([100.0, 100.0, None, 100.0]), entered(a0=("value", 0.0), a1=("growth", 0.5), a2=("growth", 0.5)))
    assert posted["potential_spend"].tolist() == [0, 150, 100, 100]
    assert posted["potential_method"].tolist() == [100] * 4
    assert posted["spend_method"].tolist() == ["manual value", "manual growth", "industry average", "industry average"]
    assert posted["manual"].tolist() == [True, True, False, False]
    assert posted["reason"][0] == "ann entered 0 a year: they told us"
    assert posted["reason"][1] == "ann entered a growth of +50.0%: they told us"
    assert posted["reason"][2].startswith("a growth was entered, and nothing was spent; mean of the active accounts")


def test_nobody_active_nothing_known():
    posted = post(accounts([None, 0.0]))
    assert posted["potential_spend"].isna().all()
    assert posted["reason"][0] == "no account is active, so there is nothing to average"


def test_no_accounts_no_rows():
    assert post(accounts([])).empty


def test_whitespace_and_expected_value_of_the_documentation():
    spend, potential = pd.Series([20_000.0]), pd.Series([80_000.0])
    assert whitespace(spend, potential)[0] == 0.75
    assert expected_value(pd.Series([0.2]), potential, spend, pd.Series([True]))[0] == pytest.approx(12_000)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[spend]\nmethod = "assumption"', '[spend] amount: method = "assumption" needs it; write amount = 25000'),
        ('[spend]\nmethod = "assumption"\namount = -1', "[spend] amount: -1 is out of range; write a number from 0 up"),
        ("[spend]\namount = 1", '[spend] amount: does nothing with method = "industry average"; take it out, or change method'),
        ('[spend]\nmethod = "corelation"', '[spend] method: "corelation" is unknown; did you mean "correlation"?'),
        (
            '[[spend.rules]]\nwhen = { region = "X" }\nmethod = "correlation"',
            '[spend] rules #1 metric: method = "correlation" needs it; write metric = "employee_count"',
        ),
        (
            "[[spend.rules]]\nwhen = { region = { min = 1 } }",
            "rules #1 when.region: region is no number; write the values that fit",
        ),
        (
            "[[capacity.roles]]\nname = 'x'\naccounts_per_seller = 0",
            "accounts_per_seller: 0 is out of range; write a number above 0",
        ),
    ],
)
def test_mistakes_say_what_to_write(tmp_path, text, said):
    path = tmp_path / "lastword.toml"
    path.write_text(f"{INPUTS}{text}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        read_toml(path, Settings)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            '[spend]\nmethod = "correlation"\nmetric = "nmae"',
            r'lastword.toml:\d+: \[spend\] metric: accounts have no column "nmae"; did',
        ),
        ('[spend]\nmethod = "correlation"\nmetric = "name"', r"\[spend\] metric: name holds no numbers; write one that does"),
        ('[[spend.rules]]\nwhen = { regio = "x" }', r'when.regio: accounts have no column "regio"'),
        ('[customers]\nrenewal_date = "renews"', r'\[customers\] renewal_date: accounts have no column "renews"; take it out'),
    ],
)
def test_a_column_that_accounts_lack_is_told_at_its_line(tmp_path, settings, said):
    from lastword.planning.spend_columns import check_planning_columns
    from tests.gate_project import write_project

    project = write_project(tmp_path, settings)
    path = tmp_path / "accounts.parquet"
    pd.DataFrame({"account_id": ["a"], "name": ["One"]}).to_parquet(path)
    with pytest.raises(ConfigurationError, match=said):
        check_planning_columns(project, path)
