"""The rows that Salesforce gets: one per account, keyed by the external id, every value as the text that its Bulk API reads."""

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from lastword.settings import Salesforce

EMPTY = "#N/A"
"""What empties a field; an empty cell would leave it as it is."""


def salesforce_rows(accounts: "pd.DataFrame", settings: "Salesforce") -> "pd.DataFrame":
    """The columns of `[salesforce]`, the external id first, as text in the order of `accounts` (see handover.tables).

    Ids are never altered; propensity has four decimals; EMPTY where there is nothing.
    """
    import pandas as pd

    columns = {settings.external_id: accounts["account_id"].astype("str")}
    for name, field in settings.fields.model_dump().items():
        given = accounts[name]
        texts = given.round(4).map("{:.4f}".format) if name == "propensity" else given.astype("str")
        columns[field] = texts.where(given.notna(), EMPTY).astype("str")
    return pd.DataFrame(columns)


def csv_of(rows: "pd.DataFrame") -> str:
    """The rows as the Bulk API takes them. No cell is altered: this is for a program, not for a spreadsheet."""
    return str(rows.to_csv(index=False, lineterminator="\n"))


def digests(rows: "pd.DataFrame") -> dict[str, str]:
    """By account_id a digest of all that its row says, the names of the fields among it."""
    heads = "\x1f".join(rows.columns)
    lines = rows.agg("\x1f".join, axis=1) if len(rows) else []
    said = (hashlib.sha256(f"{heads}\x1e{line}".encode()).hexdigest() for line in lines)
    return dict(zip(rows.iloc[:, 0], said, strict=True))
