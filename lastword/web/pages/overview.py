"""What the accounts amount to by plan, by model and in the end; how far the two agree, who decided, and what waits."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from lastword.contracts import GRADES
from lastword.reason_words import attribute_words
from lastword.web.kept import kept, state_of
from lastword.web.pages.filtering import address, filter_form, filters_of, narrowed, said_of
from lastword.web.roles import allows
from lastword.web.run_state import PlanNow, plan_now, warnings
from overrides.filters import Filters
from overrides.portfolio import NO_GRADE, OPINIONS, accounts_per_grade, accounts_per_segment, confusion, decided_by
from overrides.publish import current_run

if TYPE_CHECKING:
    import pandas as pd

    from lastword.plan import Plan
    from models.agreement import Agreement
    from overrides.publish import RunRecord
    from overrides.waiting import Waiting

ACCOUNTS, QUEUE = "/accounts", "/queue"
EXPIRING_DAYS = 30
HEAT_STEPS = 6


@dataclass(frozen=True)
class Cell:
    """A number that leads to its accounts; `step` (0 to HEAT_STEPS) says how large it is beside the largest."""

    accounts: int
    href: str
    step: int = 0
    said: str = ""
    same: bool = False


@dataclass(frozen=True)
class GradeRow:
    grade: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Part:
    """One of several parts of a whole."""

    name: str
    accounts: int
    share: float
    href: str


@dataclass(frozen=True)
class SegmentRow:
    name: str
    grade: str
    low: float
    high: float
    accounts: int
    href: str


@dataclass(frozen=True)
class Weight:
    attribute: str
    weight: float
    share: float


@dataclass(frozen=True)
class Figures:
    """Everything that the overview counts under some filters; it stands as long as the store does."""

    accounts: int
    grades: tuple[GradeRow, ...]
    finding: str
    grades_svg: str
    agreement: "Agreement"
    confusion: tuple[GradeRow, ...]
    confusion_columns: tuple[str, ...]
    deciders: tuple[Part, ...]
    segments: dict[str, int]
    waiting: "Waiting"
    reasons: tuple[Part, ...]
    expiring: int


@allows("viewer")
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """The page; a page of its own before the first publication."""
    run = current_run()
    if run is None:
        return render(request, "overview/nothing.html")
    filters, plan = filters_of(request), plan_now(request.project)
    figures = figures_of(request, filters)
    return render(
        request,
        "overview/page.html",
        {"filtering": filter_form(request, filters), **_shown(request, run, plan, filters, figures)},
    )


def figures_of(request: HttpRequest, filters: Filters) -> Figures:
    """The figures under these filters: kept until somebody decides, something is published or the day ends."""
    if filters.owner or filters.queued_days:
        return _count(request, filters)
    rests_on = (state_of(request), filters, request.project.settings.disparity)
    return kept(request, "overview", rests_on, lambda: _count(request, filters))


def _count(request: HttpRequest, filters: Filters) -> Figures:
    from models.agreement import agreement
    from overrides.final_pages import cross_table
    from overrides.waiting import expiring, waiting
    from overrides.worklist import View

    cross = cross_table(filters, None)
    counts = confusion(cross)
    grades = _grade_rows(filters, accounts_per_grade(cross))
    finding = _finding(accounts_per_grade(cross), has_model=bool(cross["model_grade"].notna().any()))
    queue = waiting(View(filters), request.now, request.project.settings)
    return Figures(
        accounts=int(cross["accounts"].sum()),
        grades=grades,
        finding=finding,
        grades_svg=_draw_grades(request, grades, finding),
        agreement=agreement(counts),
        confusion=_confusion_rows(filters, counts),
        confusion_columns=tuple(counts.columns[_used(counts)]),
        deciders=_parts(filters, "decided_by", decided_by(cross), ACCOUNTS),
        segments=accounts_per_segment(cross),
        waiting=queue,
        reasons=_parts(filters, "queue_reason", dict(queue.by_reason), QUEUE),
        expiring=expiring(filters, request.now, EXPIRING_DAYS),
    )


def _shown(request: HttpRequest, run: "RunRecord", plan: PlanNow, filters: Filters, figures: Figures) -> dict[str, Any]:
    from overrides.waiting import has_propensities

    propensities = kept(request, "propensities", (run.run_id,), lambda: "yes" if has_propensities() else "no") == "yes"
    weights = _weights(plan.plan) if plan.plan else ()
    return {
        "figures": figures,
        "run": run,
        "warnings": warnings(run, plan, propensities, request.now),
        "opinions": tuple(OPINIONS),
        "segments": _segments(plan.plan, filters, figures.segments) if plan.plan else (),
        "weights": weights,
        "weights_svg": _draw_weights(request, weights),
        "plan_now": plan,
        "queue_href": address(QUEUE, filters),
        "overridden_href": address(ACCOUNTS, narrowed(filters, decided_by="override")),
        "expiring_days": EXPIRING_DAYS,
    }


def _grade_rows(filters: Filters, counts: dict[str, dict[str, int]]) -> tuple[GradeRow, ...]:
    """A row per grade; `none` where any account has none."""
    return tuple(
        GradeRow(grade, tuple(_graded(filters, opinion, grade, accounts) for opinion, accounts in of_grade.items()))
        for grade, of_grade in counts.items()
        if grade != NO_GRADE or any(of_grade.values())
    )


def _graded(filters: Filters, opinion: str, grade: str, accounts: int) -> Cell:
    said = f"{said_of(f'{opinion}_grade', grade)} by {opinion}: {accounts:,} accounts"
    return Cell(accounts, address(ACCOUNTS, narrowed(filters, **{f"{opinion}_grade": grade})), said=said)


def _confusion_rows(filters: Filters, counts: "pd.DataFrame") -> tuple[GradeRow, ...]:
    """Plan × model; the row and the column of accounts without a grade only where there are any."""
    rows, columns = counts.index[_used(counts.T)], counts.columns[_used(counts)]
    most = int(counts.to_numpy().max())

    def cell(plan: str, model: str) -> Cell:
        accounts = int(counts.loc[plan, model])
        said = f"plan {said_of('plan_grade', plan)}, model {said_of('model_grade', model)}: {accounts:,} accounts"
        href = address(ACCOUNTS, narrowed(filters, plan_grade=plan, model_grade=model))
        return Cell(accounts, href, step_of(accounts, most), said, plan == model)

    return tuple(GradeRow(plan, tuple(cell(plan, model) for model in columns)) for plan in rows)


def _used(counts: "pd.DataFrame") -> list[bool]:
    """Which columns to show: all grades, and `none` where any account is there."""
    return [grade != NO_GRADE or bool(counts[grade].any()) for grade in counts.columns]


def step_of(amount: float, most: float) -> int:
    """The step of the ramp for an amount: 0 for nothing, HEAT_STEPS for the most."""
    return 0 if amount <= 0 or most <= 0 else max(1, min(HEAT_STEPS, round(HEAT_STEPS * amount / most)))


def _parts(filters: Filters, field: str, counts: dict[str, int], page: str) -> tuple[Part, ...]:
    whole = sum(counts.values())
    return tuple(
        Part(said_of(field, name), accounts, accounts / whole, address(page, narrowed(filters, **{field: name})))
        for name, accounts in counts.items()
    )


def _segments(plan: "Plan", filters: Filters, counts: dict[str, int]) -> tuple[SegmentRow, ...]:
    """The plan's segments from the top: each reaches up to where the one above starts."""
    tops = (100.0, *(segment.min_points for segment in plan.segments))
    return tuple(
        SegmentRow(
            segment.name,
            segment.grade,
            segment.min_points,
            top,
            counts.get(segment.name, 0),
            address(ACCOUNTS, narrowed(filters, plan_segment=segment.name)),
        )
        for segment, top in zip(plan.segments, tops, strict=False)
    )


