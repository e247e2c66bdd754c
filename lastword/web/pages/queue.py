"""The review queue: its page, the panel of one account, who has what open, and the views that people keep."""

from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import quote_plus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.urls import path, reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_POST

from lastword.errors import ConfigurationError
from lastword.web.evidence import BAR_WIDTH, evidence_of
from lastword.web.kept import kept, state_of
from lastword.web.models import SavedView, User
from lastword.web.pages.filtering import FilterForm, drawn, filter_form, filters_of
from lastword.web.pages.queue_columns import COLUMNS, COOKIE, columns_of
from lastword.web.pages.queue_rows import row_html, shown_row, standing
from lastword.web.roles import ROLES, allows
from overrides.accounts import unknown_account
from overrides.disparity import MEASURES, Measure
from overrides.ledger import history
from overrides.queue import Order
from overrides.tally import decided_today
from overrides.worklist import Page, View, queue_count, queue_page, queue_rows

PAGE_ROWS = 50
COUNTED = 1000
YEAR_SECONDS = 365 * 86_400
MOST_VIEWS = 100
LONGEST_ADDRESS = 4000
LONGEST_NAME = 80
ORDERS = {"value_of_information": "what a look is worth", "disparity": "how far they part"}
FIELDS = (
    "search",
    "plan_grade",
    "model_grade",
    "plan_points",
    "model_points",
    "gap",
    "why_family",
    "potential_spend",
    "review_gain",
    "queued_days",
    "queue_reason",
    "owner",
)
GRADE_KEYS = (("1", "A"), ("2", "B"), ("3", "C"), ("4", "D"), ("5", "F"))


@dataclass(frozen=True)
class Choice:
    """One of the values of a control."""

    value: str
    said: str
    chosen: bool


@allows("viewer")
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """A page of the queue under the filters, threshold, measure and order of its address."""
    if state_of(request).run_id is None:
        return render(request, "queue/unpublished.html", {})
    opened = _taken(request)
    columns, view = columns_of(request), view_of(request)
    page = queue_page(view, request.now, request.project.settings, request.GET.get("after") or None, PAGE_ROWS)
    response = render(
        request, "queue/queue.html", _context(request, view, columns, page) | opened | _deciding(request, page, opened)
    )
    if "columns" in request.GET:
        response.set_cookie(COOKIE, ".".join(columns), max_age=YEAR_SECONDS, samesite="Lax")
    return response


@allows("viewer")
@require_GET
def row(request: HttpRequest) -> HttpResponse:
    """The panel of one account."""
    return render(request, "queue/panel.html", panel_context(request, request.GET.get("id", "")))


@allows("viewer")
@require_GET
def claims(request: HttpRequest) -> HttpResponse:
    """Who else has which of these accounts open: {"account_id": "name"}."""
    from overrides.claims import holders

    found = holders(request.GET.getlist("id")[: 2 * PAGE_ROWS], request.now)
    return JsonResponse({account: held.by for account, held in found.items() if held.by != request.user.username})


@allows("viewer")
@require_POST
def keep_view(request: HttpRequest) -> HttpResponse:
    """Keep the address of the page under a name; the same name again replaces it."""
    name, address = request.POST.get("name", "").strip(), tidy(request.POST.get("address", ""))
    if not 0 < len(name) <= LONGEST_NAME or "\0" in name:
        raise ConfigurationError(f"a view is kept under a name of 1 to {LONGEST_NAME} characters")
    if len(address) > LONGEST_ADDRESS:
        raise ConfigurationError(f"the view has {len(address):,} characters of filters: expected at most {LONGEST_ADDRESS:,}")
    own = SavedView.objects.filter(owner=request.user.username)
    if own.count() >= MOST_VIEWS and not own.filter(name=name).exists():
        raise ConfigurationError(f"you keep {MOST_VIEWS} views already: forget one first")
    values = {"address": address, "shared": request.POST.get("shared") == "yes"}
    SavedView.objects.update_or_create(owner=request.user.username, name=name, defaults=values)
    messages.success(request, f"The view “{name}” is kept.")
    return HttpResponseRedirect(f"{reverse('queue')}?{address}")


@allows("viewer")
@require_POST
def forget_view(request: HttpRequest) -> HttpResponse:
    """Forget one of one's own views."""
    name = request.POST.get("name", "")
    gone, _ = SavedView.objects.filter(owner=request.user.username, name=name).delete()
    if not gone:
        raise ConfigurationError(f"you keep no view {name[:LONGEST_NAME]!r}: its owner alone can forget it")
    messages.success(request, f"The view “{name}” is forgotten.")
    return HttpResponseRedirect(f"{reverse('queue')}?{tidy(request.POST.get('address', ''))}")


def view_of(request: HttpRequest) -> View:
    """What an address asks for.

    Raises
    ------
    ConfigurationError
        A filter, the order, the measure or the threshold can't be read.
    """
    get = request.GET.get
    order = get("order") or request.project.settings.disparity.order
    return View(
        filters=filters_of(request),
        order=cast("Order", order),
        measure=cast("Measure", get("measure") or None),
        threshold=_threshold(get("threshold", "")),
    )


