"""Facts about a table as numbers, computed by the engine: what a long table's expectations are checked on."""

from collections.abc import Callable, Collection, Mapping
from datetime import date

import ibis

FIGURES: Mapping[str, Callable[[ibis.Column], ibis.Scalar]] = {
    "_distinct": lambda column: column.nunique(),
    "_filled_share": lambda column: column.notnull().cast("float64").mean(),
    "_newest_age_days": lambda column: column.max(),
    "_oldest_age_days": lambda column: column.min(),
}
"""How a fact about a column is computed, by the end of its name; of a date, its age is the fact."""


def profile(table: ibis.Table, wanted: Collection[str], as_of: date, accounts: int) -> dict[str, float]:
    """Facts about the used rows of an input.

    Parameters
    ----------
    table
        The used rows.
    wanted
        The names of the facts that are asked for.
    as_of
        Ages of dates are counted from here.
    accounts
        How many usable accounts there are.

    Returns
    -------
    dict
        rows; accounts_share, the part of all accounts that the table mentions; and of those wanted: COLUMN_distinct,
        COLUMN_filled_share, COLUMN_newest_age_days and COLUMN_oldest_age_days. What cannot be computed, as a share of
        nothing or a fact about a column that isn't given, is left out.
    """
    figures = {"rows": table.count()} | {name: figure for name in wanted for figure in _figure(table, name)}
    if accounts:
        figures["accounts_share"] = table.account_id.nunique() / accounts
    found = table.aggregate(**figures).to_pyarrow().to_pylist()[0]
    return {
        name: float((as_of - value).days if isinstance(value, date) else value)
        for name, value in found.items()
        if value is not None
    }


def _figure(table: ibis.Table, fact: str) -> list[ibis.Scalar]:
    """The expression of a fact about a column, where its name is that of one and the column is there."""
    ends = [end for end in FIGURES if fact.endswith(end) and fact.removesuffix(end) in table.columns]
    return [FIGURES[end](table[fact.removesuffix(end)]) for end in ends]
