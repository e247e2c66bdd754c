"""Which accounts a person should look at, why, and in what order.

Two columns, because a decision changes what counts: `open_reason` is why an account is under review while no override
is in force on it, `override_review` why it is although one is. Whoever shows the queue takes the one that applies.
"""

from typing import Any, Literal

import numpy as np
import pandas as pd

type Order = Literal["value_of_information", "disparity"]

PARTED = "disparity"
AUDIT = "audit"
STALE = "stale"
REDUNDANT = "redundant"


def review(
    scores: pd.DataFrame,
    in_force: pd.DataFrame,
    set_aside: pd.DataFrame | None,
    settings: Any,
    seed: int,
    triggered: pd.Series | None = None,
) -> pd.DataFrame:
    """Why each account is under review, if it is.

    Never under review: an account that the plan excludes (coverage false), and a customer unless settings.customers. One
    that was set aside (snoozed, dismissed) stays out until its evidence moves: until model_points or plan_points differ
    by settings.threshold or more from what the person saw. Points unknown then or now count as unmoved.

    Parameters
    ----------
    scores : one row per account, index account_id: disparity (null where no model serves), model_points, plan_points,
        model_grade, account_status, coverage, review_value, review_gain.
    in_force : one row per account with an override in force, index account_id: grade, seen_model_points,
        seen_plan_points, seen_model_grade (null where there was no model).
    set_aside : one row per account snoozed or dismissed, index account_id: seen_model_points, seen_plan_points.
    settings : [disparity]: threshold, capacity, order, audit_share, customers.
    seed : with the account_id it decides which accounts are drawn for audit.
    triggered : by account_id, the name of the trigger that stands on it; whoever set it aside before it fired asked for no less.

    Returns
    -------
    Index of `scores`. open_reason: a trigger's name, else "disparity", "audit" or null, as if no override were in force;
    override_review: a trigger's name, else "redundant" (the model now gives the override's grade and did not then), "stale"
    (the evidence moved), or null. With a capacity at most so many accounts are under review, the audited ones included: those
    with a trigger before all others, then the first in settings.order; where an override is in force, open_reason then says
    whether the account would have been among them.
    """
    aside = _unmoved(scores, set_aside, settings.threshold)
    population = _population(scores, settings.customers)
    possible = population & ~aside
    called = _called(scores, triggered, population)
    is_called = called != ""
    decided = scores.index.isin(in_force.index)
    parted = possible & (scores["disparity"].abs() >= settings.threshold).to_numpy()
    returning = _returning(scores, in_force, settings.threshold)
    queued = np.where(decided, possible & (returning != ""), parted) | is_called
    size = _size(int(queued.sum()), settings)
    place = _places(scores, settings.order) - len(scores) * is_called
    last = np.sort(place[queued])[size - 1] if 0 < size < queued.sum() else (len(scores) if size == queued.sum() else -1)
    within = place <= last
    rest = possible & ~decided & ~parted & ~is_called & scores["disparity"].notna().to_numpy()
    audited = _drawn(scores.index, rest, _audits(size, settings), seed)
    open_reason = np.select([is_called & within, parted & within, audited], [called, PARTED, AUDIT], default="")
    override_review = np.where(queued & decided & within, np.where(is_called, called, returning), "")
    return pd.DataFrame({"open_reason": _text(open_reason), "override_review": _text(override_review)}, index=scores.index)


def may_be_audited(accounts: pd.Index, settings: Any, seed: int) -> np.ndarray:
    """Which accounts an audit can draw while fewer than half of all are in the queue: those with the least numbers."""
    return _numbers(accounts, seed) < 2.0**64 * min(1.0, settings.audit_share)


def order(frame: pd.DataFrame, by: Order = "value_of_information") -> pd.DataFrame:
    """The rows in the order in which a person should look at them, whatever brought them into the queue.

    By "value_of_information": the largest review_gain first; the rows without one follow by |disparity| × review_value. By
    "disparity": the largest |disparity| first. Ties go by |disparity| × review_value, then by account_id (a column, else
    the index). A missing review_value counts as 1, a missing disparity as 0.
    """
    return frame.iloc[np.argsort(_places(frame, by))]


