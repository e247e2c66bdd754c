"""Intent signals of the invented market: surges nobody sees, signals that a provider sees once it covers the account."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lastword.demo.process import (
    AS_OF_STEP,
    COVERED_AT_END,
    COVERED_AT_START,
    DAYS_BETWEEN_SUPPORT_SIGNALS,
    FIRST_STEP,
    HALF_LIFE_DAYS,
    LAST_STEP,
    OTHER_QUIET_SIGNALS,
    OTHER_SURGE_SIGNALS,
    OTHER_TOPICS,
    QUIET_SIGNALS,
    STEP_DAYS,
    STEP_DECAY,
    STRENGTHS,
    SUPPORT_TOPICS,
    SURGE_END,
    SURGE_SIGNALS,
    SURGE_START,
    TOPIC_EFFECTS,
    TOPIC_SHARES,
)

TOPICS = (*TOPIC_EFFECTS, *OTHER_TOPICS, *SUPPORT_TOPICS)
"""Every topic; a signal carries its position here."""
SURGE_SHARE = SURGE_START / (SURGE_START + SURGE_END)
"""Share of accounts in a surge at any time."""
SURGE_MEMORY = 1 - SURGE_START - SURGE_END
"""Correlation of being in a surge in one step and in the next."""


@dataclass(frozen=True)
class Signals:
    """One row per signal. `day` counts from the as-of date (negative before it)."""

    account: NDArray[np.int64]
    topic: NDArray[np.int64]
    day: NDArray[np.int64]
    strength: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.day)

    def where(self, keep: NDArray[np.bool_]) -> "Signals":
        return Signals(self.account[keep], self.topic[keep], self.day[keep], self.strength[keep])

    def step(self) -> NDArray[np.int64]:
        return AS_OF_STEP + self.day // STEP_DAYS


def coverage_steps(rng: np.random.Generator, accounts: int) -> NDArray[np.int64]:
    """The step in which the provider begins to cover each account; LAST_STEP where it does not before the as-of date."""
    luck = rng.random(accounts)
    grown = (luck - COVERED_AT_START) / (COVERED_AT_END - COVERED_AT_START)
    begins = FIRST_STEP + np.ceil(np.maximum(grown, 0) * (AS_OF_STEP - 1 - FIRST_STEP)).astype(np.int64)
    return np.where(luck < COVERED_AT_END, begins, LAST_STEP)


def surges(rng: np.random.Generator, accounts: int) -> NDArray[np.bool_]:
    """Whether each account is in a surge, steps × accounts: a two-state Markov chain begun at its long-run share."""
    surging = np.empty((LAST_STEP, accounts), dtype=bool)
    surging[0] = rng.random(accounts) < SURGE_SHARE
    for step in range(1, LAST_STEP):
        luck = rng.random(accounts, dtype=np.float32)
        surging[step] = np.where(surging[step - 1], luck >= SURGE_END, luck < SURGE_START)
    return surging


def signals_that_matter(rng: np.random.Generator, surging: NDArray[np.bool_]) -> Signals:
    """Signals on the topics that bear on a win, from the burn-in to the end of the horizon."""
    topics = np.arange(len(TOPIC_EFFECTS))
    return _signals(rng, np.where(surging, SURGE_SIGNALS, QUIET_SIGNALS), topics, np.array(TOPIC_SHARES))


def signals_of_other_topics(rng: np.random.Generator, accounts: int) -> Signals:
    """Signals that bear on nothing, with surges of their own; some accounts read more than others."""
    topics = len(TOPIC_EFFECTS) + np.arange(len(OTHER_TOPICS))
    rates = np.where(surges(rng, accounts), OTHER_SURGE_SIGNALS, OTHER_QUIET_SIGNALS) * rng.gamma(2.0, 0.5, accounts)
    return _signals(rng, rates, topics, np.full(len(topics), 1 / len(topics)))


def support_signals(rng: np.random.Generator, first_win_day: NDArray[np.int64]) -> Signals:
    """What a customer reads after the sale and never before it; `first_win_day` is 0 or more where there is none yet."""
    days = np.maximum(-first_win_day - 1, 0)
    account = np.repeat(np.arange(len(days)), rng.poisson(days / DAYS_BETWEEN_SUPPORT_SIGNALS))
    topic = len(TOPICS) - len(SUPPORT_TOPICS) + rng.integers(0, len(SUPPORT_TOPICS), len(account))
    day = -1 - (rng.random(len(account)) * days[account]).astype(np.int64)
    return Signals(account, topic, day, _strengths(rng, len(account)))


def published(signals: Signals, coverage: NDArray[np.int64]) -> Signals:
    """What the provider delivers: signals of covered accounts, within the history, before the as-of date."""
    step = signals.step()
    return signals.where((step >= coverage[signals.account]) & (step >= FIRST_STEP) & (signals.day < 0))


def intent(signals: Signals, accounts: int) -> NDArray[np.float32]:
    """The decayed sum that multiplies the hazard, at the beginning of each step and at the end of the last."""
    effects = np.array([*TOPIC_EFFECTS.values(), *[0.0] * (len(TOPICS) - len(TOPIC_EFFECTS))])
    age = STEP_DAYS - signals.day % STEP_DAYS
    added = effects[signals.topic] * signals.strength / 100 * 0.5 ** (age / HALF_LIFE_DAYS)
    cell = (signals.step() + 1) * accounts + signals.account
    total = np.bincount(cell, added, minlength=(LAST_STEP + 1) * accounts).reshape(LAST_STEP + 1, accounts).astype(np.float32)
    for step in range(1, LAST_STEP + 1):
        total[step] += np.float32(STEP_DECAY) * total[step - 1]
    return total


def signal_moments() -> tuple[float, float]:
    """Mean and mean square of what one signal adds to the intent at the beginning of the next step."""
    strengths = np.arange(STRENGTHS[0], STRENGTHS[1] + 1) / 100
    fades = 0.5 ** (np.arange(1, STEP_DAYS + 1) / HALF_LIFE_DAYS)
    shares, effects = np.array(TOPIC_SHARES), np.array(list(TOPIC_EFFECTS.values()))
    mean = (shares @ effects) * strengths.mean() * fades.mean()
    return float(mean), float((shares @ effects**2) * (strengths**2).mean() * (fades**2).mean())


def long_run_intent() -> float:
    """Mean intent of an account of which nothing is known."""
    per_step = SURGE_SHARE * SURGE_SIGNALS + (1 - SURGE_SHARE) * QUIET_SIGNALS
    return per_step * signal_moments()[0] / (1 - STEP_DECAY)


def _signals(
    rng: np.random.Generator, rates: NDArray[np.float64], topics: NDArray[np.int64], shares: NDArray[np.float64]
) -> Signals:
    accounts = rates.shape[1]
    cell = np.repeat(np.arange(rates.size), rng.poisson(rates).ravel())
    step, account = np.divmod(cell, accounts)
    day = (step - AS_OF_STEP) * STEP_DAYS + rng.integers(0, STEP_DAYS, len(cell))
    return Signals(account, rng.choice(topics, len(cell), p=shares), day, _strengths(rng, len(cell)))


def _strengths(rng: np.random.Generator, count: int) -> NDArray[np.int64]:
    return rng.integers(STRENGTHS[0], STRENGTHS[1] + 1, count)
