"""Figures of several scores on the same rows, which of them differ beyond chance, and the table that says so."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.ranking import Ranking, rank_figures

REPLICATES = 200
HEADINGS = {"auc": "AUC", "average_precision": "average precision", "lift_at_15": "lift at 15 %", "ece": "ECE"}
LOWER_IS_BETTER = frozenset({"ece"})
BINS = 10
TIE = 1.96
"""So many standard errors of a difference may be chance."""


@dataclass(frozen=True)
class Figure:
    """A figure of one score, the standard error of its bootstrap, and whether no other score is better beyond chance."""

    estimate: float
    error: float
    best: bool


def compare_scores(
    won: np.ndarray, scores: Mapping[str, np.ndarray], account: np.ndarray, seed: int, replicates: int = REPLICATES
) -> dict[str, dict[str, Figure]]:
    """Every figure of every score, by score and figure, from one paired bootstrap over accounts.

    `scores` are probabilities by name. A figure is among the best where it is within 1.96 standard errors of its difference
    to the best one: ties are ties. ece is the expected calibration error over ten bins of equal mass.
    """
    rankings = [(Ranking(score), score) for score in scores.values()]

    def figures(weight: np.ndarray) -> list[list[float]]:
        return [figures_of(ranking, won, score, weight) for ranking, score in rankings]

    estimates = np.array(figures(np.ones(len(won))))
    drawn = np.array([figures(weight) for weight in bootstrap_weights(account, seed, replicates)])
    errors = drawn.std(axis=0, ddof=1)
    best = [among_best(estimates[:, place], drawn[:, :, place], metric) for place, metric in enumerate(HEADINGS)]
    return {
        name: {
            metric: Figure(float(estimates[row, place]), float(errors[row, place]), best[place][row])
            for place, metric in enumerate(HEADINGS)
        }
        for row, name in enumerate(scores)
    }


def figures_of(ranking: Ranking, won: np.ndarray, score: np.ndarray, weight: np.ndarray) -> list[float]:
    """The figures of HEADINGS of one score on weighted rows."""
    figures = {**rank_figures(ranking, won, weight), "ece": calibration_error(ranking, won, score, weight)}
    return [figures[name] for name in HEADINGS]


def calibration_error(ranking: Ranking, won: np.ndarray, score: np.ndarray, weight: np.ndarray) -> float:
    """Mean distance of mean probability and win rate over ten bins of equal mass; rows at a cut count to both sides in part."""
    mass = np.append(0.0, ranking.cumulative(weight))
    excess = np.append(0.0, ranking.cumulative(weight * (score - won)))
    cuts = np.linspace(0, mass[-1], BINS + 1)
    return float(np.abs(np.diff(np.interp(cuts, mass, excess))).sum() / mass[-1])


def bootstrap_weights(account: np.ndarray, seed: int, replicates: int) -> Iterator[np.ndarray]:
    """For each replicate how often each row is drawn, accounts being drawn whole."""
    codes, accounts = pd.factorize(account)
    rng = np.random.default_rng(seed)
    size = len(accounts)
    for _ in range(replicates):
        yield np.bincount(rng.integers(0, size, size), minlength=size)[codes].astype(float)


def among_best(estimates: np.ndarray, drawn: np.ndarray, metric: str) -> list[bool]:
    """For each score whether the best one's lead over it may be chance; `drawn` has a line per replicate."""
    leader = int(estimates.argmin() if metric in LOWER_IS_BETTER else estimates.argmax())
    error = (drawn - drawn[:, [leader]]).std(axis=0, ddof=1)
    return [bool(tied) for tied in np.abs(estimates - estimates[leader]) <= TIE * error]


def markdown(figures: Mapping[str, Mapping[str, Figure]], seconds: Mapping[str, float], missing: Mapping[str, str]) -> str:
    """A line per score, the best of each column in bold, all that tie with it included; then a line per tool that is missing."""
    fastest = min(seconds.values())
    lines = [
        [name, *(cell(metric, each[metric]) for metric in HEADINGS), bold(f"{seconds[name]:,.1f}", seconds[name] == fastest)]
        for name, each in figures.items()
    ]
    absent = [[name, *["–"] * len(HEADINGS), reason] for name, reason in missing.items()]
    return grid(["", *HEADINGS.values(), "seconds"], [*lines, *absent])


def cell(metric: str, figure: Figure) -> str:
    """Estimate ± standard error: lift to two places, the others to three."""
    places = 2 if metric.startswith("lift") else 3
    return bold(f"{figure.estimate:.{places}f} ± {figure.error:.{places}f}", figure.best)


def bold(text: str, is_best: bool) -> str:
    return f"**{text}**" if is_best else text


def grid(heading: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A Markdown table, its first column text and the others numbers."""
    rule = ["---", *["---:"] * (len(heading) - 1)]
    return "\n".join("| " + " | ".join(line) + " |" for line in [heading, rule, *lines])
