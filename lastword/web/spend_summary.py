"""The figures of the page of potential spend, from what the current run posted; kept as long as they stand."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpRequest

from lastword.card_words import readable
from lastword.planning_settings import Spend
from lastword.spend_results import Kept, account_facts_for, attribute_values, correlation_rows, kept_of, posted_rows
from lastword.web.kept import kept
from overrides.filters import HIERARCHY, NONE

if TYPE_CHECKING:
    import pandas as pd

    from lastword.planning.spend_trial import SpendTrial
    from lastword.web.spend_asked import Asked, Scope

MOST_BARS, MOST_LISTED, MOST_RUNS, MOST_SCOPES = 12, 250, 20, 250
LINKED = (*HIERARCHY, "account_status", "plan_segment")


@dataclass(frozen=True)
class Summary:
    """total: see planning.spend_summary.posted_total, and spent and unspent; methods, refusals: rows of by_method, refusals."""

    total: dict[str, float]
    methods: tuple[dict[str, Any], ...]
    refusals: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Split:
    """Potential by an attribute: rows of by_attribute with href, how many further values there are, and the picture."""

    rows: tuple[dict[str, Any], ...]
    undrawn: int
    unlisted: int
    svg: str


@dataclass(frozen=True)
class RuleRow:
    """A rule of [spend] as it is now, and whom it applies to: counts of by_rule, None where the run kept too little to say."""

    said: str
    who: str
    counts: dict[str, Any] | None


@dataclass(frozen=True)
class Against:
    """Spend against a metric: the picture, its table, and how many accounts of how many are drawn."""

    metric: str
    svg: str
    parts: tuple[dict[str, Any], ...]
    drawn: int
    of: int
    ratio: float | None


def summary_of(request: HttpRequest, run_id: str) -> Summary:
    """What a run posted, in all and by method. Refusal where it wrote nothing."""
    from lastword.planning.spend_summary import by_method, posted_total, refusals

    def read() -> Summary:
        posted = posted_rows(kept_of(request.project, run_id))
        spend = posted["prior_year_spend"].fillna(0.0)
        unspent = (posted["potential_spend"] - spend).clip(lower=0)
        total = posted_total(posted) | {"spent": float(spend.sum()), "unspent": float(unspent.sum()), "all": len(posted)}
        return Summary(total, _records(by_method(posted)), _records(refusals(posted)))

    return kept(request, "spend summary", (run_id,), read)


def split_of(request: HttpRequest, run_id: str, attribute: str) -> Split:
    """What a run posted by an attribute, one of spend_results.ATTRIBUTES."""
    from lastword.planning.spend_summary import by_attribute

    def read() -> Split:
        table = kept_of(request.project, run_id)
        posted = posted_rows(table)
        rows = by_attribute(posted, attribute_values(table, attribute, posted["account_id"]))
        listed = [{**row, "href": _accounts_href(attribute, str(row["value"]))} for row in _records(rows.head(MOST_LISTED))]
        svg = _draw_split(listed[:MOST_BARS], attribute, request.project.settings.currency)
        return Split(tuple(listed), max(0, len(rows) - MOST_BARS), max(0, len(rows) - MOST_LISTED), svg)

    return kept(request, "spend split", (run_id, attribute, request.project.settings.currency), read)


def rules_of(request: HttpRequest, run_id: str) -> tuple[RuleRow, ...]:
    """The rules of [spend] in their order, at the end the method of all other accounts."""
    from lastword.planning.posted_spend import rule_of_each
    from lastword.planning.spend_summary import NO_RULE, by_rule
    from lastword.spend_words import choice_sentence, when_sentence

    spend: Spend = request.project.settings.spend

    def read() -> dict[int, dict[str, Any]]:
        table = kept_of(request.project, run_id)
        posted = posted_rows(table)
        facts = account_facts_for(table, posted["account_id"], (name for rule in spend.rules for name in rule.when))
        return {row["rule"]: row for row in _records(by_rule(posted, rule_of_each(facts, spend)))}

    able = kept_of(request.project, run_id).facts
    counted = kept(request, "spend rules", (run_id, spend), read) if able else {}
    nobody = {"accounts": 0, "applied": 0, "manual": 0, "instead": 0, "potential_spend": 0.0}
    found = [
        RuleRow(choice_sentence(rule), f"Where {when_sentence(rule.when)}", counted.get(index, nobody) if able else None)
        for index, rule in enumerate(spend.rules)
    ]
    who = "All other accounts" if spend.rules else "All accounts"
    return (*found, RuleRow(choice_sentence(spend), who, counted.get(NO_RULE, nobody) if able else None))


def metrics_of(request: HttpRequest, run_id: str) -> tuple[dict[str, Any], ...]:
    """How spend goes with each column of numbers, the closest first; `said` is the metric in words."""

    def read() -> tuple[dict[str, Any], ...]:
        rows = _records(correlation_rows(kept_of(request.project, run_id)))
        return tuple({**row, "said": readable(row["metric"]), "refused_because": _refusal_words(row)} for row in rows)

    return kept(request, "spend metrics", (run_id,), read)


def against(request: HttpRequest, run_id: str, row: dict[str, Any]) -> Against:
    """Spend against a metric of `metrics_of`, drawn."""
    from lastword.charts.spend import MOST_POINTS
    from lastword.planning.spend_trial import by_parts, metric_and_spend

    settings = request.project.settings

    def read() -> Against:
        table = kept_of(request.project, run_id)
        posted = posted_rows(table)
        pairs = metric_and_spend(account_facts_for(table, posted["account_id"], [row["metric"]]), row["metric"])
        drawn = pairs if len(pairs) <= MOST_POINTS else pairs.sample(MOST_POINTS, random_state=settings.seed)
        svg = _draw_against(drawn, row, settings.currency)
        return Against(row["metric"], svg, _records(by_parts(pairs, row["ratio"])), len(drawn), len(pairs), row["ratio"])

    return kept(request, "spend against", (run_id, row["metric"], settings.currency, settings.seed), read)


def scopes_of(request: HttpRequest, run_id: str) -> dict[str, tuple["Scope", ...]]:
    """By what it is called: the parts of the accounts that a method can be set for."""
    from lastword.web.spend_asked import ALL, Scope

    def values(attribute: str) -> list[str]:
        return kept(request, "spend values", (run_id, attribute), lambda: _most_frequent(request, run_id, attribute))

    all_others = "all accounts that no rule picks" if request.project.settings.spend.rules else "all accounts"
    columns = (("Industries", "industry", "industry"), ("Regions", "region", "region"), ("Segments", "segment", "plan_segment"))
    return {
        "": (Scope(ALL, all_others),),
        **{
            title: tuple(Scope(f"{name}:{value}", value, {name: (value,)}) for value in values(attribute))
            for title, name, attribute in columns
        },
    }


def _refusal_words(row: dict[str, Any]) -> str | None:
    said: str | None = row["refused_because"]
    return None if said is None else said.replace(row["metric"], readable(row["metric"])).replace("r -", "r −")


def _most_frequent(request: HttpRequest, run_id: str, attribute: str) -> list[str]:
    table = kept_of(request.project, run_id)
    found = attribute_values(table, attribute, posted_rows(table)["account_id"]).dropna()
    return sorted(str(value) for value in found.value_counts().index[:MOST_SCOPES])


def tried(request: HttpRequest, run_id: str, asked: "Asked") -> "SpendTrial":
    """What the method would make of the accounts asked for.

    Raises
    ------
    Refusal
        The run kept too little.
    """
    assert asked.scope is not None
    assert asked.choice is not None
    scope, choice, spend = asked.scope, asked.choice, request.project.settings.spend
    from lastword.planning.posted_spend import rule_of_each
    from lastword.planning.spend_trial import try_method
    from models.scorecard import fits

    def compute() -> "SpendTrial":
        table = kept_of(request.project, run_id)
        posted = posted_rows(table)
        names = [*scope.when, *(name for rule in spend.rules for name in rule.when)]
        names += [choice.metric] if choice.metric else []
        facts = account_facts_for(table, posted["account_id"], names, quantile=choice.method == "quantile")
        picked = rule_of_each(facts, spend) < 0 if not scope.when else facts["account_id"].notna()
        for name, values in scope.when.items():
            picked &= fits(values, facts[name])
        return try_method(facts, posted, picked, choice, request.project.settings.seed)

    return kept(request, "spend trial", (run_id, scope.when, choice, spend, request.project.settings.seed), compute)


def waiting_entries(request: HttpRequest, run_id: str) -> int:
    """On how many accounts what people entered isn't what the run posted."""
    from lastword.planning.spend_summary import not_in_force
    from overrides import spend_entries

    last = spend_entries.last_entry_id()
    if not last:
        return 0

    def count() -> int:
        return not_in_force(posted_rows(kept_of(request.project, run_id)), spend_entries.in_force(request.now))

    return kept(request, "spend waiting", (run_id, last), count)


