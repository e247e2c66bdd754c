"""The plan's part of an account in words: each attribute's value, the band it fell in, and what that gave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

from lastword.bands import Band
from lastword.card_words import readable

if TYPE_CHECKING:
    import pandas as pd

    from lastword.plan import Attribute, Plan
    from models.scorecard import PlanScores

TIMES = ((1e9, "bn"), (1e6, "M"))


@dataclass(frozen=True)
class PlanLine:
    """One attribute of the plan on one account.

    Attributes
    ----------
    name, label : as the plan has it, and as people say it.
    value : text; None where unknown.
    band : which band or value of the plan it fell under, and what an unknown value does; "" where that isn't kept.
    points : what the band gives, 0 to `most`; None where the value is unknown, or where that isn't kept.
    weight : as the plan has it, and as its part of all weights (`weight_share`, 0–1); None where that isn't kept.
    share : the attribute's part of the plan's points; the lines of an account add up to them.
    """

    name: str
    label: str
    value: str | None
    band: str
    points: float | None
    most: float | None
    weight: float | None
    weight_share: float | None
    share: float


def plan_lines(plan: "Plan", scores: "PlanScores", values: "pd.DataFrame", account_id: str) -> tuple[PlanLine, ...]:
    """The attributes of the plan on one account, in the plan's order.

    Parameters
    ----------
    scores : what the plan gives (models.scorecard.score_plan of `values`).
    values : plan_values, index account_id.
    """
    total = sum(attribute.weight for attribute in plan.attributes)
    lines = []
    for attribute in plan.attributes:
        value = values.at[account_id, attribute.name] if attribute.name in values else None
        points = float(scores.attribute_points.at[account_id, attribute.name])
        known = points == points
        lines.append(
            PlanLine(
                name=attribute.name,
                label=readable(attribute.name),
                value=value_text(value) if known else None,
                band=band_words(attribute, value) if known else missing_words(attribute),
                points=points if known else None,
                most=attribute.max_points,
                weight=attribute.weight,
                weight_share=attribute.weight / total if total else None,
                share=float(scores.shares.at[account_id, attribute.name]),
            )
        )
    return tuple(lines)


def lines_of_reasons(reasons: Sequence[Mapping[str, Any]], mean_shares: Mapping[str, float]) -> tuple[PlanLine, ...]:
    """The same from a run that kept no plan: shares alone, its reasons and the means that they were measured against."""
    return tuple(
        PlanLine(
            name=row["attribute"],
            label=readable(row["attribute"]),
            value=None if row["value"] is None else value_text(row["value"]),
            band="",
            points=None,
            most=None,
            weight=None,
            weight_share=None,
            share=row["contribution"] + mean_shares.get(row["attribute"], 0.0),
        )
        for row in reasons
    )


def band_words(attribute: "Attribute", value: Any) -> str:
    """Which band a known value falls in: "25 M to 250 M, band 3 of 4", "Energy is listed", "no value of its own"."""
    if attribute.kind == "quantitative":
        ordered = sorted(attribute.bands, key=lambda band: band.start)
        place = next(i for i in reversed(range(len(ordered))) if i == 0 or ordered[i].start <= float(value))
        return f"{_range_words(ordered[place])}{_place_words(place, len(ordered))}"
    said = value_text(value)
    listed = said in attribute.points or str(value) in attribute.points
    if set(attribute.points) <= {"yes", "no"}:
        return said
    return f"{said}, listed" if listed else "any other value"


def missing_words(attribute: "Attribute") -> str:
    """What an unknown value does in the plan."""
    if attribute.missing == "reweight":
        return "unknown: left out, the others weigh more"
    if attribute.missing == "zero":
        return "unknown: no points"
    return f"unknown: {attribute.missing:g} points by the plan"


def value_text(value: Any) -> str:
    """A value as people read it: 33,370,000 and 0.25 for numbers, whatever else it is as it is."""
    number = _as_number(value)
    if number is None:
        return str(value)
    digits = 0 if float(number).is_integer() or abs(number) >= 1000 else 1 if abs(number) >= 10 else 2
    return f"{number:,.{digits}f}".replace("-", "−")


def short_number(number: float) -> str:
    """A border of a band in few characters: 25 M, 5,000, 0.5."""
    for size, unit in TIMES:
        if abs(number) >= size:
            return f"{number / size:,.4g} {unit}".replace("-", "−")
    return f"{number:,.6g}".replace("-", "−")


def _as_number(value: Any) -> float | None:
    """Numbers, and the texts of numbers that reasons have; an id such as 007 stays what it is."""
    if isinstance(value, str) and (value != value.strip() or (value[:1] == "0" and value[1:2].isdigit())):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if -inf < number < inf else None


def _range_words(band: Band) -> str:
    if band.start == -inf:
        return "any number" if band.end == inf else f"under {short_number(band.end)}"
    if band.end == inf:
        return f"{short_number(band.start)} or more"
    return f"{short_number(band.start)} to {short_number(band.end)}"


def _place_words(place: int, count: int) -> str:
    if count == 1:
        return ""
    if place in (0, count - 1):
        return ", the lowest band" if place == 0 else ", the highest band"
    return f", band {place + 1} of {count}"
