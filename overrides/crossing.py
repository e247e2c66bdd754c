"""The opinions crossed by an attribute that the store doesn't have: joined account by account, a stretch at a time."""

from typing import TYPE_CHECKING

from overrides.filters import Filters
from overrides.final_query import FINAL, moment_now, one_by_one

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    import pandas as pd

_GROUPS = ("plan_segment", "plan_grade", "model_grade", "final_grade", "decided_by")
_SUMS = ("plan_points", "model_points", "potential_spend", "expected_value")
_COLUMNS = {**FINAL, "plan_grade": "s.plan_grade"}
STRETCH = 50_000


def crossed_by(filters: Filters, values: "pd.Series", now: "datetime", stretch: int = STRETCH) -> "pd.DataFrame":
    """As `final_pages.cross_table`, for any attribute.

    Parameters
    ----------
    values : text by account_id, null where not given; accounts that aren't in it count as not given.
    stretch : accounts in memory at a time.

    Returns
    -------
    One row per `value` (null where not given) × plan_segment × plan_grade × model_grade × final_grade × decided_by that occurs:
    accounts and the sums plan_points, model_points, potential_spend and expected_value, null where none has it.
    """
    import pandas as pd

    parts = [_summed(_with(values, rows)) for rows in _stretches(filters, now, stretch)]
    if not parts:
        return pd.DataFrame(columns=["value", *_GROUPS, "accounts", *_SUMS]).astype({"accounts": "int64"})
    return _summed(pd.concat(parts, ignore_index=True))


def _stretches(filters: Filters, now: "datetime", stretch: int) -> "Iterator[pd.DataFrame]":
    """Rows by account_id; each is summed up before the next is read."""
    import pandas as pd

    from overrides.store import reading

    names = ["account_id", *_GROUPS, *_SUMS]
    last = ""
    with reading() as cursor:
        moment = moment_now(cursor, now)
    while moment is not None:
        source, parameters = one_by_one(moment)
        wanted, asked = filters.conditions(now)
        query = f"SELECT {', '.join(_COLUMNS[name] for name in names)} {source} AND {wanted} AND s.account_id > %s "
        with reading() as cursor:
            cursor.execute(f"{query} ORDER BY s.account_id LIMIT %s", [*parameters, *asked, last, stretch])
            rows = cursor.fetchall()
        if rows:
            types = {**dict.fromkeys(("account_id", *_GROUPS), "str"), **dict.fromkeys(_SUMS, "float64")}
            yield pd.DataFrame.from_records(rows, columns=names).astype(types)
        if len(rows) < stretch:
            return
        last = rows[-1][0]


def _with(values: "pd.Series", rows: "pd.DataFrame") -> "pd.DataFrame":
    return rows.assign(value=rows["account_id"].map(values), accounts=1)


def _summed(rows: "pd.DataFrame") -> "pd.DataFrame":
    groups = rows.groupby(["value", *_GROUPS], dropna=False, observed=True)
    return groups[["accounts", *_SUMS]].sum(min_count=1).reset_index()
