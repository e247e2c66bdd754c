"""Fit × value: the four quadrants of the final table, and what is in each."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lastword.planning.tiers import high_value, value_border

GOOD_GRADES = ("A", "B")
QUADRANTS = ("fit and value", "fit alone", "value alone", "neither")
"""Tier 1, the two sorts of tier 2, and tier 3."""


def quadrant(final: pd.DataFrame) -> pd.Series:
    """The quadrant of each account: final_grade A or B is fit, a potential_spend among the highest 35 % value.

    Null where either isn't known: no final grade, no potential.
    """
    fit, value = final["final_grade"].isin(GOOD_GRADES), high_value(final["potential_spend"])
    valued = value.fillna(False).astype(bool)
    named = pd.Series("neither", final.index, dtype="str").mask(valued, "value alone")
    named = named.mask(fit, "fit alone").mask(fit & valued, "fit and value")
    return named.mask(final["final_grade"].isna() | value.isna(), None)


def quadrant_table(final: pd.DataFrame) -> pd.DataFrame:
    """One row per quadrant: accounts, customers, potential_spend and expected_value (sums, in the project's currency)."""
    grouped = final.assign(customer=final["account_status"] == "customer").groupby(quadrant(final))
    table = grouped.agg(
        accounts=("account_id", "size"),
        customers=("customer", "sum"),
        potential_spend=("potential_spend", "sum"),
        expected_value=("expected_value", "sum"),
    )
    return table.reindex(list(QUADRANTS), fill_value=0).rename_axis("quadrant").reset_index()


@dataclass(frozen=True)
class Density:
    """How many accounts lie where over final grade × potential spend. Those without a grade or a potential are left out.

    Attributes
    ----------
    edges : least potential, borders of the bands, greatest potential; band n is edges[n] ≤ potential_spend < edges[n + 1], the
        last with its end. One of them is `border`. Empty where no account has both.
    border : where value begins; null where no potential is known.
    cells : one row per grade and band that has accounts: final_grade, band, quadrant, accounts, potential_spend and
        expected_value (sums).
    """

    edges: tuple[float, ...]
    border: float | None
    cells: pd.DataFrame


def density(final: pd.DataFrame, most: int = 12) -> Density:
    """How densely accounts lie over grade and at most `most` bands of potential."""
    known = final[final["final_grade"].notna() & final["potential_spend"].notna()]
    amount, border = known["potential_spend"], value_border(final["potential_spend"])
    inner = value_edges(amount, border, most)
    placed = known.assign(band=np.searchsorted(inner, amount.to_numpy(), side="right"), quadrant=quadrant(final))
    cells = placed.groupby(["final_grade", "band", "quadrant"], as_index=False).agg(
        accounts=("account_id", "size"), potential_spend=("potential_spend", "sum"), expected_value=("expected_value", "sum")
    )
    edges = (float(amount.min()), *inner, float(amount.max())) if len(known) else ()
    return Density(edges, border, cells)


def value_edges(potential: pd.Series, border: float | None, most: int = 12) -> list[float]:
    """Borders of at most `most` bands of potential, as equal as may be on a scale of logarithms.

    One of them is `border`, where value begins (tiers.value_border), so that no band lies in two quadrants. None where all are
    alike.
    """
    positive = potential[potential > 0]
    if border is None or border <= 0 or positive.empty:
        return [] if border is None or potential.empty or potential.min() >= border else [border]
    low, middle, high = (math.log(amount) for amount in (min(positive.min(), border), border, max(positive.max(), border)))
    if low == high:
        return [border] if potential.min() < border else []
    below = min(most - 1, max(1, round(most * (middle - low) / (high - low))))
    logs = [*np.linspace(low, middle, below + 1)[1:-1], *np.linspace(middle, high, most - below + 1)[1:-1]]
    return sorted({border, *(math.exp(each) for each in logs)})


def tiers_by_region(final: pd.DataFrame) -> pd.DataFrame:
    """One row per region (null too), the most accounts first: region, accounts, and of them tier_1, tier_2, tier_3 and none."""
    tier = final["tier"].astype("Int64").map({1: "tier_1", 2: "tier_2", 3: "tier_3"}).astype("object")
    named = tier.where(final["tier"].notna(), "none")
    names = ["tier_1", "tier_2", "tier_3", "none"]
    counts = final.assign(named=named).groupby(["region", "named"], dropna=False).size().unstack("named", fill_value=0)
    table = counts.reindex(columns=names, fill_value=0).rename_axis(columns=None).reset_index()
    table.insert(1, "accounts", table[names].sum(axis=1))
    return table.sort_values(["accounts", "region"], ascending=[False, True], ignore_index=True)
