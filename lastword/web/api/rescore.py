"""A rescore that a program asks for: a CRM that has new rows, or an automation. It goes on in a process of its own."""

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from lastword.web import rescorer
from lastword.web.api.answers import answer
from lastword.web.api.authentication import asking, author
from lastword.web.api.parsing import Day
from lastword.web.api.problems import answers
from lastword.web.api.queries import refuse_unknown
from overrides.publish import current_run

router = Router(tags=["Runs"])

ADDRESS = "/api/v1/rescore"


class RescoreBody(Schema):
    """What to score again."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"since": "2026-11-22"}]})

    since: Day | None = Field(
        None, description="accounts whose inputs changed since this day; without it: since the publication before"
    )


class RescoreAnswer(Schema):
    """How far a rescore is: step `position` of `total`, `said` in words; where it failed, why."""

    state: Literal["none", "running", "done", "failed"]
    said: str
    by: str | None
    started_at: datetime | None
    position: int
    total: int
    current_run: str | None = Field(description="run_id of what is published now: another one once the rescore is done")
    look_at: str = Field(description="where this answer is renewed")


@router.post("/rescore", response={202: RescoreAnswer, **answers(400, 409, 413)}, **asking("approver"))
def rescore(request: HttpRequest, asked: RescoreBody) -> HttpResponse:
    """Score the accounts whose inputs changed and publish; triggers put accounts into the queue.

    202 as soon as it has begun: ask GET /api/v1/rescore how far it is. 409 where a run of this project goes on.
    """
    rescorer.start(request.project, author(request, None), request.now, asked.since)
    return answer(_standing(request), 202)


@router.get("/rescore", response={200: RescoreAnswer, **answers()}, **asking("viewer"))
def rescore_progress(request: HttpRequest) -> HttpResponse:
    """How far the rescore is that was asked for last, or how it ended."""
    refuse_unknown(request, Schema)
    return answer(_standing(request))


def _standing(request: HttpRequest) -> dict[str, Any]:
    found, current = rescorer.RESCORING.progress(request.project, request.now), current_run()
    return {
        "state": found.state if found else "none",
        "said": found.said if found else "no program has asked for a rescore",
        "by": found.by if found else None,
        "started_at": datetime.fromisoformat(found.started_at) if found else None,
        "position": found.position if found else 0,
        "total": found.total if found else 0,
        "current_run": current.run_id if current else None,
        "look_at": ADDRESS,
    }
