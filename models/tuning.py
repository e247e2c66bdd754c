"""Tuning, when it is asked for: Optuna searches the boosted trees' parameters on the training window.

A trial is judged by what it is for: the log loss of the stack on rows that it was not fitted on, on folds that keep groups
whole. The best of many is best by luck too, so it is kept only where folds dealt anew agree, beyond noise; else everything
stays as it was. Trials follow from the seed: as many trials, the same result, though not the same number in the same time.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models.boosted import SHALLOW, Changes, choose_rounds
from models.calibration import clustered_error, fit_stack, row_losses
from models.fitting import Fitting, prepare
from models.folds import grouped_folds
from models.landmarks import Mode, temporal_split
from models.logistic import EVIDENCE_PER_WIN, evidence_of_a_row

if TYPE_CHECKING:
    from optuna import Study
    from optuna.distributions import BaseDistribution

    from models.propensity import NamedFeature

type Floats = NDArray[np.float64]

SPACE: dict[str, tuple[float, float]] = {
    "num_leaves": (4, 64),
    "min_child_samples": (20, 1_000),
    "learning_rate": (0.02, 0.1),
    "reg_lambda": (0.1, 100.0),
    "colsample_bynode": (0.2, 1.0),
    "subsample": (0.5, 1.0),
}
"""Least and most of what is searched, by LightGBM's names; what `[model.boosting]` gives stays as given."""

EVEN = ("colsample_bynode", "subsample")
"""Drawn evenly; the others evenly in their logarithm."""

MOST_ROWS = 200_000
"""Of more rows those of groups drawn: a trial has to be quick, and parameters that suit these suit more."""

TRIALS_IN_RESERVE = 3
"""A search ends while there is time for so many of the longest trial: one more, and two to compare the best on new folds."""

TOLD_EVERY_ROUNDS = 25


class TimeIsUp(Exception):
    """The limit came within a trial."""


def say_nothing(what: str, share: float) -> None:
    """Hears of a search and says nothing."""


@dataclass(frozen=True)
class Budget:
    """How long a search may take: `seconds` by the clock, and no more than `trials` where given.

    `tell` is told what goes on and which share of the time is over.
    """

    seconds: float
    trials: int | None = None
    clock: Callable[[], float] = time.monotonic
    tell: Callable[[str, float], None] = say_nothing


@dataclass(frozen=True)
class Trial:
    """One set of parameters and its mean log loss out of fold, nats a row; null where the time limit came within it."""

    parameters: dict[str, int | float]
    log_loss: float | None


@dataclass(frozen=True)
class Tuned:
    """What a search came to.

    Attributes
    ----------
    boosting
        The parameters to go on with: the best ones, or those there were.
    kept
        Whether the best are kept.
    trials
        In order; the first is what there was before.
    gain, standard_error
        Log loss without the best parameters minus that with them, nats a row, on folds dealt anew; null where nothing was better.
    """

    boosting: Changes
    kept: bool
    trials: tuple[Trial, ...]
    gain: float | None = None
    standard_error: float | None = None

    def to_json(self) -> dict[str, Any]:
        """What metrics.json has under `tuning`."""
        trials = [asdict(each) for each in self.trials]
        return {**asdict(self), "boosting": dict(self.boosting), "trials": trials}


@dataclass(frozen=True)
class Dealt:
    """The rows of a search on one dealing of folds: what any parameters of the trees lose on them, the rest being equal."""

    fitting: Fitting
    group: NDArray[np.integer]
    evidence: float
    seed: int

    @cached_property
    def fold(self) -> NDArray[np.intp]:
        return grouped_folds(self.fitting.won, self.group, self.seed)

    @cached_property
    def logistic(self) -> Floats:
        return self.fitting.logistic_out_of_fold(self.fold, self.evidence)

    def losses(self, boosting: Changes, watch: Callable[[Any], None]) -> Floats:
        """The stack's log loss of every row out of fold; `watch` hears of each round of each fold."""
        sampled = self.fold[self.fitting.rows]
        rounds, boosters = choose_rounds(self.fitting.dataset, sampled, self.fitting.seed, boosting, (watch,))
        boosted = self.fitting.boosted_out_of_fold(self.fold, boosters, rounds)
        intercept, first, second = fit_stack(self.logistic, boosted, self.fitting.won)
        return row_losses(intercept + first * self.logistic + second * boosted, self.fitting.won)


def tune_on(
    rows: pd.DataFrame,
    features: "Sequence[NamedFeature]",
    mode: Mode,
    horizon_days: int,
    seed: int,
    budget: Budget,
    boosting: Changes = (),
    evidence_per_win: float = EVIDENCE_PER_WIN,
) -> Tuned:
    """Search on what the evaluation learns from: with landmarks the older windows, so that later time stays unseen.

    `rows` are those of `models.landmarks.TrainingSet`; `boosting` is what stays as given.
    """
    if mode == "landmarks":
        rows = rows[temporal_split(rows["landmark"], horizon_days)[0]]
    some = rows[drawn_groups(rows["group"].to_numpy(), seed)]
    won, group = some["won"].to_numpy(dtype=int), some["group"].to_numpy()
    pairs = [(feature.name, feature.kind) for feature in features]
    fitting = prepare(some, won, pairs, seed, merged(boosting, {"min_child_samples": least_child_samples(boosting)}))
    evidence = evidence_of_a_row(won, group, evidence_per_win)
    return tune(lambda dealing: Dealt(fitting, group, evidence, dealing), group, boosting, seed, budget)


