"""Plan against model by a qualitative attribute: small multiples of the largest values, and every value in a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from lastword.contracts import GRADES
from lastword.errors import ConfigurationError
from lastword.web.attributes import attributes_of, values_of_attribute
from lastword.web.kept import kept, state_of
from lastword.web.pages.filtering import TITLES, address, filter_form, filters_of, narrowed
from lastword.web.roles import allows
from lastword.web.templatetags.shown import UNKNOWN, number, percent, short, signed
from overrides.filters import NONE, Filters
from overrides.hierarchy import FIELDS
from overrides.portfolio import NO_GRADE, NOT_GIVEN, OF_POINTS, OPINIONS, Measure, Opinion, measured, sizes
from overrides.publish import current_run

if TYPE_CHECKING:
    import pandas as pd

ACCOUNTS = "/accounts"
MOST_PANELS = 12
MOST_ROWS = 250
HEAT_STEPS, APART_STEPS = 6, 3
MEASURES: dict[Measure, str] = {
    "accounts": "accounts",
    "share": "% of accounts",
    "total_points": "total points",
    "average_points": "average points",
    "potential_spend": "potential spend",
}
_AXIS: dict[Measure, str] = {"share": ".0%", "average_points": ".0f"}


@dataclass(frozen=True)
class Asked:
    """What the page is asked for: which attribute, which measure."""

    attribute: str
    measure: Measure


@dataclass(frozen=True)
class Choice:
    value: str
    said: str
    chosen: bool


@dataclass(frozen=True)
class Cell:
    """An amount as the table shows it: in words, and on which step of which ramp."""

    amount: float | None
    said: str
    style: str


@dataclass(frozen=True)
class ValueRow:
    """A value of the attribute: for each grade a cell of every opinion, and of model minus plan."""

    value: str
    accounts: int
    href: str
    grades: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Crossed:
    """The page's figures; they stand as long as the store does.

    undrawn, unlisted : how many values have no panel, and no row; with their accounts.
    """

    accounts: int = 0
    rows: tuple[ValueRow, ...] = ()
    grades: tuple[str, ...] = ()
    opinions: tuple[Opinion, ...] = ()
    svg: str = ""
    undrawn: int = 0
    undrawn_accounts: int = 0
    unlisted: int = 0
    unlisted_accounts: int = 0


@allows("viewer")
@require_safe
def segments(request: HttpRequest) -> HttpResponse:
    """The page; a page of its own before the first publication."""
    run = current_run()
    if run is None:
        return render(request, "overview/nothing.html")
    filters, known = filters_of(request), attributes_of(request.project, run.run_id)
    asked = asked_of(request, known)
    return render(
        request,
        "segments/page.html",
        {
            "filtering": filter_form(request, filters),
            "carried": filters.to_query(),
            "run": run,
            "asked": asked,
            "title": title_of(asked.attribute),
            "measure": MEASURES[asked.measure],
            "currency": request.project.settings.currency,
            "links_to_values": asked.attribute in FIELDS,
            "attributes": _attribute_choices(asked, known),
            "measures": tuple(Choice(name, said, name == asked.measure) for name, said in MEASURES.items()),
            "crossed": crossed_of(request, filters, asked, known, run.run_id),
        },
    )


def asked_of(request: HttpRequest, known: Mapping[str, str]) -> Asked:
    """Attribute and measure of the address, the region's accounts where it names none.

    Raises
    ------
    ConfigurationError
        There is no such attribute or measure.
    """
    attribute, measure = request.GET.get("attribute") or "region", request.GET.get("measure") or "accounts"
    if attribute not in FIELDS and attribute not in known:
        raise ConfigurationError(f"attribute {attribute!r} is unknown: expected one of {', '.join((*FIELDS, *known))}")
    found = next((name for name in get_args(Measure.__value__) if name == measure), None)
    if found is None:
        raise ConfigurationError(f"measure {measure!r} is unknown: expected one of {', '.join(MEASURES)}")
    return Asked(attribute, found)


def title_of(attribute: str) -> str:
    """What an attribute is called on the page."""
    kind, colon, name = attribute.partition(":")
    return TITLES.get(attribute, f"{kind.capitalize()} {name}" if colon else attribute.replace("_", " ").capitalize())


def crossed_of(request: HttpRequest, filters: Filters, asked: Asked, known: Mapping[str, str], run_id: str) -> Crossed:
    """The figures under these filters: kept until somebody decides, something is published or the day ends."""
    rests_on = (state_of(request), filters, asked)
    if filters.owner or filters.queued_days:
        return _cross(request, filters, asked, known, run_id)
    return kept(request, "segments", rests_on, lambda: _cross(request, filters, asked, known, run_id))


def _cross(request: HttpRequest, filters: Filters, asked: Asked, known: Mapping[str, str], run_id: str) -> Crossed:
    cross, column = _cross_table(request, filters, asked.attribute, known, run_id)
    if cross.empty:
        return Crossed()
    table, of_value = measured(cross, column, asked.measure), sizes(cross, column)
    ungraded = bool(((table["grade"] == NO_GRADE) & (table["accounts"] > 0)).any())
    grades = (*GRADES, NO_GRADE) if ungraded else GRADES
    opinions: tuple[Opinion, ...] = tuple(name for name in OPINIONS if (table["opinion"] == name).any())
    rows = _rows(filters, asked, table, of_value, grades, opinions)
    counts = list(of_value.values())
    return Crossed(
        accounts=sum(counts),
        rows=rows[:MOST_ROWS],
        grades=grades,
        opinions=opinions,
        svg=_draw(request, filters, asked, rows, grades, opinions),
        undrawn=len(counts[MOST_PANELS:]),
        undrawn_accounts=sum(counts[MOST_PANELS:]),
        unlisted=len(counts[MOST_ROWS:]),
        unlisted_accounts=sum(counts[MOST_ROWS:]),
    )


def _cross_table(
    request: HttpRequest, filters: Filters, attribute: str, known: Mapping[str, str], run_id: str
) -> "tuple[pd.DataFrame, str]":
    """The cross table and its column of the attribute's values; one table serves every measure."""
    from overrides.crossing import crossed_by
    from overrides.final_pages import cross_table

    rests_on = (state_of(request), filters, attribute)
    if attribute in FIELDS:
        return kept(request, "cross", rests_on, lambda: cross_table(filters, attribute)), attribute
    values = values_of_attribute(request.project, run_id, attribute, known[attribute])
    return kept(request, "cross", rests_on, lambda: crossed_by(filters, values, request.now)), "value"


