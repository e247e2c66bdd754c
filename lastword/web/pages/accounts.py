"""The accounts: a list of the final table by filters, and a page of each that says why it is graded as it is."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_safe

from lastword.errors import ConfigurationError
from lastword.web.kept import kept, state_of
from lastword.web.pages import account_columns
from lastword.web.pages.account_page import account_page, former_page, gap_picture, timeline_picture
from lastword.web.pages.filtering import address, filter_form, filters_of
from lastword.web.roles import allows
from overrides.account_record import account_record
from overrides.accounts import nearest_account
from overrides.final_pages import final_count, final_page
from overrides.spend_entries import newest_entry_of
from overrides.worklist import queue_rows

PAGE_SIZE = 100
COUNTED = 10_000
LONGEST_ID = 500
FURTHER = (
    "plan_grade",
    "model_grade",
    "final_grade",
    "decided_by",
    "tier",
    "gap",
    "potential_spend",
    "key_account",
    "queue_reason",
    "search",
)
PICTURES = {"gap": gap_picture, "timeline": timeline_picture}


@allows("viewer")
@require_safe
def accounts(request: HttpRequest) -> HttpResponse:
    """The final table as it is now, a page at a time by account_id."""
    filters = filters_of(request)
    page = final_page(filters, request.GET.get("after") or None, PAGE_SIZE)
    count, exact = kept(request, "account count", (state_of(request), filters), lambda: final_count(filters, COUNTED))
    columns = account_columns.chosen(request.GET.getlist("column"))
    rows = queue_rows([row["account_id"] for row in page.rows], request.now, request.project.settings)
    return render(
        request,
        "accounts/list.html",
        {
            "filtering": filter_form(request, filters, FURTHER),
            "columns": columns,
            "choices": [(column, column in columns) for column in account_columns.COLUMNS.values()],
            "rows": [_shown(request, row, columns) for row in rows.values()],
            "count": count,
            "exact": exact,
            "others": [(name, value) for name, value in _parameters(request) if name != "column"],
            "filter_query": address("", filters).removeprefix("?"),
            "first": address(request.path, filters, _columns(request)) if request.GET.get("after") else "",
            "next": address(request.path, filters, (*_columns(request), ("after", page.after))) if page.after else "",
        },
    )


@allows("viewer")
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """One account: both opinions beside each other, what parts them, its history, and the form to decide."""
    account_id = request.GET.get("id", "")
    if not _can_be(account_id):
        return _unknown(request, account_id, None)
    row = queue_rows([account_id], request.now, request.project.settings).get(account_id)
    record = account_record(account_id, request.now)
    if row is not None:
        return render(request, "accounts/account.html", account_page(request, row, record))
    if record.scores or record.lines:
        return render(request, "accounts/former.html", former_page(record))
    return _unknown(request, account_id, nearest_account(account_id))


@allows("viewer")
@require_safe
def picture(request: HttpRequest) -> HttpResponse:
    """A picture of an account as SVG, for the page that is open."""
    account_id, name = request.GET.get("id", ""), request.GET.get("picture", "")
    if name not in PICTURES:
        raise ConfigurationError(f"picture {name[:40]!r} is unknown: expected one of {', '.join(PICTURES)}")
    row = queue_rows([account_id], request.now, request.project.settings).get(account_id) if _can_be(account_id) else None
    if row is None:
        return _unknown(request, account_id, None)
    rests_on = (state_of(request), account_id, row["run_id"], newest_entry_of(account_id))
    svg = kept(request, f"account {name}", rests_on, lambda: PICTURES[name](request, row) or "")
    return HttpResponse(svg, headers={"Cache-Control": "private, no-cache"})


def _shown(request: HttpRequest, row: dict[str, Any], columns: tuple[account_columns.Column, ...]) -> dict[str, Any]:
    cells = [(column.css, column.cell(row, request.now)) for column in columns]
    return {"account_id": row["account_id"], "name": row["name"], "cells": cells}


def _parameters(request: HttpRequest) -> list[tuple[str, str]]:
    return [(name, value) for name in request.GET if name != "after" for value in request.GET.getlist(name)]


def _columns(request: HttpRequest) -> tuple[tuple[str, str], ...]:
    return tuple(("column", name) for name in request.GET.getlist("column"))


def _can_be(account_id: str) -> bool:
    """Whether the store can be asked for such an id at all."""
    surrogate = any("\ud800" <= letter <= "\udfff" for letter in account_id)
    return bool(account_id) and len(account_id) <= LONGEST_ID and "\0" not in account_id and not surrogate


def _unknown(request: HttpRequest, account_id: str, nearest: str | None) -> HttpResponse:
    context = {
        "account_id": account_id[:LONGEST_ID].encode(errors="replace").decode(),
        "nearest": nearest,
        "list": reverse("accounts"),
    }
    return render(request, "accounts/unknown.html", context, status=404)


routes = (
    path("accounts", accounts, name="accounts"),
    path("account", account, name="account"),
    path("account/picture", picture, name="account_picture"),
)