@dataclass(frozen=True)
class Posting:
    """One run's posting: total as posted_total, None where its folder is gone; `change` against the one before it."""

    run_id: str
    published_at: datetime | None
    kind: str
    total: dict[str, float] | None
    change: float | None


def postings(request: HttpRequest) -> list[Posting]:
    """What the last MOST_RUNS publications posted, newest first."""
    from lastword.spend_results import posted_total_of
    from overrides.publications import publications

    runs = publications(limit=MOST_RUNS)
    totals = [
        kept(request, "posted total", (run.run_id,), lambda run=run: posted_total_of(kept_of(request.project, run.run_id)))  # type: ignore[misc]
        for run in runs
    ]
    found = []
    for run, total, before in zip(runs, totals, [*totals[1:], None], strict=True):
        change = None if total is None or before is None else total["potential_spend"] - before["potential_spend"]
        found.append(Posting(run.run_id, run.published_at, run.kind, total, change))
    return found


def table_of(project: Any, run_id: str) -> Kept:
    """What the run kept."""
    return kept_of(project, run_id)


def _records(frame: "pd.DataFrame") -> tuple[dict[str, Any], ...]:
    from lastword.results import records

    return tuple(records(frame))


def _accounts_href(attribute: str, value: str) -> str:
    if attribute not in LINKED:
        return ""
    return "/accounts?" + urlencode({attribute: NONE if value == "not given" else value, "column": "potential_spend"})


