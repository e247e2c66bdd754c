"""Adopting a version or a scenario: what that would change, and the form with which an approver does it."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods

from lastword import plan_files
from lastword.errors import ConfigurationError, LastwordError, Refusal
from lastword.plan import Plan, parse_plan
from lastword.plan_diff import differences
from lastword.planning.plan_edits import with_version
from lastword.web.named_plans import SCENARIO, VERSION, NamedPlan, named_plan
from lastword.web.plan_trials import figures_of
from lastword.web.roles import allows
from overrides import plan_file, plan_versions, scenarios
from overrides.publish import current_run


@allows("approver")
@require_http_methods(["GET", "HEAD", "POST"])
def adopt_version(request: HttpRequest) -> HttpResponse:
    """Make a version the plan to use."""
    found = named_plan(request.project, f"{VERSION}:{_given(request, 'version')}")
    return _page(request, found, None)


@allows("approver")
@require_http_methods(["GET", "HEAD", "POST"])
def adopt_scenario(request: HttpRequest) -> HttpResponse:
    """Keep a scenario as a version and make that the plan to use."""
    found = named_plan(request.project, f"{SCENARIO}:{_given(request, 'scenario')}")
    assert found.id is not None
    scenario = scenarios.find(found.id)
    if scenario.state != scenarios.OPEN:
        raise Refusal(f"scenario {scenario.name!r} is {scenario.state} already: only an open one is adopted")
    return _page(request, found, scenario)


def _page(request: HttpRequest, found: NamedPlan, scenario: scenarios.Scenario | None) -> HttpResponse:
    given = {name: request.POST.get(name, "").strip() for name in ("note", "name")}
    errors: dict[str, str] = {}
    if request.method == "POST":
        errors = _mistakes(given, scenario)
        if not errors:
            try:
                made = _adopt(request, found, scenario, given)
            except LastwordError as error:
                errors["form"] = str(error)
            else:
                messages.success(
                    request, f"Version {made.plan.version} is adopted and in plan.toml. `lastword score` scores by it."
                )
                return HttpResponseRedirect(reverse("plans"))
    else:
        given["name"] = "" if scenario is None else plan_versions.free_version(found.plan.version)
    context = {"named": found, "scenario": scenario, "given": given, "errors": errors, **_change(request, found)}
    return render(request, "plans/adopt.html", context, status=400 if errors else 200)


def _mistakes(given: dict[str, str], scenario: scenarios.Scenario | None) -> dict[str, str]:
    errors = {}
    if not given["note"]:
        errors["note"] = "the note is empty: say in a sentence why this plan is adopted"
    if scenario is not None:
        try:
            plan_file.checked_version(given["name"])
        except ConfigurationError as error:
            errors["name"] = str(error)
    return errors


def _adopt(
    request: HttpRequest, found: NamedPlan, scenario: scenarios.Scenario | None, given: dict[str, str]
) -> plan_versions.Adoption:
    by, now, project = request.user.username, request.now, request.project
    if scenario is None:
        return plan_files.adopt(project, found.title, by, given["note"], False, now)
    revision = request.POST.get("revision", "")
    expected = int(revision) if revision.isdecimal() and len(revision) < 10 else scenario.revision
    return scenarios.adopt(project, scenario.scenario_id, given["name"], by, given["note"], now, expected_revision=expected)


def _change(request: HttpRequest, found: NamedPlan) -> dict[str, Any]:
    """What adopting would change, and what of plan.toml it would lose."""
    now: datetime = request.now
    run, adoption = current_run(), plan_versions.adopted(now)
    before = _before(request, adoption)
    text = found.text if found.kind == VERSION else with_version(found.text, plan_versions.free_version(found.plan.version))
    file = None
    if lost := plan_file.unsaved(request.project, text):
        file = {"lost": lost, "suggested": _suggested(request)}
    return {
        "adoption": adoption,
        "is_adopted": adoption is not None and found.kind == VERSION and adoption.plan.version_id == found.id,
        "before": "plan.toml" if adoption is None else adoption.plan.version,
        "has_before": before is not None,
        "differs": () if before is None else differences(before, found.plan),
        "run": run,
        "figures": None if run is None else figures_of(request, run, found.plan),
        "file": file,
        "back": request.get_full_path(),
    }


def _before(request: HttpRequest, adoption: plan_versions.Adoption | None) -> Plan | None:
    """The adopted plan; without one plan.toml, None where that has a mistake."""
    if adoption is not None:
        return parse_plan(plan_versions.version_text(adoption.plan.version_id))
    try:
        return request.project.load_plan()
    except ConfigurationError:
        return None


def _suggested(request: HttpRequest) -> str:
    """A version under which plan.toml could be kept; "" where it has a mistake."""
    try:
        return plan_versions.free_version(request.project.load_plan().version)
    except ConfigurationError:
        return ""


def _given(request: HttpRequest, name: str) -> str:
    found: str = request.GET.get(name) or request.POST.get(name, "")
    return found


routes = (
    path("plans/adopt", adopt_version, name="plan_adopt"),
    path("plans/scenario/adopt", adopt_scenario, name="scenario_adopt"),
)
