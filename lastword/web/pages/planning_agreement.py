"""Two lists of grades side by side: how far they agree, the cross table, and the accounts on which they differ."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_POST, require_safe

from lastword.contracts import GRADES
from lastword.errors import ConfigurationError, InputError
from lastword.planning.list_agreement import TARGET, ListAgreement, compare_lists, cross_table
from lastword.planning_results import OPINIONS
from lastword.results import records
from lastword.web.grade_lists import GradeList, grades, keep_list, list_of
from lastword.web.kept import kept, state_of
from lastword.web.pages.filtering import address, narrowed
from lastword.web.pages.segments import HEAT_STEPS, step_of
from lastword.web.pages.workbook import bounded
from lastword.web.planning_tabs import tabs
from lastword.web.roles import allows
from lastword.web.table_files import file_links, table_file
from overrides.filters import Filters
from overrides.final import final_table
from overrides.publish import current_run
from overrides.review_upload import LARGEST_FILE, MOST_ROWS

if TYPE_CHECKING:
    import pandas as pd

ACCOUNTS = "/accounts"
MOST_SHOWN = 200
SIDES = ("first", "second")


@dataclass(frozen=True)
class Compared:
    """Two lists compared, without the list of differences; cells: row by row of the cross table, accounts and heat."""

    found: ListAgreement
    cells: list[tuple[str, list[tuple[str, int, int]]]]


@allows("viewer")
@require_safe
def agreement(request: HttpRequest) -> HttpResponse:
    """The page, by default of the plan and the model."""
    if current_run() is None:
        return render(request, "overview/nothing.html")
    return _page(request, *_asked(request.GET))


@allows("reviewer")
@bounded
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Bring a file as one of the two lists; what can't be read is said at the field."""
    first, second = _asked(request.POST)
    side, brought = request.POST.get("side", ""), request.FILES.get("file")
    if side not in SIDES:
        raise ConfigurationError(f"side {side[:20]!r} is unknown: expected first or second")
    try:
        if brought is None:
            raise InputError("no file was chosen: choose an .xlsx or a .csv")
        if brought.size > LARGEST_FILE:
            raise InputError(f"{brought.name} has {brought.size / 1e6:.1f} MB: expected at most {LARGEST_FILE / 1e6:.0f} MB")
        source = keep_list(request, brought.read(), brought.name)
    except InputError as error:
        return _page(request, first, second, refused=str(error), side=side)
    asked = {"first": first, "second": second, side: source}
    return HttpResponseRedirect(f"{reverse('planning_agreement')}?{urlencode(asked)}")


@allows("viewer")
@require_safe
def agreement_file(request: HttpRequest) -> HttpResponse:
    """The differences whole: format=csv, xlsx or parquet."""
    first, second = (list_of(request, source) for source in _asked(request.GET))
    found = _narrowed(_compare(request, first, second).differences, _cell_of(request))
    said = f"the differences of {first.title} and {second.title}"
    return table_file(request, _with_names(found, None), "differences", said)


def _asked(given: Any) -> tuple[str, str]:
    return given.get("first") or "plan", given.get("second") or "model"


def _page(request: HttpRequest, one: str, other: str, refused: str = "", side: str = "second") -> HttpResponse:
    first, second = list_of(request, one), list_of(request, other)
    cell, state = _cell_of(request), state_of(request)
    found = cache(lambda: _compare(request, first, second))
    compared = kept(request, "agreement", (state, one, other), lambda: _compared(request, first, second, found()))
    rows, count = kept(request, "differences", (state, one, other, cell), lambda: _listed(found(), cell))
    query = [("first", one), ("second", other)]
    narrowed = [("cell", "-".join(cell))] if cell else []
    context = {
        "tabs": tabs("planning_agreement"),
        "first": first,
        "second": second,
        "choices": [(name, _choices(mine)) for name, mine in (("first", first), ("second", second))],
        "found": compared.found,
        "target": TARGET,
        "grades": GRADES,
        "table": _linked(compared, first, second, query),
        "cell": cell,
        "whole": f"?{urlencode(query)}#differences",
        "rows": rows,
        "count": count,
        "files": file_links(reverse("planning_agreement_file"), [*query, *narrowed]),
        "refused": refused,
        "side": side,
        "largest_mb": LARGEST_FILE // 1_000_000,
        "most_rows": MOST_ROWS,
    }
    return render(request, "planning/agreement.html", context, status=400 if refused else 200)


