"""Fit × value: the four quadrants of the final table, and what is in each."""

import pandas as pd

from lastword.planning.tiers import high_value

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
