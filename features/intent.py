"""Intent features: what the account reads up on. Each is an aggregate over an account's topics known as of a date.

Only signals with t − window_days ≤ observed_on < t count. Signals are first summed to (account, topic), once; every feature
is then a sum over those few rows, which is what keeps a million accounts with a hundred topics quick.
"""

import ibis
import pandas as pd

from features.logarithm import ln

RECENT_DAYS = 21
BEFORE_DAYS = 84
"""A surge compares the last 3 weeks with the 12 weeks before them."""

SURGE_FROM = 90.0
"""A topic surges when we are this sure (in %) that its rate has risen."""

SURGE_MINIMUM_SIGNALS = 3
"""With fewer signals in the 15 weeks nothing is said about a surge."""

FIXED_POINT = 1e6
"""Strengths are summed as whole millionths: a sum of floats depends on the order in which threads add them."""

PRIOR_SHAPE, PRIOR_WEEKS = 1, 4
"""Gamma prior of a signal rate per week: shape a and weeks b. One signal in four weeks, weakly held."""

RECENT_CAP, BEFORE_CAP = 60, 240
"""Counts beyond these are scaled down together, which understates a surge that is certain anyway."""


def prepare(dated: ibis.Table, half_life_days: int, window_days: int) -> ibis.Table:
    """Signals of the window before a date, summed by topic, from intents with an as_of column.

    Grain: account × as-of date × topic. Columns: account_id, as_of, topic, decayed (Σ strength × 0.5^(age/half_life), in
    millionths), signals_7, signals_30, signals_90, days_ago (of the newest signal), recent (last 3 weeks), before (12 weeks
    before), surge (0–100 or null).
    """
    known = dated.filter(dated.observed_on < dated.as_of)
    aged = known.mutate(age=known.as_of.delta(known.observed_on, unit="day"))
    window = aged.filter(aged.age <= window_days)
    weight = ibis.literal(0.5) ** (window.age / ibis.literal(float(half_life_days)))
    by_topic = window.group_by("account_id", "as_of", "topic").aggregate(
        decayed=(window.strength * weight * FIXED_POINT).round().cast("int64").sum().cast("int64"),
        signals_7=window.count(where=window.age <= 7),
        signals_30=window.count(where=window.age <= 30),
        signals_90=window.count(where=window.age <= 90),
        days_ago=window.age.min().cast("int64"),
        recent=window.count(where=window.age <= RECENT_DAYS),
        before=window.count(where=(window.age > RECENT_DAYS) & (window.age <= RECENT_DAYS + BEFORE_DAYS)),
    )
    return with_surge(by_topic)


def decayed(topics: ibis.Table) -> ibis.Value:
    """Decayed strength of all signals."""
    return topics.decayed.sum().cast("float64") / FIXED_POINT


def signals_7_days(topics: ibis.Table) -> ibis.Value:
    """Signals of the last 7 days."""
    return topics.signals_7.sum().cast("float64")


def signals_30_days(topics: ibis.Table) -> ibis.Value:
    """Signals of the last 30 days."""
    return topics.signals_30.sum().cast("float64")


def signals_90_days(topics: ibis.Table) -> ibis.Value:
    """Signals of the last 90 days."""
    return topics.signals_90.sum().cast("float64")


def distinct_topics(topics: ibis.Table) -> ibis.Value:
    """Topics with a signal in the window."""
    return topics.topic.count().cast("float64")


def days_since_signal(topics: ibis.Table) -> ibis.Value:
    """Days since the newest signal."""
    return topics.days_ago.min().cast("float64")


def trend(topics: ibis.Table) -> ibis.Value:
    """ln of the last 30 days' signals over the monthly mean of the 60 days before, one added to both; 0: no change."""
    last = topics.signals_30.sum()
    return ln((last + 1) / ((topics.signals_90.sum() - last) / 2.0 + 1))


def surge(topics: ibis.Table) -> ibis.Value:
    """The surge of the topic that surges most, 0–100; null where no topic has signals enough."""
    return topics.surge.max()


def surging_topics(topics: ibis.Table) -> ibis.Value:
    """Topics whose surge is 90 or more."""
    return topics.count(where=topics.surge >= SURGE_FROM).cast("float64")


def topic(topics: ibis.Table, topic: str) -> ibis.Value:
    """Decayed strength of the signals on one topic."""
    return topics.decayed.sum(where=topics.topic == topic).fill_null(0).cast("float64") / FIXED_POINT


def with_surge(by_topic: ibis.Table) -> ibis.Table:
    """Adds `surge`: 100 × the probability that the rate of the last 3 weeks is higher than that of the 12 before.

    With Gamma(a, b) priors on both weekly rates, x signals in the last 3 weeks and y in the 12 before, it is
    100·betainc(a + y, a + x, (b + 12)/(2b + 15)). No engine has betainc, counts are small whole numbers, so it is a
    look-up in a small table that every engine can join.
    """
    known = ibis.memtable(surge_table())
    scale = ibis.greatest(1.0, by_topic.recent / float(RECENT_CAP), by_topic.before / float(BEFORE_CAP))
    counted = by_topic.mutate(
        recent_key=(by_topic.recent / scale).round().cast("int64"), before_key=(by_topic.before / scale).round().cast("int64")
    )
    keys = [counted.recent_key == known.recent_key, counted.before_key == known.before_key]
    return counted.left_join(known, keys).select(*(counted[name] for name in by_topic.columns), known.surge)


def surge_table() -> pd.DataFrame:
    """Every pair of counts within the caps and its surge. Columns: recent_key, before_key, surge (null: too few)."""
    import numpy as np
    from scipy.special import betainc

    recent, before = np.meshgrid(np.arange(RECENT_CAP + 1), np.arange(BEFORE_CAP + 1), indexing="ij")
    point = (PRIOR_WEEKS + BEFORE_DAYS / 7) / (2 * PRIOR_WEEKS + (RECENT_DAYS + BEFORE_DAYS) / 7)
    surges = 100 * betainc(PRIOR_SHAPE + before, PRIOR_SHAPE + recent, point)
    enough = recent + before >= SURGE_MINIMUM_SIGNALS
    return pd.DataFrame(
        {
            "recent_key": recent.ravel().astype("int64"),
            "before_key": before.ravel().astype("int64"),
            "surge": np.where(enough, surges, np.nan).ravel(),
        }
    )
