"""The plan editor: a scenario's plan to shape, with what it would do shown at once. Looking is for all, saving for reviewers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.urls import path as route
from django.views.decorators.http import require_GET, require_POST

from lastword.errors import ConfigurationError, Conflict
from lastword.plan import Plan, parse_plan
from lastword.plan_diff import differences
from lastword.planning.draft_fields import filled, stepped
from lastword.planning.draft_text import Checked, checked, plan_toml
from lastword.planning.plan_draft import Draft, draft_of, from_json, to_json
from lastword.web.plan_additions import with_new_attribute
from lastword.web.plan_ground import Ground, ground_of
from lastword.web.plan_view import attribute_view, slider_end, weighed
from lastword.web.roles import allows, includes
from lastword.web.table_files import table_file
from lastword.web.whatif_view import panel
from overrides import ledger, scenarios
from overrides.scenarios import OPEN, Scenario

MOST_KNOWN = 40
GRADES = ("A", "B", "C", "D", "F")
FAMILIES = {"column": "columns of accounts", "technology": "technologies", "topic": "intent topics"}


@dataclass(frozen=True)
class Sent:
    """What the form of the editor holds."""

    scenario_id: int
    revision: int
    draft: Draft
    chosen: int


@allows("viewer")
@require_GET
def plan_edit(request: HttpRequest) -> HttpResponse:
    """The editor of ?scenario=ID, opened at ?attribute=NAME."""
    if "scenario" not in request.GET:
        return HttpResponseRedirect(_href("plans") or "/")
    scenario = scenarios.find(_whole("scenario", request.GET.get("scenario", "")))
    draft = draft_of(parse_plan(scenario.text), scenario.text)
    names = [each.name for each in draft.attributes]
    asked = request.GET.get("attribute", "")
    sent = Sent(scenario.scenario_id, scenario.revision, draft, names.index(asked) if asked in names else 0)
    ground = ground_of(request.project, request.now)
    places = {name: _href(name, scenario.scenario_id) for name in ("scenario_adopt", "scenario_drop")}
    shared = {"scenario": scenario, "ground": ground, "opened": plan_toml(_plan(draft)), "plans": _href("plans"), **places}
    return render(request, "plan_editor/page.html", {**shared, **_editor(request, ground, sent, scenario)})


@allows("viewer")
@require_POST
def plan_change(request: HttpRequest) -> HttpResponse:
    """The form after one step (do=split:attributes.0.bands.1, choose:2, attribute:NAME …), or as it is sent (undo)."""
    ground, sent = ground_of(request.project, request.now), _sent(request)
    what, _, where = request.POST.get("do", "").partition(":")
    if what == "choose":
        sent = replace(sent, chosen=_whole("attribute", where))
    elif what == "attribute":
        with ground.lock:
            draft = with_new_attribute(ground, sent.draft, where)
        sent = replace(sent, draft=draft, chosen=len(draft.attributes) - 1)
    elif what:
        sent = replace(sent, draft=stepped(sent.draft, what, where))
    scenario = scenarios.find(sent.scenario_id)
    return render(request, "plan_editor/editor.html", _editor(request, ground, sent, scenario))


@allows("viewer")
@require_POST
def plan_try(request: HttpRequest) -> HttpResponse:
    """What the plan in the form would do, or what is wrong with it."""
    ground, sent = ground_of(request.project, request.now), _sent(request)
    found = checked(sent.draft, ground.columns)
    if found.plan is None:
        return _said(request, "plan_editor/mistakes.html", {"mistakes": found.mistakes}, _count(found))
    number = request.POST.get("try", "0")
    page = f"{request.user.username} {request.POST.get('page', '')[:40]}"
    with ground.turn(page, int(number) if number.isdecimal() and len(number) < 12 else 0) as due:
        if not due:
            return HttpResponse(status=204)
        tried = ground.what_if(found.plan, ledger.in_force(request.now))
        shown = attribute_view(ground, sent.draft, _place(sent))
    context = {**panel(tried, ground.current, found.plan), "shown": shown, "ground": ground}
    return _said(request, "plan_editor/whatif.html", context, context["headline"])


@allows("viewer")
@require_POST
def plan_moves(request: HttpRequest) -> HttpResponse:
    """Every account that would move, as .csv."""
    ground, sent = ground_of(request.project, request.now), _sent(request)
    plan, scenario = _plan(sent.draft, ground.columns), scenarios.find(sent.scenario_id)
    with ground.lock:
        moves = ground.what_if(plan, ledger.in_force(request.now)).moves
    return table_file(request, moves, "moves", f"the accounts that scenario {scenario.name} would move")


@allows("viewer")
@require_GET
def plan_known(request: HttpRequest) -> HttpResponse:
    """What can become an attribute and isn't one yet, by ?search=."""
    ground = ground_of(request.project, request.now)
    search, taken = request.GET.get("search", "").strip().lower(), set(request.GET.getlist("taken"))
    with ground.lock:
        fitting = [each for each in ground.known() if search in each.name.lower() and each.name not in taken]
    families = [(title, [each for each in fitting if each.family == name]) for name, title in FAMILIES.items()]
    shown = [(title, found[:MOST_KNOWN], len(found)) for title, found in families if found]
    return render(request, "plan_editor/known.html", {"families": shown, "search": search})


