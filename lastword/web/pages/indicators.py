"""What sets winners apart, family by family, and what the plan could make of it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, path, reverse
from django.views.decorators.http import require_GET, require_POST

from lastword import results
from lastword.errors import Refusal
from lastword.findings import Findings, collected
from lastword.recommending import plan_print
from lastword.web.background import DONE, RUNNING, Progress
from lastword.web.kept import kept
from lastword.web.lifts import FAMILIES, Asked, accounts_query, asked_of, counted, finding, lift_rows
from lastword.web.plan_changes import Change, changes_of, opening_of, together_of
from lastword.web.recommender import RECOMMENDING
from lastword.web.roles import allows
from overrides.publish import current_run
from overrides.scenarios import OPEN, scenarios

PLAN = "plan"
CHART_WIDTH = 190
MOST_DRAWN = 25
LOOK_ALIKE = "Look-alike: wins have no dates, so this compares customers with the house list of today; it is no forecast"
COLUMNS = (
    ("indicator", "Indicator", "", ""),
    ("won", "Winners", "num", "Share of the wins that had it before they won, and how many"),
    ("house", "House list", "num", "Share of the house list that has it, and how many"),
    ("lift", "Lift", "num", "Times as common among winners, with its interval of 95 %"),
    (
        "shrunk",
        "Shrunk",
        "num",
        "The lift drawn towards 1 as far as few cases ask for, under a gamma prior learnt from all indicators",
    ),
    ("q", "q", "num", "Of all that are called significant up to this row, the share that is expected to be chance"),
)


@allows("viewer")
@require_GET
def indicators(request: HttpRequest) -> HttpResponse:
    """One family of indicators, or the recommended changes of the plan."""
    run = current_run()
    if run is None:
        return render(request, "indicators/none.html", {"why": "unpublished"})
    try:
        found = collected(request.project)
    except Refusal as refusal:
        return render(request, "indicators/none.html", {"why": str(refusal)})
    mode = (results.read_report(request.project.run_folder(run.run_id), "metrics.json") or {}).get("mode")
    label = LOOK_ALIKE if mode == "look-alike" else ""
    shared = {"run": run, "label": label, "served": run.model_version is not None}
    if request.GET.get("family") == PLAN:
        return render(request, "indicators/plan.html", {**shared, **_tabs(found, PLAN), **_plan(request, found)})
    asked = asked_of(request.GET.get)
    context = {**shared, **_tabs(found, asked.family), **_family(request, found, asked, run.run_id, label)}
    return render(request, "indicators/indicators.html", context)


@allows("reviewer")
@require_POST
def recommend(request: HttpRequest) -> HttpResponse:
    """Begin to work out recommendations; the page then shows how far it is."""
    RECOMMENDING.start(request.project, request.user.username, request.now)
    return HttpResponseRedirect(f"{reverse('indicators')}?family={PLAN}")


@allows("viewer")
@require_GET
def working(request: HttpRequest) -> HttpResponse:
    """How far the work is, for the page that waits for it; once it is over, the page is to load itself again."""
    found = RECOMMENDING.progress(request.project, request.now)
    if found is None or found.state != RUNNING:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return render(request, "indicators/working.html", _working(request, found))


def _tabs(found: Findings, here: str) -> dict[str, Any]:
    counts = counted(found.indicators)
    tabs = [(name, title, f"{counts[name][0]} of {counts[name][1]}", name == here) for name, title in FAMILIES.items()]
    changes = "" if found.recommendations is None else str(len(found.recommendations["changes"]))
    return {"tabs": [*tabs, (PLAN, "Plan changes", changes, here == PLAN)]}


def _family(request: HttpRequest, found: Findings, asked: Asked, run_id: str, label: str) -> dict[str, Any]:
    table = lift_rows(found.indicators, asked)
    rows = table.to_dict("records")
    significant, total = counted(found.indicators)[asked.family]
    every = (
        rows if not (asked.significant or asked.search) else lift_rows(found.indicators, Asked(asked.family)).to_dict("records")
    )
    return {
        "asked": asked,
        "rows": [{**row, "href": _accounts_href(row)} for row in rows],
        "finding": finding(every, asked.family, significant, total),
        "total": total,
        "svg": kept(request, "lifts", (run_id, asked, label), lambda: _chart(table, label)),
        "drawn": min(len(rows), MOST_DRAWN),
        "columns": [_column(request, asked, *column) for column in COLUMNS],
    }


def _column(request: HttpRequest, asked: Asked, name: str, title: str, kind: str, meaning: str) -> dict[str, str]:
    """A heading that sorts: numbers from the largest first, names and q from the smallest; again for the other way round."""
    first = name if name in ("indicator", "q") else f"-{name}"
    other = name if first.startswith("-") else f"-{name}"
    query = {key: value for key, value in request.GET.items() if key != "sort"}
    now = {first: first, other: other}.get(asked.sort, "")
    direction = "" if not now else ("descending" if now.startswith("-") else "ascending")
    return {
        "title": title,
        "kind": kind,
        "meaning": meaning,
        "href": f"?{urlencode({**query, 'sort': other if asked.sort == first else first})}",
        "direction": direction,
    }


def _chart(table: Any, label: str) -> str:
    from lastword.charts.intervals import indicator_lifts
    from lastword.charts.theme import to_svg

    chart = indicator_lifts(table.assign(indicator=table["shown"]), label, MOST_DRAWN, width=CHART_WIDTH)
    return "" if chart is None else to_svg(chart)


def _accounts_href(row: Mapping[str, Any]) -> str:
    query = accounts_query(row["attribute"], row["value"])
    try:
        return f"{reverse('accounts')}?{urlencode(query)}" if query else ""
    except NoReverseMatch:
        return ""


def _plan(request: HttpRequest, found: Findings) -> dict[str, Any]:
    work = RECOMMENDING.progress(request.project, request.now)
    report = found.recommendations
    changes: list[Change] = [] if report is None else changes_of(report)
    moved = report is not None and plan_print(request.project.plan_path.read_bytes()) != report["plan"]
    return {
        "report": report,
        "opening": [] if report is None else opening_of(report),
        "changes": changes,
        "together": None if report is None else together_of(report),
        "moved": moved,
        "open_scenarios": scenarios(OPEN) if changes else (),
        **(_working(request, work) if work is not None and work.state != DONE else {}),
    }


def _working(request: HttpRequest, work: Progress) -> dict[str, Any]:
    return {"work": work, "running": work.state == RUNNING, "seconds": work.seconds(request.now)}


routes = (
    path("indicators", indicators, name="indicators"),
    path("indicators/recommend", recommend, name="indicators_recommend"),
    path("indicators/working", working, name="indicators_working"),
)
