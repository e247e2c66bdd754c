"""Posting: the potential spend that a run goes by, written into its folder with where each amount comes from."""

from typing import TYPE_CHECKING

from lastword.run import Run
from lastword.run_rows import ROWS_PER_GROUP
from lastword.table_files import read

if TYPE_CHECKING:
    import pandas as pd

    from features.build import Tables

POSTED, CORRELATIONS = "potential_spend.parquet", "spend_correlations.parquet"


def with_posted_spend(run: Run, tables: "Tables", rows: "pd.DataFrame") -> "pd.DataFrame":
    """The rows of accounts with the potential spend posted: methods by [spend], what people entered before them.

    Writes potential_spend.parquet (one row per account: see posted_spend) and spend_correlations.parquet (per column of
    numbers, how spend goes with it: see correlations).
    """
    from lastword.planning.correlation import correlations
    from lastword.planning.posted_spend import posted_spend
    from lastword.planning.tiers import high_value
    from overrides import spend_entries
    from overrides.store import open_store

    open_store(run.project.store_url)
    facts = _facts(run, tables, rows)
    posted = posted_spend(facts, run.project.settings.spend, spend_entries.in_force(run.now), run.project.settings.seed)
    posted.to_parquet(run.folder / POSTED, index=False, row_group_size=ROWS_PER_GROUP)
    correlations(facts, _metrics(tables)).to_parquet(run.folder / CORRELATIONS, index=False)
    potential = posted["potential_spend"].astype("float64")
    return rows.assign(potential_spend=potential, high_value=high_value(potential))


def _facts(run: Run, tables: "Tables", rows: "pd.DataFrame") -> "pd.DataFrame":
    """Every column of accounts, account_status and, where a rule asks for it, the plan's segment; on the index of `rows`."""
    given = tables.accounts.order_by("account_id").to_pandas()
    facts = given.assign(account_status=rows["account_status"].to_numpy()).set_index(rows.index)
    if any("segment" in rule.when for rule in run.project.settings.spend.rules):
        facts = facts.assign(segment=_segments(run).reindex(facts["account_id"]).to_numpy())
    return facts


def _segments(run: Run) -> "pd.Series":

    from models.scorecard import score_plan

    values = read(run.folder / "plan_values.parquet").to_pandas().set_index("account_id")
    return score_plan(run.project.load_plan(), values).segment


def _metrics(tables: "Tables") -> list[str]:
    """The columns of numbers that spend can be compared with."""
    schema = tables.accounts.schema()
    return [name for name, kind in schema.items() if kind.is_numeric() and not kind.is_boolean() and name != "prior_year_spend"]
