"""What runs posted as potential spend, read from their folders for people: nothing is computed here that a run didn't write."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lastword.errors import Refusal
from lastword.plan_values_kept import COLUMNS
from lastword.planning.spend_methods import QUANTILE_FACTS
from lastword.posting import CORRELATIONS, POSTED
from lastword.run_rows import rows_where
from lastword.table_files import read, schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from lastword.project import Project

ATTRIBUTES = ("region", "sub_region", "country", "industry", "sub_industry", "account_status", "plan_segment")
"""By which posted potential is added up."""

_ALWAYS = ("account_id", "prior_year_spend", "industry", "sub_industry")


@dataclass(frozen=True)
class Kept:
    """A run's folder, and which of its tables are there."""

    folder: Path

    @property
    def posted(self) -> bool:
        """Whether it wrote what it posted, and how spend goes with metrics."""
        return (self.folder / POSTED).is_file() and (self.folder / CORRELATIONS).is_file()

    @property
    def facts(self) -> bool:
        """Whether it kept the columns of accounts, without which nothing can be tried."""
        return (self.folder / COLUMNS).exists()


def kept_of(project: "Project", run_id: str) -> Kept:
    """What a run kept."""
    return Kept(project.run_folder(run_id))


def posted_rows(kept: Kept) -> "pd.DataFrame":
    """The posted potential of every account, as posted_spend gives it, by account_id.

    Raises
    ------
    Refusal
        The run wrote none.
    """
    import pandas as pd

    if not kept.posted:
        raise Refusal(f"run {kept.folder.name} kept no potential_spend.parquet: `lastword score` makes a run that does")
    return pd.read_parquet(kept.folder / POSTED).sort_values("account_id", ignore_index=True)


def correlation_rows(kept: Kept) -> "pd.DataFrame":
    """How spend goes with every column of numbers, the closest first; see planning.correlation.correlations."""
    import pandas as pd

    return pd.read_parquet(kept.folder / CORRELATIONS)


def posted_total_of(kept: Kept) -> dict[str, float] | None:
    """What a run posted in all (planning.spend_summary.posted_total); None where it wrote none."""
    import pandas as pd

    from lastword.planning.spend_summary import posted_total

    if not (kept.folder / POSTED).is_file():
        return None
    return posted_total(pd.read_parquet(kept.folder / POSTED, columns=["potential_spend", "manual"]))


def posted_account(kept: Kept, account_id: str) -> dict[str, Any] | None:
    """The posted row of one account; None where there is none."""
    path = kept.folder / POSTED
    rows = rows_where(path, "account_id", [account_id]).to_pylist() if path.is_file() else []
    return rows[0] if rows else None


def attribute_values(kept: Kept, name: str, accounts: "pd.Series") -> "pd.Series":
    """One of ATTRIBUTES for these account_ids, on their index; null where not given."""

    table = "scores" if name == "plan_segment" else "accounts"
    path = kept.folder / f"{table}.parquet"
    found = read(path, ["account_id", name]).to_pandas().set_index("account_id")[name]
    return accounts.map(found[~found.index.duplicated()])


def account_facts_for(kept: Kept, accounts: "pd.Series", names: "Iterable[str]", *, quantile: bool = False) -> "pd.DataFrame":
    """The columns that methods and rules look at, one row per account_id in `accounts`, on its index.

    Parameters
    ----------
    names : columns of accounts, `segment` (the plan's) or `account_status`.
    quantile : with what the percentile of comparable accounts is conditional on.

    Raises
    ------
    Refusal
        The run kept no columns of accounts, or they lack one of `names`.
    """
    import pandas as pd

    if not kept.facts:
        raise Refusal(f"run {kept.folder.name} kept no columns of accounts: `lastword score` makes a run that does")
    there = schema(kept.folder / COLUMNS).names
    wanted = dict.fromkeys((*_ALWAYS, *names, *((name for name in QUANTILE_FACTS if name in there) if quantile else ())))
    derived = [name for name in ("segment", "account_status") if name in wanted]
    lacking = [name for name in wanted if name not in there and name not in derived]
    if lacking:
        raise Refusal(f"run {kept.folder.name} knows no column {lacking[0]} of accounts: run `lastword score`")
    columns = [name for name in wanted if name in there and name not in derived]
    facts = pd.read_parquet(kept.folder / COLUMNS, columns=columns).set_index("account_id")
    facts = facts.reindex(accounts).reset_index().set_index(accounts.index)
    sources = {"segment": "plan_segment", "account_status": "account_status"}
    return facts.assign(**{name: attribute_values(kept, sources[name], accounts) for name in derived})
