"""Scores a run's accounts a batch at a time, in as many processes as pay, so that memory doesn't grow with the accounts.

What batches read and write is in the run's folder: the tables of the features stage, sorted by account_id and row by row of the
same accounts; in scoring/ a part of the scores per batch, until they are put together; and the reasons.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lastword.ground import Ground
from lastword.opinions import score_batch
from lastword.run_rows import ROWS_PER_GROUP, rows_between
from lastword.score_work import SAMPLE, Work, prospects
from lastword.table_files import parts, row_count

if TYPE_CHECKING:
    import ibis
    import pandas as pd
    import pyarrow as pa

    from lastword.plan import Plan
    from models.scorecard import PlanReference

BATCH_ROWS = 12 * ROWS_PER_GROUP
"""Accounts that are scored at a time: whole groups of rows, enough that what it costs to begin a batch doesn't count."""

BATCHES_BEFORE_SHARING = 3
"""With fewer batches another process isn't worth starting, which takes some seconds."""

PROCESS_BYTES = 2_000_000_000
"""What a process that scores takes at most: there are no more of them than free memory has room for."""


@dataclass(frozen=True)
class Batches:
    """The accounts of the work, so many at a time; each batch has a number from 0, and can be scored in any process."""

    ground: Ground
    work: Work
    rows: int
    batch_rows: int

    def __len__(self) -> int:
        return -(-self.rows // self.batch_rows)

    def score(self, number: int) -> None:
        """Score a batch, and write its scores, sample and reasons."""
        start, stop = number * self.batch_rows, min((number + 1) * self.batch_rows, self.rows)
        work, name = self.work, f"part-{number:05}.parquet"
        accounts, features, values = (_batch(path, start, stop) for path in (work.accounts, work.features, work.values))
        if not accounts.index.equals(features.index) or not accounts.index.equals(values.index):
            raise ValueError(f"rows {start} to {stop} of {work.accounts}, {work.features} are not of the same accounts")
        scored = score_batch(self.ground, accounts, features, values)
        write_scores(scored.scores, work.scores / name)
        write_reasons(scored.reasons, work.reasons / name if len(self) > 1 else work.reasons)
        sample = features[accounts[SAMPLE]].assign(log_odds=scored.scores["log_odds"])
        sample.reset_index().to_parquet(work.samples / name, index=False)


def score_in_batches(
    ground: Ground,
    work: Work,
    batch_rows: int = BATCH_ROWS,
    shared_by: int | None = None,
    connection: "ibis.BaseBackend | None" = None,
) -> list[Path]:
    """Score all accounts of the work; gives the parts of the scores, in order.

    By the machines of an engine where its `connection` is given, else by `shared_by` processes (None: as many as pay).
    """
    batches = Batches(ground, work, row_count(work.accounts), batch_rows)
    for folder in (work.scores, work.samples, *([work.reasons] if len(batches) > 1 else [])):
        folder.mkdir()
    if connection is not None:
        from features.engine import carry_out

        carry_out(connection, batches.score, len(batches))
    else:
        _in_processes(batches, processes(len(batches)) if shared_by is None else shared_by)
    return parts(work.scores)


def processes(batches: int) -> int:
    """How many processes to score so many batches in: as many as there are cores, and as memory has room for."""
    import psutil

    if batches < BATCHES_BEFORE_SHARING:
        return 1
    room = int(psutil.virtual_memory().available // PROCESS_BYTES)
    return max(1, min(os.cpu_count() or 1, batches, room))


def _in_processes(batches: Batches, count: int) -> None:
    if count == 1:
        for number in range(len(batches)):
            batches.score(number)
        return
    from joblib import Parallel, delayed, parallel_config

    with parallel_config("loky", inner_max_num_threads=1):
        shared = Parallel(count, batch_size=1, pre_dispatch=count, max_nbytes=None)
        shared(delayed(batches.score)(number) for number in range(len(batches)))


def plan_reference(plan: "Plan", work: Work) -> "PlanReference":
    """What plan points are measured against: today's prospects, all accounts where there are none."""
    import numpy as np
    import pandas as pd

    from models.grades import Reference
    from models.scorecard import PlanReference, score_plan

    counted = prospects(pd.read_parquet(work.accounts, columns=["at_risk"])["at_risk"]).to_numpy()
    points, shares = [], []
    for start in range(0, len(counted), BATCH_ROWS):
        chosen = counted[start : start + BATCH_ROWS]
        scored = score_plan(plan, _batch(work.values, start, start + BATCH_ROWS))
        points.append(scored.points[chosen].to_numpy())
        shares.append(scored.shares[chosen].sum())
    mean_shares = pd.concat(shares, axis=1).sum(axis=1) / counted.sum()
    return PlanReference(Reference.from_population(np.concatenate(points)), mean_shares)


def write_scores(scores: "pd.DataFrame", path: Path) -> None:
    """Write a part of the scores, account_id first, in types that hang on no row: the parts of a run fit together."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    frame = scores.reset_index()
    pq.write_table(pa.Table.from_pandas(frame, scores_schema(list(frame)), preserve_index=False), path)


def write_reasons(rows: "pa.Table", path: Path) -> None:
    """Write rows of reasons. Their texts are dictionaries, which nobody who reads the file is to know: they are plain in it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for name in ("account_id", "value"):  # a dictionary goes whole into every group of rows, and these are long
        rows = rows.set_column(rows.schema.get_field_index(name), name, rows[name].cast(pa.large_string()))
    pq.write_table(rows, path, row_group_size=ROWS_PER_GROUP, write_statistics=["account_id"], store_schema=False)


def scores_schema(columns: Sequence[str]) -> "pa.Schema":
    """The types of columns of scores: text but for what overrides.final knows as something else."""
    import pyarrow as pa

    from overrides.final import DATES, FLAGS, FLAGS_WITH_UNKNOWN, NUMBERS, TIMES

    kinds = [(DATES, pa.timestamp("ms")), (TIMES, pa.timestamp("us", "UTC"))]
    kinds += [(NUMBERS, pa.float64()), ((*FLAGS, *FLAGS_WITH_UNKNOWN), pa.bool_())]
    known = {name: kind for names, kind in kinds for name in names}
    return pa.schema([(name, known.get(name, pa.string())) for name in columns])


def _batch(path: Path, start: int, stop: int) -> "pd.DataFrame":
    return rows_between(path, start, stop).to_pandas().set_index("account_id")
