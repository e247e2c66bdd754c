"""Sellers that a plan asks for, from its accounts by region and segment alone."""

from collections.abc import Sequence
from math import ceil

import pandas as pd

from lastword.planning_settings import Role


def sellers_by_segment(counts: pd.DataFrame, roles: Sequence[Role]) -> tuple[int, int] | None:
    """Sellers needed before and after, all regions and roles; None where no role is set, or one goes by tiers.

    Parameters
    ----------
    counts : accounts by (group, segment), columns before and after: lastword.planning.whatif.WhatIf.regions.
    roles : [[capacity.roles]]; an account goes to the first whose segments have its own, as in lastword.planning.capacity.
    """
    if not roles or any(role.tiers for role in roles):
        return None
    segments = list(dict.fromkeys(counts.index.get_level_values("segment")))
    taken = {name: next((place for place, role in enumerate(roles) if _takes(role, name)), -1) for name in segments}
    role = counts.index.get_level_values("segment").map(taken)
    totals = counts.groupby([counts.index.get_level_values("group"), role]).sum()
    before, after = (
        sum(ceil(count / roles[place].accounts_per_seller) for (_, place), count in totals[name].items() if place >= 0)
        for name in ("before", "after")
    )
    return before, after


def _takes(role: Role, segment: str) -> bool:
    return not role.segments or segment in role.segments
