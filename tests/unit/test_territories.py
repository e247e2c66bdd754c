"""A, B and C, two lists side by side, quadrants, capacity and churn: the examples of docs/planning.md."""

import tomllib

import pandas as pd
import pytest

from lastword.planning.capacity import assigned, capacity, filter_of_role, tier_changes, tier_churn, totals
from lastword.planning.capacity_text import capacity_lines
from lastword.planning.list_agreement import compare_lists, cross_table
from lastword.planning.pareto import pareto, pareto_curve, territories, why
from lastword.planning.quadrants import QUADRANTS, density, quadrant, quadrant_table, tiers_by_region
from lastword.planning_settings import Capacity, Role

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


def test_why_a_territory_is_what_it_is():
    found = territories(sold(TWENTY)).iloc[0]
    assert found["step"] == pytest.approx((240 / 820 / 0.20) / (130 / 820 / 0.65))
    assert why(found.to_dict()) == (
        "A holds 54.9 % of the sales (at least 40 %), and an account of B sells 6.00 times as much as one of C (at least 2.08)."
    )
    even = territories(sold([10.0] * 20)).iloc[0].to_dict()
    assert why(even).startswith("A holds 15.0 % of the sales (under 40 %), and an account of B sells 1.00 times")
    assert why(territories(sold([None] * 20)).iloc[0].to_dict()) == "Nothing was sold here, so it is developing."
    assert why(territories(sold([5.0] + [None] * 19)).iloc[0].to_dict()).endswith("and B and C sell nothing at all.")


def test_the_curve_of_the_documentation():
    found = pareto_curve(pd.Series(TWENTY)).set_index("share_of_accounts")["share_of_sales"]
    assert found[0.0] == 0
    assert found[0.15] == pytest.approx(450 / 820)
    assert found[0.35] == pytest.approx(690 / 820)
    assert found[1.0] == pytest.approx(1)
    assert found.is_monotonic_increasing
    assert pareto_curve(pd.Series([None, 0.0], dtype="float64")).empty


def test_the_cross_table_counts_what_both_lists_grade():
    found = cross_table(grades("ABAB-"), grades("ABBBA"))
    assert found.loc["A"].tolist() == [1, 1, 0, 0, 0]
    assert found.loc["B"].tolist() == [0, 2, 0, 0, 0]
    assert found.to_numpy().sum() == 4
    assert cross_table(grades("A"), grades("-")).to_numpy().sum() == 0


def test_density_has_its_border_where_value_begins_and_loses_no_account():
    potential = [float(n) for n in range(1, 101)]
    table = final(100, final_grade=["A", "C"] * 50, potential_spend=potential, account_status="customer")
    found = density(table, most=6)
    assert found.border == pytest.approx(65.35)
    assert found.border in found.edges
    assert len(found.edges) <= 7
    assert (found.edges[0], found.edges[-1]) == (1, 100)
    assert found.cells["accounts"].sum() == 100
    in_quadrants = found.cells.groupby("quadrant")["accounts"].sum()
    expected = quadrant_table(table).set_index("quadrant")["accounts"]
    assert in_quadrants.to_dict() == expected[in_quadrants.index].to_dict()
    for row in found.cells.itertuples():
        low, high = found.edges[row.band], found.edges[row.band + 1]
        inside = [n for n in potential if low <= n and (n < high or high == found.edges[-1])]
        assert row.accounts == sum((int(n) % 2 == 1) == (row.final_grade == "A") for n in inside)


@pytest.mark.parametrize("potential", [[5.0] * 4, [0.0] * 4, [0.0, 0.0, 5.0, 9.0], [None] * 4, [-1.0, 1.0, 2.0, 3.0]])
def test_density_of_odd_potentials(potential):
    table = final(4, potential_spend=pd.Series(potential, dtype="float64"), account_status="customer")
    found = density(table)
    known = sum(amount is not None for amount in potential)
    assert found.cells["accounts"].sum() == known
    assert found.cells["band"].max() < len(found.edges) - 1 if known else found.edges == ()
    assert found.cells.groupby("band")["quadrant"].nunique().le(1).all()


