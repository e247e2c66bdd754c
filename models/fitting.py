"""Training rows made ready for both models, once for every fold: sampled, encoded, laid out as a design and binned."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.boosted import Changes, bin_matrix
from models.encoding import fit_encoding, fitting_sample, thinned
from models.logistic import Design, build_design, export_logistic, fit_logistic
from models.quick_trees import QuickTrees
from models.relevance import Places
from models.scorer import BATCH_ROWS, encode, logistic_terms

type Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Fitting:
    """The rows of `frame` and `won`, of which those at the positions `rows` are fitted on, each by its `weight`."""

    frame: pd.DataFrame
    won: NDArray[np.integer]
    encoded: list[dict[str, Any]]
    rows: NDArray[np.intp]
    weight: Floats
    seed: int
    boosting: Changes = ()

    @cached_property
    def design(self) -> Design:
        """The columns of the logistic regression on `rows`."""
        return build_design(self.frame.iloc[self.rows], self.encoded)

    @cached_property
    def dataset(self) -> lgb.Dataset:
        """What the boosted trees see of `rows`."""
        matrix = encode(self.frame.iloc[self.rows], self.encoded)
        return bin_matrix(matrix, self.won[self.rows], self.weight, self.seed, self.boosting)

    def at_most(self, count: int) -> "Fitting":
        """The same fitted on so many rows at most, of wins and others the same share, whose weights stand for all."""
        rows, weight = thinned(self.rows, self.weight, count, self.seed)
        return replace(self, rows=rows, weight=weight)

    def logistic(self, chosen: Places, evidence: float) -> tuple[list[dict[str, Any]], float]:
        """Terms and intercept of the logistic regression fitted on some of `rows`, given by their place among them."""
        won = self.won[self.rows][chosen]
        return export_logistic(self.design, fit_logistic(self.design, chosen, won, self.weight[chosen], evidence))

    def logistic_out_of_fold(self, fold: NDArray[np.intp], evidence: float) -> Floats:
        """Log-odds of every row of the frame from the fit without its fold."""
        logit = np.empty(len(self.frame))
        for held_out in np.unique(fold):
            terms, intercept = self.logistic(np.flatnonzero(fold[self.rows] != held_out), evidence)
            for places in _batches(fold == held_out):
                logit[places] = logistic_terms(self.frame.iloc[places], terms).sum(axis=1) + intercept
        return logit

    def boosted_out_of_fold(self, fold: NDArray[np.intp], boosters: Sequence[lgb.Booster], rounds: int) -> Floats:
        """Log-odds of every row of the frame from the booster without its fold, after so many rounds."""
        logit = np.empty(len(self.frame))
        for held_out, booster in enumerate(boosters):
            trees = QuickTrees(booster.model_to_string(num_iteration=rounds))
            for places in _batches(fold == held_out):
                logit[places] = trees.predict(encode(self.frame.iloc[places], self.encoded))
        return logit


def prepare(
    frame: pd.DataFrame,
    won: NDArray[np.integer],
    features: Sequence[tuple[str, str]],
    seed: int,
    boosting: Changes = (),
    most_rows: int | None = None,
) -> Fitting:
    """Decide encoding and sample. `features` are (name, kind); `won` is 0 or 1 per row of the frame.

    With `most_rows` so many are fitted on at most, of wins and others the same share.
    """
    rows, weight = fitting_sample(won, seed)
    fitting = Fitting(frame, won, fit_encoding(frame, features), rows, weight, seed, boosting)
    return fitting if most_rows is None else fitting.at_most(most_rows)


def _batches(chosen: NDArray[np.bool_]) -> Iterator[NDArray[np.intp]]:
    """The places of the rows chosen, in order, so many at a time that no second frame is made of a large one."""
    places = np.flatnonzero(chosen)
    for start in range(0, len(places), BATCH_ROWS):
        yield places[start : start + BATCH_ROWS]