def _rows(
    filters: Filters,
    asked: Asked,
    table: "pd.DataFrame",
    of_value: Mapping[str, int],
    grades: tuple[str, ...],
    opinions: tuple[Opinion, ...],
) -> tuple[ValueRow, ...]:
    """Cells by value; the ramp runs to the largest amount of the table, that of differences to the largest difference."""
    amounts = {
        (row.value, row.opinion, row.grade): None if row.amount != row.amount else float(row.amount)
        for row in table.itertuples(index=False)
    }
    apart = {
        (value, grade): _minus(amounts[value, "model", grade], amounts[value, "plan", grade])
        for value in of_value
        for grade in grades
    }
    most = max((amount for amount in amounts.values() if amount is not None), default=0.0)
    furthest = max((abs(gap) for gap in apart.values() if gap is not None), default=0.0)

    def cells(value: str, grade: str) -> tuple[Cell, ...]:
        each = (amounts[value, opinion, grade] for opinion in opinions)
        shown = tuple(Cell(amount, said(amount, asked.measure), f"heat-{step_of(amount, most, HEAT_STEPS)}") for amount in each)
        return (*shown, _difference(apart[value, grade], furthest, asked.measure))

    return tuple(
        ValueRow(value, accounts, _href(filters, asked.attribute, value), tuple(cells(value, grade) for grade in grades))
        for value, accounts in of_value.items()
    )


def _difference(gap: float | None, furthest: float, measure: Measure) -> Cell:
    if not gap:
        return Cell(gap, said(gap, measure), "")
    return Cell(gap, said(gap, measure, sign="+"), f"{'model' if gap > 0 else 'plan'}-{step_of(abs(gap), furthest, APART_STEPS)}")


def said(amount: float | None, measure: Measure, sign: str = "") -> str:
    """An amount as a table shows it; `sign` "+" for a difference, of shares in percentage points."""
    if amount is None:
        return UNKNOWN
    if measure in ("total_points", "potential_spend"):
        return f"{'+' if sign and amount > 0 else ''}{short(amount)}"
    if measure == "share":
        return signed(100 * amount, 1) if sign else percent(amount, 1)
    digits = 1 if measure == "average_points" else 0
    return signed(amount, digits) if sign else number(amount, digits)


