"""Existing customers: where they stand, what is open with them and what that asks for; the list, and as a file."""

from dataclasses import fields
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_GET

from lastword.customer_results import customer_list, product_list
from lastword.customer_tables import CUSTOMERS
from lastword.errors import ConfigurationError, Refusal
from lastword.planning.customer_summary import (
    Conditions,
    by_product,
    counts_by,
    finding,
    known,
    narrowed,
    signs_of_risk,
)
from lastword.planning.customers import not_given
from lastword.results import records
from lastword.web.kept import kept
from lastword.web.pages.exports import NOTHING_PUBLISHED
from lastword.web.planning_tabs import tabs
from lastword.web.roles import allows
from lastword.web.table_files import file_links, table_file
from lastword.web.templatetags.shown import number, short
from overrides.publish import RunRecord, current_run

if TYPE_CHECKING:
    import pandas as pd

HERE = "planning_customers"
MOST_ROWS = 200
TITLES = {
    "motion": "Motion",
    "stage": "Stage",
    "health": "Health",
    "region": "Region",
    "industry": "Industry",
    "next_product": "Product to offer next",
}
_LONGEST = 500


@allows("viewer")
@require_GET
def customers(request: HttpRequest) -> HttpResponse:
    """The page; before the first publication, and of a run without customers, one that says what to do."""
    run = current_run()
    if run is None or not (request.project.run_folder(run.run_id) / CUSTOMERS).is_file():
        return render(request, "planning/customers_none.html", {"tabs": tabs(HERE), "run": run})
    settings, asked = request.project.settings, conditions_of(request)
    rests_on = (run.run_id, asked, settings.currency, settings.customers)
    return render(
        request,
        "planning/customers.html",
        {
            "tabs": tabs(HERE),
            "run": run,
            "currency": settings.currency,
            "high_whitespace": settings.customers.high_whitespace,
            "not_given": not_given(settings.customers).removeprefix("not given: "),
            **kept(request, "customers", rests_on, lambda: _figures(request, run, asked)),
            "chips": [(TITLES[name], value, _href(asked, **{name: ""})) for name, value in asked.given().items()],
            "choices": kept(request, "customer choices", (run.run_id,), lambda: _choices(_rows(request, run))),
            "asked": asked,
            "here": reverse(HERE),
            "files": file_links(reverse("planning_customers_export"), list(asked.given().items())),
        },
    )


@allows("viewer")
@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """The list under the same conditions, whole, as format=csv, parquet or xlsx. The export is an event."""
    run, asked = current_run(), conditions_of(request)
    if run is None:
        raise Refusal(NOTHING_PUBLISHED)
    narrowing = "; ".join(f"{TITLES[each]}: {value}" for each, value in asked.given().items()) or "all"
    return table_file(request, narrowed(_rows(request, run), asked), "customers", f"customers ({narrowing})")


def conditions_of(request: HttpRequest) -> Conditions:
    """The conditions of the address. ConfigurationError: a value that no text of the store can be."""
    given = {field.name: request.GET.get(field.name, "").strip() for field in fields(Conditions)}
    for name, value in given.items():
        if len(value) > _LONGEST or "\0" in value:
            raise ConfigurationError(
                f"{name} has {len(value)} characters or one that can't be: expected a {TITLES[name].lower()}"
            )
    return Conditions(**given)


def _rows(request: HttpRequest, run: RunRecord) -> "pd.DataFrame":
    return customer_list(request.project.run_folder(run.run_id))


def _figures(request: HttpRequest, run: RunRecord, asked: Conditions) -> dict[str, Any]:
    everybody = _rows(request, run)
    rows = narrowed(everybody, asked)
    currency = request.project.settings.currency
    motions, products = counts_by(rows, "motion"), product_list(request.project.run_folder(run.run_id))
    title = finding(motions, currency)
    return {
        "title": title,
        "svg": _draw(records(motions), title, asked, currency) if len(rows) else "",
        "motions": [{**row, "href": _href(asked, motion=row["value"])} for row in records(motions)],
        "stages": [{**row, "href": _href(asked, stage=row["value"])} for row in records(counts_by(rows, "stage"))],
        "healths": [{**row, "href": _href(asked, health=row["value"])} for row in records(counts_by(rows, "health"))],
        "signs": records(signs_of_risk(rows)),
        "products": [
            {**row, "href": _href(asked, next_product=row["product"])} for row in records(by_product(products, rows)[:MOST_ROWS])
        ],
        "rows": records(rows.head(MOST_ROWS)),
        "count": len(rows),
        "everybody": len(everybody),
        "whitespace": float(rows["whitespace"].sum()),
        "spend": float(rows["prior_year_spend"].sum()),
    }


def _choices(rows: "pd.DataFrame") -> list[tuple[str, str, list[str]]]:
    """Of every condition its name, its title and the values that there are."""
    return [(name, title, sorted(known(rows[name]).unique())) for name, title in TITLES.items()]


def _href(asked: Conditions, **changed: str) -> str:
    query = {**asked.given(), **changed}
    return f"{reverse(HERE)}?{urlencode({name: value for name, value in query.items() if value})}"


def _draw(rows: list[dict[str, Any]], title: str, asked: Conditions, currency: str) -> str:
    from lastword.charts import known_to_be_valid, link_to, to_linked_svg
    from lastword.charts.spend import customers_by_motion

    bars = [
        {
            **row,
            "href": link_to(_href(asked, motion=row["value"])),
            "accounts_said": number(row["accounts"]),
            "whitespace_said": short(row["whitespace"]),
            "said": f"{row['value']}: {row['accounts']:,} customers, {row['whitespace']:,.0f} {currency} of whitespace",
        }
        for row in rows
    ]
    with known_to_be_valid():
        return to_linked_svg(customers_by_motion(bars, title, currency))


routes = (
    path("planning/customers", customers, name="planning_customers"),
    path("planning/customers/export", export, name="planning_customers_export"),
)
