"""What a run writes whose folder stands on another: the rows of the accounts that changed, and of those that did so before it.

Who is under review is seen by all accounts still: of those not scored the few columns that it takes are read from below.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lastword import table_files
from lastword.changes import GONE, REVIEWED, SCORED, changed, published, write_changes
from lastword.contracts import QUEUED_SINCE, SCORE_COLUMNS, Counts
from lastword.review import LOOKED_AT, SAID, looked_at, put_together
from lastword.run import Run
from lastword.run_rows import ROWS_PER_GROUP

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from lastword.triggering import Watch
    from overrides.publish import RunRecord

SCORES = "scores.parquet"
CARRIED_OVER = ("indicators.parquet", "past_plan_values.parquet")
"""What is said of the population as a whole, or of its past, stays as the last run found it that looked at all accounts."""


def carry_over(run: Run, before: Path) -> None:
    """Take over from the publication before what a run doesn't make anew that looks at a few accounts."""
    for name in CARRIED_OVER:
        if (before / name).is_file():
            shutil.copyfile(before / name, run.folder / name)


def add_earlier(run: Run, before: Path) -> None:
    """Add to the tables of this run's features what changed in the runs between it and the one that both stand on."""
    import pyarrow as pa

    if table_files.base_of(before) is None:
        return
    now = pa.array(changed(run, SCORED, GONE), pa.string())
    for name in table_files.STANDING:
        path = run.folder / f"{name}.parquet"
        if path.is_file():
            _write(table_files.merged(_own(before / path.name, now), _own(path)), path)


def put_together_changes(run: Run, scored: Sequence[Path], watched: "Watch | None", accounts: "pd.Index") -> Counts:
    """Write scores.parquet, changes.parquet, review_queue.parquet and what triggers found.

    Parameters
    ----------
    scored
        Files of the new scores: see `review.put_together`.
    accounts
        All that are given.
    """
    current = published(run)
    before = Before(run.project.run_folder(current.run_id), accounts)
    new = looked_at(scored)

    def write(said: "pd.DataFrame") -> None:
        _write_changes(run, scored, new.index, before, said, current)

    return put_together(run, before.with_new(new), watched, write)


@dataclass(frozen=True)
class Before:
    """The scores of the publication before, and the accounts that are given now."""

    folder: Path
    accounts: "pd.Index"

    @cached_property
    def looked_at(self) -> "pa.Table":
        """LOOKED_AT and SAID of all that it had."""
        return table_files.read(self.folder / SCORES, list(dict.fromkeys([*LOOKED_AT, *SAID])))

    def with_new(self, new: "pd.DataFrame") -> "pd.DataFrame":
        """LOOKED_AT of all accounts given, by account_id: of those scored now, and of the others."""
        import pyarrow as pa

        rows = pa.Table.from_pandas(new.reset_index(), preserve_index=False)
        old = table_files.without(self.looked_at.select(LOOKED_AT), rows["account_id"].combine_chunks())
        frame: pd.DataFrame = table_files.merged(old, rows).to_pandas().set_index("account_id")
        return frame if len(frame) == len(self.accounts) else frame[frame.index.isin(self.accounts)]

    def said_otherwise(self, said: "pd.DataFrame") -> "pd.Index":
        """The accounts of `said` (SAID, by account_id) of which something else was said."""
        then = self.looked_at.select(["account_id", *SAID]).to_pandas().set_index("account_id").reindex(said.index)
        other = then.ne(said[list(SAID)]) & (then.notna() | said[list(SAID)].notna())
        return said.index[other.any(axis=1)]

    @cached_property
    def gone(self) -> list[str]:
        """The accounts that it had and that aren't given any more."""
        import pyarrow as pa

        given = pa.array(self.accounts.to_numpy(), pa.string())
        found: list[str] = table_files.without(self.looked_at.select(["account_id"]), given)["account_id"].to_pylist()
        return found


def _write_changes(
    run: Run, scored: Sequence[Path], new: "pd.Index", before: Before, said: "pd.DataFrame", current: "RunRecord"
) -> None:
    """Write changes.parquet anew, and of the scores the rows that differ from those below.

    Published anew are also the accounts on which somebody decided since: how long they wait counts from then.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from lastword.batch_scoring import scores_schema
    from overrides.queue_age import decided_since

    assert current.published_at is not None
    others = said[~said.index.isin(new)]
    decided = others.index.intersection(list(decided_since(current.published_at, run.now)))
    reviewed = before.said_otherwise(others).union(decided)
    write_changes(run, {SCORED: list(new), REVIEWED: list(reviewed), GONE: before.gone})
    schema = scores_schema([name for name in SCORE_COLUMNS if name != QUEUED_SINCE])
    computed = [name for name in schema.names if name not in SAID]
    old = table_files.read(before.folder / SCORES, computed, pc.field("account_id").isin(pa.array(list(reviewed), pa.string())))
    tables = [old, *(pq.read_table(path, columns=computed) for path in scored)]
    if table_files.base_of(before.folder) is not None:
        tables.append(_own(before.folder / SCORES, pa.array([*new, *reviewed, *before.gone], pa.string())).select(computed))
    rows = table_files.merged(tables[0], pa.concat_tables(tables[1:], promote_options="permissive")) if tables[1:] else old
    told = said.reindex(rows["account_id"].to_pandas())
    columns = [pa.array(told[name], pa.string()) if name in SAID else rows[name] for name in schema.names]
    _write(pa.table(columns, names=schema.names).cast(schema), run.folder / SCORES)


def _own(path: Path, replaced: "pa.Array | None" = None) -> "pa.Table":
    """A table's own rows, without those of accounts replaced."""
    import pyarrow.parquet as pq

    rows = pq.read_table(path)
    return rows if replaced is None else table_files.without(rows, replaced)


def _write(table: "pa.Table", path: Path) -> None:
    import pyarrow.parquet as pq

    pq.write_table(table, path, row_group_size=ROWS_PER_GROUP)
