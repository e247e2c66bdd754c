"""The filters of a page: read from its address, shown as a form and as chips that take one condition back each.

A page reads them with `filters_of`, gives `filter_form` to its template as `filtering`, and includes filters.html.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from lastword.web.kept import kept, kept_of, state_of
from overrides.filters import NONE, Filters, Range
from overrides.hierarchy import COUNTED, FIELDS, hierarchy_table, values_of

if TYPE_CHECKING:
    from lastword.project import Project

type Kind = Literal["several", "range", "flag", "search"]

TITLES = {
    "region": "Region",
    "sub_region": "Sub-region",
    "country": "Country",
    "industry": "Industry",
    "sub_industry": "Sub-industry",
    "account_status": "Status",
    "plan_segment": "Plan segment",
    "plan_grade": "Plan grade",
    "model_grade": "Model grade",
    "final_grade": "Final grade",
    "decided_by": "Decided by",
    "queue_reason": "Under review",
    "why_family": "Why they part",
    "tier": "Tier",
    "run_id": "Run",
    "owner": "Owner",
    "plan_points": "Plan points",
    "model_points": "Model points",
    "disparity": "Gap, model − plan",
    "gap": "Gap, either way",
    "propensity": "Propensity",
    "grade_confidence": "Grade confidence",
    "potential_spend": "Potential spend",
    "expected_value": "Expected value",
    "review_gain": "Worth of a look",
    "queued_days": "Days in the queue",
    "key_account": "Key account",
    "search": "Search",
}
"""What each field of Filters is called on the pages."""

_GRADES = ("A", "B", "C", "D", "F", NONE)
_GIVEN = {
    "plan_grade": _GRADES,
    "model_grade": _GRADES,
    "final_grade": _GRADES,
    "decided_by": ("override", "model", "plan", "blend"),
    "queue_reason": ("disparity", "audit", "stale", "redundant", NONE),
    "tier": ("1", "2", "3", NONE),
}
_SAID = {
    ("queue_reason", NONE): "not under review",
    ("queue_reason", "disparity"): "opinions part",
    ("queue_reason", "audit"): "drawn for audit",
    ("queue_reason", "stale"): "override is stale",
    ("queue_reason", "redundant"): "override is redundant",
    ("account_status", "prospect"): "prospects",
    ("account_status", "customer"): "customers",
    ("account_status", "other"): "others",
    ("owner", ""): "nobody",
    **{(f"{opinion}_grade", NONE): "no grade" for opinion in ("plan", "model", "final")},
}
_PLACE_IN_PAGES = ("after", "page")
"""Parameters that a change of the filters makes meaningless."""


@dataclass(frozen=True)
class Option:
    """A value to choose; accounts is None where they aren't counted."""

    value: str
    said: str
    accounts: int | None
    chosen: bool


@dataclass(frozen=True)
class Field:
    """One control of the form. `said` sums up what is chosen, "" where nothing is."""

    name: str
    title: str
    kind: Kind
    options: tuple[Option, ...] = ()
    low: str = ""
    high: str = ""
    said: str = ""


@dataclass(frozen=True)
class Chip:
    """A condition in force and the address of the page without it."""

    title: str
    said: str
    href: str


@dataclass(frozen=True)
class FilterForm:
    """What filters.html shows. `hidden` keeps the page's other parameters and the conditions that have no control."""

    action: str
    fields: tuple[Field, ...]
    hidden: tuple[tuple[str, str], ...]
    chips: tuple[Chip, ...]
    clear_href: str


def filters_of(request: HttpRequest) -> Filters:
    """The filters of a page's address. A range may come as `name=LOW..HIGH` or, from a form, as name_from and name_to.

    Raises
    ------
    ConfigurationError
        A value can't be read.
    """
    query = {name: request.GET.getlist(name) for name in request.GET}
    for name in _RANGES:
        ends = [(query.pop(f"{name}_{end}", None) or [""])[-1].strip() for end in ("from", "to")]
        if any(ends):
            query[name] = ["..".join(ends)]
    return Filters.from_query(query)


def filter_form(
    request: HttpRequest, filters: Filters, further: Sequence[str] = (), owners: Sequence[str] = (), hierarchy: bool = True
) -> FilterForm:
    """The form of a page: the hierarchy fields with their values, then `further` fields of Filters in the order given.

    Parameters
    ----------
    owners
        The names to choose from where `owner` is among the further fields.
    """
    names = (*(FIELDS if hierarchy else ()), *further)
    rests_on = (state_of(request).run_id, filters, names, owners)
    shown = kept(request, "filter fields", rests_on, lambda: _fields(request, names, filters, owners))
    other = _other_parameters(request)
    uncontrolled = [(name, value) for name, value in filters.to_query() if name not in names]
    return FilterForm(
        action=request.path,
        fields=shown,
        hidden=(*other, *uncontrolled),
        chips=tuple(_chips(request.path, filters, other)),
        clear_href=address(request.path, Filters(), other),
    )


