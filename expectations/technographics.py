"""What is expected of technographics, by the facts about them: they cover accounts, and are not stale."""

from expectations.suites import fact

FACTS = (
    fact("at least 5% of the accounts have a technology", "accounts_share", 0.05),
    fact("there is more than one technology", "technology_distinct", 2),
    fact("there are at most 50,000 technologies", "technology_distinct", None, 50_000),
    fact("first_seen is given for at least half", "first_seen_filled_share", 0.5),
    fact("the newest first_seen is at most a year before the as-of date", "first_seen_newest_age_days", None, 365),
)
