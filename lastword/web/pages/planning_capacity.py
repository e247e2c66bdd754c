"""Sellers needed against sellers there are, beside scenarios that somebody tries out; and the tiers that changed."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_POST, require_safe

from lastword import planning_results
from lastword.errors import ConfigurationError
from lastword.planning.capacity import NOWHERE, assigned, capacity, filter_of_role, tier_changes, tier_churn, totals
from lastword.planning.capacity_text import capacity_lines
from lastword.results import grade_of_segment, records
from lastword.web.capacity_scenarios import (
    MOST_ROLES,
    MOST_SCENARIOS,
    RoleFields,
    Scenario,
    ScenarioForm,
    checked,
    form_of,
    form_sent,
    read,
    regions_of,
    written,
)
from lastword.web.kept import kept, state_of
from lastword.web.pages.filtering import address
from lastword.web.planning_tabs import tabs
from lastword.web.roles import allows
from lastword.web.table_files import file_links, table_file
from lastword.web.templatetags.shown import number, signed
from overrides.filters import NONE, Filters
from overrides.publish import current_run

if TYPE_CHECKING:
    import pandas as pd

ACCOUNTS = "/accounts"
CONFIGURED = "lastword.toml"
MOST_SHOWN = 200
MOST_ROWS = 300
MOST_BARS = 40
MOST_REGIONS = 40
TIERS = (1, 2, 3)
_NO_FIGURES: dict[str, Any] = {}


@dataclass(frozen=True)
class Setup:
    """Roles and what they come to. rows: region × role with the cut in words; unassigned: accounts that no role takes."""

    scenario: Scenario
    rows: list[dict[str, Any]]
    totals: dict[str, Any]
    unassigned: int
    left: list[dict[str, Any]]
    svg: str


@dataclass(frozen=True)
class Changed:
    """Tiers against the publication before: see planning.capacity.Churn; steps: from tier to tier; rows: the first of them."""

    churn: dict[str, Any] | None
    steps: list[tuple[int, list[tuple[int, int]]]]
    rows: list[dict[str, Any]]


@allows("viewer")
@require_safe
def capacity_page(request: HttpRequest) -> HttpResponse:
    """What lastword.toml comes to, the scenarios of the address beside it, and the tiers that changed."""
    if current_run() is None:
        return render(request, "overview/nothing.html")
    scenarios = _scenarios(request.GET.getlist("scenario"))
    edited = _edited(request.GET.get("edit", ""), len(scenarios))
    base = _configured(request)
    start = Scenario(f"Scenario {len(scenarios) + 1}", base.roles) if edited is None else scenarios[edited]
    return _page(request, scenarios, edited, form_of(start), shown=edited is not None or "new" in request.GET)


@allows("viewer")
@require_POST
def scenario(request: HttpRequest) -> HttpResponse:
    """Read the form of a scenario and go to the address that has it; nothing is stored. Errors are said at their fields."""
    scenarios = _scenarios(request.POST.getlist("scenario"))
    edited = _edited(request.POST.get("edit", ""), len(scenarios))
    regions = _regions(request, scenarios)
    taken = [CONFIGURED, *(each.name for index, each in enumerate(scenarios) if index != edited)]
    found = checked(form_sent(request.POST, regions), regions, list(grade_of_segment(request.project)), taken)
    if isinstance(found, ScenarioForm):
        return _page(request, scenarios, edited, found, shown=True)
    if edited is None and len(scenarios) == MOST_SCENARIOS:
        raise ConfigurationError(f"{MOST_SCENARIOS} scenarios are there already: remove one first")
    kept_ones = [*scenarios, found] if edited is None else [*scenarios[:edited], found, *scenarios[edited + 1 :]]
    return HttpResponseRedirect(f"{_href(kept_ones)}#compare")


@allows("viewer")
@require_safe
def capacity_file(request: HttpRequest) -> HttpResponse:
    """A list whole: of=changes (the tiers that changed) or of=accounts (who goes to whom, by lastword.toml or a scenario)."""
    of = request.GET.get("of", "accounts")
    final = planning_results.staffed(request.project)
    if of == "changes":
        return table_file(request, _changes(request, final), "tier changes", "the accounts whose tier changed")
    if of != "accounts":
        raise ConfigurationError(f"of {of[:20]!r} is unknown: expected accounts or changes")
    chosen = next(iter(_scenarios(request.GET.getlist("scenario"))), None) or _configured(request)
    found = _named(assigned(final, chosen.roles), final)
    return table_file(request, found, "accounts by role", f"the accounts by role ({chosen.name})")


def _page(
    request: HttpRequest, scenarios: list[Scenario], edited: int | None, form: ScenarioForm, *, shown: bool
) -> HttpResponse:
    final = cache(lambda: _final(request))
    setups = [_setup(request, each, final) for each in (_configured(request), *scenarios)]
    changed = kept(request, "tier changes", (state_of(request), _budget(request)), lambda: _changed(request, final()))
    regions, words = _regions(request, scenarios), [written(each) for each in scenarios]
    context = {
        "tabs": tabs("planning_capacity"),
        "currency": request.project.settings.currency,
        "base": setups[0],
        "setups": [(setup, *_links(request, scenarios, place - 1)) for place, setup in enumerate(setups)],
        "compared": _side_by_side(setups),
        "changed": changed,
        "words": words,
        "edited": edited,
        "form": _form(form, regions, list(grade_of_segment(request.project))),
        "errors": form.errors,
        "form_shown": shown or bool(form.errors),
        "room": len(scenarios) < MOST_SCENARIOS,
        "most": MOST_SCENARIOS,
        "tiers": TIERS,
        "new_href": f"{_href(scenarios)}{'&' if scenarios else '?'}new=yes#scenario",
        "files": file_links(reverse("planning_capacity_file"), [("of", "accounts")]),
        "change_files": file_links(reverse("planning_capacity_file"), [("of", "changes")]),
    }
    return render(request, "planning/capacity.html", context, status=400 if form.errors else 200)


def _links(request: HttpRequest, scenarios: list[Scenario], place: int) -> tuple[str, str, str, list[Any]]:
    """Of a setup: where it is edited, the page without it, its lines for lastword.toml, and the file of its accounts."""
    if place < 0:
        return "", "", "", []
    here = scenarios[place]
    without = [each for index, each in enumerate(scenarios) if index != place]
    files = file_links(reverse("planning_capacity_file"), [("of", "accounts"), ("scenario", written(here))])
    lines = capacity_lines(here.roles, _budget(request))
    return f"{_href(scenarios)}&edit={place}#scenario", _href(without), lines, files


def _configured(request: HttpRequest) -> Scenario:
    return Scenario(CONFIGURED, request.project.settings.capacity.roles)


def _budget(request: HttpRequest) -> float:
    budget: float = request.project.settings.capacity.churn_budget
    return budget


def _scenarios(words: Sequence[str]) -> list[Scenario]:
    if len(words) > MOST_SCENARIOS:
        raise ConfigurationError(f"{len(words)} scenarios are too many side by side: open at most {MOST_SCENARIOS}")
    return [read(word) for word in words]


def _edited(text: str, count: int) -> int | None:
    """Which scenario is edited, None for a new one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) == 1 and int(text) < count else None


