"""What there is to choose accounts by: the values of each field that a publication fixes, and how many accounts have them."""

from typing import TYPE_CHECKING

from overrides.filters import HIERARCHY, NONE, Filters
from overrides.valid_rows import CURRENT

if TYPE_CHECKING:
    import pandas as pd

PLACES = ("region", "sub_region", "country")
TRADES = ("industry", "sub_industry")
FIELDS = (*HIERARCHY, "account_status")
COUNTED = (*FIELDS, "plan_segment", "why_family")


def hierarchy_table() -> "pd.DataFrame":
    """What there is to choose from: the current publication has it for good, so that it can be kept until the next one.

    Returns
    -------
    One row per combination of COUNTED that occurs, filters.NONE where one isn't given, and accounts; empty before the first
    publication.
    """
    import pandas as pd

    from overrides.store import reading

    columns = ", ".join(COUNTED)
    with reading() as cursor:
        cursor.execute(f"SELECT {columns}, COUNT(*) FROM lastword_score s WHERE {CURRENT} GROUP BY {columns}")
        table = pd.DataFrame.from_records(list(cursor.fetchall()), columns=[*COUNTED, "accounts"])
    return table.fillna(dict.fromkeys(COUNTED, NONE)).astype(dict.fromkeys(COUNTED, "category") | {"accounts": "int64"})


def values_of(field: str, table: "pd.DataFrame", filters: Filters) -> list[tuple[str, int]]:
    """The values of a field and their accounts, by value, under the other hierarchy filters; NONE comes last.

    What is chosen on the levels below narrows nothing, so that another branch can be chosen; what is chosen in the field
    itself is always among the values, with 0 accounts where none is left.

    Parameters
    ----------
    table : see `hierarchy_table`.
    """
    fits = table["accounts"] > 0
    for name in FIELDS:
        asked = getattr(filters, name)
        if asked and name not in _from_here_down(field):
            fits &= table[name].isin(asked)
    counts = table[fits].groupby(field, observed=True)["accounts"].sum().to_dict()
    found = {**dict.fromkeys(getattr(filters, field), 0), **counts}
    return sorted(found.items(), key=lambda item: (item[0] == NONE, item[0].casefold()))


def _from_here_down(field: str) -> tuple[str, ...]:
    """The field and the levels below it."""
    for levels in (PLACES, TRADES):
        if field in levels:
            return levels[levels.index(field) :]
    return (field,)
