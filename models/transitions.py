"""How the grades of one publication became those of the next."""

from typing import Any

import numpy as np
import pandas as pd

from lastword.contracts import GRADES
from models.grades import grade_numbers

NO_GRADE = "none"


def transitions(before: pd.Series, after: pd.Series) -> dict[str, Any]:
    """The matrix of grades and what it amounts to.

    Parameters
    ----------
    before, after
        A to F by account_id, null without a grade. An account that only one has counts as without a grade in the other.

    Returns
    -------
    dict
        counts (grade before -> grade after -> accounts, "none" among both), accounts (graded both times), up, down, and
        changed, the share of `accounts` that moved; null where there are none.
    """
    accounts = before.index.union(after.index)
    then, now = before.reindex(accounts), after.reindex(accounts)
    move = grade_numbers(now) - grade_numbers(then)
    both, up, down = (int(count) for count in ((~np.isnan(move)).sum(), (move > 0).sum(), (move < 0).sum()))
    return {
        "counts": _counts(then, now),
        "accounts": both,
        "up": up,
        "down": down,
        "changed": (up + down) / both if both else None,
    }


def _counts(then: pd.Series, now: pd.Series) -> dict[str, dict[str, int]]:
    names = (*GRADES, NO_GRADE)
    was, became = (pd.Categorical(grades, list(GRADES)).codes % len(names) for grades in (then, now))  # null has the code -1
    counts = np.bincount(was * len(names) + became, minlength=len(names) ** 2).reshape(len(names), -1)
    return {grade: dict(zip(names, row, strict=True)) for grade, row in zip(names, counts.tolist(), strict=True)}
