"""Scores a batch at a time, in order of account_id: what publishing a large table goes through, never all of it at once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pandas as pd

BATCH_ROWS = 250_000


class Scores(Protocol):
    """A table of scores that can be gone through more than once."""

    @property
    def rows(self) -> int:
        """How many rows there are."""

    def batches(self) -> Iterator[pd.DataFrame]:
        """The rows in order of account_id, BATCH_ROWS at a time; one batch without rows where there are none."""


@dataclass(frozen=True)
class ScoreFrame:
    """Scores that are in memory."""

    frame: pd.DataFrame

    @property
    def rows(self) -> int:
        return len(self.frame)

    def batches(self) -> Iterator[pd.DataFrame]:
        ordered = self.frame.sort_values("account_id", kind="stable", ignore_index=True)
        for start in range(0, max(len(ordered), 1), BATCH_ROWS):
            yield ordered.iloc[start : start + BATCH_ROWS].reset_index(drop=True)


@dataclass(frozen=True)
class ScoreFile:
    """Scores in a Parquet file. Where its rows aren't in order, they are read into memory whole to bring them into it."""

    path: Path

    @property
    def rows(self) -> int:
        import pyarrow.parquet as pq

        return int(pq.read_metadata(self.path).num_rows)

    def batches(self) -> Iterator[pd.DataFrame]:
        if self.rows == 0 or not self._in_order():
            yield from ScoreFrame(pd.read_parquet(self.path)).batches()
            return
        import pyarrow.parquet as pq

        with pq.ParquetFile(self.path) as file:
            for batch in file.iter_batches(BATCH_ROWS):
                yield batch.to_pandas()

    def _in_order(self) -> bool:
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        ids = pq.read_table(self.path, columns=["account_id"])["account_id"]
        return bool(pc.all(pc.less_equal(ids[:-1], ids[1:]), min_count=0).as_py())


@dataclass(frozen=True)
class ScoresWith:
    """Scores with one more column: what `column` gives for the rows of a batch, by account_id."""

    scores: Scores
    name: str
    column: Callable[[pd.DataFrame], pd.Series]

    @property
    def rows(self) -> int:
        return self.scores.rows

    def batches(self) -> Iterator[pd.DataFrame]:
        for batch in self.scores.batches():
            yield batch.assign(**{self.name: self.column(batch.set_index("account_id")).to_numpy()})
