"""Overrides in and out: what is in force, the history, and decisions by programs. Every decision is an entry of the ledger."""

from collections import Counter
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router

from lastword.web.api.answers import answer, next_address
from lastword.web.api.authentication import asking, author
from lastword.web.api.final_scores import known_row
from lastword.web.api.idempotency import Answer, Key, once
from lastword.web.api.override_schemas import (
    BulkAnswer,
    BulkBody,
    BulkRow,
    DecidedAnswer,
    DecisionBody,
    EntriesAnswer,
    HistoryAnswer,
    HistoryQuery,
    InForceQuery,
    RevocationBody,
)
from lastword.web.api.parsing import instant_of
from lastword.web.api.problems import Changed, answers
from lastword.web.api.queries import refuse_unknown
from overrides import imports, ledger, reviewing
from overrides.entries import EntryPage, entries_page, in_force_page
from overrides.final_rows import final_rows
from overrides.store import transaction

router = Router(tags=["Overrides"])


@router.get("/overrides", response={200: EntriesAnswer, **answers()}, **asking("viewer", "?by=token:crm&since=2026-11-01"))
def overrides_in_force(request: HttpRequest, asked: Annotated[InForceQuery, Query()]) -> HttpResponse:
    """The overrides in force now, one per account, in the order of account_id."""
    refuse_unknown(request, InForceQuery)
    since = _since(request, asked.since)
    page = in_force_page(request.now, asked.after, asked.limit, reasons=asked.reason, people=asked.by, since=since)
    return _page(request, page, "overrides")


@router.get("/overrides/history", response={200: HistoryAnswer, **answers(404)}, **asking("viewer", "?account_id=00042"))
def override_history(request: HttpRequest, asked: Annotated[HistoryQuery, Query()]) -> HttpResponse:
    """Everything decided: on one account, as `lastword override history --json` says it, or on all, for a system that keeps up.

    Without account_id every entry comes in the order in which it was made, revocations too. Keep the last `entry_id`: what comes
    `after` it is new, and nothing is ever missed.
    """
    refuse_unknown(request, HistoryQuery)
    if asked.account_id is None:
        return _page(request, entries_page(asked.after, asked.limit, since=_since(request, asked.since)), "entries")
    if not (entries := _entries_of(asked.account_id, request.now)):
        known_row(asked.account_id, request.now)
    return answer({"account_id": asked.account_id, "entries": entries, "next": None})


@router.post("/overrides", response={201: DecidedAnswer, 202: DecidedAnswer, **answers(400, 404, 409, 413)}, **asking("reviewer"))
def override(request: HttpRequest, asked: DecisionBody, idempotency_key: Key = None) -> HttpResponse:
    """Give an account its final grade. It holds at once: the answer has the account's new row.

    201 with the entry, or 202 with a proposal where `[overrides] approve_from_steps` asks for a second person.
    """
    return once(request, idempotency_key, lambda: _decided(request, asked))


@router.post("/overrides/revoke", response={201: DecidedAnswer, **answers(400, 404, 409, 413)}, **asking("reviewer"))
def revoke(request: HttpRequest, asked: RevocationBody, idempotency_key: Key = None) -> HttpResponse:
    """End the override in force on an account. The history keeps both."""
    return once(request, idempotency_key, lambda: _revoked(request, asked))


@router.post("/overrides/bulk", response={200: BulkAnswer, **answers(400, 409, 413)}, **asking("reviewer"))
def bulk(request: HttpRequest, asked: BulkBody, idempotency_key: Key = None) -> HttpResponse:
    """Decide on up to 5,000 accounts in one transaction, or with `dry_run` see what that would do.

    Where a row is a conflict or an error nothing is done and 409 says what became of each row, unless `only_clean`.
    """
    return once(request, idempotency_key, lambda: (200, _bulk(request, asked)))


def _decided(request: HttpRequest, asked: DecisionBody) -> Answer:
    known_row(asked.account_id, request.now)
    decided = reviewing.decide(
        asked.account_id,
        asked.choice or "grade",
        asked.reason,
        asked.note,
        author(request, asked.on_behalf_of),
        request.now,
        request.project.settings,
        grade=asked.grade,
        expires_on=asked.expires_on,
        expected_entry_id=asked.expected_entry_id,
        expected_run_id=asked.expected_run_id,
    )
    entry = None if decided.entry is None else asdict(decided.entry)
    proposal = None if decided.proposal is None else asdict(decided.proposal)
    body = {"entry": entry, "proposal": proposal, "final_score": known_row(asked.account_id, request.now)}
    return (202 if entry is None else 201), body


def _revoked(request: HttpRequest, asked: RevocationBody) -> Answer:
    by = author(request, asked.on_behalf_of)
    if not _entries_of(asked.account_id, request.now):
        known_row(asked.account_id, request.now)
    entry = ledger.revoke(asked.account_id, asked.note, by, request.now, expected_entry_id=asked.expected_entry_id)
    row = final_rows([asked.account_id], request.now).get(asked.account_id)
    return 201, {"entry": asdict(entry), "proposal": None, "final_score": row}


def _bulk(request: HttpRequest, asked: BulkBody) -> dict[str, Any]:
    rows = [_decision_row(line, row) for line, row in enumerate(asked.rows, start=1)]
    by, settings = author(request, asked.on_behalf_of), request.project.settings
    if asked.dry_run:
        return _outcomes(imports.plan_import(rows, request.now, settings, by), dry_run=True)
    with transaction():
        rows_applied = imports.apply_import(rows, request.now, settings, by, only_clean=True, source="API")
        if not asked.only_clean:
            _refuse_broken(rows_applied)
    return _outcomes(rows_applied, dry_run=False)


def _refuse_broken(applied: list[imports.ImportRow]) -> None:
    """Take everything back where a row is a conflict or an error: what is raised ends the transaction."""
    broken = [row for row in applied if row.outcome in (imports.CONFLICT, imports.ERROR)]
    if broken:
        raise Changed(
            f"nothing was done: {len(broken)} of {len(applied)} rows are conflicts or errors; "
            f"the first is row {broken[0].line}, account {broken[0].account_id!r}: {broken[0].said}",
            **_outcomes(applied, dry_run=False),
        )


def _decision_row(line: int, row: BulkRow) -> imports.DecisionRow:
    expires_on = None if row.expires_on is None else row.expires_on.isoformat()
    return imports.DecisionRow(
        line,
        row.account_id,
        row.grade,
        row.reason,
        row.note,
        expires_on,
        by=None,
        entry_id=row.expected_entry_id,
        seen_run_id=row.expected_run_id,
    )


def _outcomes(rows: list[imports.ImportRow], *, dry_run: bool) -> dict[str, Any]:
    return {"dry_run": dry_run, "counts": dict(Counter(row.outcome for row in rows)), "rows": [asdict(row) for row in rows]}


def _entries_of(account_id: str, now: datetime) -> list[dict[str, str | None]]:
    """An account's history; empty where it has none or is unknown."""
    from lastword.errors import Refusal

    try:
        return ledger.history(account_id, now)
    except Refusal:
        return []


def _page(request: HttpRequest, page: EntryPage, name: str) -> HttpResponse:
    return answer({name: [asdict(entry) for entry in page.entries], "next": next_address(request, page.after)})


def _since(request: HttpRequest, text: str | None) -> datetime | None:
    return None if text is None else instant_of(text, "since", request.now, end_of_day=False)
