"""What is expected of accounts: one row per account, plausible sizes, and enough filled in to tell accounts apart."""

from expectations.suites import between, fact, filled, unique

ROWS = (
    filled("account_id"),
    unique("account_id"),
    filled("name"),
    between("employee_count", 0, 5e6, mostly=0.99),
    between("annual_revenue", 0, 2e12, mostly=0.99),
    between("founded_year", 1600, None, mostly=0.99),
    between("tenure_years", 0, 150, mostly=0.99),
    between("market_share", 0, 100),
    filled("industry", mostly=0.5),
    filled("region", mostly=0.5),
    filled("country", mostly=0.5),
    filled("employee_count", mostly=0.5),
    filled("annual_revenue", mostly=0.5),
)
FACTS = (fact("there is more than one account", "rows", 2),)