def _draw_split(rows: list[dict[str, Any]], attribute: str, currency: str) -> str:
    from lastword.charts import known_to_be_valid, link_to, to_linked_svg
    from lastword.charts.spend import spent_and_open

    if not rows:
        return ""
    total = sum(row["unspent"] for row in rows)
    most = max(rows, key=lambda row: row["unspent"])
    share = f", {most['unspent'] / total:.0%} of it".replace("%", " %") if total and len(rows) <= MOST_BARS else ""
    title = f"Most of what isn't spent yet is in {most['value']}{share}" if total else f"Potential by {readable(attribute)}"
    bars = [
        {
            **row,
            "href": link_to(row["href"]) if row["href"] else None,
            "said": f"{row['value']}: {row['prior_year_spend']:,.0f} {currency} spent, {row['unspent']:,.0f} not yet",
        }
        for row in rows
    ]
    with known_to_be_valid():
        return to_linked_svg(spent_and_open(bars, title, currency))


def _draw_against(points: "pd.DataFrame", row: dict[str, Any], currency: str) -> str:
    from lastword.charts import known_to_be_valid, to_svg
    from lastword.charts.spend import spend_against

    said = readable(row["metric"])
    r = row["pearson"]
    title = f"Spend doesn't vary with {said}" if r is None else f"{_closeness(r)} {said} (r {r:.2f})".replace("-", "−")
    with known_to_be_valid():
        chart = spend_against(points[["metric", "spend"]].to_dict("records"), row["ratio"], said, title, currency)
        return "" if chart is None else to_svg(chart)


def _closeness(r: float) -> str:
    if abs(r) < 0.3:
        return "Spend hardly goes with"
    return ("Spend goes closely with" if abs(r) >= 0.7 else "Spend goes with") if r > 0 else "Spend falls with"