def step_of(amount: float | None, most: float, steps: int) -> int:
    """The step of a ramp for an amount: 0 for nothing, `steps` for the most."""
    if amount is None or amount <= 0 or most <= 0:
        return 0
    return max(1, min(steps, round(steps * amount / most)))


def _href(filters: Filters, attribute: str, value: str, opinion: str = "", grade: str = "") -> str:
    """Where the accounts are; "" where accounts can't be listed by this attribute."""
    if attribute not in FIELDS:
        return ""
    values = {attribute: NONE if value == NOT_GIVEN else value}
    if opinion:
        values[f"{opinion}_grade"] = grade
    return address(ACCOUNTS, narrowed(filters, **values))


def _minus(model: float | None, plan: float | None) -> float | None:
    return None if model is None or plan is None else model - plan


def _draw(
    request: HttpRequest,
    filters: Filters,
    asked: Asked,
    rows: tuple[ValueRow, ...],
    grades: tuple[str, ...],
    opinions: tuple[Opinion, ...],
) -> str:
    """The multiples of the largest values; accounts without a grade aren't drawn, the table has them."""
    from lastword.charts import known_to_be_valid, multiples, to_linked_svg

    bars = [
        _bar(filters, asked, row.value, grade, opinion, cell)
        for row in rows[:MOST_PANELS]
        for grade, cells in zip(grades, row.grades, strict=True)
        if grade != NO_GRADE
        for opinion, cell in zip(opinions, cells, strict=False)
    ]
    measure, title = MEASURES[asked.measure], _finding(asked, rows, grades)

    def draw() -> str:
        with known_to_be_valid():
            chart = multiples(bars, title, measure.capitalize(), _AXIS.get(asked.measure, "~s"))
            return to_linked_svg(chart) if chart is not None else ""

    return kept(request, "multiples", (bars, title, measure), draw)


def _bar(filters: Filters, asked: Asked, value: str, grade: str, opinion: str, cell: Cell) -> dict[str, Any]:
    from lastword.charts import link_to

    href = _href(filters, asked.attribute, value, opinion, grade)
    return {
        "value": value,
        "grade": grade,
        "opinion": opinion,
        "amount": cell.amount,
        "href": link_to(href) if href else None,
        "said": f"{value}, {grade} by {opinion}: {_with_unit(cell.said, asked.measure)}",
    }


def _with_unit(amount: str, measure: Measure) -> str:
    if measure == "share":
        return f"{amount} of accounts"
    return f"{amount} {'points' if measure in OF_POINTS else MEASURES[measure]}"


def _finding(asked: Asked, rows: tuple[ValueRow, ...], grades: tuple[str, ...]) -> str:
    """Where model and plan are furthest apart, in a sentence; of several alike the largest value and the better grade."""
    apart = [
        (cells[-1].amount, row.value, grade)
        for row in rows
        for grade, cells in zip(grades, row.grades, strict=True)
        if grade != NO_GRADE and cells[-1].amount
    ]
    if not apart:
        return f"{title_of(asked.attribute)}: plan and model are nowhere apart"
    gap, value, grade = max(apart, key=lambda each: abs(each[0] or 0))
    size, more = said(abs(gap or 0), asked.measure, sign="+").removeprefix("+"), (gap or 0) > 0
    if asked.measure == "accounts":
        return f"Furthest apart in {value}: the model puts {size} {'more' if more else 'fewer'} into {grade} than the plan"
    unit = {"share": "percentage points", "potential_spend": "potential spend"}.get(asked.measure, "points")
    return f"Furthest apart in {value}: {size} {unit} {'more' if more else 'less'} in {grade} by the model than by the plan"


def _attribute_choices(asked: Asked, known: Mapping[str, str]) -> tuple[tuple[str, tuple[Choice, ...]], ...]:
    """The attributes in groups: hierarchy, other attributes, technologies."""
    technologies = [name for name in known if name.startswith("technology:")]
    groups = {
        "Hierarchy": list(FIELDS),
        "Other attributes": [name for name in known if name not in technologies],
        "Technologies": technologies,
    }
    return tuple(
        (title, tuple(Choice(name, title_of(name), name == asked.attribute) for name in names))
        for title, names in groups.items()
        if names
    )


routes = (path("segments", segments, name="segments"),)
