"""What another method would make of the potential spend of some accounts, beside what the run posted."""

from dataclasses import dataclass

import pandas as pd

from lastword.planning.correlation import metric_values
from lastword.planning.potential_spend import active_spend
from lastword.planning.spend_methods import potential_by, why_not
from lastword.planning_settings import SpendChoice

MOST_DIFFERENCES = 10
PARTS = 5
DIFFERENCES = ("account_id", "before", "after", "difference", "reason")


@dataclass(frozen=True)
class SpendTrial:
    """Another method on the accounts of a scope.

    Attributes
    ----------
    accounts : how many the scope has; `manual` of them keep what a person entered.
    before, after : the potential of all of them together, a year.
    changed : how many would have another potential (by half a unit of the currency or more).
    differences : the largest first, DIFFERENCES; a potential that there isn't is null, and counts as 0 in the difference.
    instead : why the method can't apply, with the number of accounts: for them the industry average takes its place.
    """

    accounts: int
    manual: int
    before: float
    after: float
    changed: int
    differences: pd.DataFrame
    instead: tuple[tuple[str, int], ...]


def try_method(accounts: pd.DataFrame, posted: pd.DataFrame, fits: pd.Series, choice: SpendChoice, seed: int) -> SpendTrial:
    """Try a method.

    Parameters
    ----------
    accounts : one row per account, all of them, as posted_spend takes them.
    posted : what posted_spend gave, on the same index. What a person entered stays.
    fits : True of the accounts of the scope, on the same index.
    """
    tried = potential_by(choice, accounts, fits, seed)
    was = posted[fits]
    manual = was["manual"].astype(bool)
    after = tried["potential"].where(~manual, was["potential_spend"])
    difference = after.fillna(0.0) - was["potential_spend"].fillna(0.0)
    rows = pd.DataFrame(
        {
            "account_id": was["account_id"],
            "before": was["potential_spend"],
            "after": after,
            "difference": difference,
            "reason": tried["reason"],
        }
    )
    changed = rows[difference.abs() >= 0.5]
    largest = changed.assign(size=changed["difference"].abs()).sort_values(["size", "account_id"], ascending=[False, True])
    refused = tried[(tried["spend_method"] != choice.method) & ~manual]
    why = refused["reason"].map(why_not).value_counts()
    return SpendTrial(
        len(was),
        int(manual.sum()),
        float(was["potential_spend"].sum()),
        float(after.sum()),
        len(changed),
        largest[list(DIFFERENCES)].head(MOST_DIFFERENCES).reset_index(drop=True),
        tuple((str(said), int(count)) for said, count in why.items()),
    )


def metric_and_spend(accounts: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Grain: active account whose metric is known. Columns: account_id, metric, spend."""
    spend, values = active_spend(accounts), metric_values(accounts, metric)
    rows = pd.DataFrame({"account_id": accounts["account_id"], "metric": values, "spend": spend})
    return rows[spend.notna() & values.notna()].reset_index(drop=True)


def by_parts(pairs: pd.DataFrame, ratio: float | None) -> pd.DataFrame:
    """Grain: fifth of the accounts by the metric, fewer where many have the same value; the lowest first.

    Columns: low and high (of the metric), accounts, metric and spend (means), line (what X · metric gives on average, null
    without X). `pairs` as metric_and_spend gives them.
    """
    if pairs.empty:
        return pd.DataFrame(columns=["low", "high", "accounts", "metric", "spend", "line"])
    part = pd.qcut(pairs["metric"], PARTS, labels=False, duplicates="drop") if pairs["metric"].nunique() > 1 else 0
    grouped = pairs.assign(part=part).groupby("part")
    rows = grouped.agg(
        low=("metric", "min"),
        high=("metric", "max"),
        accounts=("metric", "size"),
        metric=("metric", "mean"),
        spend=("spend", "mean"),
    ).reset_index(drop=True)
    return rows.assign(line=rows["metric"] * (float("nan") if ratio is None else ratio))
