"""Grouped folds: rows of one group stay on one side of every split."""

from heapq import heapify, heapreplace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lastword.errors import Refusal


def grouped_folds(won: NDArray[np.integer], group: NDArray[np.integer], seed: int, folds: int = 3) -> NDArray[np.intp]:
    """Deal the groups to folds of about equal wins and equal rows.

    Parameters
    ----------
    won : array of 0 and 1, one per row
    group : array of int, one per row; rows of equal group get the same fold
    seed : decides between groups of equal wins and rows
    folds : number of folds

    Returns
    -------
    The fold of each row, 0 to folds − 1. Every fold holds wins, and rows that didn't win.

    Raises
    ------
    Refusal
        Fewer than `folds` groups hold wins, or fewer hold none.
    """
    winning, losing = group_counts(won, group)
    if min(winning, losing) < folds:
        raise Refusal(
            f"{winning} groups of connected accounts hold wins and {losing} hold accounts without one, where cross-validation "
            f"needs {folds} of each: give more accounts or connect fewer of them with [model] group_by"
        )
    codes, wins, rows = _groups(won, group)
    tie_break = np.random.default_rng(seed).permutation(len(rows))
    order = np.lexsort((tie_break, -rows, -wins))
    return _deal(order, wins, rows, folds)[codes]


def group_counts(won: NDArray[np.integer], group: NDArray[np.integer]) -> tuple[int, int]:
    """How many groups hold a win, and how many hold a row without one."""
    _, wins, rows = _groups(won, group)
    return int((wins > 0).sum()), int((wins < rows).sum())


def _groups(won: NDArray[np.integer], group: NDArray[np.integer]) -> tuple[NDArray[np.intp], ...]:
    """Each row's group by position; each group's wins; each group's rows."""
    codes, _ = pd.factorize(group)
    return codes, np.bincount(codes, weights=won).astype(np.intp), np.bincount(codes)


def _deal(order: NDArray[np.intp], wins: NDArray[np.integer], rows: NDArray[np.integer], folds: int) -> NDArray[np.intp]:
    """Each group in its turn to the fold with the fewest wins if it holds one, else to the fold with the fewest rows."""
    fold_of_group = np.empty(len(order), dtype=np.intp)
    loads = [[0, 0, fold] for fold in range(folds)]
    for group in order[wins[order] > 0].tolist():
        lightest = loads[0]
        fold_of_group[group] = lightest[2]
        heapreplace(loads, [lightest[0] + int(wins[group]), lightest[1] + int(rows[group]), lightest[2]])
    sizes = [[size, fold] for _, size, fold in loads]
    heapify(sizes)
    for group in order[wins[order] == 0].tolist():
        size, fold = sizes[0]
        fold_of_group[group] = fold
        heapreplace(sizes, [size + int(rows[group]), fold])
    return fold_of_group
