"""The methods of potential spend. Where one can't apply, the industry average takes its place, and the reason says so."""

import re
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from lastword.planning.correlation import SPEND, correlation, metric_values
from lastword.planning.potential_spend import active_spend, industry_average
from lastword.planning_settings import SpendChoice

AVERAGE = "industry average"
LEAST_FOR_QUANTILE = 100
"""With fewer active accounts a percentile of comparable ones is guesswork."""

QUANTILE_FACTS = (
    "employee_count",
    "annual_revenue",
    "founded_year",
    "industry",
    "sub_industry",
    "region",
    "country",
    "ownership",
)
"""What the percentile is conditional on: known of prospects too, as tenure and market share are not."""

_INSTEAD = re.compile(r"industry average instead of [^:]+: (.+); (?:mean of the active accounts|no account is active)", re.DOTALL)

COLUMNS = ("potential", "spend_method", "reason")


def potential_by(choice: SpendChoice, accounts: pd.DataFrame, fits: pd.Series, seed: int) -> pd.DataFrame:
    """The potential yearly spend that a method gives the accounts that `fits` picks.

    Parameters
    ----------
    choice
        The method and its parameters.
    accounts
        One row per account, all of them, as methods learn from every active one: prior_year_spend (null or 0: not active),
        industry, sub_industry, the metric, and of QUANTILE_FACTS what there is.
    fits
        True of the accounts to answer for, on the index of `accounts`.

    Returns
    -------
    pandas.DataFrame
        On the index of the accounts picked: potential (in the project's currency, at least 0; null where no account is
        active and the method needs one), spend_method (the method that gave it), reason (one sentence).
    """
    averaged = _average(accounts)[fits]
    if choice.method == AVERAGE:
        return averaged
    potential, said, instead = _METHODS[choice.method](choice, accounts, seed)
    potential, instead = potential[fits], instead[fits]
    given = potential.notna()
    told = "industry average instead of " + choice.method + ": " + instead + "; " + averaged["reason"]
    return pd.DataFrame(
        {
            "potential": potential.where(given, averaged["potential"]),
            "spend_method": pd.Series(choice.method, potential.index, dtype="str").where(given, AVERAGE),
            "reason": said[fits].where(given, told),
        }
    )


def why_not(reason: str) -> str:
    """Why a method couldn't apply, of the reason that potential_by gave where the industry average took its place."""
    found = _INSTEAD.search(reason)
    return reason if found is None else found[1]


type Answer = tuple[pd.Series, pd.Series, pd.Series]
"""The potential, null where the method can't apply; why it is what it is; why it can't apply."""


def _average(accounts: pd.DataFrame) -> pd.DataFrame:
    found = industry_average(accounts)
    none = "no account is active, so there is nothing to average"
    said = ("mean of the active accounts " + found["whose"] + ", a tenth at either end left out").fillna(none)
    return pd.DataFrame({"potential": found["potential"], "spend_method": AVERAGE, "reason": said}).astype({"reason": "str"})


def _assumption(choice: SpendChoice, accounts: pd.DataFrame, seed: int) -> Answer:
    said = _text(f"assumed: {choice.amount:,.0f} a year", accounts)
    return pd.Series(choice.amount, accounts.index, dtype="float64"), said, _text("", accounts)


def _growth(choice: SpendChoice, accounts: pd.DataFrame, seed: int) -> Answer:
    """S(1 + g) + amount of active accounts, of others the amount alone; without an amount nothing can grow there."""
    spend, growth = active_spend(accounts), choice.growth or 0.0
    without = np.nan if choice.amount is None else choice.amount
    plus = f" plus {choice.amount:,.0f}" if choice.amount else ""
    said = _text(f"prior year's spend and {growth:+.0%}{plus}", accounts)
    said = said.where(spend.notna(), f"nothing was spent, so the amount of {without:,.0f} alone")
    return (spend * (1 + growth) + (choice.amount or 0.0)).fillna(without), said, _text("nothing was spent", accounts)


def _correlation(choice: SpendChoice, accounts: pd.DataFrame, seed: int) -> Answer:
    """X_m · m; spend itself is a metric whose X is 1."""
    metric = str(choice.metric)
    found = correlation(accounts, metric)
    nothing = pd.Series(np.nan, accounts.index)
    if found.refused_because or found.ratio is None:
        return nothing, _text("", accounts), _text(str(found.refused_because), accounts)
    values = metric_values(accounts, metric)
    closeness = f"r {found.pearson:.2f}, Spearman {found.spearman:.2f}, {found.accounts:,} active accounts"
    each = f"{found.ratio:,.4g} for each unit of {metric}"
    instead = _text(f"{metric} is not known of it", accounts)
    if metric == SPEND:
        values, each = active_spend(accounts), "what it spent in the prior year"
        instead = _text("nothing was spent", accounts)
    return values * found.ratio, _text(f"{each} ({closeness})", accounts), instead


def _quantile(choice: SpendChoice, accounts: pd.DataFrame, seed: int) -> Answer:
    from models.spend_quantile import spend_percentile

    spend = active_spend(accounts)
    active = int(spend.notna().sum())
    if active < LEAST_FOR_QUANTILE:
        few = f"{active} accounts are active, and {LEAST_FOR_QUANTILE} are needed"
        return pd.Series(np.nan, accounts.index), _text("", accounts), _text(few, accounts)
    said = f"what four in five of comparable accounts stay below (of {active:,} active ones)"
    return spend_percentile(_facts(accounts, QUANTILE_FACTS), spend, seed), _text(said, accounts), _text("", accounts)


def _facts(accounts: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    return accounts[[name for name in names if name in accounts and accounts[name].notna().any()]]


def _text(said: str, accounts: pd.DataFrame) -> pd.Series:
    return pd.Series(said, accounts.index, dtype="str")


_METHODS: dict[str, Callable[[SpendChoice, pd.DataFrame, int], Answer]] = {
    "assumption": _assumption,
    "growth": _growth,
    "correlation": _correlation,
    "quantile": _quantile,
}
