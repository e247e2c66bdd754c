"""Moves that wait for a second person: who proposed what and why, and what became of the latest ones."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from lastword.web.roles import allows, includes
from overrides import approvals
from overrides.proposals import Proposed
from overrides.settled_proposals import settled
from overrides.worklist import queue_rows

MOST = 200
SETTLED_FOR = timedelta(days=30)


@dataclass(frozen=True)
class ShownProposal:
    """A proposal and its account as it is now ({} where it isn't scored any more). `own`: the reader proposed it."""

    proposal: Proposed
    account: dict[str, Any]
    own: bool
    may_settle: bool


@allows("viewer")
@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """The page."""
    found = approvals.waiting(MOST + 1)
    latest = settled(request.now - SETTLED_FOR, MOST)
    ids = list({each.account_id for each in (*found, *latest)})
    accounts = queue_rows(ids, request.now, request.project.settings) if ids else {}
    return render(
        request,
        "approvals/page.html",
        {
            "steps": request.project.settings.overrides.approve_from_steps,
            "waiting": [_shown(request, each, accounts) for each in found[:MOST]],
            "most": MOST if len(found) > MOST else 0,
            "settled": [_shown(request, each, accounts) for each in latest],
            "settled_days": SETTLED_FOR.days,
            "may_withdraw": includes(request.user.role, "reviewer"),
        },
    )


def _shown(request: HttpRequest, proposal: Proposed, accounts: dict[str, dict[str, Any]]) -> ShownProposal:
    own = proposal.by.strip().casefold() == request.user.username.strip().casefold()
    may_settle = not own and includes(request.user.role, "approver")
    return ShownProposal(proposal, accounts.get(proposal.account_id, {}), own, may_settle)


routes = (path("waiting", waiting, name="waiting"),)
