"""Potential spend: what the current run posted and by which method, how spend goes with metrics, and another method tried."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from lastword.card_words import readable
from lastword.errors import ConfigurationError, Refusal
from lastword.planning.correlation import SPEND
from lastword.rescoring import settings_print
from lastword.results import records
from lastword.spend_results import ATTRIBUTES
from lastword.spend_words import choice_sentence, spend_text, with_choice
from lastword.web import spend_summary
from lastword.web.pages.filtering import TITLES
from lastword.web.planning_tabs import tabs
from lastword.web.roles import allows
from lastword.web.spend_asked import ACCOUNT, METHODS, Asked, Scope, asked_of
from overrides.publish import RunRecord, current_run

HERE = "planning_spend"


@allows("viewer")
@require_GET
def spend(request: HttpRequest) -> HttpResponse:
    """The page; before the first publication, and of a run that posted nothing, a page that says what to do."""
    run = current_run()
    if run is None or not spend_summary.table_of(request.project, run.run_id).posted:
        return render(request, "planning/spend_none.html", {"tabs": tabs(HERE), "run": run})
    context = {"tabs": tabs(HERE), "run": run, "currency": request.project.settings.currency}
    tried = _tried(request, run.run_id)
    wrong = tried["asked"] is not None and bool(tried["asked"].errors)
    context |= {**_posted(request, run), **_correlated(request, run.run_id), **tried}
    return render(request, "planning/spend.html", context, status=400 if wrong else 200)


def _posted(request: HttpRequest, run: RunRecord) -> dict[str, Any]:
    attribute = request.GET.get("by") or "region"
    if attribute not in ATTRIBUTES:
        raise ConfigurationError(f"by {attribute[:40]!r} is unknown: expected one of {', '.join(ATTRIBUTES)}")
    return {
        "summary": spend_summary.summary_of(request, run.run_id),
        "attribute": TITLES[attribute],
        "attributes": [(name, TITLES[name], _address(request, by=name), name == attribute) for name in ATTRIBUTES],
        "split": spend_summary.split_of(request, run.run_id, attribute),
        "rules": spend_summary.rules_of(request, run.run_id),
        "moved": run.reference["scored_by"]["lastword.toml"] != settings_print(request.project),
        "waiting": spend_summary.waiting_entries(request, run.run_id),
        "postings": spend_summary.postings(request),
        "methods": METHODS,
    }


def _correlated(request: HttpRequest, run_id: str) -> dict[str, Any]:
    """The metrics, and the picture of the one that is looked at: by default the closest."""
    rows = spend_summary.metrics_of(request, run_id)
    asked = request.GET.get("against") or (rows[0]["metric"] if rows else "")
    chosen = next((row for row in rows if row["metric"] == asked), None)
    if chosen is None and asked:
        known = ", ".join(row["metric"] for row in rows)
        raise ConfigurationError(f"against {asked[:40]!r} is no metric of the run: expected one of {known}")
    able = spend_summary.table_of(request.project, run_id).facts
    return {
        "metrics": [(row, _address(request, "correlation", against=row["metric"]), row is chosen) for row in rows],
        "chosen": chosen,
        "against": spend_summary.against(request, run_id, chosen) if chosen and able else None,
    }


def _tried(request: HttpRequest, run_id: str) -> dict[str, Any]:
    scopes, rows = spend_summary.scopes_of(request, run_id), spend_summary.metrics_of(request, run_id)
    metrics = [row["metric"] for row in rows]
    asked = asked_of(request.GET.get, [scope for group in scopes.values() for scope in group], metrics)
    found: dict[str, Any] = {
        "asked": asked,
        "scopes": scopes,
        "account_scope": ACCOUNT,
        "metric_choices": [(row["metric"], row["said"], row["refused_because"]) for row in rows]
        + [(SPEND, readable(SPEND), None)],
        "carried": [(name, value) for name in ("by", "against") if (value := request.GET.get(name))],
    }
    if asked is None or not asked.complete:
        return found
    try:
        trial = spend_summary.tried(request, run_id, asked)
    except Refusal as refusal:
        return {**found, "refused": str(refusal)}
    if not trial.accounts and asked.scope is not None and asked.scope.value == ACCOUNT:
        said = f"Account {asked.texts['account_id'][:60]!r} isn't among those of the run: expected the id of one that is."
        return {**found, "asked": Asked(asked.texts, None, None, {"account_id": said})}
    differences = records(trial.differences)
    return {**found, "trial": trial, "differences": differences, "toml": _toml(request, asked), "tried_method": _said(asked)}


def _toml(request: HttpRequest, asked: Asked) -> str:
    assert asked.scope is not None
    assert asked.choice is not None
    return spend_text(with_choice(request.project.settings.spend, asked.scope.when, asked.choice))


def _said(asked: Asked) -> str:
    assert asked.choice is not None
    scope: Scope | None = asked.scope
    return f"{scope.said if scope else ''}: {choice_sentence(asked.choice)}"


def _address(request: HttpRequest, part: str = "", **changed: str) -> str:
    """This page with these parameters changed and the others as they are."""
    query = {name: value for name, value in request.GET.items() if name not in changed} | changed
    return f"?{urlencode(query)}" + (f"#{part}" if part else "")


routes = (path("planning/spend", spend, name="planning_spend"),)
