"""The columns of the account list: which there are, which are shown at first, and how a cell of each is shown."""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.utils.html import format_html
from django.utils.safestring import SafeString

from lastword.web.columns import Column, Row, gap_cell, model_title, plan_cell, queue_reason
from lastword.web.templatetags.shown import age, day, grade, known, number, percent, short

SHOWN_AT_FIRST = (
    "account_id",
    "region",
    "country",
    "industry",
    "plan",
    "model",
    "gap",
    "final",
    "tier",
    "potential_spend",
    "expected_value",
)


def _text(name: str) -> Callable[[Row, datetime], str]:
    return lambda row, now: known(row[name])


def _model(row: Row, now: datetime) -> SafeString:
    return format_html('<span title="{}">{} {}</span>', model_title(row), number(row["model_points"]), grade(row["model_grade"]))


def _final(row: Row, now: datetime) -> SafeString:
    by = row["override_by"] if row["decided_by"] == "override" else row["decided_by"]
    title = (
        f"{row['override_reason']}, until {day(row['override_expires_on'])}" if row["decided_by"] == "override" else "by policy"
    )
    return format_html('{} <span class="muted" title="{}">{}</span>', grade(row["final_grade"]), title, by)


def _money(name: str) -> Callable[[Row, datetime], SafeString]:
    return lambda row, now: format_html('<span title="{}">{}</span>', number(row[name]), short(row[name]))


COLUMNS = {
    column.name: column
    for column in (
        Column("account_id", "Id", "The account's id", _text("account_id")),
        Column("region", "Region", "Region", _text("region")),
        Column("sub_region", "Sub-region", "Sub-region", _text("sub_region")),
        Column("country", "Country", "Country", _text("country")),
        Column("industry", "Industry", "Industry", _text("industry")),
        Column("sub_industry", "Sub-industry", "Sub-industry", _text("sub_industry")),
        Column("status", "Status", "prospect, customer or other", _text("account_status")),
        Column("plan", "Plan", "The plan's points (0–100) and grade", plan_cell, "num of-plan"),
        Column("model", "Model", "The model's points (0–100) and grade", _model, "num of-model"),
        Column("gap", "Gap", "Model minus plan, in points by the configured measure", gap_cell, "num"),
        Column("final", "Final", "The grade that counts, and who decided", _final),
        Column(
            "propensity", "Propensity", "The model's probability of a win", lambda row, now: percent(row["propensity"], 1), "num"
        ),
        Column(
            "confidence", "Sure", "How sure the model is of its grade", lambda row, now: percent(row["grade_confidence"]), "num"
        ),
        Column("tier", "Tier", "Fit × value: 1 both, 2 one, 3 none", _text("tier"), "num"),
        Column("potential_spend", "Potential", "Potential spend a year", _money("potential_spend"), "num"),
        Column("expected_value", "Expected", "Expected value: propensity × potential", _money("expected_value"), "num"),
        Column("key", "Key", "A rule of the plan makes it a key account", lambda row, now: "key" if row["key_account"] else ""),
        Column("covered", "Covered", "Whether the plan covers it", lambda row, now: "yes" if row["coverage"] else "no"),
        Column("review", "Under review", "Why it is in the queue", lambda row, now: queue_reason(row)),
        Column("age", "Age", "Days under review", lambda row, now: age(row["queued_since"], now), "num"),
        Column("owner", "Owner", "Who looks after it", _text("owner")),
        Column("scored", "Scored as of", "Up to which day things were known", lambda row, now: day(row["as_of"])),
    )
}


def chosen(names: Sequence[str]) -> tuple[Column, ...]:
    """The columns of these names in their order above, names that are none left out; those shown at first where none is left."""
    wanted = {name for name in names if name in COLUMNS} or set(SHOWN_AT_FIRST)
    return tuple(column for name, column in COLUMNS.items() if name in wanted)
