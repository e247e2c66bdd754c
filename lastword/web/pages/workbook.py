"""Decisions by spreadsheet: a workbook of the accounts that a filter finds, and what comes back, first seen and then applied."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_POST

from lastword.contracts import GRADES
from lastword.errors import InputError, Refusal
from lastword.web.pages import errors
from lastword.web.pages.exports import NOTHING_PUBLISHED
from lastword.web.roles import allows
from lastword.web.uploads import Upload, drop, keep, kept, taken
from overrides.imports import CHANGED, CONFLICT, ERROR, NEW, UNCHANGED, WAITING, ImportRow, apply_import, plan_import
from overrides.publish import current_run
from overrides.review_upload import LARGEST_FILE, pinned, read_review
from overrides.review_workbook import MOST_ACCOUNTS

OUTCOMES = {
    NEW: "a decision where none is in force",
    CHANGED: "another decision than the one in force",
    WAITING: "a move that a second person has to approve",
    UNCHANGED: "nothing to do: no grade, or what is in force already",
    CONFLICT: "somebody decided, or the evidence moved, since the file was made",
    ERROR: "the row can't be read or can't be decided so",
}
"""What can become of a row, in the order in which the page counts them."""

TO_RECORD, LEFT_OUT = (NEW, CHANGED, WAITING), (CONFLICT, ERROR)
MOST_SHOWN = 500
LARGEST_REQUEST = LARGEST_FILE + 100_000
MOST_DRAINED = 500_000_000
_PIECE = 65_536


@dataclass(frozen=True)
class Shown:
    """A row of the file beside what it would do."""

    row: ImportRow
    grade: str
    reason: str
    note: str
    expires_on: str

    @property
    def has_grade(self) -> bool:
        """Whether the grade is one that there is."""
        return self.grade in GRADES


@allows("viewer")
@require_GET
def workbook(request: HttpRequest) -> HttpResponse:
    """How it goes, what can be taken out, and the form that brings a file in."""
    return render(request, "workbook/workbook.html", _front(request))


def bounded(view: Any) -> Any:
    """Refuse a request larger than a file may be before anything is kept; its body is read away, for the page to arrive."""

    @wraps(view)
    def bounded(request: HttpRequest) -> HttpResponse:
        if int(request.META.get("CONTENT_LENGTH") or 0) <= LARGEST_REQUEST:
            checked: HttpResponse = csrf_protect(view)(request)
            return checked
        drained = 0
        with suppress(OSError):
            while drained < MOST_DRAINED and (piece := request.read(_PIECE)):
                drained += len(piece)
        return errors.stated(request, f"the file is too large: expected at most {LARGEST_FILE // 1_000_000} MB", 413)

    return csrf_exempt(bounded)


@allows("reviewer")
@bounded
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    """Read a file, keep what it asks for until it is applied, go to its dry run. What can't be read is said above the form."""
    if current_run() is None:
        raise Refusal(NOTHING_PUBLISHED)
    brought = request.FILES.get("file")
    try:
        if brought is None:
            raise InputError("no file was chosen: choose an .xlsx or a .csv")
        if brought.size > LARGEST_FILE:
            raise InputError(f"{brought.name} has {brought.size / 1e6:.1f} MB: expected at most {LARGEST_FILE / 1e6:.0f} MB")
        file = read_review(brought.read(), brought.name)
    except InputError as error:
        return render(request, "workbook/workbook.html", {**_front(request), "refused": str(error)}, status=400)
    file.rows[:] = pinned(file.rows, request.now)
    upload = keep(request.project, brought.name, request.user.username, file, request.now)
    return HttpResponseRedirect(reverse("workbook_dry_run", args=[upload.token]))


@allows("reviewer")
@require_GET
def dry_run(request: HttpRequest, token: str) -> HttpResponse:
    """What applying the file would do now, row by row; `outcome` in the address shows the rows of one kind alone."""
    found = kept(request.project, token, request.user.username, request.now)
    planned = _planned(request, found)
    return render(request, "workbook/dry_run.html", _dry_run(request, found, planned))


