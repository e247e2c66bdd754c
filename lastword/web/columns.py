"""What a column of a table of accounts is, and the cells that several tables show alike."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from lastword.web.templatetags.shown import day, direction, grade, known, number, percent, signed

type Row = dict[str, Any]
EVEN = 0.5
"""Points under which a gap is shown as none."""

QUEUE_REASONS = {
    "disparity": "opinions part",
    "audit": "drawn for audit",
    "stale": "override is stale",
    "redundant": "override is redundant",
}
"""Why an account is under review, in words; a trigger's name says it itself."""


@dataclass(frozen=True)
class Column:
    """`hint` says what the cells are and their unit; `css` is the class of the cells, num for figures."""

    name: str
    title: str
    hint: str
    cell: Callable[[Row, datetime], SafeString | str]
    css: str = ""


def queue_reason(row: Row) -> str:
    """Why an account is under review, in words; "" where it isn't."""
    reason = row["queue_reason"] or ""
    return QUEUE_REASONS.get(reason, reason)


def plan_cell(row: Row, now: datetime) -> SafeString:
    """The plan's points and grade; version and segment on hover."""
    title = f"plan {row['plan_version']}, segment {known(row['plan_segment'])}, as of {day(row['as_of'])}"
    return format_html('<span title="{}">{} {}</span>', title, number(row["plan_points"]), grade(row["plan_grade"]))


def model_title(row: Row) -> str:
    """Which model, as of when, and how sure it is."""
    sure = "" if row["grade_confidence"] is None else f", {percent(row['grade_confidence'])} sure of the grade"
    return f"model {known(row['model_version'])}, as of {day(row['as_of'])}{sure}"


def gap_cell(row: Row, now: datetime) -> SafeString:
    """Model minus plan, with an arrow to the higher."""
    gap = even(row["disparity"])
    arrow = "" if not gap else "▲" if gap > 0 else "▼"
    higher = "neither is higher" if not gap else f"the {'model' if gap > 0 else 'plan'} is higher"
    return format_html('<span class="{}" title="{}">{} {}</span>', direction(gap), higher, signed(gap), arrow)


def even(gap: float | None) -> float | None:
    """The gap, 0 where it is too small to show."""
    return 0.0 if gap is not None and abs(gap) < EVEN else gap