def _href(scenarios: Sequence[Scenario]) -> str:
    query = urlencode([("scenario", written(each)) for each in scenarios])
    return reverse("planning_capacity") + (f"?{query}" if query else "")


def _final(request: HttpRequest) -> "pd.DataFrame":
    final = planning_results.staffed(request.project)
    planning_results.check_capacity(request.project, final)
    return final


def _regions(request: HttpRequest, scenarios: Sequence[Scenario]) -> list[str]:
    """The regions of the form: those with the most accounts, by name, and those that a role names."""

    def most() -> list[str]:
        counts = _final(request)["region"].fillna(NOWHERE).value_counts()
        return sorted(counts.index[:MOST_REGIONS])

    given = kept(request, "regions with sellers", (state_of(request),), most)
    return regions_of(given, [_configured(request), *scenarios])


def _setup(request: HttpRequest, scenario: Scenario, final: "Callable[[], pd.DataFrame]") -> Setup:
    currency = request.project.settings.currency
    rests_on = (state_of(request), written(scenario), currency)
    return kept(request, "capacity", rests_on, lambda: _staffing(scenario, final(), currency))


def _staffing(scenario: Scenario, final: "pd.DataFrame", currency: str) -> Setup:
    table = capacity(final, scenario.roles)
    indexes = {role.name: index for index, role in enumerate(scenario.roles)}
    rows = [
        {
            **row,
            "cut": _cut(row, currency),
            "gap_said": _signed(row["gap"]),
            "href": _accounts_href(scenario.roles, indexes[row["role"]], row["region"]),
        }
        for row in records(table.head(MOST_ROWS))
    ]
    who = assigned(final, scenario.roles)
    left = who[who["role"].isna()].sort_values(["tier", "account_id"], na_position="last")
    shown = records(_named(left.head(MOST_SHOWN), final))
    sums = totals(table)
    told = bool(table["gap"].notna().all())
    said = {**sums, "gap_said": _signed(sums["gap"]), "told": told}
    return Setup(scenario, rows, said, len(left), shown, _draw(scenario, rows, said))


