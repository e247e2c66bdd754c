"""AUC with an error that counts accounts, not rows: one account shows in the rows of many landmarks, or on both sides."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

type Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ClusteredAuc:
    """An AUC and what each cluster adds to its deviation from the truth; NaN where one of the two classes is missing."""

    auc: float
    influence: Floats

    @property
    def error(self) -> float:
        """Standard error, the clusters being independent of each other (Obuchowski 1997)."""
        return float(np.sqrt((self.influence**2).sum()))

    def minus(self, other: "ClusteredAuc") -> "ClusteredAuc":
        """The difference of two AUC of the same clusters, numbered alike."""
        return ClusteredAuc(self.auc - other.auc, self.influence - other.influence)


def clustered_auc(score: Floats, positive: NDArray[np.bool_], cluster: NDArray[np.intp], clusters: int) -> ClusteredAuc:
    """How well the score ranks the positive rows above the others.

    Parameters
    ----------
    score, positive : one per row; ties count half.
    cluster : whose row it is, from 0; `clusters` of them in all.
    """
    count, others = int(positive.sum()), int((~positive).sum())
    if not count or not others:
        return ClusteredAuc(np.nan, np.full(clusters, np.nan))
    among_all = rankdata(score)
    beaten = np.empty(len(score))
    beaten[positive] = (among_all[positive] - rankdata(score[positive])) / others
    beaten[~positive] = 1 - (among_all[~positive] - rankdata(score[~positive])) / count
    auc = float(beaten[positive].mean())
    parts = (beaten - auc) / np.where(positive, count, others)
    return ClusteredAuc(auc, np.bincount(cluster, weights=parts, minlength=clusters))