def _weights(plan: "Plan") -> tuple[Weight, ...]:
    whole = sum(attribute.weight for attribute in plan.attributes)
    heaviest = sorted(plan.attributes, key=lambda attribute: (-attribute.weight, attribute.name))
    return tuple(Weight(attribute_words(each.name), each.weight, each.weight / whole) for each in heaviest)


def _finding(counts: dict[str, dict[str, int]], has_model: bool) -> str:
    """Where plan and model differ most, in a sentence; of two alike the better grade."""
    if not sum(of_grade["final"] for of_grade in counts.values()):
        return "No account fits these filters"
    if not has_model:
        return "Accounts per grade: the plan alone, no model serves"
    apart = {grade: counts[grade]["model"] - counts[grade]["plan"] for grade in GRADES}
    grade = max(GRADES, key=lambda each: abs(apart[each]))
    if not apart[grade]:
        return "Plan and model put as many accounts into every grade"
    more, noun = ("more" if apart[grade] > 0 else "fewer"), ("account" if abs(apart[grade]) == 1 else "accounts")
    return f"The model puts {abs(apart[grade]):,} {more} {noun} into {grade} than the plan"


def _draw_grades(request: HttpRequest, rows: tuple[GradeRow, ...], finding: str) -> str:
    from lastword.charts import accounts_by_opinion, known_to_be_valid, link_to, to_linked_svg

    bars = [
        {"grade": row.grade, "opinion": opinion, "accounts": cell.accounts, "href": link_to(cell.href), "said": cell.said}
        for row in rows
        for opinion, cell in zip(OPINIONS, row.cells, strict=True)
    ]

    def draw() -> str:
        with known_to_be_valid():
            return to_linked_svg(accounts_by_opinion(bars, finding))

    return kept(request, "accounts by opinion", (bars, finding), draw)


def _draw_weights(request: HttpRequest, weights: tuple[Weight, ...]) -> str:
    from lastword.charts import attribute_weights, known_to_be_valid, to_svg

    if not weights:
        return ""
    heaviest = weights[0]
    title = f"{heaviest.attribute} weighs most: {heaviest.share:.0%}".replace("%", " %")
    bars = [{"attribute": each.attribute, "weight": each.weight, "share": each.share} for each in weights]

    def draw() -> str:
        with known_to_be_valid():
            return to_svg(attribute_weights(bars, title))

    return kept(request, "attribute weights", (bars,), draw)


routes = (path("", overview, name="overview"),)
