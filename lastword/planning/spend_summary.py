"""What the posted potential spend adds up to: by method, by attribute, by rule of [spend], and where a method couldn't apply."""

from collections.abc import Mapping

import pandas as pd

from lastword.planning.posted_spend import VALUE
from lastword.planning.spend_methods import why_not

NOT_GIVEN = "not given"
NO_RULE = -1


def by_method(posted: pd.DataFrame) -> pd.DataFrame:
    """Grain: what the potential comes from (a method, or what a person entered), the largest sum first.

    Columns: spend_method (null where there is no potential), accounts, potential_spend (sum). `posted` as posted_spend gives it.
    """
    given = posted.assign(spend_method=posted["spend_method"].where(posted["potential_spend"].notna()))
    rows = _summed(given, given["spend_method"], {"potential_spend": given["potential_spend"]})
    return rows.rename(columns={"value": "spend_method"})


def by_attribute(posted: pd.DataFrame, values: pd.Series) -> pd.DataFrame:
    """Grain: value of an attribute ("not given" where null), the largest potential first.

    Columns: value, accounts, prior_year_spend and potential_spend (sums), unspent (the sum of what is left of each account's
    potential above its spend). `values` has the index of `posted`.
    """
    spend = posted["prior_year_spend"].fillna(0.0)
    amounts = {
        "potential_spend": posted["potential_spend"],
        "prior_year_spend": spend,
        "unspent": (posted["potential_spend"] - spend).clip(lower=0),
    }
    return _summed(posted, values.astype("str").fillna(NOT_GIVEN), amounts)


def by_rule(posted: pd.DataFrame, rule: pd.Series) -> pd.DataFrame:
    """Grain: index of a rule of [spend], NO_RULE for the accounts that none fits.

    Columns: rule, accounts, applied (those whose potential the rule's method gives), manual (those on which a person's entry
    decides), instead (those for which the average took its place), potential_spend (sum). `rule` as rule_of_each gives it.
    """
    manual = posted["manual"].astype(bool)
    applied = ~manual & (posted["spend_method"] == posted["method"]) & posted["potential_spend"].notna()
    flags = posted.assign(rule=rule, manual=manual, applied=applied, instead=~manual & ~applied)
    found = flags.groupby("rule")[["manual", "applied", "instead"]].sum()
    found["accounts"] = flags.groupby("rule").size()
    found["potential_spend"] = flags.groupby("rule")["potential_spend"].sum()
    return found.reset_index()


def refusals(posted: pd.DataFrame) -> pd.DataFrame:
    """Grain: method asked for and why it couldn't apply, most accounts first. Columns: method, why, accounts.

    Accounts on which a person's entry decides aren't among them.
    """
    refused = posted[~posted["manual"].astype(bool) & (posted["spend_method"] != posted["method"])]
    why = refused["reason"].map(why_not).astype("str")
    counts = refused.groupby([refused["method"], why.rename("why")]).size().rename("accounts").reset_index()
    return counts.sort_values(["accounts", "method", "why"], ascending=[False, True, True], ignore_index=True)


def posted_total(posted: pd.DataFrame) -> dict[str, float]:
    """accounts (with a potential), potential_spend, and of them by people's entries: manual (accounts), manual_spend."""
    manual = posted[posted["manual"].astype(bool)]
    return {
        "accounts": int(posted["potential_spend"].notna().sum()),
        "potential_spend": float(posted["potential_spend"].sum()),
        "manual": len(manual),
        "manual_spend": float(manual["potential_spend"].sum()),
    }


def not_in_force(posted: pd.DataFrame, entries: pd.DataFrame) -> int:
    """On how many accounts what stands now isn't what was posted: entered, changed or taken back since.

    `entries` as overrides.spend_entries.in_force gives them. A growth that could grow nothing counts as posted.
    """
    by_account = posted.set_index("account_id")
    known = entries.reindex(by_account.index)
    spent = by_account["prior_year_spend"].where(by_account["prior_year_spend"] > 0)
    wanted = (
        known["amount"].where(known["kind"] == VALUE).fillna((spent * (1 + known["amount"])).where(known["kind"] == "growth"))
    )
    was = by_account["potential_spend"].where(by_account["manual"].astype(bool))
    same = (was.isna() & wanted.isna()) | ((was - wanted).abs() <= 1e-6 * was.abs().clip(lower=1.0))
    return int((~same).sum())


def _summed(posted: pd.DataFrame, keys: pd.Series, amounts: Mapping[str, pd.Series]) -> pd.DataFrame:
    grouped = posted.assign(**amounts).groupby(keys.rename("value"), dropna=False)
    rows = grouped[list(amounts)].sum().assign(accounts=grouped.size()).reset_index()
    ordered = rows.sort_values(["potential_spend", "value"], ascending=[False, True], ignore_index=True)
    return ordered[["value", "accounts", *amounts]]
