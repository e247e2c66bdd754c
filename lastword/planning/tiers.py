"""Fit × value: which accounts are worth how much of a seller's time."""

import pandas as pd

VALUABLE_SHARE = 0.35
"""The share of accounts whose potential counts as high: as many as grades A and B hold by default."""


def high_value(potential: pd.Series) -> pd.Series:
    """True for the accounts with the highest potential spend, null where none is known.

    Equal potentials fall on the same side: the border is the value that the top 35 % reach. The final table makes the tier of
    it: 1 where fit (final grade A or B) and value are both high, 2 where one is, 3 where neither is.
    """
    border = value_border(potential)
    if border is None:
        return pd.Series(pd.NA, index=potential.index, dtype="boolean")
    return (potential >= border).astype("boolean").mask(potential.isna())


def value_border(potential: pd.Series) -> float | None:
    """The potential spend from which on it counts as high; None where none is known."""
    known = potential.dropna()
    return None if known.empty else float(known.quantile(1 - VALUABLE_SHARE))
