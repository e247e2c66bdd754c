"""Scenarios: make one, look at it, rename, drop and revive it, and take a recommended change into one."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lastword.errors import ConfigurationError, LastwordError, Refusal
from lastword.findings import collected
from lastword.planning.recommended_changes import with_all, with_change
from lastword.web.named_plans import FILE, SCENARIO, VERSION, named_plan
from lastword.web.pages.plans import scenario_href, shown
from lastword.web.plan_changes import TOGETHER, change_title, key_of
from lastword.web.roles import allows
from overrides import plan_versions, scenarios

UPLOAD = "upload"
LARGEST_FILE = 2 * scenarios.LONGEST_TEXT
"""In bytes: what the longest text can take up in a file that is mostly ASCII."""
NEW = "new"


@allows("viewer")
@require_safe
def scenario(request: HttpRequest) -> HttpResponse:
    """A scenario, readable."""
    found = named_plan(request.project, f"{SCENARIO}:{request.GET.get('id', '')}")
    return render(request, "plans/show.html", shown(request, found))


@allows("reviewer")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Make one from a version, plan.toml, another scenario, or a file."""
    if request.method != "POST":
        source = request.GET.get("from", "") or _default_source(request)
        return render(request, "plans/new.html", _form(request, {"from": source}, {}))
    given = {name: request.POST.get(name, "").strip() for name in ("name", "from", "note")}
    if "file" in request.FILES:
        given["from"] = UPLOAD  # whoever chose a file means it
    errors: dict[str, str] = {}
    name = _tried(errors, "name", lambda: scenarios.checked_name(given["name"]))
    source = _tried(errors, "from", lambda: _source(request, given["from"]))
    if name is not None and source is not None:
        text, based_on = source
        by = request.user.username
        if (
            made := _tried(errors, "name", lambda: scenarios.create(name, text, based_on, by, given["note"], request.now))
        ) is not None:
            return HttpResponseRedirect(scenario_href(made.scenario_id))
    return render(request, "plans/new.html", _form(request, given, errors), status=400)


@allows("reviewer")
@require_POST
def rename(request: HttpRequest) -> HttpResponse:
    """Another name."""
    found = scenarios.rename(_id(request), request.POST.get("name", ""), request.user.username, request.now)
    messages.success(request, f"The scenario is called {found.name} from now on.")
    return HttpResponseRedirect(_back(request))


@allows("reviewer")
@require_POST
def drop(request: HttpRequest) -> HttpResponse:
    """Put it away."""
    found = scenarios.drop(_id(request), request.user.username, request.now)
    messages.success(request, f"{found.name} is dropped. It can be revived: see below the scenarios.")
    return HttpResponseRedirect(reverse("plans"))


@allows("reviewer")
@require_POST
def revive(request: HttpRequest) -> HttpResponse:
    """Open it again."""
    found = scenarios.revive(_id(request), request.user.username, request.now)
    messages.success(request, f"{found.name} is open again.")
    return HttpResponseRedirect(reverse("plans"))


@allows("reviewer")
@require_POST
def recommended(request: HttpRequest) -> HttpResponse:
    """Take a recommended change, or all together, into an open scenario or a new one, and go on with that."""
    key, into, by = request.POST.get("change", ""), request.POST.get("scenario", NEW), request.user.username
    report = collected(request.project).recommendations
    change = None if report is None else _change(report, key)
    if change is None:
        raise Refusal("these recommendations were worked out anew since: look at the page again")
    if into == NEW:
        base = named_plan(request.project, FILE)
        text = _with(base.text, key, change)
        name = _free_name(change_title(key, change))
        made = scenarios.create(name, text, base.based_on, by, "", request.now)
    else:
        found = scenarios.find(_number(into))
        text = _with(found.text, key, change)
        made = scenarios.save(found.scenario_id, text, found.revision, by, request.now)
    messages.success(request, f"{change_title(key, change)}: in scenario {made.name}.")
    return HttpResponseRedirect(scenario_href(made.scenario_id))


def _with(text: str, key: str, change: dict[str, Any]) -> str:
    return with_all(text, change) if key == TOGETHER else with_change(text, change)


def _change(report: dict[str, Any], key: str) -> dict[str, Any] | None:
    if key == TOGETHER:
        return report["together"] or None
    return next((each for each in report["changes"] if key_of(each) == key), None)


def _free_name(wanted: str) -> str:
    """The name, or that and " (2)" and so on, as no other open scenario has it."""
    taken = {each.name for each in scenarios.scenarios(scenarios.OPEN)}
    own = wanted[: scenarios.LONGEST_NAME - 6]
    return next(name for number in range(1, len(taken) + 2) if (name := own if number == 1 else f"{own} ({number})") not in taken)


def _form(request: HttpRequest, given: dict[str, str], errors: dict[str, str]) -> dict[str, Any]:
    adopted = plan_versions.adopted(request.now)
    adopted_id = None if adopted is None else adopted.plan.version_id
    versions = [
        (f"{VERSION}:{each.version_id}", each.version, each.version_id == adopted_id) for each in plan_versions.versions()
    ]
    open_ones = [(f"{SCENARIO}:{each.scenario_id}", each.name) for each in scenarios.scenarios(scenarios.OPEN)]
    return {"given": given, "errors": errors, "versions": versions, "open_ones": open_ones}


def _default_source(request: HttpRequest) -> str:
    adopted = plan_versions.adopted(request.now)
    return FILE if adopted is None else f"{VERSION}:{adopted.plan.version_id}"


def _source(request: HttpRequest, ref: str) -> tuple[str, str]:
    """The text to begin with, and what it is based on."""
    if ref != UPLOAD:
        found = named_plan(request.project, ref)
        return found.text, found.based_on
    file = request.FILES.get("file")
    if file is None:
        raise ConfigurationError("no file was chosen: choose a plan.toml")
    if file.size > LARGEST_FILE:
        raise ConfigurationError(f"{file.name[:80]} has {file.size:,} bytes: a plan.toml has at most {LARGEST_FILE:,}")
    try:
        text = file.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigurationError(f"{file.name[:80]} isn't text in UTF-8: choose a plan.toml") from None
    return scenarios.checked_text(text), file.name[: plan_versions.LONGEST_VERSION]


def _tried[T](errors: dict[str, str], field: str, make: Any) -> Any:
    """What `make` gives; where it can't, None, and its sentence at the field."""
    try:
        return make()
    except LastwordError as error:
        errors.setdefault(field, str(error))
        return None


def _id(request: HttpRequest) -> int:
    return _number(request.POST.get("scenario", ""))


def _number(text: str) -> int:
    if not text.isdecimal() or len(text) > 18:
        raise ConfigurationError(f"scenario {text[:40]!r} is unknown: expected the number of one")
    return int(text)


def _back(request: HttpRequest) -> str:
    return f"{reverse('scenario')}?id={_id(request)}" if request.POST.get("next") == "scenario" else reverse("plans")


routes = (
    path("plans/scenario", scenario, name="scenario"),
    path("plans/scenario/new", new, name="scenario_new"),
    path("plans/scenario/rename", rename, name="scenario_rename"),
    path("plans/scenario/drop", drop, name="scenario_drop"),
    path("plans/scenario/revive", revive, name="scenario_revive"),
    path("plans/scenario/recommended", recommended, name="scenario_recommended"),
)
