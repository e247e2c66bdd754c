"""Broken rows, a fixed few in every table, each with the reason that the gate finds (see expectations/rules.py).

A *row* fault adds a row, a changed copy of another, so the rows of the market itself stay whole. A *cell* fault writes into a
cell that was blank, or on which no probability depends.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

UNKNOWN_ID = "NOBODY-1"
IMPOSSIBLE_DATE = "2025-02-30"
FUTURE_DATE = "2099-12-31"
LONG_AGO = "1999-12-31"
"""Before any technology was first seen."""
ROWS, CELLS = "rows_quarantined", "cell_issues"

Counts = dict[str, dict[str, int]]


@dataclass(frozen=True)
class Fault:
    """One broken row.

    changes  values written, by column
    among    which rows may be copied or changed; None for any
    in_cell  whether the row itself is changed, and stays usable, rather than a copy of it
    """

    reason: str
    changes: dict[str, Any] = field(default_factory=dict)
    among: NDArray[np.bool_] | None = None
    in_cell: bool = False


def plant(rng: np.random.Generator, frame: pd.DataFrame, faults: Iterable[Fault]) -> tuple[pd.DataFrame, Counts]:
    """The frame with its broken rows, and how many there are of which reason.

    A broken row stands somewhere after the row that it copies, so that of duplicates the first is the good one. A fault for
    which no row is left is not planted.
    """
    frame = frame.astype(object).reset_index(drop=True)
    free = np.ones(len(frame), dtype=bool)
    added: list[dict[str, Any]] = []
    places: list[float] = []
    counts: Counts = {ROWS: {}, CELLS: {}}
    for fault in faults:
        candidates = np.flatnonzero(free if fault.among is None else free & fault.among)
        if not len(candidates):
            continue
        position = int(rng.choice(candidates))
        free[position] = False
        if fault.in_cell:
            frame.loc[position, list(fault.changes)] = list(fault.changes.values())
        else:
            added.append(frame.loc[position].to_dict() | fault.changes)
            places.append(rng.uniform(position + 0.5, len(frame)))
        kind = counts[CELLS if fault.in_cell else ROWS]
        kind[fault.reason] = kind.get(fault.reason, 0) + 1
    order = np.argsort(np.concatenate([np.arange(len(frame)), places]), kind="stable")
    return pd.concat([frame, pd.DataFrame(added, columns=frame.columns, dtype=object)]).iloc[order], counts


def account_faults(accounts: pd.DataFrame) -> list[Fault]:
    """Blank and repeated ids; text and negative numbers where the employees or the revenue were unknown anyway."""
    no_employees, no_revenue = (accounts[name].isna().to_numpy() for name in ("employee_count", "annual_revenue"))
    return [
        *[Fault("blank_account_id", {"account_id": blank}) for blank in (None, "   ", None)],
        *[Fault("duplicate_account_id", {"name": "Entered twice"})] * 4,
        *[Fault("employee_count: unreadable", {"employee_count": text}, no_employees, True) for text in ("n/a", "12 apples")],
        *[Fault("employee_count: negative", {"employee_count": text}, no_employees, True) for text in ("-40", "-1")],
        Fault("annual_revenue: unreadable", {"annual_revenue": "about 5 million"}, no_revenue, True),
        Fault("annual_revenue: negative", {"annual_revenue": "-250000"}, no_revenue, True),
    ]


def won_faults() -> list[Fault]:
    """Every broken row is of somebody who is a customer anyway, or of nobody."""
    return [
        Fault("blank_account_id", {"account_id": None}),
        Fault("unknown_account_id", {"account_id": UNKNOWN_ID}),
        Fault("unreadable_date", {"won_on": IMPOSSIBLE_DATE}),
        Fault("future_date", {"won_on": FUTURE_DATE}),
        Fault("duplicate_row"),
        Fault("amount: unreadable", {"amount": "n/a"}, None, True),
        Fault("amount: negative", {"amount": "-1200"}, None, True),
    ]


def house_list_faults(unlisted_ids: list[str]) -> list[Fault]:
    """Bad dates are those of accounts that are not on the list, so nobody's listing changes."""
    dates = ((IMPOSSIBLE_DATE, "unreadable_date"), (FUTURE_DATE, "future_date"))
    bad_dates = zip(unlisted_ids[:4], [*dates, *dates], strict=False)
    return [
        *[Fault("blank_account_id", {"account_id": None})] * 2,
        *[Fault("unknown_account_id", {"account_id": UNKNOWN_ID})] * 2,
        *[Fault("duplicate_account_id", {"listed_on": None})] * 3,
        *[Fault(reason, {"account_id": account_id, "listed_on": day}) for account_id, (day, reason) in bad_dates],
    ]


def technographics_faults() -> list[Fault]:
    return [
        *[Fault("blank_account_id", {"account_id": None})] * 2,
        *[Fault("blank_technology", {"technology": None})] * 2,
        *[Fault("unknown_account_id", {"account_id": UNKNOWN_ID})] * 3,
        *[Fault("unreadable_date", {"first_seen": IMPOSSIBLE_DATE})] * 2,
        *[Fault("future_date", {"first_seen": FUTURE_DATE, "last_seen": None})] * 2,
        *[Fault("impossible_dates", {"last_seen": LONG_AGO})] * 2,
        *[Fault("duplicate_row")] * 3,
    ]


def intents_faults() -> list[Fault]:
    """The feed is typed, so no date and no number in it is unreadable."""
    return [
        *[Fault("blank_account_id", {"account_id": None})] * 3,
        *[Fault("blank_topic", {"topic": None})] * 2,
        *[Fault("unknown_account_id", {"account_id": UNKNOWN_ID})] * 5,
        *[Fault("future_date", {"observed_on": date.fromisoformat(FUTURE_DATE)})] * 3,
        *[Fault("negative_strength", {"strength": -5})] * 2,
    ]


def product_faults() -> list[Fault]:
    return [Fault("unknown_account_id", {"account_id": UNKNOWN_ID}), Fault("duplicate_row")]
