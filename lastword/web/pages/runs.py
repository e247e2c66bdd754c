"""The runs: what each was made of, what the gate kept out, what moved, and how good its model is."""

from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_safe

from lastword.web.experiments import experiments
from lastword.web.kept import kept
from lastword.web.pages.run_documents import documents_of
from lastword.web.roles import allows
from lastword.web.run_figures import evaluation, leakage_findings, moves, trained_by
from lastword.web.run_folder import (
    SCORE,
    RunFolder,
    drifted,
    input_tables,
    queue_size,
    read_folder,
    records,
    run_ids,
    started_at,
    unmet,
    why_unpublished,
)
from lastword.web.run_list import listed_runs, promotion_words
from lastword.web.run_pictures import TITLES, picture_names
from overrides.publications import graded, publication
from overrides.publish import RunRecord, current_run

RUNS = 50
MOST_SEARCHED = 200
"""Runs among which the one that trained a version is looked for."""


@allows("viewer")
@require_safe
def runs(request: HttpRequest) -> HttpResponse:
    """The list."""
    after = request.GET.get("after") or None
    found, following = listed_runs(request.project, after, RUNS)
    here = reverse("runs")
    return render(
        request,
        "runs/list.html",
        {
            "runs": [{"run": each, "past": _past(each.published)} for each in found],
            "current": _current_id(),
            "documents": documents_of(request.project),
            "experiments": experiments(request.project, None, None),
            "next_href": f"{here}?after={following}" if following else "",
            "first_href": here if after else "",
        },
    )


@allows("viewer")
@require_safe
def run(request: HttpRequest, run_id: str) -> HttpResponse:
    """One run. 404 where it was neither published nor left a folder."""
    published, folder = publication(run_id), read_folder(request.project, run_id)
    if published is None and folder is None:
        raise Http404(run_id)
    shown: dict[str, Any] = {
        "run_id": run_id,
        "published": published,
        "folder": folder,
        "current": _current_id() == run_id,
        "past": _past(published),
        "graded": _graded(request, published),
    }
    if folder is not None:
        shown |= _left(request, folder, published)
    return render(request, "runs/run.html", shown)


def _left(request: HttpRequest, folder: RunFolder, published: RunRecord | None) -> dict[str, Any]:
    """What the run's folder tells."""
    project = request.project
    outcome, why = ("", "") if published else why_unpublished(folder)
    version = published.model_version if published else folder.model.get("version")
    name = published.model_name if published else folder.model.get("name")
    found = evaluation(folder.figures)
    elsewhere = "" if found else _trained_by(request, version)
    return {
        "started": started_at(project, folder.run_id),
        "outcome": outcome,
        "why": why,
        "tables": input_tables(folder),
        "unmet": [{**each, "observed": _rounded(each.get("observed"))} for each in unmet(folder)],
        "expectations": len(records(folder.reports["validation"].get("expectations"))),
        "findings": leakage_findings(folder),
        "has_leakage": bool(folder.leakage),
        "drift": _drift(folder),
        "drifted": drifted(folder),
        "evaluation": found,
        "trained_by": elsewhere,
        "rates": records(folder.figures.get("grades")),
        "moves": moves(folder.figures),
        "promotion": promotion_words(folder),
        "checks": records((folder.figures.get("promotion") or {}).get("checks")),
        "queue": queue_size(folder),
        "pictures": [(each, TITLES[each]) for each in picture_names(folder)],
        "documents": [each for each in documents_of(project) if each.run_id == folder.run_id],
        "experiments": experiments(project, name, version),
        "model_name": name,
        "version": version,
    }


def _trained_by(request: HttpRequest, version: str | None) -> str:
    candidates = run_ids(request.project)[:MOST_SEARCHED]
    return kept(request, "trained by", (version, candidates), lambda: trained_by(request.project, version, candidates))


def _drift(folder: RunFolder) -> list[dict[str, Any]]:
    """The score first, then what drifted, then the rest, the widest move first."""
    rows = [dict(row) for row in records(folder.figures.get("drift"))]
    return sorted(rows, key=lambda row: (row.get("feature") != SCORE, not row.get("drifted"), -(row.get("psi") or 0.0)))


def _rounded(observed: Any) -> Any:
    """A number in few digits, anything else as it is."""
    try:
        return f"{float(observed):.3g}"
    except (TypeError, ValueError):
        return observed


def _graded(request: HttpRequest, published: RunRecord | None) -> dict[str, dict[str, int]]:
    """Accounts per grade, which never change once published."""
    if published is None or published.pruned_at is not None:
        return {}
    found = kept(request, "graded", (published.run_id,), lambda: graded(published.run_id))
    return {grade: counts for grade, counts in found.items() if grade != "none" or any(counts.values())}


def _current_id() -> str | None:
    current = current_run()
    return None if current is None else current.run_id


def _past(published: RunRecord | None) -> timedelta | None:
    """How far the day of its knowledge lies before its publication; None where it is the same day."""
    if published is None or published.published_at is None:
        return None
    at: datetime = published.published_at
    apart = at.date() - published.as_of
    return apart if apart.days > 0 else None


routes = (path("runs", runs, name="runs"), path("runs/<str:run_id>", run, name="run"))
