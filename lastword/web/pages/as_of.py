"""The final table as it stood at an instant, what was published then, and how its grades differ from those of now."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_safe

from lastword.errors import ConfigurationError, Refusal
from lastword.web.moments import end_of, instant_of
from lastword.web.pages.filtering import address, filter_form, filters_of
from lastword.web.roles import allows
from overrides.filters import Filters
from overrides.final_pages import final_page
from overrides.publications import first_published_at, published_by
from overrides.then_and_now import grades_then_and_now

ROWS = 100
FURTHER = ("final_grade", "decided_by", "plan_grade", "model_grade", "search")


@allows("viewer")
@require_safe
def as_of(request: HttpRequest) -> HttpResponse:
    """The page; without `at` it asks for an instant."""
    filters, first = filters_of(request), first_published_at()
    instant, wrong = _instant(request)
    shown: dict[str, Any] = {
        "instant": instant,
        "wrong": wrong,
        "written": request.GET.get("at", ""),
        "picked": f"{instant:%Y-%m-%dT%H:%M:%S}" if instant else "",
        "first": None if first is None else _next_second(first),
        "first_at": "" if first is None else f"{_next_second(first):%Y-%m-%dT%H:%M:%S}",
        "kept": filters.to_query(),
        "latest": f"{request.now:%Y-%m-%dT%H:%M:%S}",
    }
    if instant is not None and first is not None and instant >= first:
        try:
            shown |= _table(request, filters, instant)
        except Refusal as refusal:  # what was current then has been pruned
            wrong = str(refusal)
            shown |= {"wrong": wrong, "instant": None}
    return render(request, "audit/as_of.html", shown, status=400 if wrong else 200)


def _table(request: HttpRequest, filters: Filters, instant: datetime) -> dict[str, Any]:
    page = final_page(filters, request.GET.get("after") or None, ROWS, instant)
    written = ("at", request.GET["at"])
    here, exact = reverse("as_of"), ("at", instant.isoformat())
    return {
        "run": published_by(instant),
        "rows": page.rows,
        "grades": grades_then_and_now(filters, instant, request.now),
        "filtering": filter_form(request, filters, FURTHER),
        "next_href": address(here, filters, [written, ("after", page.after)]) if page.after else "",
        "first_href": address(here, filters, [written]) if request.GET.get("after") else "",
        "export_href": address(reverse("final_export"), filters, [("format", "csv"), exact]),
    }


def _instant(request: HttpRequest) -> tuple[datetime | None, str]:
    """The instant that is asked for and "", or None and what is wrong with it. The end of today is now."""
    try:
        instant = instant_of("at", request.GET.get("at", ""))
    except ConfigurationError as error:
        return None, str(error)
    if instant is not None and instant > request.now:
        if instant != end_of(request.now.date()):
            return None, f"{instant:%Y-%m-%d %H:%M} UTC is yet to come: choose an instant up to {request.now:%Y-%m-%d %H:%M} UTC"
        instant = request.now
    return instant, ""


def _next_second(instant: datetime) -> datetime:
    """The first whole second at which what was published then can be seen."""
    whole = instant.replace(microsecond=0)
    return whole if whole == instant else whole + timedelta(seconds=1)


routes = (path("audit/as-of", as_of, name="as_of"),)
