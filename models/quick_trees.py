"""The boosted trees on many rows: predicted as a forest, explained by woodelf.

woodelf looks up what a tree says of a row by the row's decisions: several times quicker than LightGBM's walk, once it has
begun. Its contributions are taken where, row by row, they add up to what the trees predict; else LightGBM's are.
"""

import warnings
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.forest import WORTH_IT, Forest, forest_of
from models.scorer import Floats, Trees

if TYPE_CHECKING:
    from woodelf import WoodelfExplainer

WORTH_EXPLAINING = 5_000
"""Rows from which woodelf is quicker: of 500 trees it takes a second whatever the rows, LightGBM 0.26 ms for each."""
TOLERANCE = 1e-5
"""What a row's sum may miss, times its log-odds where these exceed 1. woodelf adds up in single precision."""


class QuickTrees(Trees):
    """What `models.scorer.Scorer` takes in the place of `Trees`: the same log-odds, and contributions equal to 1e-5."""

    def predict(self, matrix: NDArray[np.float32]) -> Floats:
        if len(matrix) < WORTH_IT or self._forest is None:
            return super().predict(matrix)
        return self._forest.predict(matrix)[:, 0]

    def contributions(self, matrix: NDArray[np.float32], raw: Floats) -> Floats:
        if len(matrix) < WORTH_EXPLAINING:
            return super().contributions(matrix, raw)
        try:
            found = self._by_woodelf(matrix)
            missed = not_adding_up(found, raw, self.base)
            fault = f"{missed:,} of them do not add up" if missed else None
        except Exception as error:  # whatever a library may raise: the same numbers can be had without it
            fault = f"{type(error).__name__}: {error}"
        if fault is None:
            return found
        said = f"the contributions of {len(matrix):,} accounts are LightGBM's, which takes longer, not woodelf's: {fault}"
        warnings.warn(said, RuntimeWarning, stacklevel=2)
        return super().contributions(matrix, raw)

    def _by_woodelf(self, matrix: NDArray[np.float32]) -> Floats:
        columns = pd.DataFrame(np.asfortranarray(matrix, dtype=np.float64), copy=False)
        return np.asarray(self._explainer.shap_values(columns, verbose=False), dtype=np.float64)

    @cached_property
    def _explainer(self) -> "WoodelfExplainer":
        from woodelf import WoodelfExplainer

        return WoodelfExplainer(self.booster)

    @cached_property
    def _forest(self) -> Forest | None:
        return forest_of([self.text])


def not_adding_up(found: Floats, raw: Floats, base: float) -> int:
    """How many rows miss what the trees predict by more than the tolerance."""
    missed = np.abs(found.sum(axis=1) + base - raw)
    return int((~(missed <= TOLERANCE * np.maximum(1.0, np.abs(raw)))).sum())