@allows("reviewer")
@require_POST
def plan_save(request: HttpRequest) -> HttpResponse:
    """Keep the plan in the form as the scenario's next revision, or as=new under another name."""
    ground, sent, by = ground_of(request.project, request.now), _sent(request), request.user.username
    found = checked(sent.draft, ground.columns)
    if found.plan is None:
        return _said(request, "plan_editor/unsaved.html", {"mistakes": found.mistakes}, f"Not saved: {_count(found)}")
    text = plan_toml(found.plan, sent.draft.header)
    if request.POST.get("as") == "new":
        based_on = scenarios.find(sent.scenario_id).based_on
        made = scenarios.create(request.POST.get("new_name", ""), text, based_on, by, "", request.now)
        return HttpResponse(status=204, headers={"HX-Redirect": f"{reverse('plan_edit')}?scenario={made.scenario_id}"})
    try:
        saved = scenarios.save(sent.scenario_id, text, sent.revision, by, request.now)
    except Conflict:
        return _conflict(request, sent, found.plan)
    said = f"Saved as revision {saved.revision}"
    return _said(request, "plan_editor/saved.html", {"scenario": saved, "said": said}, said, saved=True)


def _conflict(request: HttpRequest, sent: Sent, mine: Plan) -> HttpResponse:
    theirs = scenarios.find(sent.scenario_id)
    other = parse_plan(theirs.text)
    opened = _opened(request.POST.get("opened", ""))
    context = {
        "theirs": theirs,
        "theirs_say": () if opened is None else differences(opened, other),
        "mine_say": differences(other, mine),
        "name": f"{theirs.name} ({request.user.username})"[:120],
    }
    return _said(
        request, "plan_editor/conflict.html", context, f"Not saved: {theirs.changed_by} saved revision {theirs.revision}"
    )


def _opened(text: str) -> Plan | None:
    """The plan as it was when the page opened, None where the form doesn't say."""
    try:
        return parse_plan(text)
    except ConfigurationError:
        return None


def _editor(request: HttpRequest, ground: Ground, sent: Sent, scenario: Scenario) -> dict[str, Any]:
    """What the form shows of a draft."""
    found = checked(sent.draft, ground.columns)
    chosen = _place(sent)
    with ground.lock:
        shown = attribute_view(ground, sent.draft, chosen)
    may_change = scenario.state == OPEN and includes(request.user.role, "reviewer")
    return {
        "scenario": scenario,
        "revision": sent.revision,
        "draft": sent.draft,
        "draft_json": to_json(sent.draft),
        "chosen": chosen,
        "attributes": weighed(sent.draft, chosen, found.mistakes),
        "slider_end": slider_end(sent.draft),
        "shown": shown,
        "may_change": may_change,
        "grades": GRADES,
        "names": sorted({*ground.columns, *(each.name for each in sent.draft.attributes)} - {"account_id"}),
    }


def _sent(request: HttpRequest) -> Sent:
    fields: Mapping[str, str] = request.POST.dict()
    draft = filled(from_json(fields.get("draft", "")), fields)
    numbers = {name: _whole(name, fields.get(name, "")) for name in ("scenario", "revision", "chosen")}
    return Sent(numbers["scenario"], numbers["revision"], draft, numbers["chosen"])


def _place(sent: Sent) -> int:
    """The chosen attribute; the last where the chosen one is gone."""
    return max(0, min(sent.chosen, len(sent.draft.attributes) - 1))


def _plan(draft: Draft, available: tuple[str, ...] | None = None) -> Plan:
    found = checked(draft, available)
    if found.plan is None:
        raise ConfigurationError(f"{found.mistakes[0].field}: {found.mistakes[0].text}")
    return found.plan


def _whole(name: str, text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 12:
        raise ConfigurationError(f"{name} {text[:20]!r} is no number: open the editor from the list of scenarios")
    return int(text)


def _count(found: Checked) -> str:
    count = len(found.mistakes)
    return f"{count} {'mistake' if count == 1 else 'mistakes'} to correct: {found.mistakes[0].text}"


def _said(request: HttpRequest, template: str, context: dict[str, Any], said: str, **events: Any) -> HttpResponse:
    """A part of the page, with what a reader who listens hears."""
    response = render(request, template, context)
    response["HX-Trigger"] = json.dumps({"say": said, **{name: {"value": value} for name, value in events.items()}})
    return response


def _href(name: str, scenario_id: int | None = None) -> str:
    """The address of a page, "" where this site has none of that name."""
    try:
        return reverse(name) + ("" if scenario_id is None else f"?scenario={scenario_id}")
    except NoReverseMatch:
        return ""


routes = (
    route("plans/edit", plan_edit, name="plan_edit"),
    route("plans/edit/change", plan_change, name="plan_change"),
    route("plans/try", plan_try, name="plan_try"),
    route("plans/moves", plan_moves, name="plan_moves"),
    route("plans/known", plan_known, name="plan_known"),
    route("plans/save", plan_save, name="plan_save"),
)
