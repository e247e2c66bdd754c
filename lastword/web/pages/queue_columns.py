"""The columns of the queue: which there are, which a person sees, and how a cell of each is shown."""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from lastword.errors import ConfigurationError
from lastword.reason_words import why_of
from lastword.web.columns import Column, Row, gap_cell, model_title, plan_cell, queue_reason
from lastword.web.templatetags.shown import age, grade, known, number, percent, short

COOKIE = "lastword_columns"


def _model(row: Row, now: datetime) -> SafeString:
    return format_html(
        '<span title="{}">{} {} <span class="sure">{}</span></span>',
        model_title(row),
        number(row["model_points"]),
        grade(row["model_grade"]),
        percent(row["grade_confidence"]),
    )


def _why(row: Row, now: datetime) -> SafeString:
    said = why_of(row)
    return format_html('<span class="cut" title="{}">{}</span>', said, known(said))


def _text(name: str) -> Callable[[Row, datetime], SafeString]:
    return lambda row, now: format_html('<span class="cut">{}</span>', known(row[name]))


COLUMNS = {
    column.name: column
    for column in (
        Column("plan", "Plan", "The plan's points (0–100) and grade", plan_cell, "num"),
        Column("model", "Model", "The model's points (0–100), grade, and how sure it is of the grade", _model, "num"),
        Column("gap", "Gap", "Model minus plan, in points, by the configured measure", gap_cell, "num"),
        Column(
            "worth",
            "Worth",
            "What a look is worth: the value that the right decision is expected to add, in the unit of potential spend",
            lambda row, now: number(row["review_gain"]),
            "num",
        ),
        Column("why", "Why they part", "The reasons that push the two opinions apart most, in points", _why, "wide"),
        Column("age", "Age", "Days under review", lambda row, now: age(row["queued_since"], now), "num"),
        Column("owner", "Owner", "Who looks after the account", _text("owner")),
        Column("reason", "In the queue for", "Why it is under review", lambda row, now: known(queue_reason(row))),
        Column("region", "Region", "Region", _text("region")),
        Column("country", "Country", "Country", _text("country")),
        Column("industry", "Industry", "Industry", _text("industry")),
        Column("status", "Status", "Prospect, customer or other", _text("account_status")),
        Column("final", "Final", "The grade that counts now", lambda row, now: grade(row["final_grade"])),
        Column(
            "propensity",
            "Propensity",
            "The model's chance of a win",
            lambda row, now: percent(row["propensity"], 1),
            "num",
        ),
        Column(
            "potential",
            "Potential",
            "Potential spend a year",
            lambda row, now: short(row["potential_spend"]),
            "num",
        ),
        Column(
            "expected",
            "Expected",
            "Expected value: propensity × potential spend",
            lambda row, now: short(row["expected_value"]),
            "num",
        ),
    )
}
USUAL = ("plan", "model", "gap", "worth", "why", "age", "owner")


def columns_of(request: HttpRequest) -> tuple[str, ...]:
    """The names of the columns to show: of the address, else as remembered, else the usual ones.

    Raises
    ------
    ConfigurationError
        The address names a column that there isn't.
    """
    asked = [name for value in request.GET.getlist("columns") for name in value.split(",") if name]
    unknown = next((name for name in asked if name not in COLUMNS), None)
    if unknown is not None:
        raise ConfigurationError(f"column {unknown[:40]!r} is unknown: expected some of {', '.join(COLUMNS)}")
    return in_order(asked) or remembered(request.COOKIES.get(COOKIE, ""))


def remembered(text: str) -> tuple[str, ...]:
    """The columns that a cookie or a form names, joined by dots; what it can't mean is left out."""
    return in_order(text.split(".")) or USUAL


def in_order(names: Sequence[str]) -> tuple[str, ...]:
    """These columns in the order in which they are shown."""
    return tuple(name for name in COLUMNS if name in names)
