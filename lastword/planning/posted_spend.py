"""The potential spend of a run: what a person entered goes before what the method of each account gives."""

import pandas as pd

from lastword.planning.potential_spend import active_spend
from lastword.planning.spend_methods import potential_by
from lastword.planning_settings import Spend
from models.scorecard import fits

POSTED = (
    "account_id",
    "prior_year_spend",
    "method",
    "spend_method",
    "potential_method",
    "manual",
    "potential_spend",
    "reason",
)
VALUE, GROWTH = "value", "growth"


def posted_spend(accounts: pd.DataFrame, spend: Spend, entries: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The potential yearly spend of every account, and where it comes from.

    Parameters
    ----------
    accounts
        One row per account: account_id, prior_year_spend (null or 0: not active), industry, sub_industry, and every column
        that the rules and methods of `spend` look at (`segment` is the plan's).
    entries
        What people entered, by account_id: kind (value: an amount a year; growth: a share of the prior year's spend), amount,
        reason, by.

    Returns
    -------
    pandas.DataFrame
        One row per account, POSTED, on the index of `accounts`. method is what `spend` asks for, potential_method what that
        gives, spend_method what potential_spend comes from (a method, "manual value" or "manual growth"), manual whether a
        person's entry decides. Null where no account is active and the method needs one.
    """
    by_method = _by_method(accounts, spend, seed)
    known = entries.reindex(accounts["account_id"]).set_index(accounts.index)
    spent = active_spend(accounts)
    grown = (spent * (1 + known["amount"])).where(known["kind"] == GROWTH)
    entered = known["amount"].where(known["kind"] == VALUE).fillna(grown).astype("float64")
    manual = entered.notna()
    in_vain = (known["kind"] == GROWTH) & ~manual
    said = by_method["reason"].mask(in_vain, "a growth was entered, and nothing was spent; " + by_method["reason"])
    return pd.DataFrame(
        {
            "account_id": accounts["account_id"],
            "prior_year_spend": accounts["prior_year_spend"],
            "method": by_method["method"],
            "spend_method": by_method["spend_method"].mask(manual, "manual " + known["kind"].astype("str")),
            "potential_method": by_method["potential"],
            "manual": manual,
            "potential_spend": by_method["potential"].mask(manual, entered),
            "reason": said.mask(manual, _entered_by(known)),
        }
    )


def rule_of_each(accounts: pd.DataFrame, spend: Spend) -> pd.Series:
    """The index of the first rule that fits each account, −1 where none does."""
    found = pd.Series(-1, index=accounts.index)
    for index, rule in reversed(list(enumerate(spend.rules))):
        met = pd.Series(True, index=accounts.index)
        for name, condition in rule.when.items():
            met &= fits(condition, accounts[name])
        found = found.mask(met, index)
    return found


def _by_method(accounts: pd.DataFrame, spend: Spend, seed: int) -> pd.DataFrame:
    rule = rule_of_each(accounts, spend)
    parts = []
    for index in sorted(rule.unique()):
        choice = spend if index < 0 else spend.rules[index]
        parts.append(potential_by(choice, accounts, rule == index, seed).assign(method=choice.method))
    nothing = pd.DataFrame(columns=["potential", "spend_method", "reason", "method"])
    return pd.concat(parts).loc[accounts.index] if parts else nothing


def _entered_by(known: pd.DataFrame) -> pd.Series:
    """`ann entered 120,000 a year: they told us`, in the rows where somebody did."""
    said = pd.Series(None, index=known.index, dtype="str")
    for place, row in known[known["kind"].notna()].iterrows():
        what = f"{row['amount']:,.0f} a year" if row["kind"] == VALUE else f"a growth of {row['amount']:+.1%}"
        said[place] = f"{row['by']} entered {what}: {row['reason']}"
    return said
