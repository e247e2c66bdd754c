"""80/20: how far the sales of each territory rest on few customers, and which of them are A, B and C."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_safe

from lastword import planning_results
from lastword.errors import ConfigurationError
from lastword.planning.pareto import LEAST_SHARE_OF_A, LEAST_STEP_FROM_C_TO_B, pareto_curve, why
from lastword.results import records
from lastword.web.kept import kept, state_of
from lastword.web.planning_tabs import tabs
from lastword.web.roles import allows
from lastword.web.table_files import file_links, table_file
from lastword.web.templatetags.shown import percent
from overrides.filters import NONE
from overrides.publish import current_run

if TYPE_CHECKING:
    import pandas as pd

MOST_SHOWN = 200
MOST_TERRITORIES = 100
MOST_CURVES = 30
CLASSES = ("A", "B", "C", "watched")


@dataclass(frozen=True)
class Asked:
    """Which territory the page shows ("": the largest; NONE: the one without a name), and which class the list ("": all)."""

    region: str = ""
    pareto: str = ""


@dataclass(frozen=True)
class Overall:
    """territories: a row each with its test in words; curves: by region; watched: how many customers are new in the year."""

    territories: list[dict[str, Any]]
    unlisted: int
    curves: list[dict[str, Any]]
    customers: int
    watched: int


@allows("viewer")
@require_safe
def pareto(request: HttpRequest) -> HttpResponse:
    """The territories, the curve of one of them, and its customers by class and score."""
    run = current_run()
    if run is None:
        return render(request, "overview/nothing.html")
    found = cache(lambda: planning_results.classes(request.project))
    overall = kept(request, "classes", (state_of(request),), lambda: _overall(*found()))
    asked = asked_of(request, [row["value"] for row in overall.territories])
    chosen = next((row for row in overall.territories if row["value"] == asked.region), None)
    rows, count = kept(request, "class list", (state_of(request), asked), lambda: _listed(found()[0], asked))
    query = [("region", asked.region), ("class", asked.pareto)]
    return render(
        request,
        "planning/pareto.html",
        {
            "tabs": tabs("planning_pareto"),
            "run": run,
            "currency": request.project.settings.currency,
            "overall": overall,
            "asked": asked,
            "chosen": chosen,
            "classes": CLASSES,
            "svg": kept(request, "sales curve", (overall.curves, chosen), lambda: _draw(overall, chosen)),
            "curve": [row for row in overall.curves if chosen and row["region"] == chosen["said"]][::5],
            "rows": rows,
            "count": count,
            "files": file_links(reverse("planning_pareto_file"), [(name, value) for name, value in query if value]),
            "least_share": LEAST_SHARE_OF_A,
            "least_step": LEAST_STEP_FROM_C_TO_B,
        },
    )


@allows("viewer")
@require_safe
def pareto_file(request: HttpRequest) -> HttpResponse:
    """The customers whole, as the page narrows them: format=csv, xlsx or parquet."""
    customers, _ = planning_results.classes(request.project)
    regions = [NONE if region != region else region for region in customers["region"].unique()]
    asked = asked_of(request, ["", *regions])
    said = ", ".join(value for value in (asked.region, asked.pareto) if value)
    return table_file(request, _narrowed(customers, asked), "classes", f"customers by class ({said or 'all'})")


def asked_of(request: HttpRequest, regions: list[str]) -> Asked:
    """What the address asks for, the first region where it names none. ConfigurationError where there is no such."""
    region, pareto = request.GET.get("region", ""), request.GET.get("class", "")
    if region and region not in regions:
        raise ConfigurationError(f"territory {region[:80]!r} is unknown: expected one that customers have")
    if pareto and pareto not in CLASSES:
        raise ConfigurationError(f"class {pareto[:40]!r} is unknown: expected one of {', '.join(CLASSES)}")
    return Asked(region or next(iter(regions), ""), pareto)


def _overall(customers: "pd.DataFrame", territories: "pd.DataFrame") -> Overall:
    ordered = territories.sort_values(["accounts", "region"], ascending=[False, True], ignore_index=True)
    watched = customers["watched"].astype(bool)
    rows = []
    for row in records(ordered.head(MOST_TERRITORIES)):
        of_region = customers["region"].isna() if row["region"] is None else customers["region"] == row["region"]
        rows.append(
            {
                **row,
                "value": row["region"] or NONE,
                "said": row["region"] or "no region",
                "why": why(row),
                "of_profile": 1 - row["weight"],
                "watched": int((of_region & watched).sum()),
                "share_met": row["share_a"] is not None and row["share_a"] >= LEAST_SHARE_OF_A,
                "step_met": row["step"] is None or row["step"] >= LEAST_STEP_FROM_C_TO_B,
            }
        )
    return Overall(
        rows, max(0, len(territories) - MOST_TERRITORIES), _curves(customers[~watched], rows), len(customers), int(watched.sum())
    )


def _curves(settled: "pd.DataFrame", territories: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rows = []
    for each in territories[:MOST_CURVES]:
        of_region = settled["region"].isna() if each["value"] == NONE else settled["region"] == each["value"]
        rows += [{"region": each["said"], **row} for row in records(pareto_curve(settled.loc[of_region, "sales"]))]
    return rows


def _draw(overall: Overall, chosen: dict[str, Any] | None) -> str:
    from lastword.charts import known_to_be_valid, to_svg
    from lastword.charts.territory import sales_curve

    if chosen is None or chosen["share_top"] is None:
        return ""
    title = f"{chosen['said']}: a fifth of the customers bring {percent(chosen['share_top'])} of the sales"
    with known_to_be_valid():
        chart = sales_curve(overall.curves, chosen["said"], title)
        return "" if chart is None else to_svg(chart)


def _narrowed(customers: "pd.DataFrame", asked: Asked) -> "pd.DataFrame":
    rows = customers
    if asked.region:
        rows = rows[rows["region"].isna() if asked.region == NONE else rows["region"] == asked.region]
    if asked.pareto:
        rows = rows[rows["watched"].astype(bool) if asked.pareto == "watched" else rows["pareto"] == asked.pareto]
    return rows


def _listed(customers: "pd.DataFrame", asked: Asked) -> tuple[list[dict[str, Any]], int]:
    rows = _narrowed(customers, asked)
    return records(rows.head(MOST_SHOWN)), len(rows)


routes = (
    path("planning/pareto", pareto, name="planning_pareto"),
    path("planning/pareto/file", pareto_file, name="planning_pareto_file"),
)
