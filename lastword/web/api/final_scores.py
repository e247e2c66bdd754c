"""The final table: every account, its grade, who had the last word, and why. Live, or as it stood."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from ninja import Query, Router, Schema
from pydantic import create_model

from lastword.contracts import FINAL_COLUMNS
from lastword.web.api.answers import answer, as_json, next_address
from lastword.web.api.authentication import asking
from lastword.web.api.parsing import LONGEST_ID, instant_of
from lastword.web.api.problems import Unknown, answers, problem
from lastword.web.api.queries import AsOf, FinalQuery, Format, filters_of, refuse_unknown
from lastword.web.api.streams import csv_parts, parquet_parts
from overrides.accounts import unknown_account
from overrides.filters import Filters
from overrides.final import DATES, FLAGS, NUMBERS, TIMES
from overrides.final_pages import final_batches, final_page
from overrides.final_rows import TableState, final_rows, table_state

router = Router(tags=["Final scores"])

ROWS_PER_PAGE = 1000
MEDIA_TYPES: dict[Format, str] = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
_ACCEPTED = {
    "application/json": "json",
    "text/csv": "csv",
    "application/vnd.apache.parquet": "parquet",
    "application/x-parquet": "parquet",
}
_TYPES: dict[str, Any] = {
    **dict.fromkeys(DATES, date),
    **dict.fromkeys(TIMES, datetime),
    **dict.fromkeys(NUMBERS, float),
    "tier": int,
}
_REQUIRED = ("account_id", "name", "account_status", "decided_by", "run_id", "plan_version", "as_of", "scored_at")

_COLUMNS: dict[str, Any] = {
    name: (bool if name in FLAGS else _TYPES.get(name, str) if name in _REQUIRED else _TYPES.get(name, str) | None, ...)
    for name in FINAL_COLUMNS
}
FinalScore = create_model("FinalScore", __base__=Schema, **_COLUMNS)
"""A row of the final table, for the reference: contracts.FINAL_COLUMNS."""

FinalScores = create_model(
    "FinalScores",
    __base__=Schema,
    rows=(list[FinalScore], ...),  # type: ignore[valid-type]
    next=(str | None, ...),
    run_id=(str | None, ...),
    published_at=(datetime | None, ...),
)


class Moment(Schema):
    """When an account is looked at."""

    as_of: AsOf = None


@router.get(
    "/final-scores",
    response={200: FinalScores, **answers(406, 409)},
    **asking("viewer", "?final_grade=A&final_grade=B&gap=40..&limit=100"),
)
def final_scores(request: HttpRequest, asked: Annotated[FinalQuery, Query()]) -> HttpResponseBase:
    """The final table by filter, in the order of account_id.

    JSON comes in pages: follow `next` until it is null. CSV and Parquet stream the whole filter, unless `limit` asks for a page;
    then the header Link names the next. Send the ETag of an answer as If-None-Match: 304 says that nothing has changed.
    """
    refuse_unknown(request, FinalQuery)
    format = asked.format or _preferred(request)
    if format is None:
        return problem("format", f"Accept {request.headers['Accept'][:80]!r}: expected {', '.join(MEDIA_TYPES.values())}")
    filters = filters_of(asked)
    instant = None if asked.as_of is None else instant_of(asked.as_of, "as_of", request.now, end_of_day=True)
    state = table_state(request.now, instant)
    validators = {} if state is None or _moves_by_itself(filters) else _validators(state, format, request.now)
    unchanged = _not_modified(request, validators, state)
    if unchanged is not None:
        return unchanged
    response = _table(request, asked, format, filters, instant, state)
    for name, value in {**validators, "Cache-Control": "private, no-cache"}.items():
        response[name] = value
    patch_vary_headers(response, ["Accept", "Authorization"])
    return response


@router.get("/final-scores/{path:account_id}", response={200: FinalScore, **answers(404, 409)}, **asking("viewer"))
def final_score(request: HttpRequest, account_id: str, asked: Annotated[Moment, Query()]) -> HttpResponse:
    """One account's row of the final table."""
    refuse_unknown(request, Moment)
    instant = None if asked.as_of is None else instant_of(asked.as_of, "as_of", request.now, end_of_day=True)
    return answer(known_row(account_id, request.now, instant))