def _cut(row: dict[str, Any], currency: str) -> str:
    """What of a role's accounts the sellers there can look after, in words."""
    if row["accounts_that_fit"] is None:
        return "not said who there is"
    if row["accounts_that_fit"] == row["accounts"]:
        return "all"
    if row["tier_cut"] is None:
        return number(row["accounts_that_fit"])
    value = "no" if row["value_cut"] is None else number(row["value_cut"])
    return f"{number(row['accounts_that_fit'])}: down to tier {row['tier_cut']}, {value} {currency} expected"


def _accounts_href(roles: Sequence[Any], index: int, region: str) -> str:
    """Where a role's accounts of a region are; "" where filters can't say which they are."""
    found = filter_of_role(roles, index)
    if found is None:
        return ""
    tiers, segments = found
    tier = () if len(tiers) == len(TIERS) + 1 else tuple(NONE if each is None else str(each) for each in tiers)
    place = NONE if region == NOWHERE else region
    grades = ("A", "B", "C", "D", "F")
    return address(ACCOUNTS, Filters(region=(place,), tier=tier, plan_segment=segments, final_grade=grades))


def _signed(gap: float | None) -> str:
    return signed(gap, 0 if gap is None else _digits(gap))


def _draw(scenario: Scenario, rows: list[dict[str, Any]], sums: dict[str, Any]) -> str:
    from lastword.charts import known_to_be_valid, link_to, to_linked_svg
    from lastword.charts.territory import seller_bars

    told = any(row["gap"] is not None for row in rows)
    name = "gap" if told else "sellers_needed"
    bars = [
        {
            "region": row["region"],
            "role": row["role"],
            "amount": row[name],
            "label": row["gap_said"] if told else number(row[name]),
            "href": link_to(row["href"]) if row["href"] else None,
            "said": f"{row['region']}, {row['role']}: {_gap_said(row[name]) if told else number(row[name]) + ' sellers needed'}",
        }
        for row in rows
        if row[name] is not None
    ][:MOST_BARS]
    title = f"{scenario.name}: {_finding(sums)}"
    measure = "sellers missing (right), or more than needed (left)" if told else "sellers needed"
    with known_to_be_valid():
        chart = seller_bars(bars, title, measure)
        return "" if chart is None else to_linked_svg(chart)


def _finding(sums: dict[str, Any]) -> str:
    needed, gap = number(sums["sellers_needed"]), sums["gap"]
    if gap is None:
        return f"{needed} sellers needed"
    return f"{needed} sellers needed, {_gap_said(gap)}{'' if sums['told'] else ' where it is said who there is'}"


