"""Two lists of grades side by side, a representative's and a manager's, or the plan's and the model's."""

from dataclasses import dataclass

import pandas as pd

from lastword.contracts import GRADES
from models.agreement import agreement

TARGET = 0.70
"""The share of equal grades from which on two lists count as one."""


@dataclass(frozen=True)
class ListAgreement:
    """Two lists, compared on the accounts that are graded in both.

    Attributes
    ----------
    same : the share (0–1) with the same grade; null where no account is in both.
    kappa : Cohen's κ, 1 where all agree, 0 where no more do than by chance; null where it has no meaning.
    reached : whether `same` is at least TARGET; null where `same` is.
    only_first, only_second : accounts graded in one list alone.
    differences : account_id, first, second, steps (how many grades the second puts it above the first); the farthest apart first.
    """

    accounts: int
    same: float | None
    kappa: float | None
    reached: bool | None
    only_first: int
    only_second: int
    differences: pd.DataFrame


def compare_lists(first: pd.Series, second: pd.Series) -> ListAgreement:
    """Compare two lists of grades (A to F, null: not graded), each indexed by account_id."""
    first, second = first.dropna(), second.dropna()
    both = first.index.intersection(second.index)
    one, other = first.loc[both], second.loc[both]
    found = agreement(cross_table(one, other))
    return ListAgreement(
        accounts=found.accounts,
        same=found.same,
        kappa=found.kappa,
        reached=None if found.same is None else found.same >= TARGET,
        only_first=len(first) - len(both),
        only_second=len(second) - len(both),
        differences=_differences(one, other),
    )


def cross_table(first: pd.Series, second: pd.Series) -> pd.DataFrame:
    """How many accounts the first list grades as the row and the second as the column; A to F, both graded."""
    first, second = first.dropna(), second.dropna()
    both = first.index.intersection(second.index)
    counts = pd.crosstab(first.loc[both].to_numpy(), second.loc[both].to_numpy()) if len(both) else pd.DataFrame()
    return counts.reindex(index=list(GRADES), columns=list(GRADES), fill_value=0).astype("int64")


def _differences(first: pd.Series, second: pd.Series) -> pd.DataFrame:
    place = {grade: number for number, grade in enumerate(GRADES)}
    steps = (first.map(place).astype("float64") - second.map(place).astype("float64")).astype("int64")
    frame = pd.DataFrame({"account_id": first.index, "first": first.to_numpy(), "second": second.to_numpy()})
    apart = frame.assign(steps=steps.to_numpy())[steps.to_numpy() != 0]
    return apart.sort_values(["steps", "account_id"], key=lambda c: -c.abs() if c.name == "steps" else c, ignore_index=True)
