"""What people do with accounts, each by a POST of its own: decide, take back, set aside, open, assign, settle what waits.

A form gets a redirect to its `next` with a message. A page that is open (htmx) gets the row of the queue where it says
`part=row`, else the address to go to; a Conflict then comes with status 409 and the row as it is by now.
"""

from collections.abc import Callable
from datetime import date, timedelta
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from lastword.errors import ConfigurationError, Conflict
from lastword.web.pages.queue_columns import remembered
from lastword.web.pages.queue_rows import DECIDED, WAITING, Settled, as_part, aside, shown_row, undo_of
from lastword.web.roles import allows
from overrides import approvals, claims, ownership, reviewing
from overrides.decisions import utc_date
from overrides.ledger import NOBODY
from overrides.worklist import queue_rows

SNOOZE_DAYS = 7
LONGEST_ID = 500


type View = Callable[[HttpRequest], HttpResponse]


def conflicts_shown(view: View) -> View:
    """Where somebody decided since, or the evidence moved, the view's answer is what stands there now: see `refused`."""

    @wraps(view)
    def answering(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except Conflict as error:
            return refused(request, error)

    return answering


@allows("reviewer")
@require_POST
@conflicts_shown
def decide(request: HttpRequest) -> HttpResponse:
    """Accept an opinion's grade, or give one. A `grade` without a `choice` is a choice of that grade."""
    account, back = account_of(request), next_of(request)
    grade = request.POST.get("grade") or None
    decided = reviewing.decide(
        account,
        request.POST.get("choice") or ("grade" if grade else ""),
        request.POST.get("reason", ""),
        request.POST.get("note", ""),
        request.user.username,
        request.now,
        request.project.settings,
        grade=grade,
        expires_on=day_of(request, "expires_on"),
        expected_entry_id=request.POST.get("expected_entry_id", NOBODY),
        expected_run_id=request.POST.get("expected_run_id"),
    )
    if decided.proposal is not None:
        undo = undo_of("withdraw", proposal_id=decided.proposal.proposal_id, account_id=account)
        waits = Settled(WAITING, "waits for approval", decided.proposal.grade, undo)
        return answered(request, account, f"{decided.proposal.grade} waits for a second person", waits, back)
    entry = decided.entry
    assert entry is not None  # one of the two
    undo = undo_of("undo", account_id=account, entry_id=entry.entry_id)
    return answered(
        request, account, f"{entry.grade} by you", Settled(DECIDED, "by you", entry.grade, undo, entry.reason or ""), back
    )


@allows("reviewer")
@require_POST
@conflicts_shown
def undo(request: HttpRequest) -> HttpResponse:
    """Take a decision back with an entry of its own."""
    account, back = account_of(request), next_of(request)
    reviewing.undo(account, request.POST.get("entry_id", ""), request.user.username, request.now, request.project.settings)
    return answered(request, account, "taken back", None, back)


@allows("reviewer")
@require_POST
@conflicts_shown
def snooze(request: HttpRequest) -> HttpResponse:
    """Set an account aside until a day: `until`, or so many `days` from today."""
    account, back = account_of(request), next_of(request)
    until = day_of(request, "until") or utc_date(request.now) + timedelta(days=_days(request))
    reviewing.snooze(account, until, request.user.username, request.now)
    return _set_aside(request, account, "snooze", until, back)


@allows("reviewer")
@require_POST
@conflicts_shown
def dismiss(request: HttpRequest) -> HttpResponse:
    """Set an account aside until its evidence moves."""
    account, back = account_of(request), next_of(request)
    reviewing.dismiss(account, request.user.username, request.now)
    return _set_aside(request, account, "dismiss", None, back)


@allows("reviewer")
@require_POST
def bring_back(request: HttpRequest) -> HttpResponse:
    """End a snooze or a dismissal."""
    account, back = account_of(request), next_of(request)
    reviewing.bring_back(account, request.user.username, request.now)
    return answered(request, account, "back in the queue", None, back)


@allows("reviewer")
@require_POST
def claim(request: HttpRequest) -> HttpResponse:
    """Say that one has an account open; the answer says who has."""
    account, back = account_of(request), next_of(request)
    holder = claims.claim(account, request.user.username, request.now)
    if request.htmx:
        return JsonResponse({"by": holder.by, "mine": holder.by == request.user.username})
    return HttpResponseRedirect(back)


@allows("reviewer")
@require_POST
def release(request: HttpRequest) -> HttpResponse:
    """Say that one has closed it."""
    account, back = account_of(request), next_of(request)
    claims.release(account, request.user.username, request.now)
    return HttpResponse(status=204) if request.htmx else HttpResponseRedirect(back)


@allows("reviewer")
@require_POST
def assign(request: HttpRequest) -> HttpResponse:
    """Give accounts an owner; an empty owner is nobody."""
    back, accounts = next_of(request), list(map(checked_account, request.POST.getlist("account_id")))
    owner = request.POST.get("owner", "").strip()
    if not accounts:
        raise ConfigurationError("no account is chosen: expected one account_id or more")
    if len(owner) > LONGEST_ID or "\0" in owner:
        raise ConfigurationError(f"an owner of {len(owner)} characters: expected a name of at most {LONGEST_ID}")
    changed = ownership.assign(accounts, owner or None, request.user.username, request.now)
    said = f"{changed:,} {'account has' if changed == 1 else 'accounts have'} a new owner: {owner or 'nobody'}."
    return _to(request, said, back)


@allows("approver")
@require_POST
@conflicts_shown
def approve(request: HttpRequest) -> HttpResponse:
    """Let a move that waits become a decision."""
    proposal, back = proposal_of(request), next_of(request)
    entry = approvals.approve(proposal, request.user.username, request.now, request.project.settings)
    return _to(request, f"Account {entry.account_id} is {entry.grade} now, as {entry.by} proposed.", back)


@allows("approver")
@require_POST
@conflicts_shown
def decline(request: HttpRequest) -> HttpResponse:
    """Turn a move down; the account stays as it is."""
    proposal, back = proposal_of(request), next_of(request)
    declined = approvals.decline(proposal, request.POST.get("note", ""), request.user.username, request.now)
    return _to(request, f"Account {declined.account_id} stays as it is: {declined.grade} is declined.", back)


@allows("reviewer")
@require_POST
@conflicts_shown
def withdraw(request: HttpRequest) -> HttpResponse:
    """Take one's own proposal back."""
    proposal, back = proposal_of(request), next_of(request)
    withdrawn = approvals.withdraw(proposal, request.user.username, request.now)
    return answered(request, withdrawn.account_id, "taken back", None, back)


def answered(request: HttpRequest, account: str, said: str, settled: Settled | None, back: str) -> HttpResponse:
    """What was done to an account, to the page that is open or the next one."""
    rows = queue_rows([account], request.now, request.project.settings)
    found = rows.get(account)
    name = account if found is None else found["name"] or account
    if found is not None and _wants_row(request):
        return HttpResponse(_row(request, found, f"{name}: {said}.", settled))
    return _to(request, f"{name}: {said}.", back)


def refused(request: HttpRequest, error: Conflict) -> HttpResponse:
    """What stands in the way, with the account as it is by now, so that one can decide again."""
    account = account_of(request) if request.POST.get("account_id") else ""
    found = queue_rows([account], request.now, request.project.settings).get(account) if account else None
    if found is not None and _wants_row(request):
        return HttpResponse(_row(request, found, f"{_sentence(str(error))}.", None), status=409)
    if request.htmx:
        raise error
    messages.error(request, f"{_sentence(str(error))}.")
    return HttpResponseRedirect(next_of(request))


def account_of(request: HttpRequest) -> str:
    """The account that a form is about. ConfigurationError where it names none."""
    return checked_account(request.POST.get("account_id", ""))


def checked_account(account: str) -> str:
    """An id that the store can be asked for; ConfigurationError where it can't."""
    if not account or len(account) > LONGEST_ID or "\0" in account:
        raise ConfigurationError(f"account_id {account[:40]!r} names no account: expected its id")
    return account


def proposal_of(request: HttpRequest) -> int:
    """The proposal that a form is about. ConfigurationError where it names none."""
    text = request.POST.get("proposal_id", "")
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise ConfigurationError(f"proposal_id {text[:40]!r} is no number of a proposal")
    return int(text)


def next_of(request: HttpRequest) -> str:
    """Where to go afterwards: an address of this site, by default the queue.

    Raises
    ------
    ConfigurationError
        It leads elsewhere; nothing is done then.
    """
    back: str = request.POST.get("next") or reverse("queue")
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        raise ConfigurationError(
            f"next {back[:80]!r} leads to another site: expected an address of this one; nothing was changed"
        )
    return back


def day_of(request: HttpRequest, name: str) -> date | None:
    """A day of a form, None where it is empty. ConfigurationError where it is none."""
    text = request.POST.get(name, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ConfigurationError(f"{name} {text[:40]!r} is no day: expected YYYY-MM-DD") from None


def _set_aside(request: HttpRequest, account: str, action: str, until: date | None, back: str) -> HttpResponse:
    settled = aside(action, until, undo_of("bring_back", account_id=account))
    return answered(request, account, settled.whole, settled, back)


def _wants_row(request: HttpRequest) -> bool:
    return bool(request.htmx) and request.POST.get("part") == "row"


def _row(request: HttpRequest, found: dict[str, Any], said: str, settled: Settled | None) -> str:
    columns = remembered(request.POST.get("columns", ""))
    return as_part(request, shown_row(request, found, columns, request.POST.get("href") or reverse("queue"), settled), said)


def _to(request: HttpRequest, said: str, back: str) -> HttpResponse:
    messages.success(request, said)
    return HttpResponse(status=204, headers={"HX-Redirect": back}) if request.htmx else HttpResponseRedirect(back)


def _days(request: HttpRequest) -> int:
    text = request.POST.get("days", "").strip() or str(SNOOZE_DAYS)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= 3650 or len(text) > 6:
        raise ConfigurationError(f"{text[:40]!r} is no number of days to snooze: expected 1 to 3650")
    return int(text)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".")


routes = (
    path("decide", decide, name="decide"),
    path("undo", undo, name="undo"),
    path("snooze", snooze, name="snooze"),
    path("dismiss", dismiss, name="dismiss"),
    path("return", bring_back, name="bring_back"),
    path("claim", claim, name="claim"),
    path("release", release, name="release"),
    path("assign", assign, name="assign"),
    path("approve", approve, name="approve"),
    path("decline", decline, name="decline"),
    path("withdraw", withdraw, name="withdraw"),
)
