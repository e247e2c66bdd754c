"""The tables other people build on: names, types and order of the columns of every input and of the final table.

A change here is a breaking change: it needs a line in CHANGELOG.md and, where the store is concerned, a migration.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Counts = Mapping[str, int | float | str]
"""What a stage counted, by the name that people read."""

Kind = Literal["text", "number", "date"]

GRADES = ("A", "B", "C", "D", "F")
"""From best to worst."""


@dataclass(frozen=True)
class Column:
    """One column of an input. `least` is the smallest number that makes sense, None where any does."""

    name: str
    kind: Kind
    required: bool = False
    least: float | None = None


@dataclass(frozen=True)
class InputTable:
    """One input: its columns, the columns that identify a row, and whether a project must have it.

    `key` is what may not repeat; empty where rows may (two equal signals are two signals).
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    required: bool = False

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


def _text(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "text") for name in names)


ACCOUNTS = InputTable(
    "accounts",
    (
        Column("account_id", "text", required=True),
        Column("name", "text", required=True),
        *_text("domain", "parent_account_id", "region", "sub_region", "country", "industry", "sub_industry", "ownership"),
        Column("employee_count", "number", least=0),
        Column("annual_revenue", "number", least=0),
        Column("founded_year", "number", least=1000),
        Column("prior_year_spend", "number", least=0),
        Column("tenure_years", "number", least=0),
        Column("market_share", "number", least=0),
    ),
    key=("account_id",),
    required=True,
)
WON = InputTable(
    "won",
    (
        Column("account_id", "text", required=True),
        Column("won_on", "date"),
        Column("product", "text"),
        Column("amount", "number", least=0),
    ),
    key=("account_id", "won_on", "product", "amount"),
    required=True,
)
HOUSE_LIST = InputTable(
    "house_list",
    (Column("account_id", "text", required=True), Column("listed_on", "date")),
    key=("account_id",),
    required=True,
)
TECHNOGRAPHICS = InputTable(
    "technographics",
    (
        Column("account_id", "text", required=True),
        Column("technology", "text", required=True),
        Column("category", "text"),
        Column("first_seen", "date"),
        Column("last_seen", "date"),
    ),
    key=("account_id", "technology"),
)
INTENTS = InputTable(
    "intents",
    (
        Column("account_id", "text", required=True),
        Column("topic", "text", required=True),
        Column("observed_on", "date", required=True),
        Column("strength", "number", least=0),
    ),
)
PRODUCTS = InputTable(
    "products",
    (
        Column("account_id", "text", required=True),
        Column("product", "text", required=True),
        Column("owned_since", "date"),
        Column("annual_value", "number", least=0),
    ),
    key=("account_id", "product"),
)

INPUT_TABLES: dict[str, InputTable] = {
    table.name: table for table in (ACCOUNTS, WON, HOUSE_LIST, TECHNOGRAPHICS, INTENTS, PRODUCTS)
}

AFTER_WIN_COLUMNS = ("prior_year_spend", "tenure_years", "market_share")
"""Columns of accounts that only a customer has, unless [features] says otherwise."""

FINAL_COLUMNS = (
    "account_id",
    "name",
    "region",
    "sub_region",
    "country",
    "industry",
    "sub_industry",
    "plan_points",
    "plan_segment",
    "propensity",
    "model_points",
    "model_grade",
    "account_status",
    "coverage",
    "grade_confidence",
    "disparity",
    "under_review",
    "queue_reason",
    "final_grade",
    "decided_by",
    "key_account",
    "override_reason",
    "override_by",
    "override_at",
    "override_expires_on",
    "potential_spend",
    "expected_value",
    "tier",
    "run_id",
    "model_version",
    "plan_version",
    "as_of",
    "scored_at",
)
"""The final table, one row per account: what planners consume, in this order."""

QUEUED_SINCE = "queued_since"
"""The one column of scores that hangs on the clock: the store has it, the files of a run do not."""

SCORE_COLUMNS = (
    "account_id",
    "name",
    "region",
    "sub_region",
    "country",
    "industry",
    "sub_industry",
    "plan_points",
    "plan_segment",
    "plan_grade",
    "propensity",
    "model_points",
    "model_grade",
    "account_status",
    "coverage",
    "grade_confidence",
    "disparity",
    "disparity_rank",
    "disparity_points",
    "disparity_grade",
    "review_value",
    "log_odds",
    "log_odds_sd",
    "cut_log_odds",
    "cut_propensity",
    "review_gain",
    "open_reason",
    "override_review",
    "trigger_said",
    "why",
    "why_family",
    QUEUED_SINCE,
    "policy_grade",
    "policy_decided_by",
    "key_account",
    "potential_spend",
    "expected_value",
    "high_value",
    "run_id",
    "model_version",
    "plan_version",
    "as_of",
    "scored_at",
)
"""What a run computes for an account before anybody's override: the final table is this joined with the ledger.

plan_grade       the A–F that the plan's segment maps to
disparity_rank, disparity_points, disparity_grade   model minus plan by each measure; null where there is one opinion
review_value     the account's value in the queue (what a win would bring in a year, 1 where that is not known)
log_odds         the model's, before any correction for a class prior; null where no model serves
log_odds_sd      its standard deviation over bootstrap refits; null where there are none
cut_log_odds     the grade cut nearest to it
cut_propensity   the probability of a win at that cut
review_gain      what a review can be expected to gain, in units of review_value: see overrides.value_of_information
open_reason      why it would be under review with no override in force (a trigger's name, disparity, audit, or null)
override_review  why it is under review although the override in force when it was scored stands (a trigger's name, stale,
                 redundant, or null)
trigger_said     where a trigger is why, what happened, in a sentence; null of all others
why              of an account under review, a few words on what drives the two opinions apart; null of all others
why_family       of an account under review, the family of attributes with the largest part in that
queued_since     since when it is under review without interruption; null where it isn't
policy_grade     the grade that [final] policy gives when no override is in force; null where the plan excludes it
policy_decided_by  model, plan or blend
high_value       true where potential_spend puts it among the valuable ones; null where nothing is known
"""
