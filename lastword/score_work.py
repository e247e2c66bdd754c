"""What batches of accounts are given to score, and where they leave what comes of it: files in the run's folder."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lastword import table_files
from lastword.opinions import ASKED, PREVIOUS
from lastword.run import Run
from lastword.run_rows import ROWS_PER_GROUP

if TYPE_CHECKING:
    import pandas as pd

WORK = "scoring"
"""The folder, there while the run is scored."""

SAMPLE = "sampled"

MOST_COMPARED = 100_000
"""Drift is measured on so many accounts: of so many a share is known to a third of a point."""


@dataclass(frozen=True)
class Work:
    """Where the tables of the accounts to score are, and where to write: folders of parts, `reasons` may be a file.

    `accounts` has of each account what accounts.parquet has, opinions.PREVIOUS and opinions.ASKED, and SAMPLE: whether it is
    compared with those at training. Of these, `samples` get the features and log_odds.
    """

    accounts: Path
    features: Path
    values: Path
    scores: Path
    samples: Path
    reasons: Path


def lay_out(run: Run, chosen: "pd.DataFrame", before: "pd.Series", watched: Collection[str], *, all_of_them: bool) -> Work:
    """Write what is to be scored where batches read it.

    Parameters
    ----------
    chosen
        The accounts to score, by account_id: rows of accounts.parquet.
    before
        The model's grades in the publication before, by account_id.
    watched
        The accounts that met a trigger.
    all_of_them
        Whether the chosen are all there are.
    """
    folder = run.folder / WORK
    folder.mkdir()
    told = {
        PREVIOUS: before.reindex(chosen.index),
        ASKED: may_be_asked(run, chosen.index, watched),
        SAMPLE: sampled(chosen["at_risk"]),
    }
    rows = chosen.assign(**told).reset_index()
    rows.to_parquet(folder / "accounts.parquet", index=False, row_group_size=ROWS_PER_GROUP)
    tables = {name: run.folder / f"{name}.parquet" for name in ("features", "plan_values")}
    if not all_of_them:
        tables = {name: only_rows_of(chosen.index, path, folder / path.name) for name, path in tables.items()}
    return Work(
        folder / "accounts.parquet",
        tables["features"],
        tables["plan_values"],
        folder / "scores",
        folder / "samples",
        run.folder / "reasons.parquet",
    )


def may_be_asked(run: Run, accounts: "pd.Index", watched: Collection[str]) -> "pd.Series":
    """The accounts that may come under review however little their opinions part.

    On which an override is in force, those that met a trigger, and those that an audit may draw. Of any that is left out the why
    is looked up later.
    """
    import pandas as pd

    from overrides import ledger
    from overrides.queue import may_be_audited

    settings = run.project.settings
    audited = may_be_audited(accounts, settings.disparity, settings.seed)
    named = accounts.isin(ledger.in_force(run.now).index) | accounts.isin(list(watched))
    return pd.Series(audited | named, index=accounts)


def prospects(at_risk: "pd.Series") -> "pd.Series":
    """Whom today's population is measured on: those at risk, all accounts where there are none."""
    return at_risk if at_risk.any() else at_risk | True


def sampled(at_risk: "pd.Series") -> "pd.Series":
    """Prospects to compare with those at training: MOST_COMPARED at most, evenly taken from all."""
    among = prospects(at_risk)
    every = -(-int(among.sum()) // MOST_COMPARED) or 1
    return among & (among.cumsum() % every == 0)


def only_rows_of(accounts: "pd.Index", source: Path, target: Path) -> Path:
    """Write the rows of some accounts of a table; gives `target`."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    wanted = pa.array(accounts, pa.string())
    with pq.ParquetWriter(target, table_files.schema(source)) as writer:
        for batch in table_files.batches(source):
            writer.write_batch(batch.filter(pc.is_in(batch["account_id"], wanted)))
    return target
