"""How good a ranking is, and how good a probability: figures with intervals from a bootstrap over accounts.

Rows of one account (its landmarks) are drawn together, so that repeated rows do not pass for evidence. The figures of a
random score are known in closed form (`chance`).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from lastword.contracts import GRADES
from models.ranking import PERCENTS, Ranking, auc, dot, lift, rank_figures
from models.rates import WILSON_Z, design_effect, wilson

_SMALLEST_PROPENSITY = 1e-9


@dataclass(frozen=True)
class Interval:
    """A figure with the bounds of its interval; all three are NaN where it cannot be computed."""

    estimate: float
    low: float
    high: float

    def to_json(self) -> dict[str, float | None]:
        """The fields by name, NaN as None."""
        return {name: None if np.isnan(value) else float(value) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Difference(Interval):
    """One figure minus another on the same rows, with the standard deviation of its replicates."""

    standard_error: float


def evaluate(won: Any, score: Any, cluster: Any, *, is_propensity: bool, seed: int, replicates: int = 200) -> dict[str, Interval]:
    """Every figure of a score on rows with a known outcome, with 95 % percentile intervals.

    Parameters
    ----------
    won : 0 or 1 for each row.
    score : any ranking score; a missing one ranks last. With `is_propensity` a probability, and none may be missing.
    cluster : the account of each row; rows of one account are drawn together.

    Returns
    -------
    auc, average_precision, lift_at_K and capture_at_K (K in percent; accounts that tie at the cut are shared
    fractionally). For a propensity also log_loss, brier, calibration_slope (of a logistic regression on its log-odds),
    calibration_intercept (calibration in the large: the same with the slope held at 1; 0 is perfect) and ece (ten bins
    of equal mass; resampling adds noise to it, so its interval leans upwards). NaN where rows are all of one class or absent.
    """
    outcome, ranked = _numbers(won), _ranking_score(score)
    ranking = Ranking(ranked)
    measures: list[Callable[[np.ndarray], Mapping[str, float]]] = [lambda weight: rank_figures(ranking, outcome, weight)]
    if is_propensity:
        measures.append(_propensity_figures(ranking, outcome, _numbers(score)))

    def figures(weight: np.ndarray) -> dict[str, float]:
        return {name: value for measure in measures for name, value in measure(weight).items()}

    estimates = figures(np.ones(len(outcome)))
    drawn = [figures(weight) for weight in _bootstrap_weights(cluster, seed, replicates)]
    return {name: Interval(estimate, *_percentiles([each[name] for each in drawn], 0.95)) for name, estimate in estimates.items()}


def compare(
    won: Any, score: Any, other: Any, cluster: Any, *, metric: str, seed: int, replicates: int = 200, level: float = 0.90
) -> Difference:
    """`metric` of `score` minus that of `other` on the same rows, by a paired bootstrap over accounts.

    `metric` is "auc" or "lift_at_K" with K in percent (lift_at_15).
    """
    outcome = _numbers(won)
    first, second = Ranking(_ranking_score(score)), Ranking(_ranking_score(other))
    figure = _figure_named(metric)

    def difference(weight: np.ndarray) -> float:
        return figure(first, outcome, weight) - figure(second, outcome, weight)

    drawn = np.array([difference(weight) for weight in _bootstrap_weights(cluster, seed, replicates)])
    low, high = _percentiles(drawn, level)
    known = drawn[~np.isnan(drawn)]
    error = float(known.std(ddof=1)) if len(known) > 1 else np.nan
    return Difference(difference(np.ones(len(outcome))), low, high, error)


def interval_gap(first: Interval, second: Interval) -> Difference:
    """`first` minus `second` for figures measured on different rows (random or grouped folds against temporal).

    Both intervals are read as 95 % intervals of independent estimates; the result's bounds are 95 % too.
    """
    widths = np.array([first.high - first.low, second.high - second.low])
    error = float(np.sqrt((widths**2).sum()) / (2 * WILSON_Z))
    gap = first.estimate - second.estimate
    return Difference(gap, gap - WILSON_Z * error, gap + WILSON_Z * error, error)


def lift_at_share(
    won: Any, score: Any, share: float, cluster: Any, *, seed: int, replicates: int = 200, level: float = 0.90
) -> Interval:
    """Lift among the best `share` (0–1) of the rows, with a percentile interval of `level`."""
    outcome, ranking = _numbers(won), Ranking(_ranking_score(score))
    drawn = [lift(ranking, outcome, weight, share) for weight in _bootstrap_weights(cluster, seed, replicates)]
    return Interval(lift(ranking, outcome, np.ones(len(outcome)), share), *_percentiles(drawn, level))


def attainable_lift(won: Any, share: float) -> float:
    """Lift among the best `share` of the rows of a score that ranks every win first; NaN without a win."""
    outcome = _numbers(won)
    return float(min(1 / share, len(outcome) / outcome.sum())) if outcome.sum() > 0 else np.nan


def chance(won: Any) -> dict[str, float]:
    """What a random score gives on these rows: no simulation is needed to know it."""
    outcome = _numbers(won)
    return {
        "auc": 0.5,
        "average_precision": float(outcome.mean()) if len(outcome) else np.nan,
        **{f"lift_at_{percent}": 1.0 for percent in PERCENTS},
        **{f"capture_at_{percent}": percent / 100 for percent in PERCENTS},
    }


def grade_table(won: Any, propensity: Any, grade: Any, cluster: Any = None) -> pd.DataFrame:
    """Observed against expected wins, one row per grade A–F (index `grade`), grades without accounts included.

    Columns: accounts, wins, rate with rate_low and rate_high (Wilson 95 %), expected (the sum of propensity),
    observed_over_expected with oe_low and oe_high (the bounds of the rate over the expected rate). Rows without a grade are
    left out. `propensity` may be None: then the last four are NaN. `cluster` is the account of each row: a win that is
    counted at several landmarks widens the intervals accordingly; None: every row is another account.
    """
    expected = np.full(len(_numbers(won)), np.nan) if propensity is None else _numbers(propensity)
    rows = pd.DataFrame({"won": _numbers(won), "expected": expected, "grade": np.asarray(grade, dtype=object)})
    groups = rows.groupby("grade")
    table = pd.DataFrame({"accounts": groups.size(), "wins": groups["won"].sum()}).reindex(list(GRADES), fill_value=0)
    table.index.name = "grade"
    table = table.astype({"accounts": "int64", "wins": "int64"})
    effect = 1.0 if cluster is None else design_effect(rows["won"], groups["won"].transform("mean").fillna(rows["won"]), cluster)
    table["rate"], table["rate_low"], table["rate_high"] = wilson(table["wins"], table["accounts"], effect)
    table["expected"] = groups["expected"].sum(min_count=1).reindex(list(GRADES))
    per_rate = (table["accounts"] / table["expected"]).where(table["expected"] > 0)
    table["observed_over_expected"] = table["rate"] * per_rate
    table["oe_low"], table["oe_high"] = table["rate_low"] * per_rate, table["rate_high"] * per_rate
    return table


def rising_grades(
    won: Any, grade: Any, cluster: Any, seed: int, *, replicates: int = 1000, level: float = 0.99
) -> tuple[tuple[str, str], ...]:
    """Pairs (better, worse) of grades where the worse one wins more often, beyond chance.

    Beyond chance: in the share `level` of bootstrap replicates over accounts the worse grade's rate is the higher one.
    Half a win is taken from the worse grade and given to the better one, so that no grade is beaten for having had no win
    in a small sample. Rows without a grade are left out.
    """
    codes = pd.Categorical(np.asarray(grade, dtype=object), categories=list(GRADES)).codes
    rows = np.eye(len(GRADES) + 1)[codes][:, :-1]  # code −1, no grade, is the last column and drops out
    accounts, outcome = pd.factorize(np.asarray(cluster))[0], _numbers(won)
    if not (rows * outcome[:, None]).sum() > 0:
        return ()
    count, wins = _sum_by(accounts, rows), _sum_by(accounts, rows * outcome[:, None])
    both = np.stack([wins, count])
    half_a_win = wins.sum() / (2 * (wins.sum(axis=1) > 0).sum())  # of an account, in rows
    size, rng, rises = len(count), np.random.default_rng(seed), np.zeros((len(GRADES), len(GRADES)))
    for _ in range(replicates):
        drawn = np.bincount(rng.integers(0, size, size), minlength=size).astype(float)
        drawn_wins, drawn_count = np.einsum("i,kij->kj", drawn, both)
        rises += _beats(drawn_wins, drawn_count, half_a_win)
    pairs = combinations(range(len(GRADES)), 2)
    return tuple((GRADES[i], GRADES[j]) for i, j in pairs if rises[i, j] >= level * replicates)


def _beats(wins: np.ndarray, count: np.ndarray, margin: float) -> np.ndarray:
    """Square: does the grade of the column win more often than that of the row, by `margin` wins on either side."""
    return (wins - margin)[None, :] * count[:, None] > (wins + margin)[:, None] * count[None, :]


def _sum_by(codes: np.ndarray, values: np.ndarray) -> np.ndarray:
    total = np.zeros((codes.max() + 1, values.shape[1]))
    np.add.at(total, codes, values)
    return total


def _numbers(values: Any) -> np.ndarray:
    return np.asarray(values, dtype=float)


def _ranking_score(score: Any) -> np.ndarray:
    return np.nan_to_num(_numbers(score), nan=-np.inf, posinf=np.inf, neginf=-np.inf)


def _bootstrap_weights(cluster: Any, seed: int, replicates: int) -> Iterator[np.ndarray]:
    """For each replicate how often each row is drawn, accounts being drawn whole."""
    codes, accounts = pd.factorize(np.asarray(cluster))
    size, rng = len(accounts), np.random.default_rng(seed)
    for _ in range(replicates if size else 0):
        yield np.bincount(rng.integers(0, size, size), minlength=size)[codes].astype(float)


def _percentiles(values: Any, level: float) -> tuple[float, float]:
    known = np.asarray(values, dtype=float)
    known = known[~np.isnan(known)]
    if not len(known):
        return np.nan, np.nan
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _figure_named(metric: str) -> Callable[[Ranking, np.ndarray, np.ndarray], float]:
    if metric == "auc":
        return auc
    named = re.fullmatch(r"lift_at_(\d+(?:\.\d+)?)", metric)
    if named is None:
        raise ValueError(f'metric "{metric}" is not known: expected "auc" or "lift_at_K" with K in percent')
    return partial(lift, share=float(named[1]) / 100)


def _propensity_figures(ranking: Ranking, won: np.ndarray, propensity: np.ndarray) -> Callable[[np.ndarray], Mapping[str, float]]:
    clipped = np.clip(propensity, _SMALLEST_PROPENSITY, 1 - _SMALLEST_PROPENSITY)
    log_loss, squared = -np.where(won > 0, np.log(clipped), np.log1p(-clipped)), (propensity - won) ** 2
    log_odds = logit(clipped)
    start = _calibration_line(log_odds, won, np.ones(len(won)), np.array([0.0, 1.0]))
    start = np.where(np.isnan(start), [0.0, 1.0], start)

    def figures(weight: np.ndarray) -> dict[str, float]:
        mass = weight.sum()
        return {
            "log_loss": dot(weight, log_loss) / mass if mass else np.nan,
            "brier": dot(weight, squared) / mass if mass else np.nan,
            "calibration_slope": float(_calibration_line(log_odds, won, weight, start)[1]),
            "calibration_intercept": _calibration_in_the_large(log_odds, won, weight),
            "ece": _calibration_error(ranking, won, propensity, weight),
        }

    return figures


def _calibration_line(log_odds: np.ndarray, won: np.ndarray, weight: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Intercept and slope of a weighted logistic regression of the outcome on the log-odds, by Newton's method."""
    line = start.astype(float)
    for _ in range(50):
        p = expit(line[0] + line[1] * log_odds)
        miss, curve = weight * (won - p), weight * p * (1 - p)
        curve_odds = curve * log_odds
        slope_curve, both, flat = dot(curve_odds, log_odds), float(curve_odds.sum()), float(curve.sum())
        determinant = flat * slope_curve - both**2
        if not determinant > 1e-9 * max(flat * slope_curve, 1e-9):
            return np.array([np.nan, np.nan])
        pull = np.array([miss.sum(), dot(miss, log_odds)])
        step = np.array([slope_curve * pull[0] - both * pull[1], flat * pull[1] - both * pull[0]]) / determinant
        line += np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-5:
            return line
    return np.array([np.nan, np.nan])


def _calibration_in_the_large(log_odds: np.ndarray, won: np.ndarray, weight: np.ndarray) -> float:
    wins, mass, shift = dot(weight, won), weight.sum(), 0.0
    if not 0 < wins < mass:
        return np.nan
    for _ in range(50):
        p = expit(log_odds + shift)
        curve = dot(weight, p * (1 - p))
        step = (wins - dot(weight, p)) / curve if curve > 0 else np.nan
        shift += float(np.clip(step, -2, 2))
        if not abs(step) >= 1e-5:
            return shift
    return np.nan


def _calibration_error(ranking: Ranking, won: np.ndarray, propensity: np.ndarray, weight: np.ndarray) -> float:
    total = ranking.cumulative(weight)
    if not len(total) or total[-1] <= 0:
        return np.nan
    excess = ranking.cumulative(weight * (propensity - won))
    cuts = np.linspace(0, total[-1], 11)
    return float(np.abs(np.diff(np.interp(cuts, np.append(0.0, total), np.append(0.0, excess)))).sum() / total[-1])
