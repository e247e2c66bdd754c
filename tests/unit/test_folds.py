import numpy as np
import pytest

from lastword.errors import Refusal
from models.folds import group_counts, grouped_folds


def test_a_group_stays_whole_and_every_fold_holds_wins() -> None:
    group = np.repeat(np.arange(40), 3)
    won = np.zeros(120, dtype=int)
    won[[0, 4, 8, 30, 31, 60]] = 1
    fold = grouped_folds(won, group, seed=1)
    assert all(len(set(fold[group == g])) == 1 for g in range(40))
    assert [int(won[fold == k].sum()) for k in range(3)] == [2, 2, 2]
    assert max(np.bincount(fold)) - min(np.bincount(fold)) <= 3


def test_one_large_group_leaves_the_other_folds_the_rest() -> None:
    group = np.array([0] * 50 + list(range(1, 61)))
    won = np.zeros(110, dtype=int)
    won[[0, 60, 70]] = 1
    assert sorted(np.bincount(grouped_folds(won, group, seed=1))) == [30, 30, 50]


def test_the_seed_decides_and_the_numbering_of_groups_does_not_matter() -> None:
    group = np.arange(300)
    won = (np.arange(300) % 10 == 0).astype(int)
    fold = grouped_folds(won, group, seed=5)
    assert (fold == grouped_folds(won, group * 1000 - 7, seed=5)).all()
    assert (fold != grouped_folds(won, group, seed=6)).any()


def test_too_few_groups_with_wins_are_refused() -> None:
    with pytest.raises(Refusal, match=r"2 groups of connected accounts hold wins.*needs 3 of each.*group_by"):
        grouped_folds(np.array([1, 1, 1, 0, 0, 0]), np.array([1, 1, 2, 3, 4, 5]), seed=1)


def test_a_group_with_a_win_and_a_row_without_counts_for_both() -> None:
    assert group_counts(np.array([1, 0, 0]), np.array([5, 5, 6])) == (1, 2)
