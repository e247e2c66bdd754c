"""How features enter the models: which levels of a category get a column of their own, and which rows are fitted on.

Both models share the encoding. A feature is a dict as it stands in model.json, {"name", "kind"} and for a category its
"levels"; `models.scorer` applies it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

LEAST_ROWS = 20
MOST_LEVELS = 50
WHOLE_UP_TO = 50_000
NON_WINS_PER_WIN = 10


def fit_encoding(frame: pd.DataFrame, features: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Decide the levels of every category on the training rows.

    Parameters
    ----------
    frame : one row per account and landmark, a column per feature
    features : (name, kind) with kind numeric, flag or category

    Returns
    -------
    One dict per feature, in the order given. The levels of a category are its values with at least 20 rows, the 50 most
    frequent at most, sorted; every other value is pooled with the values that training never saw.
    """
    return [
        {"name": name, "kind": kind, "levels": _levels(frame[name])} if kind == "category" else {"name": name, "kind": kind}
        for name, kind in features
    ]


def _levels(column: pd.Series) -> list[str]:
    counts = column.astype("str").value_counts().reset_index()
    counts.columns = pd.Index(["level", "rows"])
    frequent = counts[counts["rows"] >= LEAST_ROWS].sort_values(["rows", "level"], ascending=[False, True])
    return sorted(frequent["level"].head(MOST_LEVELS))


def fitting_sample(
    won: NDArray[np.integer], seed: int | Sequence[int], whole_up_to: int = WHOLE_UP_TO, per_win: int = NON_WINS_PER_WIN
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The rows that the models are fitted on, in order, and the weight of each.

    Up to `whole_up_to` rows: all of them. Beyond, every win and, drawn by seed, `per_win` rows without a win for each (never
    fewer than fill `whole_up_to`), which then stand for all such rows by their weight. Past ten a win further rows hardly
    inform (relative efficiency m/(m + 1) at m controls a case), while they cost time and memory.
    """
    lost = np.flatnonzero(won == 0)
    kept = max(per_win * (len(won) - len(lost)), whole_up_to - (len(won) - len(lost)))
    if kept >= len(lost):
        return np.arange(len(won)), np.ones(len(won))
    drawn = np.random.default_rng(seed).choice(lost, size=kept, replace=False)
    rows = np.sort(np.concatenate([np.flatnonzero(won == 1), drawn]))
    return rows, np.where(won[rows] == 1, 1.0, len(lost) / kept)


def thinned(
    rows: NDArray[np.intp], weight: NDArray[np.float64], most: int, seed: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """At most so many of the rows, drawn evenly and in order, whose weights stand for all."""
    if len(rows) <= most:
        return rows, weight
    drawn = np.sort(np.random.default_rng([seed, most]).choice(len(rows), size=most, replace=False))
    return rows[drawn], weight[drawn] * (len(rows) / most)
