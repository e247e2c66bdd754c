"""Entering what an account could spend, and taking it back, from the page of the account."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from lastword.errors import LastwordError
from lastword.web.account_planning import FIELDS, entry_words, spend_card, wish_of
from lastword.web.pages.account_page import account_page
from lastword.web.pages.decisions import account_of
from lastword.web.roles import allows
from overrides import spend_entries
from overrides.account_record import account_record
from overrides.accounts import unknown_account
from overrides.worklist import queue_rows


@allows("reviewer")
@require_POST
def enter(request: HttpRequest) -> HttpResponse:
    """Enter a value or a growth; where it can't be, the page of the account with a sentence at each field."""
    account_id = account_of(request)
    texts = {name: request.POST.get(name, "") for name in FIELDS}
    wish, errors = wish_of(texts)
    if wish is None:
        return _again(request, account_id, texts, errors)
    line = spend_entries.add(account_id, wish.kind, wish.amount, wish.reason, wish.note, request.user.username, request.now)
    said = f"{entry_words(line)[:1].upper()}{entry_words(line)[1:]} is entered; it counts from the next scoring on."
    stands = spend_entries.standing(account_id)
    if stands is not None and stands.entry_id != line.entry_id:
        said = f"{said} The {entry_words(stands)} that {stands.by} entered goes before it until it is taken back."
    messages.success(request, said)
    return _back(account_id)


@allows("reviewer")
@require_POST
def take_back(request: HttpRequest) -> HttpResponse:
    """Take back what stands, with an entry of its own."""
    account_id = account_of(request)
    spend_entries.clear(account_id, request.POST.get("note", ""), request.user.username, request.now)
    messages.success(request, "Taken back; from the next scoring on the method decides.")
    return _back(account_id)


def _again(request: HttpRequest, account_id: str, texts: dict[str, str], errors: dict[str, str]) -> HttpResponse:
    row = queue_rows([account_id], request.now, request.project.settings).get(account_id)
    if row is None:
        error: LastwordError = unknown_account(account_id)
        raise error
    record = account_record(account_id, request.now)
    here: dict[str, Any] = {"spend": spend_card(request, account_id, record.spend, texts, errors), "next": _address(account_id)}
    return render(request, "accounts/account.html", {**account_page(request, row, record), **here}, status=400)


def _back(account_id: str) -> HttpResponse:
    return HttpResponseRedirect(f"{_address(account_id)}#spend")


def _address(account_id: str) -> str:
    return f"{reverse('account')}?{urlencode({'id': account_id})}"


routes = (
    path("account/spend", enter, name="account_spend"),
    path("account/spend/take-back", take_back, name="account_spend_clear"),
)
