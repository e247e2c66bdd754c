"""What goes out as a file: the review workbook of a filter's accounts, and the final table under filters."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from io import BytesIO
from itertools import batched, chain
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path
from django.views.decorators.http import require_GET

from lastword.errors import ConfigurationError, Refusal
from lastword.reason_words import why_of
from lastword.web.pages.filtering import TITLES, filters_of, said_of
from lastword.web.pages.queue import view_of
from lastword.web.roles import allows
from overrides.events import EXPORT, record
from overrides.filters import Filters
from overrides.final_files import PIECES, write_xlsx
from overrides.final_pages import final_batches, final_count
from overrides.publish import current_run
from overrides.review_workbook import MOST_ACCOUNTS, About, write_review_workbook
from overrides.worklist import queue_accounts, queue_rows

NOTHING_PUBLISHED = "nothing is published yet, so there are no accounts: run `lastword run` first"
MOST_IN_XLSX = 100_000
"""Rows of the final table in one .xlsx, which is made before it is sent: about a quarter of a minute."""

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_BATCH = 500


@allows("viewer")
@require_GET
def workbook_export(request: HttpRequest) -> HttpResponse:
    """The review workbook of the accounts that the queue (of=queue) or the list of accounts (of=accounts) shows."""
    asked_for, found = _queue(request) if _of(request) == "queue" else _accounts(request)
    accounts = list(found)
    if not accounts:
        raise Refusal("no account fits this filter, so there is nothing to export: widen it")
    if len(accounts) > MOST_ACCOUNTS:
        raise Refusal(f"a review workbook holds at most {MOST_ACCOUNTS:,} accounts and these are more: narrow the filter")
    file = BytesIO()
    count = write_review_workbook(file, _rows(request, accounts), _about(request, asked_for))
    file.seek(0)
    _record(request, "review workbook", f"Exports {count:,} accounts for review: {asked_for}", {"accounts": count})
    return FileResponse(file, as_attachment=True, filename=_name(request, "review", "xlsx"), content_type=TYPES["xlsx"])


@allows("viewer")
@require_GET
def final_export(request: HttpRequest) -> HttpResponse:
    """The final table under filters as format=csv, parquet or xlsx, as it is now or stood at=2026-11-01T12:00 (UTC)."""
    form = request.GET.get("format", "csv")
    if form not in TYPES:
        raise ConfigurationError(f"format {form[:20]!r} is unknown: expected csv, parquet or xlsx")
    filters, instant = filters_of(request), _instant(request)
    if current_run() is None:
        raise Refusal(NOTHING_PUBLISHED)
    if form == "xlsx" and not final_count(filters, MOST_IN_XLSX, instant)[1]:
        raise Refusal(
            f"these are more than {MOST_IN_XLSX:,} accounts, too many for an .xlsx: take .csv or .parquet, or narrow the filter"
        )
    batches = final_batches(filters, instant)
    first = next(batches, None)  # what can't be read is said before the file begins
    said = f"Exports the final table as .{form}: {_said(filters)}" + (f", as of {instant:%Y-%m-%d %H:%M} UTC" if instant else "")
    _record(request, "final_scores", said, {"format": form})
    return _final(request, form, chain([first] if first else [], batches))


def _final(request: HttpRequest, form: str, batches: Iterable[list[dict[str, Any]]]) -> HttpResponse:
    name = _name(request, "final-scores", form)
    if form == "xlsx":
        file = BytesIO()
        write_xlsx(batches, file)
        file.seek(0)
        return FileResponse(file, as_attachment=True, filename=name, content_type=TYPES[form])
    response = StreamingHttpResponse(PIECES[form](batches), content_type=TYPES[form])
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _of(request: HttpRequest) -> str:
    of = request.GET.get("of", "queue")
    if of not in ("queue", "accounts"):
        raise ConfigurationError(f"of {of[:20]!r} is unknown: expected queue or accounts")
    return of


def _queue(request: HttpRequest) -> tuple[str, list[str]]:
    """The queue as its page shows it, in its order: in words, and its account_ids."""
    view, get = view_of(request), request.GET.get
    said = [f"{name} {value}" for name in ("measure", "threshold") if (value := get(name))]
    asked_for = "; ".join(["review queue", *said, _said(view.filters)])
    return asked_for, queue_accounts(view, request.now, request.project.settings, MOST_ACCOUNTS + 1)


def _accounts(request: HttpRequest) -> tuple[str, Iterator[str]]:
    """The list of accounts, by account_id: in words, and its account_ids up to one more than a workbook holds."""
    filters = filters_of(request)
    ids = (row["account_id"] for batch in final_batches(filters, size=2000) for row in batch)
    return f"accounts; {_said(filters)}", (account for account, _ in zip(ids, range(MOST_ACCOUNTS + 1), strict=False))


def _rows(request: HttpRequest, accounts: list[str]) -> Iterator[dict[str, Any]]:
    for part in batched(accounts, _BATCH):
        found = queue_rows(part, request.now, request.project.settings)
        yield from (found[account] | {"why": why_of(found[account])} for account in part if account in found)


def _about(request: HttpRequest, asked_for: str) -> About:
    run = current_run()
    if run is None:
        raise Refusal(NOTHING_PUBLISHED)
    overrides = request.project.settings.overrides
    by = request.user.username
    return About(run.run_id, run.as_of, asked_for, by, request.now, overrides.reasons, overrides.expires_after_days)


def _said(filters: Filters) -> str:
    """The filters in words, "all" where there are none."""
    asked: dict[str, list[str]] = {}
    for name, value in filters.to_query():
        asked.setdefault(name, []).append(said_of(name, value))
    return "; ".join(f"{TITLES[name]}: {', '.join(values)}" for name, values in asked.items()) or "all"


def _instant(request: HttpRequest) -> datetime | None:
    text = request.GET.get("at", "").strip()
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ConfigurationError(f"at {text[:40]!r} is no time: expected 2026-11-01 or 2026-11-01T12:00, in UTC") from None


def _record(request: HttpRequest, subject: str, said: str, details: dict[str, Any]) -> None:
    record(EXPORT, request.user.username, subject, said, request.now, {**details, "query": request.GET.urlencode()})


def _name(request: HttpRequest, what: str, suffix: str) -> str:
    return f"{what}-{request.now:%Y-%m-%d}.{suffix}"


routes = (
    path("workbook/export", workbook_export, name="workbook_export"),
    path("final-scores/export", final_export, name="final_export"),
)