def test_tiers_by_region():
    table = final(5, tier=[1, 2, 2, None, 3], region=["EMEA", "EMEA", "APAC", "EMEA", None])
    found = tiers_by_region(table)
    assert found["region"].fillna("none")[0] == "EMEA"
    assert found.iloc[0, 1:].tolist() == [3, 1, 1, 0, 1]
    assert found["accounts"].sum() == 5


def test_who_goes_to_whom_and_whom_the_sellers_there_can_look_after():
    roles = [
        Role(name="one", tiers=(1,), accounts_per_seller=2, sellers={"EMEA": 1.0}),
        Role(name="two", tiers=(2,), accounts_per_seller=9),
    ]
    table = final(6, tier=[1, 1, 1, 2, 3, 1]).assign(final_grade=["A"] * 5 + [None])
    found = assigned(table, roles).set_index("account_id")
    assert found["role"].fillna("nobody").to_dict() == {"a00": "one", "a01": "one", "a02": "one", "a03": "two", "a04": "nobody"}
    assert found["fits"].astype("object").where(found["fits"].notna(), None).to_dict() == {
        "a00": False,
        "a01": True,
        "a02": True,
        "a03": None,
        "a04": None,
    }, "the two of the highest expected value fit"
    assert assigned(table, roles[1:])["fits"].isna().all(), "nobody says who there is"
    assert assigned(table.head(0), roles).empty
    table_of_capacity = capacity(table, roles)
    assert table_of_capacity.set_index("role")["accounts_that_fit"]["one"] == found["fits"].sum()


def test_totals_are_of_the_roles_that_say_who_there_is():
    roles = [Role(name="one", tiers=(1,), accounts_per_seller=2, sellers={"EMEA": 1.0}), Role(name="two", accounts_per_seller=2)]
    assert totals(capacity(final(6, tier=[1, 1, 1, 2, 2, 2]), roles)) == {
        "accounts": 6,
        "sellers_needed": 4,
        "sellers": 1.0,
        "gap": 1.0,
    }
    assert totals(capacity(final(1), roles[1:]))["gap"] is None


@pytest.mark.parametrize(
    ("index", "expected"),
    [(0, ((1,), ())), (1, ((2,), ("Gold",))), (2, None), (3, None)],
)
def test_the_filter_that_says_which_accounts_a_role_has(index, expected):
    roles = [
        Role(name="a", tiers=(1,), accounts_per_seller=1),
        Role(name="b", tiers=(1, 2), segments=("Gold",), accounts_per_seller=1),
        Role(name="c", tiers=(2,), accounts_per_seller=1),
        Role(name="d", accounts_per_seller=1),
    ]
    assert filter_of_role(roles, index) == expected
    assert filter_of_role([roles[0], roles[3]], 1) == ((2, 3, None), ())
    assert filter_of_role([roles[3], roles[0]], 1) is None, "nobody is left for it"


def test_the_accounts_whose_tier_changes():
    before, now = pd.Series({"a": 1, "b": 3, "c": 2, "d": 1}), pd.Series({"a": 2, "b": 1, "c": 2, "e": 1})
    assert tier_changes(before, now).to_dict("records") == [
        {"account_id": "b", "before": 3, "now": 1, "steps": 2},
        {"account_id": "a", "before": 1, "now": 2, "steps": -1},
    ]
    assert tier_changes(before, before).empty


def test_lines_for_lastword_toml_read_back_as_the_same_roles():
    roles = (
        Role(
            name='"odd" \\ \x7f Ł',
            tiers=(1, 3),
            segments=("Key accounts",),
            accounts_per_seller=12.5,
            sellers={"EMEA": 4.0, 'A "b"': 0.5},
        ),
        Role(name="pooled", accounts_per_seller=200.0),
    )
    read = tomllib.loads(capacity_lines(roles, 0.1))["capacity"]
    assert Capacity.model_validate(read) == Capacity(roles=roles, churn_budget=0.1)
