"""Technologies of the invented market: who adopts what, when, and when it is seen for the last time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lastword.demo.process import (
    ADOPTION_YEARS,
    AS_OF_STEP,
    LAST_STEP,
    REMOVED_SHARE,
    STEP_DAYS,
    TECHNOLOGIES,
    TECHNOLOGY_LAG_DAYS,
    YEARS_UNTIL_REMOVAL,
)

NEVER = np.int64(10**6)


@dataclass(frozen=True)
class Adoptions:
    """One row per account × technology seen before the as-of date. Days count from the as-of date, so all are negative.

    last_seen is NEVER where the technology has not gone.
    """

    account: NDArray[np.int64]
    technology: NDArray[np.int64]
    first_seen: NDArray[np.int64]
    last_seen: NDArray[np.int64]


def adopt(rng: np.random.Generator, accounts: int) -> Adoptions:
    """Adoptions spread evenly over the years before the as-of date; some technologies go again."""
    shares = np.array([share for _, share, _ in TECHNOLOGIES.values()], dtype=np.float32)
    account, technology = np.nonzero(rng.random((accounts, len(shares)), dtype=np.float32) < shares)
    first_seen = -np.ceil(rng.random(len(account)) * ADOPTION_YEARS * 365).astype(np.int64)
    stays = np.ceil(rng.exponential(YEARS_UNTIL_REMOVAL * 365, len(account))).astype(np.int64)
    gone = (rng.random(len(account)) < REMOVED_SHARE) & (first_seen + stays < 0)
    return Adoptions(account, technology, first_seen, np.where(gone, first_seen + stays, NEVER))


def technology_effect(adoptions: Adoptions, accounts: int) -> NDArray[np.float32]:
    """Effect on the log hazard, steps × accounts: the sum over the technologies that bear on the first day of the step."""
    effects = np.array([effect for _, _, effect in TECHNOLOGIES.values()])[adoptions.technology]
    matters = effects != 0
    account, effect = adoptions.account[matters], effects[matters]
    begins = _first_step_from(adoptions.first_seen[matters] + TECHNOLOGY_LAG_DAYS)
    ends = _first_step_from(adoptions.last_seen[matters] + TECHNOLOGY_LAG_DAYS)
    shape = (LAST_STEP + 1, accounts)
    change = np.bincount(begins * accounts + account, effect, minlength=shape[0] * shape[1])
    change -= np.bincount(ends * accounts + account, effect, minlength=shape[0] * shape[1])
    return np.cumsum(change.reshape(shape), axis=0, dtype=np.float32)[:LAST_STEP]


def _first_step_from(day: NDArray[np.int64]) -> NDArray[np.int64]:
    """The first step that begins after a day; LAST_STEP for days beyond the horizon."""
    return np.clip(AS_OF_STEP + day // STEP_DAYS + 1, 0, LAST_STEP)
