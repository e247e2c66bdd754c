"""Customers counted: by motion, stage and health, by product, and the list under conditions. On the rows of customer_rows."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

import pandas as pd

from lastword.planning.customers import MOTIONS

NOT_KNOWN = "not known"
MOTION_ORDER = (*MOTIONS.values(), NOT_KNOWN)
STAGE_ORDER = ("new in the year", "active", "lapsed")
HEALTH_ORDER = ("healthy", "at risk", "unknown")
_ORDERS = {"motion": MOTION_ORDER, "stage": STAGE_ORDER, "health": HEALTH_ORDER}


@dataclass(frozen=True)
class Conditions:
    """Which customers are asked for; "" asks for all. Each is a value of its column, "not known" for the empty ones."""

    motion: str = ""
    stage: str = ""
    health: str = ""
    region: str = ""
    industry: str = ""
    next_product: str = ""

    def given(self) -> dict[str, str]:
        """Those that narrow, by column."""
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name))}


def narrowed(customers: pd.DataFrame, conditions: Conditions) -> pd.DataFrame:
    """The customers that meet all conditions, in their order."""
    fits = pd.Series(True, index=customers.index)
    for name, value in conditions.given().items():
        fits &= known(customers[name]) == value
    return customers[fits]


def known(values: pd.Series) -> pd.Series:
    """As text, "not known" where empty."""
    return values.astype("str").fillna(NOT_KNOWN)


def counts_by(customers: pd.DataFrame, name: str) -> pd.DataFrame:
    """Grain: value of motion, stage, health or another column. Columns: value, accounts, prior_year_spend, potential_spend,
    whitespace (sums), share (of all whitespace; null where there is none). Motions, stages and healths that nobody has are
    there with 0, in their order; other columns have the largest whitespace first."""
    amounts = ["prior_year_spend", "potential_spend", "whitespace"]
    grouped = customers.groupby(known(customers[name]).rename("value"))
    rows = grouped[amounts].sum().assign(accounts=grouped.size())
    if name in _ORDERS:
        there = [value for value in _ORDERS[name] if value != NOT_KNOWN or value in rows.index]
        rows = rows.reindex([*there, *(value for value in rows.index if value not in there)]).fillna(0.0)
    else:
        rows = rows.sort_values("whitespace", ascending=False, kind="stable")
    total = float(rows["whitespace"].sum())
    rows = rows.assign(accounts=rows["accounts"].astype("int64"), share=rows["whitespace"] / (total or float("nan")))
    return rows.rename_axis("value").reset_index()[["value", "accounts", *amounts, "share"]]


def signs_of_risk(customers: pd.DataFrame) -> pd.DataFrame:
    """Grain: sign of risk as health_reason has it, most customers first. Columns: sign, accounts, whitespace.

    A customer with several signs counts for each.
    """
    at_risk = customers[customers["health"] == "at risk"]
    signs = at_risk["health_reason"].astype("str").str.split("; ").str[0].str.split(", ").explode()
    rows = at_risk.loc[signs.index, ["whitespace"]].assign(sign=signs.to_numpy())
    grouped = rows.groupby("sign")["whitespace"]
    found = pd.DataFrame({"accounts": grouped.size(), "whitespace": grouped.sum()}).reset_index()
    return found.sort_values(["accounts", "sign"], ascending=[False, True], ignore_index=True)


def by_product(rows: pd.DataFrame, customers: pd.DataFrame) -> pd.DataFrame:
    """Grain: product that any customer owns, the largest open value first.

    Parameters
    ----------
    rows : what product_rows gives.
    customers : account_id and next_product of the same customers.

    Returns
    -------
    pandas.DataFrame
        product; owners; penetration, their share of the customers; typical_value, the mean of the typical values among
        those that don't own it (null where none is known); open, how many don't; open_value, their typical values together;
        worth, open values × the penetration among comparable customers; offered_next, for how many it is the next to offer.
    """
    given = rows[rows["account_id"].isin(customers["account_id"])]
    offered = given[~given["owned"]]
    by_name, open_by_name = given.groupby("product"), offered.groupby("product")
    found = pd.DataFrame(
        {
            "owners": by_name["owned"].sum().astype("int64"),
            "penetration": by_name["owned"].mean(),
            "typical_value": open_by_name["typical_value"].mean(),
            "open": open_by_name.size(),
            "open_value": open_by_name["typical_value"].sum(),
            "worth": open_by_name["worth"].sum(),
            "offered_next": customers.groupby("next_product").size(),
        }
    ).reindex(sorted(given["product"].unique()))
    counted = found.fillna({"open": 0, "open_value": 0.0, "worth": 0.0, "offered_next": 0})
    typed = counted.astype({"open": "int64", "offered_next": "int64"}).rename_axis("product").reset_index()
    return typed.sort_values(["open_value", "product"], ascending=[False, True], ignore_index=True)


def finding(motions: pd.DataFrame, currency: str) -> str:
    """Where most of what is open lies, in a sentence; of counts_by(…, "motion")."""
    total, accounts = float(motions["whitespace"].sum()), int(motions["accounts"].sum())
    if not accounts:
        return "No customer fits"
    if not total:
        return f"Nothing is known to be open with {_customers(accounts)}"
    most: Mapping[str, float] = motions.loc[motions["whitespace"].idxmax()].to_dict()
    name = str(most["value"]).capitalize()
    hold = "holds" if most["accounts"] == 1 else "hold"
    share = f"{most['share']:.0%}".replace("%", " %")
    return f"{name}: {_customers(int(most['accounts']))} {hold} {share} of the whitespace of {total:,.0f} {currency}"


def _customers(count: int) -> str:
    return f"{count:,} {'customer' if count == 1 else 'customers'}"