@router.get("/accounts/{path:account_id}/explanation", response={200: dict[str, Any], **answers(404, 409)}, **asking("viewer"))
def explanation(request: HttpRequest, account_id: str) -> HttpResponse:
    """Both opinions on an account, reason by reason, what drives them apart, and its history: `lastword explain --json`."""
    from lastword.explanation import explained

    refuse_unknown(request, Schema)
    known_row(account_id, request.now)
    return answer(explained(request.project, account_id, request.now).as_json())


def known_row(account_id: str, now: datetime, instant: datetime | None = None) -> dict[str, Any]:
    """An account's row of the final table; Unknown, naming the nearest id, where it has none."""
    found = None if "\0" in account_id else final_rows([account_id], now, instant).get(account_id)
    if found is not None:
        return found
    if "\0" in account_id or len(account_id) > LONGEST_ID:
        raise Unknown(f"an account_id of {len(account_id):,} characters, {account_id[:40]!r} …: no account has it")
    if instant is None or not final_rows([account_id], now):
        raise Unknown(str(unknown_account(account_id)))
    raise Unknown(f"account {account_id!r} had no score as of {instant:%Y-%m-%dT%H:%M:%SZ}: it has one now")


def _table(
    request: HttpRequest, asked: FinalQuery, format: Format, filters: Filters, instant: datetime | None, state: TableState | None
) -> HttpResponseBase:
    if format != "json" and asked.limit is None and asked.after is None:
        return _streamed(format, final_batches(filters, instant))
    page = final_page(filters, asked.after, asked.limit or ROWS_PER_PAGE, instant)
    next_page = next_address(request, page.after)
    if format == "json":
        published = {"run_id": state and state.run_id, "published_at": state and state.published_at}
        return HttpResponse(as_json({"rows": page.rows, "next": next_page, **published}), content_type=MEDIA_TYPES["json"])
    response = _streamed(format, [page.rows])
    if next_page is not None:
        response["Link"] = f'<{next_page}>; rel="next"'
    return response


def _streamed(format: Format, batches: Any) -> StreamingHttpResponse:
    parts = csv_parts(batches) if format == "csv" else parquet_parts(batches)
    disposition = f'attachment; filename="final_scores.{format}"'
    return StreamingHttpResponse(parts, content_type=MEDIA_TYPES[format], headers={"Content-Disposition": disposition})


def _preferred(request: HttpRequest) -> Format | None:
    return _ACCEPTED.get(request.get_preferred_type(list(_ACCEPTED)) or "")  # type: ignore[return-value]


def _moves_by_itself(filters: Filters) -> bool:
    """Whether what a filter finds changes without a publication or an entry."""
    return bool(filters.owner) or filters.queued_days is not None


def _validators(state: TableState, format: Format, now: datetime) -> dict[str, str]:
    """ETag, and Last-Modified once the second of the change is over: another change within it would go unseen."""
    from django.utils.http import http_date

    found = {"ETag": f'W/"{state.run_id}.{state.entry_id or 0}.{now:%Y%m%d}.{format}"'}
    changed_at = max(state.changed_at, now.replace(hour=0, minute=0, second=0, microsecond=0))
    return found if now - changed_at < timedelta(seconds=2) else found | {"Last-Modified": http_date(changed_at.timestamp())}


def _not_modified(request: HttpRequest, validators: dict[str, str], state: TableState | None) -> HttpResponse | None:
    if not validators:
        return None
    from django.utils.http import parse_http_date

    modified = parse_http_date(validators["Last-Modified"]) if "Last-Modified" in validators else None
    response = get_conditional_response(request, etag=validators["ETag"], last_modified=modified)
    return response if response is not None and response.status_code == 304 else None