def _choices(chosen: GradeList) -> list[tuple[GradeList, bool]]:
    """What a menu offers: the opinions, and the file that is open."""
    offered = [GradeList(name, name) for name in OPINIONS]
    return [(each, each == chosen) for each in [*offered, *([] if chosen.is_opinion else [chosen])]]


def _cell_of(request: HttpRequest) -> tuple[str, str] | None:
    """The cell of the cross table that the list is narrowed to, None for all differences."""
    text = request.GET.get("cell", "")
    if not text:
        return None
    first, _, second = text.partition("-")
    if first not in GRADES or second not in GRADES:
        raise ConfigurationError(f"cell {text[:20]!r} is unknown: expected two grades, as in A-C")
    return first, second


def _compare(request: HttpRequest, first: GradeList, second: GradeList) -> ListAgreement:
    return compare_lists(grades(request, first.source), grades(request, second.source))


def _compared(request: HttpRequest, first: GradeList, second: GradeList, found: ListAgreement) -> Compared:
    counts = cross_table(grades(request, first.source), grades(request, second.source))
    most = int(counts.to_numpy().max())
    rows = [
        (row, [(column, int(counts.loc[row, column]), step_of(counts.loc[row, column], most, HEAT_STEPS)) for column in GRADES])
        for row in GRADES
    ]
    return Compared(found, rows)


def _linked(compared: Compared, first: GradeList, second: GradeList, query: list[tuple[str, str]]) -> list[Any]:
    """The cross table with where each cell leads: to its accounts, or where a file is compared to the list below."""
    href = _href_of(first, second, query)

    def shown(row: str, column: str, count: int, heat: int) -> dict[str, Any]:
        return {"count": count, "heat": heat, "same": row == column, "href": href(row, column) if count else ""}

    return [(row, [shown(row, *cell) for cell in cells]) for row, cells in compared.cells]


def _href_of(first: GradeList, second: GradeList, query: list[tuple[str, str]]) -> Callable[[str, str], str]:
    if first.is_opinion and second.is_opinion and first != second:
        return lambda row, column: address(
            ACCOUNTS, narrowed(Filters(), **{f"{first.source}_grade": row, f"{second.source}_grade": column})
        )
    return lambda row, column: "" if row == column else f"?{urlencode([*query, ('cell', f'{row}-{column}')])}#differences"


def _narrowed(differences: "pd.DataFrame", cell: tuple[str, str] | None) -> "pd.DataFrame":
    if cell is None:
        return differences
    return differences[(differences["first"] == cell[0]) & (differences["second"] == cell[1])]


def _listed(found: ListAgreement, cell: tuple[str, str] | None) -> tuple[list[dict[str, Any]], int]:
    rows = _narrowed(found.differences, cell)
    shown = rows.head(MOST_SHOWN)
    return records(_with_names(shown, list(shown["account_id"]))), len(rows)


def _with_names(differences: "pd.DataFrame", accounts: list[str] | None) -> "pd.DataFrame":
    """With name and region of the accounts that there are."""
    known = final_table(accounts, ("account_id", "name", "region"))
    return differences.merge(known, on="account_id", how="left")[["account_id", "name", "region", "first", "second", "steps"]]


routes = (
    path("planning/agreement", agreement, name="planning_agreement"),
    path("planning/agreement/upload", upload, name="planning_agreement_upload"),
    path("planning/agreement/file", agreement_file, name="planning_agreement_file"),
)
