"""The reasons of accounts, each from the run that scored it: a rescore writes those of the accounts that it scored alone."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lastword.run_rows import rows_where

if TYPE_CHECKING:
    import pandas as pd

    from lastword.project import Project


def reasons_of(project: "Project", accounts: "pd.DataFrame") -> "pd.DataFrame":
    """The reasons of `accounts` (account_id, run_id), each from the run that scored it: see models.explain.COLUMNS.

    And the cause of each row, found here where a run before had none in its table.
    """
    import pandas as pd

    runs = accounts.groupby("run_id")["account_id"]
    found = [reasons_of_run(project, str(run_id), list(account_ids)) for run_id, account_ids in runs]
    tables = [table for table in found if table is not None] or [no_reasons()]
    return tables[0] if len(tables) == 1 else pd.concat(tables, ignore_index=True)


def reasons_of_run(project: "Project", run_id: str, account_ids: Sequence[str]) -> "pd.DataFrame | None":
    """The same of accounts that one run scored; None where there is no such table any more."""
    from models.gap import causes

    path = project.run_folder(run_id) / "reasons.parquet"
    if not path.exists():
        return None
    table = rows_where(path, "account_id", account_ids).to_pandas()
    if "cause" in table:
        return table
    return table.assign(cause=causes(table, table.loc[table["source"] == "plan", "attribute"].unique()))


def no_reasons() -> "pd.DataFrame":
    """A table of reasons without rows."""
    import pandas as pd

    from models.explain import COLUMNS

    return pd.DataFrame(columns=[*COLUMNS, "cause"], dtype="str").astype({"contribution": "float64"})
