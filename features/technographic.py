"""Technographic features: what the account runs. Each is an aggregate over an account's technologies known as of a date.

A technology counts at t if first_seen < t (or is not given: then it is today's snapshot) and last_seen is empty or
≥ t − 180 days. A last_seen from t on is not known yet at t, and so cannot tell a technology that stays from one that goes.
"""

import ibis

GONE_AFTER_DAYS = 180
"""A technology not seen for so long is taken to be gone."""

RECENT_DAYS = 180
"""Adoptions and removals of so many days are counted."""


def prepare(dated: ibis.Table) -> ibis.Table:
    """Technologies known as of a date, from technographics with an as_of column.

    Grain: account × as-of date × technology. Columns: account_id, as_of, technology, category, in_use, adopted_days_ago (null
    where undated), gone_days_ago (null where it isn't known to be gone).
    """
    known = dated.filter(dated.first_seen.isnull() | (dated.first_seen < dated.as_of))
    seen_days_ago = known.as_of.delta(known.last_seen, unit="day")
    gone = (seen_days_ago > GONE_AFTER_DAYS).fill_null(False)
    return known.select(
        known.account_id,
        known.as_of,
        known.technology,
        known.category,
        in_use=~gone,
        adopted_days_ago=known.as_of.delta(known.first_seen, unit="day"),
        gone_days_ago=gone.ifelse(seen_days_ago - GONE_AFTER_DAYS, ibis.null("int64")),
    )


def technologies(known: ibis.Table) -> ibis.Value:
    """Technologies in use."""
    return known.count(where=known.in_use).cast("float64")


def days_since_adoption(known: ibis.Table) -> ibis.Value:
    """Days since the newest adoption of a technology, whether it is still in use or not."""
    return known.adopted_days_ago.min().cast("float64")


def adoptions(known: ibis.Table) -> ibis.Value:
    """Technologies first seen within the last 180 days."""
    return known.count(where=known.adopted_days_ago <= RECENT_DAYS).cast("float64")


def removals(known: ibis.Table) -> ibis.Value:
    """Technologies taken to be gone since 180 days: last seen between 360 and 180 days ago."""
    return known.count(where=known.gone_days_ago <= RECENT_DAYS).cast("float64")


def uses(known: ibis.Table, technology: str) -> ibis.Value:
    """1 where the technology is in use, 0 where not."""
    return (known.in_use & (known.technology == technology)).any().cast("float64")


def in_category(known: ibis.Table, category: str) -> ibis.Value:
    """Technologies of a category in use."""
    return known.count(where=known.in_use & (known.category == category)).cast("float64")
