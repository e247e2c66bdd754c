"""Fit × value: where the accounts lie, how many of each tier a region has, and which they are."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_safe

from lastword import planning_results
from lastword.errors import ConfigurationError
from lastword.planning.quadrants import GOOD_GRADES, QUADRANTS, Density, density, tiers_by_region
from lastword.results import records
from lastword.web.kept import kept, state_of
from lastword.web.pages.filtering import address
from lastword.web.planning_tabs import tabs
from lastword.web.roles import allows
from lastword.web.table_files import file_links, table_file
from lastword.web.templatetags.shown import number, percent, short
from overrides.filters import NONE, Filters, Range
from overrides.publish import current_run

if TYPE_CHECKING:
    import pandas as pd

    from lastword.planning_results import Tiers

ACCOUNTS = "/accounts"
MOST_SHOWN = 200
MOST_REGIONS = 100
TIERS = ("1", "2", "3", NONE)
_TIER_OF = dict(zip(QUADRANTS, ("tier 1", "tier 2", "tier 2", "tier 3"), strict=True))
_OTHER_GRADES = ("C", "D", "F")


@dataclass(frozen=True)
class Asked:
    """Which accounts the list shows; "" for all. region is NONE for those without one."""

    quadrant: str = ""
    tier: str = ""
    region: str = ""

    def query(self, **other: str) -> list[tuple[str, str]]:
        """As the parameters of a link, with others in their place."""
        given = {"tier": self.tier, "quadrant": self.quadrant, "region": self.region, **other}
        return [(name, value) for name, value in given.items() if value]


@dataclass(frozen=True)
class Overall:
    """What the page says of all accounts."""

    finding: str
    svg: str
    quadrants: list[dict[str, Any]]
    regions: list[dict[str, Any]]
    unlisted: int
    cells: list[dict[str, Any]]


@allows("viewer")
@require_safe
def tiers(request: HttpRequest) -> HttpResponse:
    """The quadrants as a picture, tiers by region, and the list of one quadrant, tier or region."""
    run = current_run()
    if run is None:
        return render(request, "overview/nothing.html")
    asked = asked_of(request)
    found = cache(lambda: planning_results.tiers(request.project))  # read once, and only where something isn't kept
    overall = kept(request, "tiers", (state_of(request),), lambda: _overall(found()))
    if asked.region and asked.region not in [row["value"] for row in overall.regions]:
        raise ConfigurationError(f"region {asked.region[:80]!r} is unknown: expected one that accounts have")
    rows, count = kept(request, "tier list", (state_of(request), asked), lambda: _listed(found().accounts, asked))
    return render(
        request,
        "planning/tiers.html",
        {
            "tabs": tabs("planning_tiers"),
            "run": run,
            "currency": request.project.settings.currency,
            "overall": overall,
            "asked": asked,
            "quadrants": QUADRANTS,
            "tiers": TIERS,
            "rows": rows,
            "count": count,
            "files": file_links(reverse("planning_tiers_file"), asked.query()),
            "chips": _chips(asked),
        },
    )


@allows("viewer")
@require_safe
def tiers_file(request: HttpRequest) -> HttpResponse:
    """The list whole, as the page narrows it: format=csv, xlsx or parquet."""
    asked = asked_of(request)
    rows = _narrowed(planning_results.tiers(request.project).accounts, asked)
    said = ", ".join(value for _, value in asked.query(tier=f"tier {asked.tier}" if asked.tier else ""))
    return table_file(request, rows, "tiers", f"the tiers ({said or 'all'})")


def asked_of(request: HttpRequest) -> Asked:
    """What the address asks for. ConfigurationError where there is no such quadrant or tier."""
    asked = Asked(*(request.GET.get(name, "") for name in ("quadrant", "tier", "region")))
    if asked.quadrant and asked.quadrant not in QUADRANTS:
        raise ConfigurationError(f"quadrant {asked.quadrant[:40]!r} is unknown: expected one of {', '.join(QUADRANTS)}")
    if asked.tier and asked.tier not in TIERS:
        raise ConfigurationError(f"tier {asked.tier[:40]!r} is unknown: expected one of {', '.join(TIERS)}")
    return asked


def _overall(found: "Tiers") -> Overall:
    lie = density(found.accounts)
    regions = tiers_by_region(found.accounts)
    quadrants = records(found.quadrants)
    finding = _finding(quadrants)
    return Overall(
        finding=finding,
        svg=_draw(lie, quadrants, finding),
        quadrants=[
            {**row, "tier": _TIER_OF[row["quadrant"]], "href": _quadrant_href(row["quadrant"], lie.border)} for row in quadrants
        ],
        regions=[_region_row(row) for row in records(regions.head(MOST_REGIONS))],
        unlisted=max(0, len(regions) - MOST_REGIONS),
        cells=[_cell(lie, row) for row in records(lie.cells)],
    )


def _region_row(row: dict[str, Any]) -> dict[str, Any]:
    region = row["region"] or NONE
    names = ("tier_1", "tier_2", "tier_3", "none")
    cells = [
        (row[name], address(ACCOUNTS, Filters(region=(region,), tier=(tier,)))) for name, tier in zip(names, TIERS, strict=True)
    ]
    return {"value": region, "said": row["region"] or "no region", "accounts": row["accounts"], "tiers": cells}


def _finding(quadrants: list[dict[str, Any]]) -> str:
    accounts, value = (sum(row[name] or 0 for row in quadrants) for name in ("accounts", "expected_value"))
    first = quadrants[0]
    if not accounts:
        return "No account has both a grade and a potential"
    share = f", with {percent(first['expected_value'] / value)} of the expected value" if value else ""
    return f"{percent(first['accounts'] / accounts)} of the accounts are both fit and of value{share}"


def _draw(lie: Density, quadrants: list[dict[str, Any]], finding: str) -> str:
    from lastword.charts import known_to_be_valid, link_to, to_linked_svg
    from lastword.charts.territory import quadrant_map

    cells = [{**row, "href": link_to(row["href"])} for row in (_cell(lie, row) for row in records(lie.cells))]
    corners = [
        {
            "final_grade": "A" if row["quadrant"].startswith("fit") else "F",
            "top": row["quadrant"].endswith("value") or row["quadrant"] == "value alone",
            "said": f"{row['quadrant']}: {number(row['accounts'])}",
        }
        for row in quadrants
    ]
    border = lie.edges.index(lie.border) if lie.border in lie.edges else 0
    with known_to_be_valid():
        chart = quadrant_map(cells, [short(edge) for edge in lie.edges], border, corners, finding)
        return "" if chart is None else to_linked_svg(chart)


def _cell(lie: Density, row: dict[str, Any]) -> dict[str, Any]:
    """A cell with its accounts: where they are listed, and in words."""
    band, last = row["band"], len(lie.edges) - 2
    low = None if band == 0 else lie.edges[band]
    high = None if band == last else math.nextafter(lie.edges[band + 1], -math.inf)
    within = Range(low, high) if (low, high) != (None, None) else None
    href = address(ACCOUNTS, Filters(final_grade=(row["final_grade"],), potential_spend=within))
    between = f"{short(lie.edges[band])} to {short(lie.edges[band + 1])}"
    said = f"Grade {row['final_grade']}, potential {between}: {number(row['accounts'])} accounts"
    return {**row, "href": href, "between": between, "said": said}


def _quadrant_href(quadrant: str, border: float | None) -> str:
    grades = GOOD_GRADES if quadrant.startswith("fit") else _OTHER_GRADES
    if border is None:
        return ""
    valued = quadrant in ("fit and value", "value alone")
    within = Range(border, None) if valued else Range(None, math.nextafter(border, -math.inf))
    return address(ACCOUNTS, Filters(final_grade=grades, potential_spend=within))


def _narrowed(accounts: "pd.DataFrame", asked: Asked) -> "pd.DataFrame":
    rows = accounts
    if asked.quadrant:
        rows = rows[rows["quadrant"] == asked.quadrant]
    if asked.tier:
        rows = rows[rows["tier"].isna() if asked.tier == NONE else rows["tier"] == int(asked.tier)]
    if asked.region:
        rows = rows[rows["region"].isna() if asked.region == NONE else rows["region"] == asked.region]
    return rows


def _listed(accounts: "pd.DataFrame", asked: Asked) -> tuple[list[dict[str, Any]], int]:
    rows = _narrowed(accounts, asked)
    return records(rows.head(MOST_SHOWN)), len(rows)


def _chips(asked: Asked) -> list[tuple[str, str]]:
    """What narrows the list, each with the link that takes it back."""
    said: dict[str, Callable[[str], str]] = {
        "tier": lambda value: "no tier" if value == NONE else f"Tier {value}",
        "region": lambda value: "no region" if value == NONE else value,
    }
    return [(said.get(name, str)(value), f"?{urlencode(asked.query(**{name: ''}))}#accounts") for name, value in asked.query()]


routes = (
    path("planning/tiers", tiers, name="planning_tiers"),
    path("planning/tiers/file", tiers_file, name="planning_tiers_file"),
)
