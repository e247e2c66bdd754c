"""The model card's sentences: figures in words for people who don't read code.

Pure: a part of metrics.json's `figures` in, text out; None or an empty list where the part is missing.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeGuard

TOP_SHARE = 15
"""Percent of the accounts whose wins are counted: what a team can usually call."""

FEW_WINS = 100
FEATURE_NAMES = {
    "age_years": "age in years",
    "has_parent": "belongs to a group",
    "siblings": "companies in its group",
    "intent": "intent, all topics",
    "intent_surge": "surge of intent",
    "intent_trend": "trend of intent",
    "technologies": "number of technologies",
}
FAMILIES = {"firmographic": "the company itself", "technographic": "its technology", "intent": "its intent signals"}
RULES = {
    "signal": "It finds wins better than chance",
    "champion": "It is not worse than the model that serves",
    "plan": "Its best grade is not worse than the plan's",
    "lift of A": "Grade A wins clearly more often than the average account",
    "falling grades": "No grade wins more often than a better one",
    "split gap": "It is as good on later time as on random accounts",
}
"""What each rule of the promotion asks for. A rule that isn't here is shown by its own name."""

LEAKAGE_RULES = {
    "identical": "hardly differ from account to account, so they tell little",
    "categories": "have very many categories",
    "null lift": "are filled in more for winners than for others, or less",
    "populated lift": "are filled in more for winners than for others",
    "single-feature AUC": "find the winners almost by themselves",
    "names the product": "name the product that is sold",
    "after_win": "are known of customers alone",
    "landmark date": "tell apart the times at which was learnt, which win at different rates",
    "training against scoring": "look different today than when it learnt",
    "loses when lagged": "come with the sale rather than before it",
    "waiver not needed": "have a waiver that nothing needs",
}
MOST_NAMES = 4


def counted(number: int, noun: str) -> str:
    """1 win, 2 wins, 1,200 wins."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def percent(share: float) -> str:
    """A share (0–1): 43 %, 5.1 %, 0.12 %, 0 %."""
    value = 100 * share
    digits = 0 if abs(value) >= 9.95 or value == 0 else 1 if abs(value) >= 0.995 else 2
    return f"{value:.{digits}f} %"


def percent_range(low: float, high: float) -> str:
    """6.3 to 9.4 %; both ends with the digits of the lower one, unless that is 0."""
    digits = len(percent(low or high).removesuffix(" %").partition(".")[2])
    return f"{100 * low:.{digits}f} to {100 * high:.{digits}f} %"


def number(value: Any, form: str) -> str:
    """A number in a format, a dash where it is not known."""
    return format(value, form) if _is_number(value) else "–"


def out_of(rate: float, base: int) -> str:
    """How many of `base`, as a whole number; "under 1" and not 0 where there are some."""
    count = round(rate * base)
    return "under 1" if count == 0 and rate > 0 else f"{count:,}"


def base_of(rate: float) -> int:
    """Of how many to count a rate: 100, or 1,000 and so on for rates under one in a hundred."""
    base = 100
    while 0 < rate * base < 1 and base < 100_000:
        base *= 10
    return base


def between(figure: Mapping[str, float], base: int = 100) -> str:
    """An interval as whole numbers of `base`: "35 to 52"."""
    return f"{out_of(figure['low'], base)} to {out_of(figure['high'], base)}"


def long_date(text: str | date) -> str:
    """6 June 2024."""
    day = date.fromisoformat(str(text)[:10])
    return f"{day.day} {day:%B %Y}"


def listed(names: Sequence[str], most: int = MOST_NAMES) -> str:
    """a, b, c and 3 more."""
    if len(names) <= most:
        return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]])) if names else ""
    return f"{', '.join(names[:most])} and {len(names) - most} more"


def readable(feature: str, logarithm_of: str | None = None) -> str:
    """A feature's name as people say it: intent:cloud storage → intent in cloud storage; signals_30_days → signals in 30 days."""
    prefix, _, rest = feature.partition(":")
    if rest:
        return {
            "intent": f"intent in {rest}",
            "technology": f"uses {rest}",
            "technology_category": f"technologies for {rest}",
        }.get(prefix, feature)
    name = FEATURE_NAMES.get(feature, logarithm_of or feature)
    return re.sub(r" (\d+) days$", r" in \1 days", name.replace("_", " "))


def known(figure: Any) -> TypeGuard[Mapping[str, float]]:
    """Whether {estimate, low, high} is there and measured."""
    return isinstance(figure, Mapping) and all(_is_number(figure.get(name)) for name in ("estimate", "low", "high"))


