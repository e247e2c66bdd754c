"""What the page of one account shows: its figures with their units, both opinions, its history, and what a decision would do."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest

from lastword.account_facts import FAMILY_NAMES, AccountFacts, Factor, account_facts
from lastword.account_inputs import Signal
from lastword.charts.account import CAUSES, Mark, Points, Timeline, draw_gap, draw_timeline, weeks_of
from lastword.plan_words import PlanLine
from lastword.web.account_planning import customer_of, entry_words, spend_card
from lastword.web.columns import even, queue_reason
from lastword.web.kept import kept
from lastword.web.run_state import plan_now
from lastword.web.templatetags.shown import day, percent
from overrides.account_record import AccountRecord, Aside, Line, account_record
from overrides.consequences import consequences
from overrides.decisions import default_expiry, utc_date
from overrides.worklist import queue_rows

type Row = dict[str, Any]
MOST_FACTORS = 10
MOST_RELATIVES = 12
SNOOZE_DAYS = 7
SAID = {
    "add": "decided",
    "supersede": "decided again",
    "revoke": "taken back",
    "hold_out": "held out by lot",
    "expire": "ended on its date",
    "snooze": "snoozed",
    "dismiss": "dismissed",
    "return": "brought back",
}


@dataclass(frozen=True)
class Factors:
    """Some of the model's factors: the strongest, the others, and what the others and all of them add up to."""

    title: str
    strongest: tuple[Factor, ...]
    others: tuple[Factor, ...]
    total: float

    @property
    def rest(self) -> float:
        """Points of the others together."""
        return sum(factor.contribution for factor in self.others)


@dataclass(frozen=True)
class Topic:
    """The signals of a topic within the window that features look at."""

    name: str
    signals: int
    strength: float
    newest: date


@dataclass(frozen=True)
class Relative:
    """One of the account's family; `row` is its row of the queue's columns, None where it has no current score."""

    account_id: str
    row: Row | None


@dataclass(frozen=True)
class Choice:
    """A way to decide: `value` for the form, the grade that it gives (None: it can't be chosen), and why not or what it is."""

    value: str
    said: str
    grade: str | None


def account_page(request: HttpRequest, row: Row, record: AccountRecord) -> dict[str, Any]:
    """The context of accounts/account.html."""
    facts = facts_of(request, row)
    timeline = timeline_of(facts, record, row)
    settings = request.project.settings
    return {
        "row": row,
        "record": record,
        "facts": facts,
        "place": [row[name] for name in ("region", "sub_region", "country", "industry", "sub_industry") if row[name]],
        "evidence": f"run {row['run_id']}, as of {day(row['as_of'])}",
        "horizon_days": settings.model.horizon_days,
        "currency": settings.currency,
        "measure": settings.disparity.measure,
        "review": queue_reason(row),
        "final_words": final_words(row, record),
        "factors": _factors(facts),
        "plan_lines": _with_widths(facts),
        "gap": even(row["disparity"]),
        "gap_rows": [(FAMILY_NAMES.get(part.family, part.family), part) for part in facts.gap],
        "causes": CAUSES,
        "weeks": list(reversed(weeks_of(timeline))),
        "topics": topics_of(facts.signals or (), row["as_of"], settings.features.window_days),
        "window_days": settings.features.window_days,
        "timeline_is_short": not weeks_of(timeline),
        "family": _family(request, facts),
        "history": history_words(record),
        "acts": [(act, SAID[act.action]) for act in _acts(record)],
        "spend": spend_card(request, row["account_id"], record.spend),
        "customer": customer_of(request, row["account_id"]),
        **decision_form(request, row, record),
    }


def former_page(record: AccountRecord) -> dict[str, Any]:
    """The context of accounts/former.html: an account that isn't scored any more."""
    return {"record": record, "acts": [(act, SAID[act.action]) for act in _acts(record)]}


def decision_form(request: HttpRequest, row: Row, record: AccountRecord) -> dict[str, Any]:
    """What the form to decide needs: the choices, what each grade would do, and what the author saw."""
    overrides, user = request.project.settings.overrides, request.user.username
    asking = {reason.casefold() for reason in overrides.note_for}
    mine = sum(line.by == user for line in record.lines) + sum(each.by == user for each in record.asked)
    today = utc_date(request.now)
    return {
        "choices": _choices(row),
        "consequences": consequences(row, request.project.settings),
        "reasons": [(reason, reason.casefold() in asking) for reason in overrides.reasons],
        "expires_on": default_expiry(request.now, request.project.settings),
        "today": today,
        "snooze_until": today + timedelta(days=SNOOZE_DAYS),
        "entry_id": "" if row["entry_id"] is None else str(row["entry_id"]),
        "decisions_of_mine": mine,
        "next": request.get_full_path(),
    }


def facts_of(request: HttpRequest, row: Row) -> AccountFacts:
    """What the run that scored the account kept of it; the page and its pictures read it once."""
    from overrides.models import Publication

    def read() -> AccountFacts:
        scored_by = Publication.objects.filter(run_id=row["run_id"]).first()
        return account_facts(request.project, row, {} if scored_by is None else scored_by.reference)

    return kept(request, "account facts", (row["run_id"], row["account_id"], plan_now(request.project).digest), read)


def gap_picture(request: HttpRequest, row: Row) -> str | None:
    """What parts the two opinions, as SVG."""
    gap = facts_of(request, row).gap
    parts = [(FAMILY_NAMES.get(part.family, part.family), cause, getattr(part, cause)) for part in gap for cause in CAUSES]
    return draw_gap(parts, row["disparity"] or 0.0)


