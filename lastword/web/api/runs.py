"""Runs: what was published when, on which evidence, and how good it is."""

from datetime import date, datetime
from difflib import get_close_matches
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from lastword import results
from lastword.web.api.answers import answer, next_address
from lastword.web.api.authentication import asking
from lastword.web.api.problems import Unknown, answers
from lastword.web.api.queries import After, refuse_unknown
from overrides.publication_pages import publication, publications

router = Router(tags=["Runs"])


class RunsQuery(Schema):
    """Which page."""

    after: After = None
    limit: int = Field(100, ge=1, le=1000, description="runs of a page")


class Run(Schema):
    """A published run. `counts` says what it did."""

    run_id: str
    published_at: datetime
    kind: str = Field(description="full, or partial: a rescore of the accounts whose inputs changed")
    as_of: date
    model_name: str | None
    model_version: str | None
    plan_version: str
    policy: str
    counts: dict[str, Any]
    current: bool = Field(description="whether the final table rests on it now")


class Runs(Schema):
    """A page of runs."""

    runs: list[Run]
    next: str | None


class RunReports(Run):
    """A run with its reports, null where it wrote none."""

    metrics: dict[str, Any] | None = Field(description="metrics.json: the model that served and its figures")
    validation: dict[str, Any] | None = Field(description="validation.json: rows used and quarantined, expectations")


@router.get("/runs", response={200: Runs, **answers()}, **asking("viewer"))
def runs(request: HttpRequest, asked: Annotated[RunsQuery, Query()]) -> HttpResponse:
    """The published runs, newest first."""
    refuse_unknown(request, RunsQuery)
    page = publications(asked.after, asked.limit)
    return answer({"runs": page.rows, "next": next_address(request, page.after)})


@router.get("/runs/{run_id}", response={200: RunReports, **answers(404)}, **asking("viewer"))
def run(request: HttpRequest, run_id: str) -> HttpResponse:
    """A published run with metrics.json and validation.json."""
    refuse_unknown(request, Schema)
    found = None if "\0" in run_id else publication(run_id)
    if found is None:
        raise Unknown(_unknown(run_id))
    folder = request.project.run_folder(run_id)
    reports = {name: results.read_report(folder, f"{name}.json") for name in ("metrics", "validation")}
    return answer(found | reports)


def _unknown(run_id: str) -> str:
    nearest = get_close_matches(run_id, [row["run_id"] for row in publications(limit=1000).rows], n=1, cutoff=0)
    hint = f"; nearest is {nearest[0]!r}" if nearest else ": nothing is published yet"
    return f"run {run_id[:80]!r} was never published{hint}"
