"""Where customers stand: stage, health, what is still open with them, and what that asks for."""

from datetime import date

import numpy as np
import pandas as pd

from lastword.planning.potential_spend import whitespace
from lastword.planning_settings import Customers

MOTIONS = {
    (True, True): "expand",
    (True, False): "defend",
    (False, True): "advocacy",
    (False, False): "retain",
}
"""By whether there is room to grow, and whether the customer is healthy."""

COLUMNS = (
    "account_id",
    "account_status",
    "stage",
    "prior_year_spend",
    "potential_spend",
    "whitespace_share",
    "whitespace",
    "products_owned",
    "products_open",
    "products_open_value",
    "next_product",
    "health",
    "health_reason",
    "motion",
)


def customer_rows(
    accounts: pd.DataFrame, wins: pd.DataFrame, open_products: pd.DataFrame, settings: Customers, as_of: date
) -> pd.DataFrame:
    """Grain: account. COLUMNS.

    Parameters
    ----------
    accounts
        account_id, account_status, prior_year_spend, potential_spend, and the columns that `settings` names.
    wins
        By account_id: first_won_on, last_won_on (dates, null where not dated).
    open_products
        What `product_rows` gives for these accounts; empty where a project gives no products.

    Returns
    -------
    pandas.DataFrame
        stage: prospect, new in the year (first win in the calendar year of `as_of`), active (spent in the prior year, or won
        again this year), lapsed; null of accounts that are neither customer nor prospect. Whitespace as a share of the potential
        and in money. Of customers alone: products owned and open, the yearly value of the open ones, the one to offer next,
        health (healthy, at risk, unknown), motion (expand, defend, advocacy, retain; unknown health counts as healthy).
    """
    customer = accounts["account_status"] == "customer"
    share = whitespace(accounts["prior_year_spend"], accounts["potential_spend"]).where(accounts["potential_spend"].notna())
    rows = accounts[["account_id", "account_status", "prior_year_spend", "potential_spend"]].assign(
        stage=lifecycle_stage(accounts, wins, as_of),
        whitespace_share=share,
        whitespace=(accounts["potential_spend"] - accounts["prior_year_spend"].fillna(0.0)).clip(lower=0),
    )
    rows = rows.join(_products(open_products), on="account_id")
    rows = rows.join(health(accounts, settings, as_of).where(customer))
    rows["motion"] = _motion(share >= settings.high_whitespace, rows["health"], customer & share.notna())
    owned = [name for name in COLUMNS if name.startswith("products_") or name == "next_product"]
    rows[owned] = rows[owned].where(customer, axis=0)
    return rows[list(COLUMNS)]


def _motion(room: pd.Series, health: pd.Series, known: pd.Series) -> pd.Series:
    """The motion of every account that is known, null of the others."""
    well = health != "at risk"
    named = np.select([(room == wide) & (well == healthy) for wide, healthy in MOTIONS], list(MOTIONS.values()), default="")
    return pd.Series(named, index=room.index, dtype="str").where(known)


def lifecycle_stage(accounts: pd.DataFrame, wins: pd.DataFrame, as_of: date) -> pd.Series:
    """prospect, new in the year, active or lapsed; see `customer_rows`. Where no account has spend nobody can have lapsed."""
    known = wins.reindex(accounts["account_id"]).set_index(accounts.index)
    first, last = (pd.to_datetime(known[name]).dt.year for name in ("first_won_on", "last_won_on"))
    spent = accounts["prior_year_spend"] > 0
    customer = accounts["account_status"] == "customer"
    stage = pd.Series(None, accounts.index, dtype="str").mask(accounts["account_status"] == "prospect", "prospect")
    stage = stage.mask(customer, "lapsed" if spent.any() else "active")
    stage = stage.mask(customer & (spent | (last == as_of.year)), "active")
    return stage.mask(customer & (first == as_of.year), "new in the year")


def health(accounts: pd.DataFrame, settings: Customers, as_of: date) -> pd.DataFrame:
    """health (healthy, at risk, unknown) and health_reason, one sentence that also says which columns nobody gave.

    At risk: usage fell by `declining_from` or more, the champion left, or the renewal date is past. Unknown where no column is
    given, or none has a value.
    """
    signs = _signs(accounts, settings, as_of)
    absent = not_given(settings)
    bad = pd.DataFrame({words: (sign == 1) for words, sign in signs.items()}, index=accounts.index)
    seen = pd.DataFrame({words: sign.notna() for words, sign in signs.items()}, index=accounts.index)
    state = np.where(bad.any(axis=1), "at risk", np.where(seen.any(axis=1), "healthy", "unknown"))
    found = pd.Series("", accounts.index, dtype="str")
    for words in bad:
        found = found.mask(bad[words], (found + ", " + words).str.removeprefix(", "))
    said = found.mask(found == "", pd.Series(np.where(state == "unknown", "nothing is known", "no sign of risk"), accounts.index))
    return pd.DataFrame(
        {"health": pd.Series(state, accounts.index, dtype="str"), "health_reason": said + (f"; {absent}" if absent else "")}
    )


def not_given(settings: Customers) -> str:
    """The signs of risk that no column tells of, in words; "" where all are given."""
    absent = [words for key, words in _SIGNS.items() if getattr(settings, key) is None]
    return f"not given: {', '.join(absent)}" if absent else ""


_SIGNS = {"usage_change": "declining usage", "champion_left": "departed champion", "renewal_date": "late renewal"}


def _signs(accounts: pd.DataFrame, settings: Customers, as_of: date) -> dict[str, pd.Series]:
    """By what it is called: 1 where the sign of risk is there, 0 where not, null where nothing is known."""
    found = {}
    if settings.usage_change is not None:
        change = pd.to_numeric(accounts[settings.usage_change], errors="coerce")
        found[_SIGNS["usage_change"]] = (change <= settings.declining_from).astype("float64").where(change.notna())
    if settings.champion_left is not None:
        left = accounts[settings.champion_left].astype("str").str.strip().str.casefold()
        yes, no = left.isin(["1", "1.0", "true", "yes", "y"]), left.isin(["0", "0.0", "false", "no", "n"])
        found[_SIGNS["champion_left"]] = yes.astype("float64").where(yes | no)
    if settings.renewal_date is not None:
        due = pd.to_datetime(accounts[settings.renewal_date], errors="coerce")
        found[_SIGNS["renewal_date"]] = (due < pd.Timestamp(as_of)).astype("float64").where(due.notna())
    return found


def _products(open_products: pd.DataFrame) -> pd.DataFrame:
    """By account_id: products_owned, products_open (their number), products_open_value, next_product."""
    offered = open_products[~open_products["owned"]].sort_values(["worth", "product"], ascending=[False, True])
    by_account = offered.groupby("account_id")
    return pd.DataFrame(
        {
            "products_owned": open_products["owned"].groupby(open_products["account_id"]).sum().astype("float64"),
            "products_open": by_account.size().astype("float64"),
            "products_open_value": by_account["typical_value"].sum(min_count=1),
            "next_product": by_account["product"].first(),
        }
    )
