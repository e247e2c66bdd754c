"""What another plan would do, as the editor's panel shows it."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from lastword.plan import Plan
    from lastword.planning.whatif import WhatIf
    from lastword.planning.whatif_sellers import Sellers

MOST_MOVES = 50
MOST_GROUPS = 60


def panel(found: "WhatIf", current: "Plan", other: "Plan") -> dict[str, Any]:
    """What the template shows of a try."""
    from lastword.plan_diff import differences

    gain = None if found.capture is None else found.capture.gain
    return {
        "found": found,
        "headline": headline(found),
        "gain": gain,
        "matrix": matrix(found, current, other),
        "columns": [str(name) for name in found.matrix.columns],
        "sums": [int(each) for each in found.matrix.sum(axis=0)],
        "moves": found.moves.head(MOST_MOVES).to_dict("records"),
        "groups": [groups("region", found.regions), groups("industry", found.industries)],
        "sellers": None if found.sellers is None else sellers(found.sellers),
        "stale": found.stale.head(MOST_MOVES).to_dict("records"),
        "differences": differences(current, other),
        "current": current,
    }


def headline(found: "WhatIf") -> str:
    """The one sentence that a reader who listens hears."""
    if not found.moved:
        return f"None of {found.accounts:,} accounts would move"
    share = f"{found.moved / found.accounts:.1%}".replace("%", " %")
    return f"{found.moved:,} of {found.accounts:,} accounts would move ({share}): {found.up:,} up, {found.down:,} down"


def matrix(found: "WhatIf", current: "Plan", other: "Plan") -> list[dict[str, Any]]:
    """Rows of segments before, each cell with whether it is a way up, down or neither."""
    from lastword.planning.whatif import directions

    ways = directions(current, other)
    words = {1: "up", -1: "down", 0: "level"}
    return [
        {
            "name": str(name),
            "cells": [{"count": int(count), "way": words[int(way)]} for count, way in zip(row, ways[place], strict=True)],
            "sum": int(row.sum()),
        }
        for place, (name, row) in enumerate(found.matrix.iterrows())
    ]


def groups(title: str, counts: "pd.DataFrame") -> dict[str, Any]:
    """Accounts by group and segment, before and after; the largest groups first."""
    segments = list(dict.fromkeys(counts.index.get_level_values("segment")))
    sizes = counts["before"].groupby(level="group", sort=False).sum().sort_values(ascending=False, kind="stable")
    rows = []
    for group in sizes.index[:MOST_GROUPS]:
        held = counts.loc[group]
        cells = [(int(held.at[each, "before"]), int(held.at[each, "after"])) for each in segments]
        rows.append({"name": str(group), "cells": [{"before": a, "after": b, "change": b - a} for a, b in cells]})
    return {"title": title, "segments": segments, "rows": rows, "left": max(0, len(sizes) - MOST_GROUPS)}


def sellers(found: "Sellers") -> dict[str, Any]:
    """Sellers needed by role, all regions together, and one row a region and role."""
    names = ["accounts_before", "accounts_after", "needed_before", "needed_after"]
    roles = found.roles.groupby("role", sort=False)[names].sum().reset_index().to_dict("records")
    rows = found.roles.to_dict("records")
    for each in [*roles, *rows]:
        each["change"] = each["needed_after"] - each["needed_before"]
    return {"roles": roles, "rows": rows, "unassigned": found.unassigned}
