"""The figures of a ranking: AUC, average precision, capture and lift, for rows that weigh differently.

Rows are sorted once; a replicate of a bootstrap is nothing but another weight for each row.
"""

import numpy as np

PERCENTS = (1, 5, 10, 15, 35)
"""Shares of the population, in percent, at which lift and capture are reported."""


class Ranking:
    """Rows from the best score to the worst. `ends` are the positions of the last row of each run of equal scores."""

    def __init__(self, score: np.ndarray) -> None:
        self.order = np.argsort(-score, kind="stable")
        ranked = score[self.order]
        self.ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)[: len(ranked)])

    def cumulative(self, values: np.ndarray) -> np.ndarray:
        """Sum of `values` over all rows that score at least as high, at each distinct score."""
        return np.cumsum(values[self.order])[self.ends]


def dot(first: np.ndarray, second: np.ndarray) -> float:
    """Σ first × second on one thread: for hundreds of short sums, BLAS threads cost far more than they give on a busy machine."""
    return float(np.einsum("i,i->", first, second))


def rank_figures(ranking: Ranking, won: np.ndarray, weight: np.ndarray) -> dict[str, float]:
    """auc, average_precision, lift_at_K and capture_at_K for K in PERCENTS. NaN where there is no win, or nothing but wins."""
    total, wins = _totals(ranking, won, weight)
    shares = np.array(PERCENTS) / 100
    captured = _captured(total, wins, shares)
    return {
        "auc": _auc(total, wins),
        "average_precision": _average_precision(total, wins),
        **{f"lift_at_{percent}": float(c / k) for percent, c, k in zip(PERCENTS, captured, shares, strict=True)},
        **{f"capture_at_{percent}": float(c) for percent, c in zip(PERCENTS, captured, strict=True)},
    }


def auc(ranking: Ranking, won: np.ndarray, weight: np.ndarray) -> float:
    """Share of the pairs of a winner and another account in which the winner scores higher; a tie is half a pair."""
    return _auc(*_totals(ranking, won, weight))


def lift(ranking: Ranking, won: np.ndarray, weight: np.ndarray, share: float) -> float:
    """Win rate among the best `share` of the accounts over that of all."""
    return float(_captured(*_totals(ranking, won, weight), np.array([share]))[0] / share)


def captured(ranking: Ranking, won: np.ndarray, weight: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Share of the wins among the best `shares` of the accounts; those that tie at the cut count fractionally."""
    return _captured(*_totals(ranking, won, weight), shares)


def _totals(ranking: Ranking, won: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Accounts and wins among all that score at least as high, at each distinct score."""
    return ranking.cumulative(weight), ranking.cumulative(weight * won)


def _auc(total: np.ndarray, wins: np.ndarray) -> float:
    losses = total - wins
    if not len(total) or wins[-1] <= 0 or losses[-1] <= 0:
        return np.nan
    lost = np.diff(losses, prepend=0.0)
    beaten_by = wins - np.diff(wins, prepend=0.0) / 2
    return dot(lost, beaten_by) / float(wins[-1] * losses[-1])


def _average_precision(total: np.ndarray, wins: np.ndarray) -> float:
    if not len(total) or wins[-1] <= 0:
        return np.nan
    precision = np.divide(wins, total, out=np.zeros_like(wins), where=total > 0)
    return dot(np.diff(wins, prepend=0.0), precision) / float(wins[-1])


def _captured(total: np.ndarray, wins: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Share of the wins among the best `shares` of the accounts; those that tie at the cut count fractionally."""
    if not len(total) or wins[-1] <= 0:
        return np.full(len(shares), np.nan)
    return np.interp(shares * total[-1], np.append(0.0, total), np.append(0.0, wins)) / wins[-1]
