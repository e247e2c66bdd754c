"""How far two gradings agree: known tables, and the cases in which nothing can be said."""

import pandas as pd
import pytest

from lastword.contracts import GRADES
from models.agreement import agreement


def table(**rows: list[int]) -> pd.DataFrame:
    return pd.DataFrame(rows, index=list(GRADES)).T


def test_two_gradings_that_always_agree():
    found = agreement(table(A=[10, 0, 0, 0, 0], B=[0, 5, 0, 0, 0]))
    assert (found.accounts, found.same, found.within_one, found.kappa, found.weighted_kappa) == (15, 1, 1, 1, 1)


def test_kappa_takes_off_what_chance_gives():
    found = agreement(table(A=[20, 5, 0, 0, 0], B=[10, 15, 0, 0, 0]))  # Cohen's textbook case: 0.7 observed, 0.5 expected
    assert found.same == pytest.approx(0.7)
    assert found.kappa == pytest.approx(0.4)
    assert found.within_one == 1


def test_far_disagreements_weigh_more():
    near = agreement(table(A=[10, 5, 0, 0, 0], B=[5, 10, 0, 0, 0], F=[0, 0, 0, 0, 10]))
    far = agreement(table(A=[10, 0, 0, 0, 5], B=[0, 10, 0, 0, 0], F=[5, 0, 0, 0, 10]))
    assert near.weighted_kappa > near.kappa
    assert far.weighted_kappa < far.kappa


def test_accounts_without_both_grades_do_not_count():
    counts = pd.DataFrame({"A": [3, 4], "none": [100, 0]}, index=["A", "none"])
    assert agreement(counts).accounts == 3


def test_nothing_can_be_said_of_nobody_nor_of_a_single_grade():
    assert agreement(pd.DataFrame()).same is None
    alone = agreement(table(A=[7, 0, 0, 0, 0]))
    assert (alone.same, alone.kappa, alone.weighted_kappa) == (1, None, None)
