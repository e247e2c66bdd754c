"""Plans side by side: what the others say otherwise than the first, and what each would do to the accounts of the current run."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from lastword.errors import ConfigurationError
from lastword.plan_diff import differences
from lastword.web.named_plans import FILE, SCENARIO, VERSION, NamedPlan, named_plan
from lastword.web.plan_trials import Figures, figures_of
from lastword.web.roles import allows
from overrides import plan_versions, scenarios
from overrides.publish import current_run

MOST_PLANS = 6
PLACES = ("first", "second", "third", "fourth", "fifth", "sixth")
"""Names under which an address gives plans in an order of its own; `plan`, as often as there are plans, leaves it to the page."""


@dataclass(frozen=True)
class Column:
    """One plan of the comparison; figures are None where nothing is published. `first_href` makes it the first one."""

    named: NamedPlan
    differs: tuple[str, ...]
    figures: Figures | None
    first_href: str

    def accounts_in(self, segment: str) -> tuple[int, int] | None:
        """Accounts of a segment by the run's plan and by this one; None where neither has it."""
        found = [] if self.figures is None else [each[1:] for each in self.figures.segments if each[0] == segment]
        return found[0] if found else None


@allows("viewer")
@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """The comparison; with one plan, or none, the form that chooses."""
    asked = _asked(request)
    if len(asked) > MOST_PLANS:
        raise ConfigurationError(f"{len(asked)} plans side by side are too many: choose at most {MOST_PLANS}")
    columns = _columns(request, [named_plan(request.project, ref) for ref in asked])
    context = {"columns": columns if len(columns) > 1 else [], "asked": asked, "run": current_run(), **_choices(request)}
    return render(request, "plans/compare.html", {**context, "rows": _segment_rows(columns), "any": _any(columns)})


def _columns(request: HttpRequest, named: list[NamedPlan]) -> list[Column]:
    run = current_run()
    found = []
    for each in named:
        others = [("second", other.ref) for other in named if other is not each]
        first_href = "" if each is named[0] else f"?{urlencode([('first', each.ref), *others])}"
        figures = None if run is None else figures_of(request, run, each.plan)
        found.append(Column(each, differences(named[0].plan, each.plan), figures, first_href))
    return found


def _asked(request: HttpRequest) -> list[str]:
    """The plans in the order of the address; those given as `plan` alone: versions, plan.toml, scenarios, oldest first."""
    placed = [ref for place in PLACES for ref in request.GET.getlist(place) if ref]
    ticked = sorted(request.GET.getlist("plan"), key=_age)
    return list(dict.fromkeys([*placed, *filter(None, ticked)]))


def _age(ref: str) -> tuple[int, int]:
    kind, _, number = ref.partition(":")
    kinds = (VERSION, FILE, SCENARIO)
    return kinds.index(kind) if kind in kinds else len(kinds), int(number) if number.isdecimal() and len(number) <= 18 else 0


def _segment_rows(columns: list[Column]) -> list[dict[str, Any]]:
    """Accounts by segment: before by the run's plan, then by each of the plans."""
    names = dict.fromkeys(name for each in columns if each.figures for name, _, _ in each.figures.segments)
    rows = []
    for name in names:
        found = [each.accounts_in(name) for each in columns]
        before = next((pair[0] for pair in found if pair is not None), 0)
        cells = [None if pair is None else {"now": pair[1], "more": pair[1] - before} for pair in found]
        rows.append({"name": name, "before": before, "cells": cells})
    return rows


def _any(columns: list[Column]) -> dict[str, bool]:
    """Which rows of figures have anything to show."""
    figures = [each.figures for each in columns if each.figures is not None and not each.figures.why]
    return {
        "figures": bool(figures),
        "agreement": any(each.agreement[1] is not None for each in figures),
        "capture": any(each.capture is not None for each in figures),
        "sellers": any(each.sellers is not None for each in figures),
        "notes": any(each.notes for each in figures),
        "farthest": any(each.farthest for each in figures),
        "why": any(each.figures.why for each in columns if each.figures is not None),
    }


def _choices(request: HttpRequest) -> dict[str, Any]:
    versions = [(f"{VERSION}:{each.version_id}", each.version) for each in plan_versions.versions()]
    open_ones = [(f"{SCENARIO}:{each.scenario_id}", each.name) for each in scenarios.scenarios(scenarios.OPEN)]
    return {"versions": versions, "open_ones": open_ones, "file_ref": FILE}


routes = (path("plans/compare", compare, name="plan_compare"),)