def tune(deal: Callable[[int], Dealt], group: NDArray[np.integer], boosting: Changes, seed: int, budget: Budget) -> Tuned:
    """Search on the folds that `seed` deals, and compare the best with what there was on those of the next seed."""
    before = {name: SHALLOW[name] for name in SPACE if name not in dict(boosting)}
    if not before or budget.seconds <= 0:
        return Tuned(boosting, False, ())
    clock = Watch(budget, budget.clock())
    trials = tuple(search(deal(seed), boosting, before, seed, clock))
    known = [each for each in trials if each.log_loss is not None]
    best = min(known, key=lambda each: each.log_loss or 0.0, default=None)
    if best is None or best is trials[0]:
        return Tuned(boosting, False, trials)
    anew, found = deal(seed + 1), merged(boosting, best.parameters)
    clock.say("comparing the best with the default on other folds")
    gains = anew.losses(boosting, clock.tell_alone) - anew.losses(found, clock.tell_alone)
    gain, error = float(gains.mean()), clustered_error(gains, group)
    return Tuned(found if gain > error else boosting, gain > error, trials, gain, error)


class Watch:
    """The clock of one search: hears of every round, tells how far it is, and ends a trial when time is up."""

    def __init__(self, budget: Budget, began: float) -> None:
        self.budget, self.began, self.longest, self.said = budget, began, 0.0, "the default"

    @property
    def spent(self) -> float:
        return self.budget.clock() - self.began

    def leaves_time(self, done: int) -> bool:
        """Whether another trial may begin after so many."""
        if self.budget.trials is not None and done >= self.budget.trials:
            return False
        return done == 0 or self.spent + TRIALS_IN_RESERVE * self.longest <= self.budget.seconds

    def say(self, what: str) -> None:
        self.said, left = what, max(0, round(self.budget.seconds - self.spent))
        self.budget.tell(f"Tuning: {what}, {left // 60}:{left % 60:02} left", min(1.0, self.spent / self.budget.seconds))

    def tell_alone(self, heard: Any) -> None:
        """Of a round, a LightGBM callback."""
        if heard.iteration % TOLD_EVERY_ROUNDS == 0:
            self.say(self.said)

    def tell_and_end(self, heard: Any) -> None:
        """The same, and the trial ends when time is up."""
        self.tell_alone(heard)
        if self.spent > self.budget.seconds:
            raise TimeIsUp


def search(on: Dealt, boosting: Changes, before: dict[str, Any], seed: int, clock: Watch) -> Iterator[Trial]:
    """Trial after trial while there is time, first of what there was."""
    study, space = new_study(seed), distributions(before)
    study.enqueue_trial(before)
    least, done = np.inf, 0
    while clock.leaves_time(done):
        began, asked = clock.spent, study.ask(space)
        parameters = {name: legible(value) for name, value in asked.params.items()}
        try:
            loss = float(on.losses(merged(boosting, parameters), clock.tell_and_end).mean())
        except TimeIsUp:
            yield Trial(parameters, None)
            return
        study.tell(asked, loss)
        least, done, clock.longest = min(least, loss), done + 1, max(clock.longest, clock.spent - began)
        clock.say(f"{done} {'trial' if done == 1 else 'trials'}, best log loss {least:.5f}")
        yield Trial(parameters, loss)


def new_study(seed: int) -> "Study":
    """A study in memory that prints nothing."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))


def distributions(searched: dict[str, Any]) -> "dict[str, BaseDistribution]":
    """What Optuna draws each parameter from."""
    from optuna.distributions import FloatDistribution, IntDistribution

    found: dict[str, BaseDistribution] = {}
    for name, default in searched.items():
        low, high = SPACE[name]
        whole = isinstance(default, int) and isinstance(low, int)
        found[name] = (
            IntDistribution(int(low), int(high), log=True) if whole else FloatDistribution(low, high, log=name not in EVEN)
        )
    return found


def drawn_groups(group: NDArray[np.integer], seed: int) -> NDArray[np.bool_]:
    """The rows of whole groups, drawn evenly, that make about MOST_ROWS; all where there are no more."""
    codes, labels = pd.factorize(group)
    share = min(1.0, MOST_ROWS / max(len(group), 1))
    chosen: NDArray[np.bool_] = (np.random.default_rng(seed).permutation(len(labels)) < share * len(labels))[codes]
    return chosen


def merged(boosting: Changes, parameters: dict[str, Any]) -> Changes:
    """The changes and these parameters, by name; what the changes give stays."""
    return tuple(sorted({**parameters, **dict(boosting)}.items()))


def least_child_samples(boosting: Changes) -> int:
    """What the bins are made for: LightGBM leaves out columns that no leaf of so many rows could be split by."""
    return int(dict(boosting).get("min_child_samples", SPACE["min_child_samples"][0]))


def legible(value: int | float) -> int | float:
    """Three digits: more make no difference to the trees."""
    return value if isinstance(value, int) else float(f"{value:.3g}")