def opinions_of(figures: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of model, plan, blend and chance on later time; in look-alike mode those on whole groups."""
    return figures.get("temporal") or figures.get("look_alike") or {}


def figure_of(figures: Mapping[str, Any], opinion: str, metric: str) -> Mapping[str, float] | None:
    """{estimate, low, high} of an opinion; None where it was not measured."""
    found = (opinions_of(figures).get(opinion) or {}).get(metric)
    return found if known(found) else None


def versus(model: Mapping[str, float], plan: Mapping[str, float]) -> str:
    """How the model's figure stands to the plan's: clearly better, better but not beyond chance, and so on.

    Clearly: the difference of the two independent intervals leaves out 0 (Newcombe's square-and-add). Both are measured on
    the same rows, which makes this cautious.
    """
    gap = model["estimate"] - plan["estimate"]
    low = gap - ((model["estimate"] - model["low"]) ** 2 + (plan["high"] - plan["estimate"]) ** 2) ** 0.5
    high = gap + ((model["high"] - model["estimate"]) ** 2 + (plan["estimate"] - plan["low"]) ** 2) ** 0.5
    if low > 0 or high < 0:
        return "clearly better than the plan" if low > 0 else "clearly worse than the plan"
    if gap == 0:
        return "as good as the plan"
    return f"{'better' if gap > 0 else 'worse'} than the plan, but not by more than chance could bring about"


def big_numbers(figures: Mapping[str, Any], horizon_days: int) -> list[dict[str, str]]:
    """The three figures to remember, each as value, what it counts, its interval and what it stands beside."""
    numbers = [_captured(figures), _grade_a(figures, horizon_days), _ranked(figures)]
    return [number for number in numbers if number]


def against_the_plan(figures: Mapping[str, Any]) -> str | None:
    """Is it better than the plan and than chance, in a sentence or two."""
    model, plan = (figure_of(figures, name, f"capture_at_{TOP_SHARE}") for name in ("model", "plan"))
    if model is None:
        return None
    said = f"Among the {TOP_SHARE} % of accounts it ranks first are {out_of(model['estimate'], 100)} of 100 {_wins(figures)}"
    by_chance = f"accounts picked at random would hold {TOP_SHARE}"
    if plan is None:
        return f"{said}; {by_chance}."
    first = f"{said}; among the plan's first {TOP_SHARE} % are {out_of(plan['estimate'], 100)}, and {by_chance}."
    return f"{first} The model is {versus(model, plan)}."


def over_time(rolling: Sequence[Mapping[str, Any]] | None) -> str | None:
    """At how many of the dates tested the model ranked better than the plan."""
    pairs = [
        (each["model"]["auc"]["estimate"], each["plan"]["auc"]["estimate"])
        for each in rolling or ()
        if known((each.get("model") or {}).get("auc")) and known((each.get("plan") or {}).get("auc"))
    ]
    if not pairs:
        return None
    better = sum(model > plan for model, plan in pairs)
    if len(pairs) == 1:
        return f"Tested at one date, it ranked {'better' if better else 'no better'} than the plan."
    dates = "all" if better == len(pairs) else "none" if better == 0 else str(better)
    return f"Tested at {len(pairs)} dates, each time knowing nothing later, it ranked better than the plan at {dates} of them."


def trust(figures: Mapping[str, Any]) -> list[str]:
    """Can the percentages be trusted: the level, the spread, and grades that are off."""
    grades = [row for row in figures.get("grades") or () if row.get("accounts")]
    said: list[str | None] = [_level(figures, grades), _spread(figure_of(figures, "model", "calibration_slope"))]
    said += _grades_off([row for row in grades if _is_number(row.get("expected"))])
    return [sentence for sentence in said if sentence]


def weakest(figures: Mapping[str, Any]) -> str | None:
    """The part of the population where it does worst, if it does so beyond chance."""
    worst = figures.get("worst_slice")
    if worst and not worst.get("beyond_chance", True):
        place = f"{worst['attribute']} {worst['slice']}"
        return f"In no region, industry or size does it do worse than in the others beyond chance; the lowest is {place}."
    if worst:
        rows = (figures.get("slices") or {}).get(worst.get("attribute")) or ()
        found = next((row for row in rows if row.get("slice") == worst.get("slice") and known(row.get("auc"))), None)
        if found is None:
            return str(worst.get("said") or "") or None
        auc, wins = found["auc"], counted(int(found.get("wins") or 0), "win")
        text = f"It is weakest where {worst['attribute']} is {worst['slice']}: on the {wins} there {_ranks(auc)}."
        return text + (
            "" if auc["low"] > 0.5 else " That may be no better than chance; the plan or a person should decide there."
        )
    return "No part of the population stands out as worse than the rest." if figures.get("slices") else None


def split_words(figures: Mapping[str, Any]) -> str | None:
    """The figure on later time beside those on folds, and what a gap means."""
    random = (figures.get("random") or {}).get("auc")
    first = figure_of(figures, "model", "auc")
    if first is None or not known(random):
        return None
    gap = random["estimate"] - first["estimate"]
    forecast = "temporal" in figures
    where = "later wins" if forecast else "companies of other groups"
    scores = f"On {where} it scores {first['estimate']:.2f}, on accounts picked at random {random['estimate']:.2f}"
    said = f"{scores} (1 is perfect, 0.5 is chance)."
    if gap > 0.03:
        meaning = "part of what it learnt doesn't last" if forecast else "it recognises companies of the same group"
        return f"{said} Random accounts flatter it by {gap:.2f}: {meaning}. Believe the lower figure."
    return f"{said} The random test, which often flatters, doesn't flatter here."


def decision(figures: Mapping[str, Any]) -> list[dict[str, str]]:
    """Every rule of the promotion: its mark (met, warning, not met), what it asks, and the figures."""
    rules = []
    for check in (figures.get("promotion") or {}).get("checks") or ():
        said = str(check["said"])
        mark = "not met" if not check["ok"] else "warning" if said.startswith("warning:") else "met"
        asked = RULES.get(check["name"], str(check["name"]).capitalize())
        rules.append({"mark": mark, "asked": asked, "said": said.removeprefix("warning:").strip()})
    return rules


def leakage_words(leakage: Mapping[str, Any] | None) -> list[dict[str, str]]:
    """What the gate found: outcome, what it means, and the columns."""
    meanings = {
        "blocked": "Would stop a training; let through because [model] leakage is “warn”",
        "waived": "Let through for a stated reason",
        "excluded": "Left out",
        "warned": "Used, but worth a look",
    }
    found = []
    for outcome, meaning in meanings.items():
        by_rule: dict[str, list[Mapping[str, Any]]] = {}
        for finding in (leakage or {}).get(outcome) or ():
            by_rule.setdefault(str(finding["rule"]), []).append(finding)
        for rule, findings in by_rule.items():
            names = listed([readable(str(each["column"])) for each in findings])
            reason = str(findings[0]["message"]).removeprefix("let through: ") if outcome == "waived" else _rule(rule)
            found.append({"outcome": outcome, "meaning": meaning, "columns": names, "reason": reason})
    return found


def drift_words(findings: Sequence[Mapping[str, Any]] | None) -> str | None:
    """Whether today's accounts still look like those it learnt from, and what to do."""
    if not findings:
        return None
    drifted = [readable(str(each["feature"])) for each in findings if each.get("drifted")]
    if not drifted:
        return (
            f"None of {len(findings):,} features has moved by more than chance explains since the model learnt."
            if (len(findings) > 1)
            else "The one feature compared hasn't moved by more than chance explains."
        )
    moved = f"Moved by more than chance explains: {listed(drifted)}"
    return f"{moved}. Look whether the data source changed; if it did not, train again."


def limits(figures: Mapping[str, Any], mode: str, horizon_days: int, class_prior: float | None) -> list[str]:
    """What the model cannot know or promise."""
    said = [
        "Who won depends on whom sellers called. A kind of account that nobody called looks like one that can't be won.",
        "Columns without a date (industry, revenue, size, undated technologies) are today's values, also for past dates.",
    ]
    wins = ((figures.get("windows") or {}).get("test") or {}).get("wins")
    if mode == "landmarks":
        said.insert(0, f"It says who is likely to buy first within {horizon_days} days, not how much, and nothing about later.")
        said.append("Tested is the recipe, fitted on older dates only; what serves is the same recipe fitted on all dates.")
        if _is_number(wins) and wins < FEW_WINS:
            said.append(f"Only {counted(int(wins), 'win')} to test on: read the ranges, not the figures.")
        return said
    said.insert(0, "It knows who resembles customers, not who buys when: without dates nothing here is a forecast.")
    if class_prior is None:
        said.append("No percentages: these data can't tell how many prospects would buy. [model] class_prior gives that share.")
    else:
        given = f"The level of its percentages is an assumption, [model] class_prior = {percent(class_prior)}, not an estimate"
        said.append(f"{given}; the order of accounts doesn't depend on it.")
    return said


def _captured(figures: Mapping[str, Any]) -> dict[str, str] | None:
    model, plan = (figure_of(figures, name, f"capture_at_{TOP_SHARE}") for name in ("model", "plan"))
    if model is None:
        return None
    beside = f"the plan {out_of(plan['estimate'], 100)} ({between(plan)}), " if plan else ""
    return {
        "value": out_of(model["estimate"], 100),
        "said": f"of 100 {_wins(figures)} are among the {TOP_SHARE} % of accounts it ranks first",
        "range": f"likely {between(model)}",
        "beside": f"{beside}chance {TOP_SHARE}",
    }


def _grade_a(figures: Mapping[str, Any], horizon_days: int) -> dict[str, str] | None:
    grades = [row for row in figures.get("grades") or () if row.get("accounts") and _is_number(row.get("rate"))]
    best = next((row for row in grades if row["grade"] == "A"), None)
    if best is None:
        return None
    overall = sum(row["wins"] for row in grades) / sum(row["accounts"] for row in grades)
    base = base_of(min(rate for rate in (best["rate"], overall) if rate > 0)) if best["rate"] or overall else 100
    verb = "wins" if out_of(best["rate"], base) == "1" else "win"
    return {
        "value": out_of(best["rate"], base),
        "said": f"of {base:,} accounts it puts in grade A {verb} within {horizon_days} days",
        "range": f"about {out_of(best['rate_low'], base)} to {out_of(best['rate_high'], base)}",
        "beside": f"of {base:,} picked at random {out_of(overall, base)}",
    }


def _ranked(figures: Mapping[str, Any]) -> dict[str, str] | None:
    model, plan = (figure_of(figures, name, "auc") for name in ("model", "plan"))
    if model is None:
        return None
    beside = f"the plan {out_of(plan['estimate'], 100)} ({between(plan)}), " if plan else ""
    return {
        "value": out_of(model["estimate"], 100),
        "said": f"of 100 times it ranks {_pair(figures)}",
        "range": f"likely {between(model)}",
        "beside": f"{beside}chance 50",
    }


def _wins(figures: Mapping[str, Any]) -> str:
    return "customers" if "look_alike" in figures else "wins"


def _pair(figures: Mapping[str, Any]) -> str:
    forecast = "look_alike" not in figures
    return "a winner above an account that didn't win" if forecast else "a customer above another account of the house list"


def _ranks(auc: Mapping[str, float]) -> str:
    return f"it ranks a winner above another account {out_of(auc['estimate'], 100)} of 100 times ({between(auc)}; chance is 50)"


def _level(figures: Mapping[str, Any], grades: Sequence[Mapping[str, Any]]) -> str | None:
    expected = [row["expected"] for row in grades if _is_number(row.get("expected"))]
    if not expected or not sum(expected):
        return None
    wins, total = sum(row["wins"] for row in grades), sum(expected)
    said = f"It expected {total:,.0f} wins and there were {wins:,}"
    shift = figure_of(figures, "model", "calibration_intercept")
    if shift is None or shift["low"] <= 0 <= shift["high"]:
        return f"{said}: the level is right, as far as these wins can tell."
    if shift["low"] > 0:
        return f"{said}, {wins / total:.1f} times as many: it promised too little."
    return f"{said}, {wins / total:.1f} times as many: it promised too much."


def _spread(slope: Mapping[str, float] | None) -> str | None:
    if slope is None:
        return None
    if slope["high"] < 1:
        return "High percentages are too high and low ones too low: it is surer than it should be."
    if slope["low"] > 1:
        return "High percentages are too low and low ones too high: it is less sure than it could be."
    return "High percentages are as right as low ones."


def _grades_off(grades: Sequence[Mapping[str, Any]]) -> list[str]:
    """Grades in which what happened is farther from what was expected than chance explains, by the interval of their ratio."""
    more = [row["grade"] for row in grades if _is_number(row.get("oe_low")) and row["oe_low"] > 1]
    fewer = [row["grade"] for row in grades if _is_number(row.get("oe_high")) and row["oe_high"] < 1]
    said = [
        f"Won {how} often than it said, beyond chance: {'grade' if len(off) == 1 else 'grades'} {listed(off, 5)}."
        for how, off in (("more", more), ("less", fewer))
        if off
    ]
    return said or (["In no grade is the difference larger than chance explains."] if grades else [])


def _rule(rule: str) -> str:
    return LEAKAGE_RULES.get(rule, rule)


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value