def _gap_said(gap: float) -> str:
    if not gap:
        return "as many as there are"
    return f"{number(abs(gap), _digits(gap))} {'missing' if gap > 0 else 'more than needed'}"


def _digits(amount: float) -> int:
    return 0 if float(amount).is_integer() else 1


def _side_by_side(setups: Sequence[Setup]) -> list[dict[str, Any]]:
    """Region × role: for each setup its figures, empty where it has no such role."""
    found = [{(row["region"], row["role"]): row for row in setup.rows} for setup in setups]
    keys = list(dict.fromkeys(key for rows in found for key in rows))
    places = {key: place for place, key in enumerate(keys)}
    order = sorted(keys, key=lambda key: (key[0], places[key]))
    return [
        {"region": key[0], "role": key[1], "figures": [rows.get(key, _NO_FIGURES) for rows in found]} for key in order[:MOST_ROWS]
    ]


def _changed(request: HttpRequest, final: "pd.DataFrame") -> Changed:
    before, now = planning_results.tiers_before(request.project), final.set_index("account_id")["tier"]
    if before is None:
        return Changed(None, [], [])
    rows = _named_changes(tier_changes(before, now), final)
    counts = rows.groupby(["before", "now"]).size()
    steps = [(one, [(other, int(counts.get((one, other), 0))) for other in TIERS]) for one in TIERS]
    return Changed(asdict(tier_churn(before, now, _budget(request))), steps, records(rows.head(MOST_SHOWN)))


def _changes(request: HttpRequest, final: "pd.DataFrame") -> "pd.DataFrame":
    import pandas as pd

    before = planning_results.tiers_before(request.project)
    known = pd.Series(dtype="Int64") if before is None else before
    return _named_changes(tier_changes(known, final.set_index("account_id")["tier"]), final)


def _named_changes(changes: "pd.DataFrame", final: "pd.DataFrame") -> "pd.DataFrame":
    return changes.merge(final[["account_id", "name", "region", "final_grade", "expected_value"]], on="account_id", how="left")


def _named(accounts: "pd.DataFrame", final: "pd.DataFrame") -> "pd.DataFrame":
    """With the names, after the id."""
    named = accounts.merge(final[["account_id", "name"]], on="account_id", how="left")
    named.insert(1, "name", named.pop("name"))
    return named


def _form(form: ScenarioForm, regions: Sequence[str], segments: Sequence[str]) -> dict[str, Any]:
    """The fields for the template: each with its name, what stands in it and what is wrong there."""
    rows = [*form.roles, *([RoleFields()] if len(form.roles) < MOST_ROLES and RoleFields() not in form.roles else [])]

    def one(name: str, value: str) -> dict[str, str]:
        return {"name": name, "value": value, "error": form.errors.get(name, "")}

    roles = [
        {
            "title": each.name or "new role",
            "is_new": each == RoleFields(),
            "at": f"role-{index}",
            "name": one(f"role-{index}-name", each.name),
            "per_seller": one(f"role-{index}-per-seller", each.per_seller),
            "tiers": [(tier, str(tier) in each.tiers) for tier in TIERS],
            "tier_error": form.errors.get(f"role-{index}-tier", ""),
            "segments": [(segment, segment in each.segments) for segment in segments],
            "segment_error": form.errors.get(f"role-{index}-segment", ""),
            "sellers": [
                (region, one(f"role-{index}-sellers-{place}", each.sellers.get(region, "")))
                for place, region in enumerate(regions)
            ],
            "removed": each.removed,
        }
        for index, each in enumerate(rows)
    ]
    return {"name": one("name", form.name), "roles": roles, "count": len(roles)}


routes = (
    path("planning/capacity", capacity_page, name="planning_capacity"),
    path("planning/capacity/scenario", scenario, name="planning_capacity_scenario"),
    path("planning/capacity/file", capacity_file, name="planning_capacity_file"),
)