def timeline_picture(request: HttpRequest, row: Row) -> str | None:
    """Points, signals and decisions on one axis, as SVG."""
    return draw_timeline(timeline_of(facts_of(request, row), account_record(row["account_id"], request.now), row))


def timeline_of(facts: AccountFacts, record: AccountRecord, row: Row) -> Timeline:
    """Everything that has a date, oldest first."""
    signals = tuple((signal.observed_on, signal.topic, signal.strength) for signal in facts.signals or ())
    points = tuple(Points(score.published_at, score.plan_points, score.model_points) for score in reversed(record.scores))
    marks = tuple(Mark(at, words) for at, words in reversed(_done(record)))
    return Timeline(signals, points, marks, row["as_of"])


def topics_of(signals: tuple[Signal, ...], as_of: date, window_days: int) -> list[Topic]:
    """The topics within the window before `as_of`, strongest first."""
    seen = [signal for signal in signals if as_of - timedelta(days=window_days) <= signal.observed_on < as_of]
    counts: Counter[str] = Counter(signal.topic for signal in seen)
    topics = []
    for name, count in counts.items():
        own = [signal for signal in seen if signal.topic == name]
        topics.append(Topic(name, count, sum(signal.strength for signal in own), max(signal.observed_on for signal in own)))
    return sorted(topics, key=lambda topic: (-topic.strength, topic.name))


def final_words(row: Row, record: AccountRecord) -> str:
    """Who had the last word, until when and why."""
    if row["decided_by"] == "override":
        line = record.in_force
        approved = f", approved by {line.approved_by}" if line is not None and line.approved_by else ""
        return f"{row['override_by']}{approved}: {row['override_reason']}, until {day(row['override_expires_on'])}"
    if row["final_grade"] is None:
        return "no grade: a rule of the plan excludes it"
    return f"{row['decided_by']}, by policy"


def history_words(record: AccountRecord) -> str:
    """The last changes in a line: what runs and people made of the account, newest first."""
    said = _done(record)
    for newer, older in zip(record.scores, record.scores[1:], strict=False):
        moved = [
            f"{name} {getattr(older, f'{name}_grade') or '–'} → {getattr(newer, f'{name}_grade') or '–'}"
            for name in ("plan", "model")
            if getattr(older, f"{name}_grade") != getattr(newer, f"{name}_grade")
        ]
        if moved:
            said.append((newer.published_at, ", ".join(moved)))
    newest = sorted(said, key=lambda each: each[0], reverse=True)[:4]
    if newest:
        return " · ".join(f"{at:%Y-%m-%d} {words}" for at, words in newest)
    runs = len(record.scores)
    return f"Nobody has decided on it; its grades are the same in {'the one run' if runs == 1 else f'all {runs} runs'} so far."


def _act_words(act: Line | Aside) -> str:
    """ "B by rita", "taken back by rita", "snoozed by rolf"."""
    grade = act.grade if isinstance(act, Line) and act.action in ("add", "supersede", "hold_out") else None
    if isinstance(act, Line) and act.action == "hold_out":
        return f"{grade} by {act.by}, held out"
    return f"{grade or SAID[act.action]} by {act.by}"


def _done(record: AccountRecord) -> list[tuple[datetime, str]]:
    """When people did what, newest first, in words: decisions, what was set aside, what was entered on potential spend."""
    acts = [(act.made_at, _act_words(act)) for act in _acts(record)]
    spend = [(line.made_at, f"spend: {entry_words(line)} by {line.by}") for line in record.spend]
    return sorted([*acts, *spend], key=lambda each: each[0], reverse=True)


def _acts(record: AccountRecord) -> list[Line | Aside]:
    """What people did and what lapsed, newest first."""
    return sorted([*record.lines, *record.asides], key=lambda act: act.made_at, reverse=True)


def _factors(facts: AccountFacts) -> tuple[Factors, ...]:
    if facts.model is None:
        return ()
    sides = (("Fit", facts.model.fit, facts.model.fit_sum), ("Intent", facts.model.intent, facts.model.intent_sum))
    return tuple(Factors(title, side[:MOST_FACTORS], side[MOST_FACTORS:], total) for title, side, total in sides if side)


def _with_widths(facts: AccountFacts) -> list[tuple[PlanLine, float]]:
    """The plan's lines, and how long the bar of each share is, in percent of the longest."""
    lines = facts.plan.lines if facts.plan is not None else ()
    longest = max((line.share for line in lines), default=0.0)
    return [(line, 100 * line.share / longest if longest > 0 else 0.0) for line in lines]


def _family(request: HttpRequest, facts: AccountFacts) -> dict[str, Any] | None:
    """Parent, siblings and children, the first MOST_RELATIVES of each with their rows."""
    if facts.relatives is None:
        return None
    relatives = facts.relatives
    parent = (relatives.parent,) if relatives.parent else ()
    shown = [*parent, *relatives.siblings[:MOST_RELATIVES], *relatives.children[:MOST_RELATIVES]]
    rows = queue_rows(shown, request.now, request.project.settings)
    groups = (("Parent", parent), ("Siblings", relatives.siblings), ("Children", relatives.children))
    listed = [
        (title, [Relative(each, rows.get(each)) for each in members[:MOST_RELATIVES]], len(members) - MOST_RELATIVES)
        for title, members in groups
        if members
    ]
    return {"groups": listed, "more": relatives.more}


def _choices(row: Row) -> list[Choice]:
    plan, model = row["plan_grade"], row["model_grade"]
    sure = "" if row["grade_confidence"] is None else f", {percent(row['grade_confidence'])} sure"
    return [
        Choice("accept_plan", "Accept the plan" if plan else "The plan gives it no grade", plan),
        Choice("accept_model", f"Accept the model{sure}" if model else "No model has graded it", model),
    ]
