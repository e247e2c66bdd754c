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
    table = pd.crosstab(then.fillna(NO_GRADE).to_numpy(), now.fillna(NO_GRADE).to_numpy())
    full = table.reindex(index=names, columns=names, fill_value=0)
    return {grade: {other: int(full.loc[grade, other]) for other in names} for grade in names}
