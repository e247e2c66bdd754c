"""Values and pages as JSON: dates YYYY-MM-DD, times in UTC with a Z, null for null."""

import json
from datetime import UTC, date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse


def text_of(value: date | datetime) -> str:
    """A date as YYYY-MM-DD, a time as YYYY-MM-DDThh:mm:ssZ."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return value.isoformat()


def as_json(data: Any) -> str:
    """JSON of plain values, dates and times."""
    return json.dumps(data, default=text_of, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def answer(data: Any, status: int = 200) -> HttpResponse:
    """`data` as JSON; a cache may keep nothing of it without asking again."""
    headers = {"Cache-Control": "private, no-cache"}
    return HttpResponse(as_json(data), status=status, content_type="application/json", headers=headers)


def next_address(request: HttpRequest, after: str | None) -> str | None:
    """The address of the page after this one, None at the end."""
    if after is None:
        return None
    query = request.GET.copy()
    query["after"] = after
    return str(request.build_absolute_uri(f"{request.path}?{query.urlencode()}"))
