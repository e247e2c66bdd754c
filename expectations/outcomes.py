"""What is expected of outcomes: the wins, the house list and the products that accounts own."""

from expectations.suites import fact, filled, unique

WON_ROWS = (filled("account_id"),)
WON_FACTS = (
    fact("there is at least one win", "rows", 1),
    fact("at most half of the accounts have won", "accounts_share", None, 0.5),
    fact("won_on is given for at least half", "won_on_filled_share", 0.5),
    fact("the newest win is at most a year before the as-of date", "won_on_newest_age_days", None, 365),
)
HOUSE_LIST_ROWS = (filled("account_id"), unique("account_id"))
HOUSE_LIST_FACTS = (
    fact("at least 1% of the accounts are on the house list", "accounts_share", 0.01),
    fact("listed_on is given for at least half", "listed_on_filled_share", 0.5),
)
PRODUCTS_ROWS = (filled("account_id"), filled("product"))
PRODUCTS_FACTS = (fact("there is at least one product", "product_distinct", 1),)
