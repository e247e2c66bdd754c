"""What another plan would do: the example of docs/planning.md, figure by figure, and cases that are easily got wrong."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lastword.errors import ConfigurationError
from lastword.plan import parse_plan
from lastword.planning.whatif import MOVE_COLUMNS, segments_before_and_after, what_if
from lastword.planning.whatif_sellers import Staff
from lastword.planning_settings import Role

DOCS = (Path(__file__).parents[2] / "docs/planning.md").read_text(encoding="utf-8")
SEGMENTS = """version = "1"
[[segments]]
name = "A"
min_points = 80
[[segments]]
name = "C"
min_points = 50
[[segments]]
name = "F"
min_points = 0
"""
BEFORE = (
    SEGMENTS
    + """[[attributes]]
name = "industry"
kind = "qualitative"
weight = 20
points = { Software = 100, Energy = 60 }
"""
)
AFTER = (
    BEFORE.replace("Energy = 60", "Energy = 90")
    + """[[attributes]]
name = "employee_count"
kind = "quantitative"
weight = 20
bands = [ { max = 1000, points = 0 }, { min = 1000, points = 100 } ]
"""
)
ACCOUNTS = pd.DataFrame(
    {
        "account_id": ["a", "b", "c", "d"],
        "region": ["EMEA", "EMEA", None, "APAC"],
        "industry": ["Software", "Energy", "Energy", "Retail"],
        "model_grade": ["A", "A", "F", "C"],
    }
)
VALUES = pd.DataFrame({"industry": ACCOUNTS["industry"], "employee_count": [2000, 5000, 10, 3000]})
NO_OVERRIDES = pd.DataFrame({"seen_plan_points": pd.Series(dtype=float)}, index=pd.Index([], name="account_id", dtype="str"))


def tried(before=BEFORE, after=AFTER, overrides=NO_OVERRIDES, past=None, values=VALUES):
    return what_if(parse_plan(before), parse_plan(after), ACCOUNTS, values, overrides, past, 40, 7)


def table_under(title, rows):
    """The cells of the first table after a title of docs/planning.md, without its head."""
    lines = DOCS.partition(title)[2].splitlines()
    first = next(place for place, line in enumerate(lines) if line.startswith("|---"))
    return [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines[first + 1 : first + 1 + rows]]


def test_the_example_of_the_documentation_moves_as_it_says():
    found = tried()
    documented = {row[0]: row for row in table_under("Take four accounts", 4)}
    moved = found.moves.set_index("account_id")
    for account, row in documented.items():
        if row[4] != row[6]:
            said = moved.loc[account, ["points_before", "segment_before", "points_after", "segment_after"]].tolist()
            assert said == [float(row[3]), row[4], float(row[5].rpartition("= ")[2]), row[6]]
    assert sorted(moved.index) == [account for account, row in documented.items() if row[4] != row[6]] == ["b", "c", "d"]
    assert [[row[0], *map(int, row[1:])] for row in table_under("**Matrix.**", 3)] == [
        [name, *counts] for name, counts in zip(found.matrix.index, found.matrix.to_numpy().tolist(), strict=True)
    ]
    assert (found.accounts, found.moved, found.up, found.down) == (4, 3, 2, 1)
    assert list(found.moves.columns) == list(MOVE_COLUMNS)
    assert moved["direction"].to_dict() == {"d": "up", "b": "up", "c": "down"}


@pytest.mark.parametrize(
    ("high", "policy", "needed"),
    [
        ([True, False, False, True], "plan", {"top": (1, 1), "rest": (2, 2)}),
        ([True, True, False, True], "plan", {"top": (1, 2), "rest": (2, 1)}),
        ([True, True, False, True], "model", {"top": (2, 2), "rest": (1, 1)}),
        ([True, True, False, True], "higher", {"top": (2, 2), "rest": (1, 1)}),
        ([True, True, False, True], "lower", {"top": (1, 2), "rest": (2, 1)}),
    ],
)
def test_sellers_are_those_of_the_documentation(high, policy, needed):
    roles = (Role(name="top", tiers=(1,), accounts_per_seller=1), Role(name="rest", accounts_per_seller=2))
    accounts = ACCOUNTS.assign(region="EMEA", high_value=high, policy_grade=ACCOUNTS["model_grade"])
    staff = Staff(roles, policy)
    found = what_if(parse_plan(BEFORE), parse_plan(AFTER), accounts, VALUES, NO_OVERRIDES.assign(grade="A"), None, 40, 7, staff)
    rows = found.sellers.roles.set_index("role")
    assert {name: (row["needed_before"], row["needed_after"]) for name, row in rows.iterrows()} == needed
    assert found.sellers.unassigned == (0, 0)
    assert any(note.startswith("sellers: ") for note in found.notes)


def test_overrides_and_exclusions_count_for_sellers():
    excluding = BEFORE + '[[rules]]\nwhen = { industry = "Energy" }\nexclude = true\n'
    accounts = ACCOUNTS.assign(
        high_value=pd.array([True, True, pd.NA, True], dtype="boolean"), policy_grade=ACCOUNTS["model_grade"]
    )
    staff = Staff((Role(name="top", tiers=(1,), accounts_per_seller=1),), "plan")
    overrides = pd.DataFrame({"seen_plan_points": [60.0], "grade": ["A"]}, index=pd.Index(["b"], name="account_id"))
    found = what_if(parse_plan(BEFORE), parse_plan(excluding), accounts, VALUES, overrides, None, 40, 7, staff).sellers
    assert found.roles[["accounts_before", "accounts_after"]].to_numpy().tolist() == [[2, 2]]
    assert found.unassigned == (2, 1)


def test_agreement_is_that_of_the_documentation():
    found = tried()
    assert (found.agreement_before.same, found.agreement_after.same, found.agreement_after.kappa) == (0.25, 1.0, 1.0)
    assert found.agreement_before.kappa == pytest.approx((0.25 - 0.3125) / 0.6875)
    assert f"= −{-found.agreement_before.kappa:.4f}" in DOCS


def test_the_override_of_the_documentation_becomes_stale():
    seen = pd.DataFrame({"seen_plan_points": [0.0, 60.0, 100.0, np.nan, 5.0]}, index=["d", "b", "c", "a", "gone"])
    found = tried(overrides=seen)
    assert found.stale.to_dict("records") == [
        {"account_id": "d", "seen_plan_points": 0.0, "points_before": 0.0, "points_after": 50.0}
    ]
    assert found.stale_now == 1  # c was seen at 100 and is at 60


def test_capture_is_that_of_the_documentation():
    """Twenty past rows: the best three by industry hold two of four wins, by the other plan three."""
    industry = ["Software"] * 3 + ["Energy"] + ["Retail"] * 16
    past = pd.DataFrame(
        {"account_id": [f"p{n}" for n in range(20)], "industry": industry, "employee_count": [9e3, 9e3, 1, 9e3] + [1] * 16}
    )
    past = past.assign(won=[1, 1, 0, 1, 1] + [0] * 15)
    found = tried(past=past).capture
    assert (found.rows, found.wins) == (20, 4)
    assert (found.before, found.after, found.gain.estimate) == pytest.approx((0.5, 0.75, 0.25))
    assert found.gain.low <= 0.25 <= found.gain.high
    assert tried().capture is None


def test_regions_and_industries_before_and_after():
    regions = tried().regions
    assert list(dict.fromkeys(regions.index.get_level_values("group"))) == ["APAC", "EMEA", "unknown"]
    assert regions.loc[("EMEA", "A")].tolist() == [1, 2]
    assert regions.loc[("unknown", "C")].tolist() == [1, 0]
    assert regions.sum().tolist() == tried().industries.sum().tolist() == [4, 4]


def test_other_segments_have_their_own_columns():
    merged = BEFORE.replace('name = "C"', 'name = "Good"\ngrade = "C"')
    found = tried(after=merged)
    assert found.matrix.columns.tolist() == ["A", "Good", "F"]
    assert (found.moved, found.up, found.down) == (2, 0, 0)
    assert segments_before_and_after(found) == [("A", 1, 1), ("C", 2, 0), ("F", 1, 1), ("Good", 0, 2)]


def test_what_rules_do_is_counted():
    excluding = '[[rules]]\nwhen = { industry = "Retail" }\nexclude = true\n'
    ruled = BEFORE + excluding + '[[rules]]\nwhen = { industry = "Energy" }\nkey_account = true\n'
    found = tried(after=ruled)
    assert (found.excluded, found.key_accounts, found.moved) == ((0, 1), (0, 2), 0)


def test_what_says_nothing_of_any_account_is_noted():
    lacking = BEFORE + '[[attributes]]\nname = "technology:Nothing"\nkind = "qualitative"\nweight = 1\npoints = { yes = 1 }\n'
    values = VALUES.assign(**{"technology:Nothing": "no"})
    assert tried(after=lacking, values=values).notes == ("technology:Nothing says nothing of any account here",)


def test_a_column_that_accounts_lack_is_named():
    with pytest.raises(ConfigurationError, match='no column "employee_counts"'):
        tried(after=AFTER.replace("employee_count", "employee_counts"))


def test_without_a_model_there_is_nothing_to_agree_with():
    found = what_if(parse_plan(BEFORE), parse_plan(AFTER), ACCOUNTS.assign(model_grade=None), VALUES, NO_OVERRIDES, None, 40, 7)
    assert found.agreement_before.accounts == 0
    assert found.agreement_before.same is None