def _places(frame: pd.DataFrame, by: Order) -> np.ndarray:
    """Each row's place in the order, from 0."""
    gap = frame["disparity"].to_numpy(dtype=float, na_value=np.nan)
    gap = np.nan_to_num(np.abs(gap))
    worth = gap * frame["review_value"].astype(float).fillna(1).to_numpy()
    first = frame["review_gain"].astype(float).fillna(-1).to_numpy() if by == "value_of_information" else gap
    account = pd.factorize(np.asarray(frame.get("account_id", frame.index), dtype=object), sort=True)[0]
    places = np.empty(len(frame), dtype=int)
    places[np.lexsort((account, -worth, -first))] = np.arange(len(frame))
    return places


def _population(scores: pd.DataFrame, customers: bool) -> np.ndarray:
    covered = scores["coverage"].fillna(False).to_numpy(dtype=bool)
    return covered & (customers | (scores["account_status"] != "customer").to_numpy())


def _called(scores: pd.DataFrame, triggered: pd.Series | None, population: np.ndarray) -> np.ndarray:
    """Per account the name of its trigger, "" where it has none or is never under review."""
    if triggered is None or triggered.empty:
        return np.full(len(scores), "", dtype=object)
    names = triggered.reindex(scores.index).astype(object)
    return np.where(population & names.notna().to_numpy(), names.to_numpy(), "").astype(object)


def _moved(scores: pd.DataFrame, seen: pd.DataFrame, threshold: float) -> np.ndarray:
    """Per account of `scores`: did either points move by `threshold` since a person saw them."""
    then = seen.reindex(scores.index)
    names = ["model_points", "plan_points"]
    distance = np.abs(scores[names].to_numpy(dtype=float) - then[[f"seen_{name}" for name in names]].to_numpy(dtype=float))
    return ((distance >= threshold) & (distance > 0)).any(axis=1)


def _unmoved(scores: pd.DataFrame, set_aside: pd.DataFrame | None, threshold: float) -> np.ndarray:
    if set_aside is None or set_aside.empty:
        return np.zeros(len(scores), dtype=bool)
    return scores.index.isin(set_aside.index) & ~_moved(scores, set_aside, threshold)


def _returning(scores: pd.DataFrame, in_force: pd.DataFrame, threshold: float) -> np.ndarray:
    """Per account "redundant", "stale" or "": why an override in force should be looked at again."""
    if in_force.empty:
        return np.full(len(scores), "", dtype=object)
    then = in_force.reindex(scores.index)
    agrees = (scores["model_grade"].notna() & (scores["model_grade"] == then["grade"])).to_numpy(dtype=bool)
    agreed_then = (then["seen_model_grade"] == then["grade"]).fillna(False).to_numpy(dtype=bool)
    conditions = [agrees & ~agreed_then, _moved(scores, in_force, threshold)]
    return np.select(conditions, [REDUNDANT, STALE], default="").astype(object)


def _audits(size: int, settings: Any) -> int:
    return round(settings.audit_share * size)


def _size(queued: int, settings: Any) -> int:
    """How many of the queued accounts stay, so that with their share of audits they fit the capacity (0: no limit)."""
    if not settings.capacity:
        return queued
    size = min(queued, settings.capacity)
    while size and size + _audits(size, settings) > settings.capacity:
        size -= 1
    return size


def _drawn(accounts: pd.Index, eligible: np.ndarray, count: int, seed: int) -> np.ndarray:
    """The `count` eligible accounts whose hash with the seed is smallest: the same in whatever order they come."""
    drawn = np.zeros(len(accounts), dtype=bool)
    if count <= 0:
        return drawn
    positions = np.flatnonzero(eligible)
    numbers = _numbers(accounts, seed)[positions]
    drawn[positions[np.argsort(numbers, kind="stable")[:count]]] = True
    return drawn


def _numbers(accounts: pd.Index, seed: int) -> np.ndarray:
    """A number of 64 bits for each account, by its id and the seed alone, as good as drawn."""
    ids = np.asarray(accounts, dtype=object)
    return pd.util.hash_array(ids, hash_key=f"{seed % 10**16:016}", categorize=False)


def _text(values: np.ndarray) -> pd.api.extensions.ExtensionArray:
    return pd.array([value or None for value in values], dtype="str")