@allows("reviewer")
@require_GET
def report(request: HttpRequest, token: str) -> HttpResponse:
    """Every row of the dry run as a .csv."""
    from pandas import DataFrame

    from overrides.spreadsheet import csv_text

    found = kept(request.project, token, request.user.username, request.now)
    shown = list(_shown(found, _planned(request, found)))
    columns = {
        "row": [str(each.row.line) for each in shown],
        "account_id": [each.row.account_id for each in shown],
        **{name: [getattr(each, name) for each in shown] for name in ("grade", "reason", "note", "expires_on")},
        "outcome": [each.row.outcome for each in shown],
        "said": [each.row.said for each in shown],
    }
    response = HttpResponse(csv_text(DataFrame(columns, dtype="str")), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="dry-run.csv"'
    return response


@allows("reviewer")
@require_POST
def apply(request: HttpRequest, token: str) -> HttpResponse:
    """Record the clean rows, or all where all are clean; what moved since the dry run is a conflict and overwrites nothing."""
    found = kept(request.project, token, request.user.username, request.now)
    only_clean = request.POST.get("what") == "clean"
    if found.file.broken and not only_clean:
        return _again(
            request, found, f"{len(found.file.broken)} rows can't be read: apply the clean ones, or bring the file again"
        )
    settings, by = request.project.settings, request.user.username
    try:
        with taken(request.project, found):
            told = apply_import(found.file.rows, request.now, settings, by, only_clean=only_clean, source=found.name)
    except Refusal as refusal:
        return _again(request, found, str(refusal))
    return render(request, "workbook/applied.html", _applied(found, [*told, *found.file.broken]))


@allows("reviewer")
@require_POST
def forget(request: HttpRequest, token: str) -> HttpResponse:
    """Drop an upload that isn't to be applied."""
    drop(request.project, kept(request.project, token, request.user.username, request.now))
    messages.info(request, "Dropped. Nothing was recorded.")
    return HttpResponseRedirect(reverse("workbook"))


def _front(request: HttpRequest) -> dict[str, Any]:
    return {
        "published": current_run(),
        "most_accounts": MOST_ACCOUNTS,
        "largest_bytes": LARGEST_FILE,
        "largest_mb": LARGEST_FILE // 1_000_000,
        "outcomes": OUTCOMES,
    }


def _planned(request: HttpRequest, found: Upload) -> list[ImportRow]:
    planned = plan_import(found.file.rows, request.now, request.project.settings, found.by)
    return sorted([*planned, *found.file.broken], key=lambda row: row.line)


def _shown(found: Upload, planned: Iterable[ImportRow]) -> Iterator[Shown]:
    rows = {row.line: row for row in found.file.rows}
    for each in planned:
        row = rows.get(each.line)
        asked = ("", "", "", "") if row is None else (row.grade.strip().upper(), row.reason, row.note or "", row.expires_on or "")
        yield Shown(each, *asked)


def _dry_run(request: HttpRequest, found: Upload, planned: list[ImportRow]) -> dict[str, Any]:
    counts = Counter(row.outcome for row in planned)
    chosen = request.GET.get("outcome", "")
    chosen = chosen if chosen in OUTCOMES else ""
    rows = [row for row in planned if chosen in ("", row.outcome)]
    return {
        "upload": found,
        "counts": [(name, said, counts[name]) for name, said in OUTCOMES.items()],
        "total": len(planned),
        "chosen": chosen,
        "matching": len(rows),
        "rows": list(_shown(found, rows[:MOST_SHOWN])),
        "to_record": sum(counts[name] for name in TO_RECORD),
        "left_out": sum(counts[name] for name in LEFT_OUT),
    }


def _again(request: HttpRequest, found: Upload, said: str) -> HttpResponse:
    """The dry run as it is by now, with why nothing was applied."""
    context = _dry_run(request, found, _planned(request, found))
    return render(request, "workbook/dry_run.html", {**context, "refused": said}, status=409)


def _applied(found: Upload, told: list[ImportRow]) -> dict[str, Any]:
    counts = Counter(row.outcome for row in told)
    left_out = sorted((row for row in told if row.outcome in LEFT_OUT), key=lambda row: row.line)
    return {
        "upload": found,
        "decided": counts[NEW] + counts[CHANGED],
        "waiting": counts[WAITING],
        "unchanged": counts[UNCHANGED],
        "left_out": len(left_out),
        "rows": list(_shown(found, left_out[:MOST_SHOWN])),
    }


routes = (
    path("workbook", workbook, name="workbook"),
    path("workbook/upload", upload, name="workbook_upload"),
    path("workbook/<str:token>", dry_run, name="workbook_dry_run"),
    path("workbook/<str:token>/report", report, name="workbook_report"),
    path("workbook/<str:token>/apply", apply, name="workbook_apply"),
    path("workbook/<str:token>/forget", forget, name="workbook_forget"),
)
