"""What is expected of intents, by the facts about them: they cover accounts, reach up to now and far enough back."""

from expectations.suites import fact

FACTS = (
    fact("at least 1% of the accounts have a signal", "accounts_share", 0.01),
    fact("there is more than one topic", "topic_distinct", 2),
    fact("there are at most 10,000 topics", "topic_distinct", None, 10_000),
    fact("the newest signal is at most 60 days before the as-of date", "observed_on_newest_age_days", None, 60),
    fact("the oldest signal is at least a year before the as-of date", "observed_on_oldest_age_days", 365),
)
