"""recommendations.json in words: what to change in the plan, why, and what it would do."""

from dataclasses import dataclass
from typing import Any

from lastword.reason_words import attribute_words
from lastword.recommendations import span
from lastword.web.templatetags.shown import MINUS, UNKNOWN, unsigned_zero

TOGETHER = "together"
"""By what a form names all changes at once."""


@dataclass(frozen=True)
class Effect:
    """What a change does: (name, before → after or gain, interval or what it consists of) each."""

    figures: tuple[tuple[str, str, str], ...]
    said: str


@dataclass(frozen=True)
class Change:
    """One recommended change: what a form names it by, its title, why it is worth making, its effect, the text for plan.toml."""

    key: str
    title: str
    why: str
    effect: Effect
    toml: str


@dataclass(frozen=True)
class Together:
    """All changes at once: weights and cuts of segments as (name, now, then), None where there is none."""

    weights: tuple[tuple[str, float | None, float | None], ...]
    segments: tuple[tuple[str, float, float], ...]
    effect: Effect
    toml: str


def opening_of(report: dict[str, Any]) -> list[str]:
    """When and from what the recommendations were made, and what their effect means."""
    learnt, measured = report["learnt_on"], report["measured_on"]
    others = "other" if measured["landmarks"] == learnt["landmarks"] else "later"
    found = len(report["changes"])
    return [
        f"Of {report['tried']} changes tried as of {report['as_of']} on plan {report['plan_version']}, {found} "
        f"{'makes' if found == 1 else 'make'} the plan rank {others} wins better beyond chance.",
        f"Learnt on {learnt['wins']:,} wins in {learnt['rows']:,} rows ({span(learnt)}), measured on {measured['wins']:,} "
        f"in {measured['rows']:,} {others} rows ({span(measured)}). Each effect is that of one change alone.",
    ]


def changes_of(report: dict[str, Any]) -> list[Change]:
    """The recommended changes, strongest evidence first."""
    return [
        Change(key_of(change), _title(change), _why(change), _effect(change["effect"]), change["toml"])
        for change in report["changes"]
    ]


def key_of(change: dict[str, Any]) -> str:
    """By what a form names a change: its kind and attribute."""
    return f"{change['kind']}:{change['attribute']}"


def change_title(key: str, change: dict[str, Any]) -> str:
    """What a change is called, that of all together included."""
    return "All recommended changes" if key == TOGETHER else _title(change)


def together_of(report: dict[str, Any]) -> Together | None:
    """The plan with all of them; None where the whole isn't better beyond chance."""
    found = report["together"]
    if not found:
        return None
    weights = tuple((attribute_words(name), pair["current"], pair["recommended"]) for name, pair in found["weights"].items())
    segments = tuple((name, pair["current"], pair["recommended"]) for name, pair in found["segments"].items())
    return Together(weights, segments, _effect(found["effect"]), found["toml"])


def _title(change: dict[str, Any]) -> str:
    name, weight = attribute_words(change["attribute"]), change["recommended_weight"]
    if change["kind"] == "add":
        return f"Add {name} with a weight of {weight:g}"
    if change["kind"] == "reweight":
        before = change["current_weight"]
        return f"{'Raise' if weight > before else 'Lower'} the weight of {name} from {before:g} to {weight:g}"
    return f"Other bands for {name}"


def _why(change: dict[str, Any]) -> str:
    name, value = attribute_words(change["attribute"]), change["information_value"]
    if change["kind"] == "add":
        return f"The plan doesn't look at {name}, and it tells winners from others (information value {value:.2f})."
    if change["kind"] == "reweight":
        more = change["recommended_weight"] > change["current_weight"]
        return f"Beside the other weights, {name} tells {'more' if more else 'less'} about winning than its weight says."
    return f"With these bands the points of {name} follow how often accounts win (information value {value:.2f})."


def _effect(effect: dict[str, Any]) -> Effect:
    before, after, gain, auc = (effect[name] for name in ("capture_before", "capture_after", "capture_gain", "auc_gain"))
    figures = (
        ("Wins in the best 15 %", f"{_share(before)} → {_share(after)}", _gain(gain, 100, 1, " points")),
        ("Gain in area under the curve", _signed(auc["estimate"], 1, 3), _between(auc, 1, 3)),
        ("Accounts that move", f"{effect['moved']:,}", f"{effect['moved_up']:,} up, {effect['moved_down']:,} down"),
    )
    recut, p_value = effect["moved_at_equal_sizes"], effect["p_value"]
    alike = f"With segments cut to keep their sizes, {recut:,} would move. " if recut != effect["moved"] else ""
    return Effect(figures, f"{alike}Against no gain at all: p {'below 0.0001' if p_value < 0.0001 else f'= {p_value:.4f}'}.")


def _share(figure: dict[str, float | None]) -> str:
    return UNKNOWN if figure["estimate"] is None else f"{100 * figure['estimate']:.1f} %"


def _gain(figure: dict[str, float | None], times: float, digits: int, unit: str) -> str:
    return f"{_signed(figure['estimate'], times, digits)}{unit}, {_between(figure, times, digits)}"


def _between(figure: dict[str, float | None], times: float, digits: int) -> str:
    return f"95 % {_signed(figure['low'], times, digits)} to {_signed(figure['high'], times, digits)}"


def _signed(value: float | None, times: float, digits: int) -> str:
    return UNKNOWN if value is None else unsigned_zero(f"{times * value:+.{digits}f}").replace("-", MINUS)