def panel_context(request: HttpRequest, account_id: str) -> dict[str, Any]:
    """What panel.html shows of an account. Refusal: unknown."""
    found = queue_rows([account_id], request.now, request.project.settings).get(account_id)
    if found is None:
        raise unknown_account(account_id)
    evidence = kept(request, "evidence", (found["run_id"], account_id), lambda: evidence_of(request.project, found))
    holder = found["claimed_by"] if found["claimed_by"] != request.user.username else None
    return {
        "evidence": evidence,
        "history": history(account_id, request.now)[::-1],
        "row": found,
        "settled": standing(found),
        "holder": holder,
        "bar_width": BAR_WIDTH,
        "half": BAR_WIDTH / 2,
    }


def tidy(address: str) -> str:
    """The part of an address after the question mark without what concerns one moment of it alone."""
    query = QueryDict(address.removeprefix("?"), mutable=True)
    for name in ("after", "open", "batch", "filters", "csrfmiddlewaretoken"):
        query.pop(name, None)
    return query.urlencode()


def link(request: HttpRequest, **changes: str | None) -> str:
    """The address of this page with other parameters; None takes one out."""
    query = request.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return f"{reverse('queue')}?{query.urlencode()}"


def reasons_of(request: HttpRequest) -> list[dict[str, Any]]:
    """The reasons of the plan, and whether each asks for a note."""
    overrides = request.project.settings.overrides
    asking = {reason.casefold() for reason in overrides.note_for}
    return [{"name": reason, "note": reason.casefold() in asking} for reason in overrides.reasons]


def _context(request: HttpRequest, view: View, columns: tuple[str, ...], page: Page) -> dict[str, Any]:
    settings = request.project.settings
    opening = link(request, open="")  # the account comes last
    rows = [shown_row(request, each, columns, opening + quote_plus(each["account_id"])) for each in page.rows]
    count, exact = queue_count(view, request.now, settings, COUNTED) if rows or request.GET.get("after") else (0, True)
    people = _people()
    form = _filtering(request, view, people)
    return {
        "rows": mark_safe("".join(row_html(request, each) for each in rows)),
        "columns": [COLUMNS[name] for name in columns],
        "column_names": ".".join(columns),
        "column_choices": [Choice(name, column.title, name in columns) for name, column in COLUMNS.items()],
        "count": count,
        "exact": exact,
        "tally": decided_today(request.user.username, request.now),
        "view": view,
        "orders": [Choice(name, said, name == view.order) for name, said in ORDERS.items()],
        "measures": [Choice(name, name, name == view.measure) for name in MEASURES],
        "disparity": settings.disparity,
        "filtering": form,
        "filters_drawn": drawn(request, form, people),
        "kept_parameters": _others(request, {"order", "measure", "threshold", "after"}),
        "column_parameters": _others(request, {"columns"}),
        "next_page": None if page.after is None else link(request, after=page.after, open=None),
        "first_page": link(request, after=None, open=None) if request.GET.get("after") else None,
        "address": tidy(request.META.get("QUERY_STRING", "")),
        "own_views": SavedView.objects.filter(owner=request.user.username).order_by("name"),
        "shared_views": SavedView.objects.filter(shared=True).exclude(owner=request.user.username).order_by("name", "owner"),
        "has_model": any(each["model_points"] is not None for each in page.rows) or not rows,
    }


def _taken(request: HttpRequest) -> dict[str, Any]:
    """What an address says of one moment alone, taken out of it, so that no link of the page repeats it."""
    request.GET = request.GET.copy()
    opened, batch, filters = ((request.GET.pop(name, None) or [""])[-1] for name in ("open", "batch", "filters"))
    return {"opened": opened, "batch": _batch(request, batch), "filters_open": filters == "open"}


def _deciding(request: HttpRequest, page: Page, taken: dict[str, Any]) -> dict[str, Any]:
    """The decision form and the account in it: the one that the address opens, else the first of the page."""
    panel = panel_context(request, taken["opened"]) if taken["opened"] else {}
    first = next(iter(page.rows), None)
    return {
        "panel": bool(panel),
        "focus": panel.get("row") or first,
        "reasons": reasons_of(request),
        "grade_keys": GRADE_KEYS,
        **panel,
    }


def _filtering(request: HttpRequest, view: View, people: list[str]) -> FilterForm:
    """The shared form of filters, which stays open while it is used."""
    form = filter_form(request, view.filters, FIELDS, people)
    return replace(form, hidden=(*form.hidden, ("filters", "open")))


def _people() -> list[str]:
    deciding = ROLES[ROLES.index("reviewer") :]
    return list(
        User.objects.filter(role__in=deciding, is_active=True).order_by("username").values_list("username", flat=True)[:50]
    )


def _others(request: HttpRequest, left_out: set[str]) -> list[tuple[str, str]]:
    return [(name, value) for name in request.GET if name not in left_out for value in request.GET.getlist(name)]


def _threshold(text: str) -> float | None:
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        raise ConfigurationError(f"threshold {text[:40]!r} is no number: expected 0 to 100 points") from None


def _batch(request: HttpRequest, number: str) -> Any:
    """The batch that this person has just applied, as the address names it; None where it names none of theirs."""
    from overrides.models import Batch

    if not number.isascii() or not number.isdigit() or len(number) > 18:
        return None
    return Batch.objects.filter(batch_id=int(number), by=request.user.username).first()


routes = (
    path("queue", queue, name="queue"),
    path("queue/row", row, name="queue_row"),
    path("queue/claims", claims, name="queue_claims"),
    path("queue/views/keep", keep_view, name="keep_view"),
    path("queue/views/forget", forget_view, name="forget_view"),
)
