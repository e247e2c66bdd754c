"""The plan: what is adopted, whether plan.toml says otherwise, every version, and the scenarios that people work on."""

import re
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, path, reverse
from django.views.decorators.http import require_GET, require_POST, require_safe

from lastword.errors import ConfigurationError, LastwordError
from lastword.plan import fingerprint, parse_plan
from lastword.plan_diff import differences
from lastword.web.named_plans import FILE, SCENARIO, VERSION, NamedPlan, named_plan
from lastword.web.plan_readable import read_plan
from lastword.web.roles import allows
from overrides import plan_file, plan_versions, scenarios
from overrides.events import EXPORT, record
from overrides.publish import current_run

MOST_SAID = 12


@allows("viewer")
@require_safe
def plans(request: HttpRequest) -> HttpResponse:
    """The list."""
    return render(request, "plans/list.html", _list(request))


@allows("viewer")
@require_safe
def version(request: HttpRequest) -> HttpResponse:
    """A version, readable."""
    return render(request, "plans/show.html", shown(request, named_plan(request.project, f"{VERSION}:{_id(request)}")))


@allows("viewer")
@require_safe
def file(request: HttpRequest) -> HttpResponse:
    """plan.toml, readable."""
    return render(request, "plans/show.html", shown(request, named_plan(request.project, FILE)))


@allows("viewer")
@require_GET
def text(request: HttpRequest) -> HttpResponse:
    """A plan's plan.toml as a file."""
    found = named_plan(request.project, request.GET.get("plan", ""))
    record(
        EXPORT, request.user.username, found.title, f"Exports plan {found.title} as plan.toml", request.now, {"plan": found.ref}
    )
    name = re.sub(r"[^\w.-]+", "-", f"plan-{found.title}" if found.kind != FILE else "plan").strip("-")
    answer = FileResponse([found.text.encode()], content_type="application/toml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name.encode("ascii", "ignore").decode() or "plan"}.toml"'
    return answer


@allows("reviewer")
@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Keep plan.toml as a version."""
    given = {name: request.POST.get(name, "").strip() for name in ("version", "note")}
    back = request.POST.get("next", "")
    back = back if back.startswith(f"{reverse('plans')}/") else ""
    try:
        stored = plan_file.keep(request.project, given["version"], request.user.username, given["note"], request.now)
    except LastwordError as error:
        if back:
            messages.error(request, str(error))
            return HttpResponseRedirect(back)
        return render(request, "plans/list.html", {**_list(request), "kept": given, "keep_error": str(error)}, status=400)
    messages.success(request, f"plan.toml is version {stored.version}.")
    return HttpResponseRedirect(back or reverse("plans"))


def shown(request: HttpRequest, found: NamedPlan) -> dict[str, Any]:
    """What the page of one plan shows; a scenario also what it says otherwise than the version it is based on."""
    scenario = scenarios.find(found.id) if found.kind == SCENARIO and found.id is not None else None
    base = None if scenario is None else _base(scenario.based_on)
    return {
        "named": found,
        "read": read_plan(found.plan),
        "scenario": scenario,
        "differs": () if base is None else differences(base, found.plan),
        "has_base": base is not None,
        "adopted_at": None if found.kind != VERSION else _adoptions(request).get(found.id or 0),
        "is_adopted": found.kind == VERSION and _adopted_id(request) == found.id,
        "edit_href": edit_href(found.id) if scenario is not None and scenario.state == scenarios.OPEN else "",
    }


def edit_href(scenario_id: int | None) -> str:
    """Where a scenario is edited; "" where this site has no editor."""
    try:
        return f"{reverse('plan_edit')}?scenario={scenario_id}"
    except NoReverseMatch:
        return ""


def scenario_href(scenario_id: int) -> str:
    """Where a person goes on with a scenario: the editor, else its page."""
    return edit_href(scenario_id) or f"{reverse('scenario')}?id={scenario_id}"


def _list(request: HttpRequest) -> dict[str, Any]:
    known, every = plan_versions.versions(), scenarios.scenarios()
    made, run = _adoptions(request), current_run()
    return {
        "adoption": plan_versions.adopted(request.now),
        "today": request.now.date(),
        "file": _file(request),
        "versions": [{"plan": each, "adoption": made.get(each.version_id)} for each in known],
        "adopted_id": _adopted_id(request),
        "scenarios": [{"it": each, "edit_href": edit_href(each.scenario_id)} for each in every if each.state == scenarios.OPEN],
        "past": [each for each in every if each.state != scenarios.OPEN],
        "run": run,
        "used": {} if run is None else run.reference.get("plan_used", {}),
    }


def _file(request: HttpRequest) -> dict[str, Any]:
    """plan.toml beside the adopted version: what it says otherwise, and whether a version holds it."""
    project, adoption = request.project, plan_versions.adopted(request.now)
    try:
        found = named_plan(project, FILE)
    except (ConfigurationError, OSError) as error:
        return {"mistake": str(error) if isinstance(error, ConfigurationError) else "it can't be read"}
    held = plan_versions.with_fingerprint(fingerprint(found.plan))
    adopted_text = None if adoption is None else plan_versions.version_text(adoption.plan.version_id)
    differs = () if adopted_text is None else differences(parse_plan(adopted_text), found.plan)
    return {
        "named": found,
        "held": held,
        "whole": held is not None and plan_versions.version_text(held.version_id) == found.text,
        "same_text": adopted_text == found.text,
        "differs": differs[:MOST_SAID],
        "more": max(0, len(differs) - MOST_SAID),
        "suggested": plan_versions.free_version(found.plan.version),
    }


def _adoptions(request: HttpRequest) -> dict[int, plan_versions.Adoption]:
    """The newest adoption of each version that was ever adopted."""
    found: dict[int, plan_versions.Adoption] = {}
    for each in plan_versions.adoptions(request.now):
        found.setdefault(each.plan.version_id, each)
    return found


def _adopted_id(request: HttpRequest) -> int | None:
    found = plan_versions.adopted(request.now)
    return None if found is None else found.plan.version_id


def _base(version_name: str) -> Any:
    stored = next((each for each in plan_versions.versions() if each.version == version_name), None)
    return None if stored is None else parse_plan(plan_versions.version_text(stored.version_id))


def _id(request: HttpRequest) -> str:
    return request.GET.get("id", "")


routes = (
    path("plans", plans, name="plans"),
    path("plans/version", version, name="plan_version"),
    path("plans/file", file, name="plan_file"),
    path("plans/text", text, name="plan_text"),
    path("plans/keep", keep, name="plan_keep"),
)
