"""How many sellers a plan takes, how many there are, and which accounts those can look after."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor

import pandas as pd

from lastword.planning_settings import Role

NOWHERE = "no region"
COLUMNS = ("region", "role", "accounts", "sellers_needed", "sellers", "gap", "accounts_that_fit", "tier_cut", "value_cut")


def capacity(final: pd.DataFrame, roles: Sequence[Role]) -> pd.DataFrame:
    """Sellers needed against sellers there are. Grain: region × role.

    Parameters
    ----------
    final
        One row per account: region, tier (null: not known), plan_segment, final_grade (null: not covered, and left out),
        expected_value (null counts as least), account_id.
    roles
        An account goes to the first role that takes its tier and segment; to none where no role does.

    Returns
    -------
    pandas.DataFrame
        COLUMNS: sellers_needed = accounts ÷ accounts per seller, rounded up. Where the role says who there is (else null):
        sellers (0 in a region it doesn't name), gap = sellers_needed − sellers, accounts_that_fit, and the cut that would fit
        them: the tier and the expected value of the last account that does, by tier and within a tier by expected value;
        null where all fit, or none.
    """
    covered = final[final["final_grade"].notna()]
    region = covered["region"].fillna(NOWHERE)
    role = role_of_each(covered, roles)
    rows = []
    for name in sorted(set(region) | {place for each in roles for place in each.sellers}):
        for index, each in enumerate(roles):
            rows.append({"region": name, **_of_role(covered[(region == name) & (role == index)], each, name)})
    whole = dict.fromkeys(("accounts", "sellers_needed", "accounts_that_fit", "tier_cut"), "Int64")
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(whole | dict.fromkeys(("sellers", "gap", "value_cut"), "float64"))


def role_of_each(final: pd.DataFrame, roles: Sequence[Role]) -> pd.Series:
    """The index of the role that looks after each account, −1 where none does."""
    found = pd.Series(-1, final.index)
    for index, role in reversed(list(enumerate(roles))):
        tier = final["tier"].isin(role.tiers) if role.tiers else pd.Series(True, final.index)
        segment = final["plan_segment"].isin(role.segments) if role.segments else pd.Series(True, final.index)
        found = found.mask(tier & segment, index)
    return found


def _of_role(accounts: pd.DataFrame, role: Role, region: str) -> dict[str, object]:
    needed = ceil(len(accounts) / role.accounts_per_seller)
    known = {"role": role.name, "accounts": len(accounts), "sellers_needed": needed}
    if not role.sellers:
        return known
    sellers = role.sellers.get(region, 0.0)
    fit = min(len(accounts), floor(sellers * role.accounts_per_seller))
    cut = {}
    if 0 < fit < len(accounts):
        last = _in_order(accounts).iloc[fit - 1]
        cut = {"tier_cut": last["tier"], "value_cut": last["expected_value"]}
    return known | {"sellers": sellers, "gap": needed - sellers, "accounts_that_fit": fit} | cut


def assigned(final: pd.DataFrame, roles: Sequence[Role]) -> pd.DataFrame:
    """Who looks after each account. Grain and order: the accounts of `final` that have a final grade.

    Returns
    -------
    pandas.DataFrame
        account_id, region, tier, plan_segment, expected_value, role (null: none takes it), fits (whether the sellers there are
        can look after it too; null where the role doesn't say who there is).
    """
    covered = final[final["final_grade"].notna()]
    index = role_of_each(covered, roles)
    names = {place: role.name for place, role in enumerate(roles)}
    found = covered[["account_id", "region", "tier", "plan_segment", "expected_value"]].assign(
        role=index.map(names).astype("str")
    )
    place = _in_order(found).groupby([index, found["region"].fillna(NOWHERE)]).cumcount().reindex(found.index)
    rooms = [_room(roles, role, region) for role, region in zip(index, found["region"], strict=True)]
    room = pd.Series(rooms, found.index, dtype="float64")
    fits = (place < room).astype("boolean").mask(room.isna())
    return found.assign(fits=fits)


def filter_of_role(roles: Sequence[Role], index: int) -> tuple[tuple[int | None, ...], tuple[str, ...]] | None:
    """The tiers (None: no tier) and segments that say exactly which accounts a role looks after; empty: all.

    None where tiers and segments don't say it: roles before it take some accounts of a tier by their segment.
    """
    role, before = roles[index], roles[:index]
    every: tuple[int | None, ...] = (1, 2, 3, None)
    own = tuple(role.tiers) or every
    rivals = [each for each in before if set(each.tiers or every) & set(own)]
    if any(each.segments for each in rivals):
        return None
    left = tuple(tier for tier in own if not any(tier in (each.tiers or every) for each in rivals))
    return (left, tuple(role.segments)) if left else None


def totals(table: pd.DataFrame) -> dict[str, float | None]:
    """Sums over the rows of `capacity`: accounts, sellers_needed, and sellers and gap over the rows that have them, else None."""
    told = table[table["sellers"].notna()]
    known = {name: float(told[name].sum()) if len(told) else None for name in ("sellers", "gap")}
    return {"accounts": int(table["accounts"].sum()), "sellers_needed": int(table["sellers_needed"].sum()), **known}


def _room(roles: Sequence[Role], index: int, region: str | None) -> float | None:
    if index < 0 or not roles[index].sellers:
        return None
    sellers = roles[index].sellers.get(region if isinstance(region, str) else NOWHERE, 0.0)
    return floor(sellers * roles[index].accounts_per_seller)


def _in_order(accounts: pd.DataFrame) -> pd.DataFrame:
    """Whom to look after first: by tier, within a tier by expected value."""
    return accounts.sort_values(["tier", "expected_value", "account_id"], ascending=[True, False, True], na_position="last")


@dataclass(frozen=True)
class Churn:
    """Accounts whose tier is another than before, among those with a tier in both tables.

    Attributes
    ----------
    share : changed ÷ accounts; null where no account is in both.
    within_budget : whether share is at most the budget; null where share is.
    """

    accounts: int
    changed: int
    up: int
    down: int
    share: float | None
    budget: float
    within_budget: bool | None


def tier_churn(before: pd.Series, now: pd.Series, budget: float) -> Churn:
    """Compare two tiers by account_id (null: none) against the share of accounts that may change at once."""
    before, now = before.dropna(), now.dropna()
    both = before.index.intersection(now.index)
    step = before.loc[both].astype("int64") - now.loc[both].astype("int64")
    changed = int((step != 0).sum())
    share = changed / len(both) if len(both) else None
    within = None if share is None else share <= budget
    return Churn(len(both), changed, int((step > 0).sum()), int((step < 0).sum()), share, budget, within)


def tier_changes(before: pd.Series, now: pd.Series) -> pd.DataFrame:
    """The accounts that `tier_churn` counts as changed: account_id, before, now, steps (above 0: up); the farthest first."""
    before, now = before.dropna(), now.dropna()
    both = before.index.intersection(now.index)
    one, other = before.loc[both].astype("int64").to_numpy(), now.loc[both].astype("int64").to_numpy()
    table = pd.DataFrame({"account_id": both, "before": one, "now": other, "steps": one - other})
    changed = table[table["steps"] != 0]
    return changed.sort_values(["steps", "account_id"], key=lambda c: -c.abs() if c.name == "steps" else c, ignore_index=True)
