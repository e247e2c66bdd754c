"""The final table of a publication that changed few accounts: the file of the one before, with the rows of these replaced.

What an account's row says hangs on its scores and on the override in force, and on no other account. So a row is the same as
before where the scores are the same, no override is in force now and none was then: it is copied without being looked at.
"""

from collections.abc import Collection, Iterator
from itertools import batched
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lastword.contracts import FINAL_COLUMNS
from overrides.final import read_final, typed
from overrides.final_files import written
from overrides.score_batches import BATCH_ROWS
from overrides.spreadsheet import arrow_table

if TYPE_CHECKING:
    import pyarrow as pa

_IDS_AT_ONCE = 10_000


def overridden_in(path: Path) -> set[str] | None:
    """The accounts that an override decides in a final table; None where there is no such file, or none to copy rows from."""
    import pyarrow.parquet as pq

    if not path.is_file() or not pq.read_schema(path).equals(_schema()) or not pq.read_metadata(path).num_row_groups:
        return None
    found = pq.read_table(path, columns=["account_id"], filters=[("decided_by", "==", "override")])
    return set(found["account_id"].to_pylist())


def rows_of(cursor: Any, account_ids: Collection[str]) -> pd.DataFrame:
    """The final table of these accounts as the store has it in this transaction, in order; those that it hasn't are left out."""
    parts = [read_final(cursor, part) for part in batched(sorted(account_ids), _IDS_AT_ONCE)]
    return pd.concat(parts, ignore_index=True) if parts else typed(pd.DataFrame(columns=list(FINAL_COLUMNS)))


def write_with(before: Path, rows: pd.DataFrame, replaced: Collection[str], path: Path) -> int:
    """Write a final table: that of another file without the accounts `replaced`, and these rows. How many rows it has.

    Parameters
    ----------
    before
        In order of account_id, as is the file written. A row group of it is in memory at a time.
    rows
        The final table of the accounts that are new or replaced and still there, in order of account_id.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    fresh, stale, taken = arrow_table(rows), pa.array(sorted(replaced), pa.string()), 0
    with pq.ParquetFile(before) as file, pq.ParquetWriter(path, _schema()) as writer:
        groups = file.num_row_groups
        for group in range(groups):
            table = file.read_row_group(group)
            upto = fresh.num_rows if group == groups - 1 else _up_to(fresh, table["account_id"][-1])
            _write(writer, _merged(table, stale, fresh.slice(taken, upto - taken)))
            taken = upto
    return int(pq.read_metadata(path).num_rows)


def write_from_store(cursor: Any, path: Path) -> int:
    """Write the final table as the store has it in this transaction. How many rows it has."""
    return sum(len(batch) for batch in written(_stored(cursor), path))


def _stored(cursor: Any) -> Iterator[pd.DataFrame]:
    """The accounts are split by their ids in this process: the order of a database may be another one."""
    cursor.execute("SELECT account_id FROM final_scores")
    ids = sorted(account_id for (account_id,) in cursor.fetchall())
    for start in range(0, max(len(ids), 1), BATCH_ROWS):
        yield rows_of(cursor, ids[start : start + BATCH_ROWS])


def _merged(table: "pa.Table", stale: "pa.Array", fresh: "pa.Table") -> "pa.Table":
    """Rows without those that are stale, and fresh ones at their places by account_id."""
    import pyarrow as pa
    import pyarrow.compute as pc

    fits = pc.invert(pc.is_in(table["account_id"], value_set=stale)).to_numpy()
    both = pa.concat_tables([table, fresh])
    kept = np.flatnonzero(np.concatenate([fits, np.ones(fresh.num_rows, dtype=bool)]))
    order = pc.sort_indices(both["account_id"].take(pa.array(kept))).to_numpy()
    return both.take(pa.array(kept[order]))


def _up_to(fresh: "pa.Table", last: "pa.Scalar") -> int:
    """How many of the rows, in order, belong before or at an account."""
    import pyarrow.compute as pc

    return int(pc.sum(pc.less_equal(fresh["account_id"], last), min_count=0).as_py())


def _write(writer: Any, table: "pa.Table") -> None:
    """As a row group; as several where accounts have been added for long, as none where all are gone."""
    groups = max(round(table.num_rows / BATCH_ROWS), 1)
    if table.num_rows:
        writer.write_table(table, row_group_size=ceil(table.num_rows / groups))


def _schema() -> "pa.Schema":
    return arrow_table(typed(pd.DataFrame(columns=list(FINAL_COLUMNS)))).schema
