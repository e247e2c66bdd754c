"""What the better accounts among comparable ones spend: a conditional percentile of spend, by boosted trees."""

from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd

PERCENTILE = 0.8
ROUNDS = 150
PARAMETERS: dict[str, Any] = {
    "objective": "quantile",
    "alpha": PERCENTILE,
    "num_leaves": 8,
    "max_depth": 3,
    "learning_rate": 0.05,
    "min_child_samples": 20,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}


def spend_percentile(facts: pd.DataFrame, spend: pd.Series, seed: int) -> pd.Series:
    """The 80th percentile of the yearly spend of accounts with such facts.

    Parameters
    ----------
    facts
        One row per account: columns of numbers, and of text, each value of which is a category. Null is unknown.
    spend
        On the same index: what an active account spent, above 0; null of all others, which are not learnt from.

    Returns
    -------
    pandas.Series
        At least 0, for every account. The same facts, spend and seed give the same.
    """
    encoded = facts.apply(lambda column: column if pd.api.types.is_numeric_dtype(column) else column.astype("category"))
    active = spend.notna()
    # a percentile of the logarithm is the logarithm of the percentile, and giants weigh no more than others
    learnt = lgb.Dataset(encoded[active], label=np.log1p(spend[active].to_numpy()), params=PARAMETERS)
    booster = lgb.train(PARAMETERS | {"seed": seed}, learnt, num_boost_round=ROUNDS)
    return pd.Series(np.expm1(np.asarray(booster.predict(encoded))).clip(0), index=facts.index)
