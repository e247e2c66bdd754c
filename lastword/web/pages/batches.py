"""One decision on many accounts: what it would do, doing it, and taking it back. A selection, or all of the queue's filter."""

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_POST

from lastword.errors import ConfigurationError
from lastword.web.pages.decisions import checked_account, next_of
from lastword.web.pages.queue import reasons_of, tidy, view_of
from lastword.web.roles import allows
from overrides import batches, ownership
from overrides.batch_plan import LARGEST_BATCH
from overrides.worklist import queue_accounts

ASSIGN = "assign"
SHOWN_REFUSALS = 5
CHOICES = {"accept_model": "Accept the model", "accept_plan": "Accept the plan", "grade": "Give the grade", ASSIGN: "Assign"}


@allows("reviewer")
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """What a decision on the chosen accounts would do; nothing changes."""
    accounts, said = _accounts(request)
    wish = _wish(request)
    context = {
        **wish,
        "title": _title(wish),
        "accounts": len(accounts),
        "said": said,
        "address": tidy(request.POST.get("address", "")),
        "reasons": reasons_of(request),
        "next": next_of(request),
        "expected": json.dumps(dict.fromkeys(accounts, "")),
    }
    if wish["choice"] != ASSIGN:
        context |= _previewed(request, accounts, wish)
    template = "queue/batch.html" if request.htmx else "queue/batch_page.html"
    return render(request, template, context)


@allows("reviewer")
@require_POST
def apply(request: HttpRequest) -> HttpResponse:
    """Do what was previewed, on exactly those accounts; what somebody decided on since is left out and told."""
    expected, wish, back = _expected(request), _wish(request), next_of(request)
    if wish["choice"] == ASSIGN:
        changed = ownership.assign(expected, wish["owner"] or None, request.user.username, request.now)
        messages.success(request, f"{changed:,} of {len(expected):,} accounts have a new owner: {wish['owner'] or 'nobody'}.")
        return _to(request, back)
    applied = batches.apply(
        expected,
        wish["choice"],
        wish["reason"],
        wish["note"],
        request.user.username,
        request.now,
        request.project.settings,
        grade=wish["grade"],
        said=request.POST.get("said", "")[:1000],
        expected=expected,
    )
    for left in applied.conflicts[:SHOWN_REFUSALS]:
        messages.warning(request, f"Left as it is: account {left.account_id}, {left.said}.")
    return _to(request, _with_batch(back, applied.batch_id))


@allows("reviewer")
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Take a batch back with compensating entries."""
    back, number = next_of(request), request.POST.get("batch_id", "")
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        raise ConfigurationError(f"batch_id {number[:40]!r} is no number of a batch")
    undone = batches.undo_batch(int(number), request.user.username, request.now, request.project.settings)
    left = len(undone.conflicts) + len(undone.refused)
    waited = f", {undone.withdrawn:,} proposals withdrawn" if undone.withdrawn else ""
    stay = f"; {left:,} stay as they are, because somebody decided on them since or they have lapsed" if left else ""
    messages.success(request, f"{undone.decided:,} decisions are taken back{waited}{stay}.")
    return _to(request, back)


def _previewed(request: HttpRequest, accounts: list[str], wish: dict[str, Any]) -> dict[str, Any]:
    """The figures of the preview; what is wrong with reason or note is said beside them, to be put right there."""
    settings, by = request.project.settings, request.user.username
    chosen, wrong = (wish["reason"], wish["note"]), ""
    try:
        found = batches.preview(accounts, wish["choice"], *chosen, by, request.now, settings, wish["grade"])
    except ConfigurationError as error:
        wrong = str(error) if wish["reason"] else ""
        anyone, note = settings.overrides.reasons[0], "–"
        found = batches.preview(accounts, wish["choice"], anyone, note, by, request.now, settings, wish["grade"])
    moves = sorted(found.moves.items(), key=lambda move: -move[1])
    return {
        "found": found,
        "moves": [{"before": before, "after": after, "accounts": count} for (before, after), count in moves],
        "refused": found.refused[:SHOWN_REFUSALS],
        "more_refused": max(len(found.refused) - SHOWN_REFUSALS, 0),
        "wrong": wrong,
        "expected": json.dumps(found.expected),
    }


def _accounts(request: HttpRequest) -> tuple[list[str], str]:
    """The accounts that a form has chosen, and what they were chosen by, in words."""
    address = tidy(request.POST.get("address", ""))
    if request.POST.get("kept"):
        return list(_expected(request)), request.POST.get("said", "")
    if request.POST.get("all") == "yes":
        accounts = _of_filter(request, address)
        return accounts, f"all of the queue's filter {address or '(none)'}"
    accounts = [checked_account(account) for account in dict.fromkeys(request.POST.getlist("account_id")) if account]
    if not accounts:
        raise ConfigurationError("no account is chosen: tick some (x), or choose all of the filter")
    return accounts, f"a selection of {len(accounts):,} in the queue"


def _of_filter(request: HttpRequest, address: str) -> list[str]:
    asked = request.GET
    request.GET = QueryDict(address)
    try:
        view = view_of(request)
    finally:
        request.GET = asked
    accounts = queue_accounts(view, request.now, request.project.settings, LARGEST_BATCH + 1)
    if len(accounts) > LARGEST_BATCH:
        raise ConfigurationError(f"the filter leaves more than {LARGEST_BATCH:,} accounts: narrow it, or decide in parts")
    if not accounts:
        raise ConfigurationError("the filter leaves no account: there is nothing to decide")
    return accounts


def _wish(request: HttpRequest) -> dict[str, Any]:
    """Choice, grade, reason, note and owner of a form. ConfigurationError where there is no such choice."""
    choice, _, grade = request.POST.get("choice", "").partition(":")
    if choice not in CHOICES:
        raise ConfigurationError(f"choice {choice[:40]!r} is unknown: expected one of {', '.join(CHOICES)}")
    texts = {name: request.POST.get(name, "").strip() for name in ("reason", "note", "owner")}
    return {"choice": choice, "grade": (grade or request.POST.get("grade") or None) if choice == "grade" else None, **texts}


def _title(wish: dict[str, Any]) -> str:
    said = CHOICES[wish["choice"]]
    return f"{said} {wish['grade']}" if wish["grade"] else said


def _expected(request: HttpRequest) -> dict[str, str]:
    """account_id -> the entry in force when the preview was made."""
    try:
        read = json.loads(request.POST.get("expected", ""))
    except ValueError:
        read = None
    if not isinstance(read, dict) or not read or not all(isinstance(entry, str) for entry in read.values()):
        raise ConfigurationError("the preview can't be read: make it again from the queue")
    return {checked_account(account): entry for account, entry in read.items()}


def _with_batch(back: str, batch_id: int) -> str:
    place, _, query = back.partition("?")
    given = QueryDict(query, mutable=True)
    given["batch"] = str(batch_id)
    return f"{place}?{given.urlencode()}"


def _to(request: HttpRequest, back: str) -> HttpResponse:
    return HttpResponse(status=204, headers={"HX-Redirect": back}) if request.htmx else HttpResponseRedirect(back)


routes = (
    path("batch/preview", preview, name="batch_preview"),
    path("batch/apply", apply, name="batch_apply"),
    path("batch/undo", undo, name="batch_undo"),
)
