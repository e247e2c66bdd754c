"""How spend goes with a metric over the active accounts, and whether it goes closely enough to foretell it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lastword.planning.potential_spend import active_spend

LEAST_R = 0.3
LEAST_ACCOUNTS = 30
SPEND = "prior_year_spend"


@dataclass(frozen=True)
class Correlation:
    """Spend against one metric, over the active accounts whose metric is known.

    Attributes
    ----------
    ratio : X_m = ΣS ÷ Σm, spend per unit of the metric; 1 for spend itself. Null where the metric sums to nothing.
    pearson, spearman : −1 to 1; null where the metric or the spend is the same everywhere.
    refused_because : in words why it foretells nothing; null where it may be used.
    """

    metric: str
    accounts: int
    ratio: float | None
    pearson: float | None
    spearman: float | None
    refused_because: str | None


def correlation(accounts: pd.DataFrame, metric: str) -> Correlation:
    """Correlate the metric, a column of numbers, with prior_year_spend (one row per account; null or 0: not active)."""
    spend, values = active_spend(accounts), metric_values(accounts, metric)
    known = spend.notna() & values.notna()
    spend, values = spend[known], values[known]
    total = float(values.sum())
    ratio = float(spend.sum()) / total if total > 0 else None
    pearson, spearman = _r(spend, values), _r(spend.rank(), values.rank())
    return Correlation(metric, len(spend), ratio, pearson, spearman, _refusal(metric, len(spend), ratio, pearson))


def correlations(accounts: pd.DataFrame, metrics: Sequence[str]) -> pd.DataFrame:
    """One row per metric: the attributes of Correlation as columns, the closest first."""
    rows = pd.DataFrame([vars(correlation(accounts, metric)) for metric in metrics], columns=list(Correlation.__annotations__))
    numbers = {name: rows[name].astype("float64") for name in ("ratio", "pearson", "spearman")}
    typed = rows.assign(**numbers, refused_because=rows["refused_because"].astype("str"))
    return typed.sort_values("pearson", key=lambda r: -r.abs(), kind="stable", ignore_index=True)


def metric_values(accounts: pd.DataFrame, metric: str) -> pd.Series:
    """The metric as numbers; null where it is none, infinite or below 0."""
    numbers = pd.to_numeric(accounts[metric], errors="coerce").astype("float64")
    return numbers.where(np.isfinite(numbers) & (numbers >= 0))


def _r(first: pd.Series, second: pd.Series) -> float | None:
    if min(first.nunique(), second.nunique()) < 2:
        return None
    return float(np.clip(np.corrcoef(first, second)[0, 1], -1, 1))


def _refusal(metric: str, accounts: int, ratio: float | None, pearson: float | None) -> str | None:
    if accounts < LEAST_ACCOUNTS:
        return f"{metric} is known of {accounts} active accounts, and {LEAST_ACCOUNTS} are needed"
    if ratio is None:
        return f"{metric} is 0 on every active account"
    if pearson is None:
        return f"{metric} is the same on every active account"
    if abs(pearson) < LEAST_R:
        return f"spend hardly goes with {metric} (r {pearson:.2f}, {LEAST_R} is needed)"
    return None
