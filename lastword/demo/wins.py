"""The house list and the wins: who is at risk from when, and who wins when."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lastword.demo.process import (
    AS_OF_STEP,
    BASE_RATE,
    FIRST_STEP,
    HISTORY_DAYS,
    LAST_STEP,
    LISTED_LATER_SHARE,
    LISTING_YEARS_BEFORE_HISTORY,
    NEVER_LISTED_SHARE,
    STEP_DAYS,
)
from lastword.demo.signals import long_run_intent

Floats = NDArray[np.float64]
Rates = NDArray[np.float32]
NO_WIN = np.int64(10**6)


@dataclass(frozen=True)
class Listing:
    """When each account came onto the house list. Days count from the as-of date.

    day          0 or more where it is not on the list by the as-of date
    first_step   the first step in which it is at risk
    steps_before steps at risk before the history begins (a fraction of a step counts)
    """

    day: NDArray[np.int64]
    first_step: NDArray[np.int64]
    steps_before: Floats


def list_accounts(rng: np.random.Generator, accounts: int) -> Listing:
    """Most accounts are listed before the history, some during it, a few not yet."""
    kind, when = rng.random(accounts), rng.random(accounts)
    before = -HISTORY_DAYS - np.ceil(when * LISTING_YEARS_BEFORE_HISTORY * 365)
    during = -np.ceil(when * HISTORY_DAYS)
    day = np.where(kind < LISTED_LATER_SHARE, during, before)
    day = np.where(kind > 1 - NEVER_LISTED_SHARE, NO_WIN, day).astype(np.int64)
    first_step = np.clip(AS_OF_STEP - (-day // STEP_DAYS), FIRST_STEP, LAST_STEP)
    return Listing(day, first_step, np.maximum(-HISTORY_DAYS - day, 0) / STEP_DAYS)


def step_rates(technology_effect: Rates, listing: Listing) -> Rates:
    """Rate per step, steps × accounts, before the account's own factor and intent; 0 where it is not at risk."""
    at_risk = np.arange(LAST_STEP)[:, None] >= listing.first_step
    return np.where(at_risk, np.float32(BASE_RATE) * np.exp(technology_effect), np.float32(0))


def rate_before_history(technology_effect: Rates, listing: Listing) -> Floats:
    """Cumulative rate from the listing to the history's first day, at the technologies and the mean intent of that day."""
    rate = BASE_RATE * np.exp(technology_effect[FIRST_STEP].astype(float))
    return rate * listing.steps_before * (1 + long_run_intent())


def first_win_days(
    rng: np.random.Generator, factor: Floats, rates: Rates, intent: Rates, before: Floats, listing: Listing
) -> NDArray[np.int64]:
    """Day of the first win, counted from the as-of date, within the horizon or before; NO_WIN where there is none.

    An account wins when its cumulative hazard passes a draw from the standard exponential distribution.
    """
    patience = rng.exponential(1.0, len(factor)) / factor
    luck = rng.random(len(factor))
    cumulative = before + np.cumsum(rates * (1 + intent[:LAST_STEP]), axis=0, dtype=float)
    passed = cumulative >= patience
    step = np.argmax(passed, axis=0)
    day = (step - AS_OF_STEP) * STEP_DAYS + (luck * STEP_DAYS).astype(np.int64)
    day = np.where(passed[-1], day, NO_WIN)
    waited = patience / np.maximum(before, 1e-12) * listing.steps_before * STEP_DAYS
    earlier = np.minimum(listing.day + waited.astype(np.int64), -HISTORY_DAYS - 1)
    return np.where(before >= patience, earlier, day)
