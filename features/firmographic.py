"""Firmographic features: who the account is. One row of accounts in, one value out.

Columns of accounts carry no dates: they are today's snapshot at every landmark, which the training report names as a limit.
The account's age is the one that moves with the as-of date, which `prepare` brings along as a column.
"""

import ibis

from features.logarithm import ln


def prepare(dated: ibis.Table) -> ibis.Table:
    """Accounts, one row per account and as-of date, with the date as a fraction of years: each feature is a function of a row."""
    return dated.mutate(as_of_year=dated.as_of.year() + (dated.as_of.day_of_year() - 1) / 365.25)


def log_employees(accounts: ibis.Table) -> ibis.Value:
    """ln(1 + employees)."""
    return ln(accounts.employee_count + 1)


def log_revenue(accounts: ibis.Table) -> ibis.Value:
    """ln(1 + annual revenue), in the project's currency."""
    return ln(accounts.annual_revenue + 1)


def log_revenue_per_employee(accounts: ibis.Table) -> ibis.Value:
    """ln(1 + annual revenue ÷ employees); null without employees."""
    return ln(accounts.annual_revenue / accounts.employee_count.nullif(0) + 1)


def age_years(accounts: ibis.Table) -> ibis.Value:
    """Years since the account was founded, at the as-of date; 0 for one that is founded later in the year."""
    return (accounts.as_of_year - accounts.founded_year).clip(lower=0.0)


def has_parent(accounts: ibis.Table) -> ibis.Value:
    """1 where a parent is named, 0 where none is, null where no account of the table names one."""
    named = accounts.parent_account_id.notnull()
    return named.any().over(ibis.window()).ifelse(named.cast("float64"), ibis.null("float64"))


def siblings(accounts: ibis.Table) -> ibis.Value:
    """How many other accounts name the same parent; null where no account of the table names one."""
    named = accounts.parent_account_id.notnull()
    others = accounts.account_id.count().over(ibis.window(group_by=[accounts.parent_account_id, accounts.as_of])) - 1
    counted = named.ifelse(others.cast("float64"), 0.0)
    return named.any().over(ibis.window()).ifelse(counted, ibis.null("float64"))


def column(accounts: ibis.Table, name: str) -> ibis.Value:
    """A category, as given; blank is unknown."""
    return accounts[name].cast("string").nullif("")


def number(accounts: ibis.Table, name: str) -> ibis.Value:
    """A further number, as given; what cannot be read as one is unknown."""
    return accounts[name].try_cast("float64")


def flag(accounts: ibis.Table, name: str) -> ibis.Value:
    """A further yes or no: 1, 0, or null where it says neither."""
    said = accounts[name].cast("string").lower()
    return ibis.cases((said.isin(["true", "yes", "y", "1", "1.0"]), 1.0), (said.isin(["false", "no", "n", "0", "0.0"]), 0.0))
