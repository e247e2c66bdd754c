"""A, B and C, two lists side by side, quadrants, capacity and churn: the examples of docs/planning.md."""

import pandas as pd
import pytest

from lastword.planning.capacity import capacity, tier_churn
from lastword.planning.list_agreement import compare_lists
from lastword.planning.pareto import pareto, territories
from lastword.planning.quadrants import QUADRANTS, quadrant, quadrant_table
from lastword.planning_settings import Role

TWENTY = [200.0, 150.0, 100.0, *[60.0] * 4, *[10.0] * 13]


def sold(sales, region="EMEA", **columns):
    frame = pd.DataFrame({"account_id": [f"a{n:02}" for n in range(len(sales))], "region": region, "sales": sales})
    return frame.assign(**{"profile": 50.0, "in_year": False, **columns})


def test_the_territory_of_the_documentation_is_mature():
    found = territories(sold(TWENTY)).iloc[0]
    assert found["share_a"] == pytest.approx(450 / 820)
    assert found["share_b"] == pytest.approx(240 / 820)
    assert found["share_c"] == pytest.approx(130 / 820)
    assert found["share_top"] == pytest.approx(510 / 820)
    assert (found["territory"], found["weight"], found["accounts"]) == ("mature", 0.85, 20)


def test_equal_sales_or_none_are_developing():
    for sales in ([10.0] * 20, [None] * 20):
        assert territories(sold(sales))["territory"].tolist() == ["developing"]
    assert territories(sold([None] * 20))["share_a"].isna().all()


def test_classes_are_15_20_and_65_percent_by_weighted_ranks():
    profile = [60.0 if n == 0 else 80.0 + n if n > 11 else float(n) for n in range(20)]
    found = pareto(sold(TWENTY, profile=profile))
    assert found["pareto"].value_counts().to_dict() == {"A": 3, "B": 4, "C": 13}
    # rank 100 of sales; of the profiles eleven are lower, so it stands at 12 of 20
    assert found["pareto_score"][0] == pytest.approx(0.85 * 100 + 0.15 * 60) == 94
    assert set(found["territory"]) == {"mature"}


def test_new_accounts_enter_as_c_and_are_watched_and_count_in_no_rank():
    frame = sold([*TWENTY, 9_999.0], in_year=[False] * 20 + [True])
    found = pareto(frame)
    assert found.loc[20, ["pareto", "watched"]].tolist() == ["C", True]
    assert pd.isna(found["pareto_score"][20])
    assert found["pareto"][:20].tolist() == pareto(sold(TWENTY))["pareto"].tolist()
    assert not found["watched"][:20].any()


def test_every_region_is_ranked_by_itself_also_the_one_without_a_name():
    frame = sold(TWENTY + TWENTY, region=["EMEA"] * 20 + [None] * 20)
    assert pareto(frame)["pareto"].value_counts().to_dict() == {"A": 6, "B": 8, "C": 26}
    assert len(territories(frame)) == 2


def test_no_customers_no_classes():
    assert pareto(sold([])).empty
    assert territories(sold([])).empty


def grades(letters):
    return pd.Series(list(letters), index=[f"a{n}" for n in range(len(letters))], dtype="object").replace("-", None)


def test_two_lists_of_the_documentation():
    found = compare_lists(grades("ABAB"), grades("ABBB"))
    assert (found.accounts, found.same, found.reached) == (4, 0.75, True)
    assert found.kappa == pytest.approx(0.5)
    assert found.differences.to_dict("records") == [{"account_id": "a2", "first": "A", "second": "B", "steps": -1}]


def test_only_accounts_in_both_lists_are_compared_and_the_farthest_apart_come_first():
    found = compare_lists(grades("AAF-"), grades("BFAAA"))
    assert (found.accounts, found.same, found.reached, found.only_first, found.only_second) == (3, 0, False, 0, 2)
    assert found.differences["steps"].tolist() == [-4, 4, -1]
    nothing = compare_lists(grades("A").astype("str"), grades("-").astype("str"))
    assert (nothing.accounts, nothing.same, nothing.kappa, nothing.reached) == (0, None, None, None)
    assert nothing.differences.empty


def final(count, **columns):
    frame = pd.DataFrame({"account_id": [f"a{n:02}" for n in range(count)], "region": "EMEA", "tier": 1, "plan_segment": "Gold"})
    return frame.assign(**{"final_grade": "A", "expected_value": [float(n) for n in range(count)], **columns})


def test_quadrants():
    table = final(
        5,
        final_grade=["A", "B", "C", "F", None],
        potential_spend=[10.0, 1.0, 10.0, 1.0, 10.0],
        account_status=["customer", *["prospect"] * 4],
    )
    assert quadrant(table)[:4].tolist() == list(QUADRANTS)
    assert pd.isna(quadrant(table)[4])
    found = quadrant_table(table)
    assert found["quadrant"].tolist() == list(QUADRANTS)
    assert found["customers"].tolist() == [1, 0, 0, 0]
    assert found["potential_spend"].tolist() == [10, 1, 10, 1]


def test_sellers_of_the_documentation():
    found = capacity(final(30), [Role(name="strategic", accounts_per_seller=12, sellers={"EMEA": 2})]).iloc[0]
    assert found[["accounts", "sellers_needed", "sellers", "gap", "accounts_that_fit"]].tolist() == [30, 3, 2, 1, 24]
    assert (found["tier_cut"], found["value_cut"]) == (1, 6), "the 24th of 29, 28, … is 6"


def test_an_account_goes_to_the_first_role_that_takes_it_and_one_without_a_grade_to_none():
    roles = [Role(name="gold", accounts_per_seller=1, tiers=(1,), segments=("Gold",)), Role(name="rest", accounts_per_seller=2)]
    table = final(5, tier=[1, 1, 2, None, 1], plan_segment=["Gold", "Iron", "Gold", "Gold", "Gold"])
    table = table.assign(final_grade=["A", "A", "A", "A", None], region=["EMEA", "EMEA", "EMEA", None, "EMEA"])
    found = capacity(table, roles)
    assert found[["region", "role", "accounts", "sellers_needed"]].values.tolist() == [
        ["EMEA", "gold", 1, 1],
        ["EMEA", "rest", 2, 1],
        ["no region", "gold", 0, 0],
        ["no region", "rest", 1, 1],
    ]
    assert found[["sellers", "gap", "accounts_that_fit", "value_cut"]].isna().all(axis=None)


def test_too_many_sellers_are_a_gap_below_nothing_and_all_fit():
    found = capacity(final(3), [Role(name="x", accounts_per_seller=10, sellers={"EMEA": 2, "APAC": 1})])
    assert found[["region", "gap", "accounts_that_fit"]].values.tolist() == [["APAC", -1, 0], ["EMEA", -1, 3]]
    assert found["value_cut"].isna().all()


def test_churn_of_the_documentation():
    before = pd.Series([1] * 20 + [2], index=range(21))
    now = pd.Series([2, 3, 2] + [1] * 17 + [None, 1], index=range(22))
    found = tier_churn(before, now, 0.10)
    assert (found.accounts, found.changed, found.up, found.down, found.share, found.within_budget) == (20, 3, 0, 3, 0.15, False)
    assert tier_churn(before, before, 0.0).within_budget
    assert tier_churn(before, pd.Series(dtype="float64"), 0.1).share is None