def drawn(request: HttpRequest, form: FilterForm, owners: Sequence[str] = ()) -> SafeString:
    """filters.html with this form: drawn once for all who ask for the same.

    Parameters
    ----------
    owners : as given to `filter_form`.
    """
    rests_on = (state_of(request).run_id, form.action, form.hidden, form.chips, [field.name for field in form.fields], owners)
    return kept(request, "filters drawn", rests_on, lambda: render_to_string("filters.html", {"filtering": form}))


def address(path: str, filters: Filters, other: Iterable[tuple[str, str]] = ()) -> str:
    """The address of a page with these filters and other parameters."""
    query = urlencode([*filters.to_query(), *other])
    return f"{path}?{query}" if query else path


def narrowed(filters: Filters, **values: str) -> Filters:
    """The filters with these fields set to one value each, "" or a missing value meaning NONE."""
    given: dict[str, Any] = {name: (value or NONE,) for name, value in values.items()}
    return replace(filters, **given)


def said_of(name: str, value: str) -> str:
    """A value of a field in words."""
    return _SAID.get((name, value), "not given" if value == NONE else value)


_NAMES = tuple(field.name for field in fields(Filters))
_RANGES = (
    "plan_points",
    "model_points",
    "disparity",
    "gap",
    "propensity",
    "grade_confidence",
    "potential_spend",
    "expected_value",
    "review_gain",
    "queued_days",
)


def _other_parameters(request: HttpRequest) -> tuple[tuple[str, str], ...]:
    ends = {f"{name}_{end}" for name in _RANGES for end in ("from", "to")}
    own = {*_NAMES, *ends, *_PLACE_IN_PAGES}
    return tuple((name, value) for name in request.GET if name not in own for value in request.GET.getlist(name))


def hierarchy_of(project: "Project", run_id: str | None) -> Any:
    """See `hierarchy_table`; kept for as long as the publication is the current one. It takes a second of a million accounts."""
    return kept_of(project, "hierarchy", (run_id,), hierarchy_table)


def _fields(request: HttpRequest, names: Sequence[str], filters: Filters, owners: Sequence[str]) -> tuple[Field, ...]:
    table = hierarchy_of(request.project, state_of(request).run_id) if set(names) & set(COUNTED) else None
    return tuple(_field(request, name, filters, table, owners) for name in names)


def _field(request: HttpRequest, name: str, filters: Filters, table: Any, owners: Sequence[str]) -> Field:
    title, asked = TITLES[name], getattr(filters, name)
    if name == "search":
        return Field(name, title, "search", said=asked)
    if name in _RANGES:
        low, high = _ends(asked)
        return Field(name, title, "range", low=low, high=high, said=_said_range(asked))
    if name == "key_account":
        flag = "" if asked is None else "yes" if asked else "no"
        options = tuple(Option(value, value, None, value == flag) for value in ("yes", "no"))
        return Field(name, title, "flag", options, said=flag)
    options = tuple(
        Option(value, said_of(name, value), count, value in asked)
        for value, count in _values(request, name, filters, table, owners)
    )
    return Field(name, title, "several", options, said=", ".join(option.said for option in options if option.chosen))


def _values(request: HttpRequest, name: str, filters: Filters, table: Any, owners: Sequence[str]) -> list[tuple[str, int | None]]:
    asked = getattr(filters, name)
    if name in COUNTED and table is not None:
        return list(values_of(name, table, filters))
    given = ("", *sorted({*owners} - {""})) if name == "owner" else _GIVEN.get(name, ())
    if name == "queue_reason":
        given = (*given[:-1], *(trigger.name for trigger in request.project.settings.triggers), given[-1])
    return [(value, None) for value in dict.fromkeys((*given, *asked))]


def _chips(path: str, filters: Filters, other: Sequence[tuple[str, str]]) -> Iterable[Chip]:
    for name in _NAMES:
        asked = getattr(filters, name)
        if isinstance(asked, tuple):
            for value in asked:
                others: dict[str, Any] = {name: tuple(each for each in asked if each != value)}
                left = replace(filters, **others)
                yield Chip(TITLES[name], said_of(name, value), address(path, left, other))
        elif asked not in (None, ""):
            yield Chip(TITLES[name], _said(asked), address(path, filters.without(name), other))


def _said(asked: Any) -> str:
    if isinstance(asked, bool):
        return "yes" if asked else "no"
    return _said_range(asked) if isinstance(asked, Range) else str(asked)


def _said_range(asked: Range | None) -> str:
    low, high = _ends(asked)
    if low and high:
        return f"{low} to {high}"
    return f"{low} or more" if low else f"up to {high}" if high else ""


def _ends(asked: Range | None) -> tuple[str, str]:
    ends = (None, None) if asked is None else (asked.low, asked.high)
    low, high = ("" if end is None else f"{end:.12g}" for end in ends)
    return low, high
