"""Sellers that a plan asks for, by region and segment."""

import pandas as pd

from lastword.planning.sellers import sellers_by_segment
from lastword.planning_settings import Role


def counts(rows):
    frame = pd.DataFrame(rows, columns=["group", "segment", "before", "after"])
    return frame.set_index(["group", "segment"])


COUNTS = counts(
    [
        ("EMEA", "A", 31, 20),
        ("EMEA", "B", 9, 20),
        ("EMEA", "F", 5, 5),
        ("APAC", "A", 1, 0),
        ("APAC", "B", 0, 1),
        ("APAC", "F", 0, 0),
    ]
)


def role(**given):
    return Role(name="x", accounts_per_seller=10, **given)


def test_each_region_and_role_is_rounded_up_by_itself():
    # A: 31 → 4, 1 → 1 before; 20 → 2, 0 → 0 after. B: 9 → 1, 0 → 0 before; 20 → 2, 1 → 1 after. F: nobody
    assert sellers_by_segment(COUNTS, [role(segments=("A",)), role(segments=("A", "B"))]) == (6, 5)


def test_a_role_without_segments_takes_what_is_left():
    # EMEA: 31 → 4 and 14 → 2 before, 20 → 2 and 25 → 3 after; APAC: 1 → 1 before, 1 → 1 after
    assert sellers_by_segment(COUNTS, [role(segments=("A",)), role()]) == (7, 6)


def test_roles_by_tier_or_none_leave_it_unknown():
    assert sellers_by_segment(COUNTS, []) is None
    assert sellers_by_segment(COUNTS, [role(tiers=(1,))]) is None
