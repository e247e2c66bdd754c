"""Everything that happened, newest first, under filters, and as a file."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_safe

from lastword.errors import ConfigurationError
from lastword.web.audit_filter import GROUPS, Asked, address, asked_of, title_of, visible_kinds
from lastword.web.roles import allows
from overrides.events import EXPORT, record
from overrides.timeline import ASIDES, DECISIONS, LARGEST_PAGE, SPEND_KINDS, Line, timeline
from overrides.timeline_lines import EXPIRE

if TYPE_CHECKING:
    import pandas as pd

LINES = 100
MOST_LINES = 100_000
"""Lines of one export."""

TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
_ON_ACCOUNTS = (*DECISIONS, EXPIRE, *ASIDES, *SPEND_KINDS, "proposal", "assignment")
_ON_RUNS = ("publication", "plan_change")


@dataclass(frozen=True)
class ShownLine:
    """A line, where its subject leads, the filters that its person and subject are, and its figures in words."""

    line: Line
    title: str
    href: str
    by_href: str
    subject_href: str
    details: tuple[tuple[str, str], ...]


@allows("viewer")
@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """The page."""
    asked = asked_of(request.GET, request.user.role)
    before = request.GET.get("before") or None
    found = timeline(now=request.now, before=before, limit=LINES, **asked.for_timeline(request.user.role))
    here = reverse("audit")
    return render(
        request,
        "audit/page.html",
        {
            "lines": [_shown(line) for line in found.lines],
            "asked": asked,
            "kinds": _choices(asked, request.user.role),
            "chips": [(title, said, address(here, without)) for title, said, without in asked.parts()],
            "next_href": address(here, asked, before=found.before) if found.before else "",
            "newest_href": address(here, asked) if before else "",
            "exports": {form: address(reverse("audit_export"), asked, format=form) for form in TYPES},
            "most_lines": MOST_LINES,
        },
    )


@allows("viewer")
@require_GET
def audit_export(request: HttpRequest) -> HttpResponse:
    """All lines of a filter, at most MOST_LINES of them, as format=csv or xlsx. The export is an event itself."""
    asked = asked_of(request.GET, request.user.role)
    form = request.GET.get("format", "csv")
    if form not in TYPES:
        raise ConfigurationError(f"format {form[:20]!r} is unknown: expected csv or xlsx")
    frames = _frames(request, asked)
    first = next(frames)  # read before the export is recorded, which so isn't among its own lines
    record(EXPORT, request.user.username, "audit", f"Exports the audit as .{form}: {asked.said()}", request.now, {"format": form})
    return _file(form, chain([first], frames), f"audit-{request.now:%Y-%m-%d}.{form}")


def _file(form: str, frames: "Iterator[pd.DataFrame]", name: str) -> HttpResponse:
    from overrides.spreadsheet import csv_text
    from overrides.workbook import write_workbook

    if form == "xlsx":
        file = BytesIO()
        write_workbook(file, frames, "audit", name)
        file.seek(0)
        return FileResponse(file, as_attachment=True, filename=name, content_type=TYPES[form])
    pieces = (csv_text(frame, header=place == 0).encode() for place, frame in enumerate(frames))
    response = StreamingHttpResponse(pieces, content_type=TYPES[form])
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _frames(request: HttpRequest, asked: Asked) -> "Iterator[pd.DataFrame]":
    """The lines as tables of at most LARGEST_PAGE rows, at least one table: at (UTC), kind, by, subject, said, details (JSON)."""
    wanted, before = asked.for_timeline(request.user.role), None
    for _ in range(MOST_LINES // LARGEST_PAGE):
        found = timeline(now=request.now, before=before, limit=LARGEST_PAGE, **wanted)
        yield _frame(found.lines)
        before = found.before
        if before is None:
            return


def _frame(lines: tuple[Line, ...]) -> "pd.DataFrame":
    import pandas as pd

    texts: dict[str, list[str]] = {name: [getattr(line, name) for line in lines] for name in ("kind", "by", "subject", "said")}
    texts["details"] = [json.dumps(line.details, ensure_ascii=False, default=str) for line in lines]
    at = pd.Series(pd.to_datetime([line.at for line in lines], utc=True)).astype("datetime64[us, UTC]")
    return pd.DataFrame({"at": at, **{name: pd.Series(values, dtype="str") for name, values in texts.items()}})


def _choices(asked: Asked, role: str) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """The groups with their kinds: name, title, whether it is chosen."""
    possible = visible_kinds(role)
    groups = [
        (group, [(kind, title, kind in asked.kinds) for kind, title in titles.items() if kind in possible])
        for group, titles in GROUPS
    ]
    return [(group, kinds) for group, kinds in groups if kinds]


def _shown(line: Line) -> ShownLine:
    here = reverse("audit")
    details = tuple(
        (name.replace("_", " "), _words(value)) for name, value in line.details.items() if value not in (None, "", {})
    )
    return ShownLine(
        line,
        title_of(line.kind),
        _href(line),
        address(here, Asked(by=line.by)),
        address(here, Asked(subject=line.subject)) if line.subject else "",
        details,
    )


def _href(line: Line) -> str:
    if not line.subject:
        return ""
    if line.kind in _ON_ACCOUNTS:
        return "/account?" + urlencode({"id": line.subject})
    if line.kind in _ON_RUNS or "run_before" in line.details:
        return reverse("run", args=[line.subject])
    return ""


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_words(each)}" for name, each in value.items())
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


routes = (
    path("audit", audit, name="audit"),
    path("audit/export", audit_export, name="audit_export"),
)
