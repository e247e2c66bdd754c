"""Which accounts are asked for: as values, as the query of a link, and as SQL. The three say the same."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from lastword.contracts import GRADES
from lastword.errors import ConfigurationError
from overrides.final_query import DECIDED_BY, FINAL_GRADE, QUEUE_REASON, TIER, bound_time, marks

NONE = "none"
"""Asks for the accounts that have no value in a field; of `owner` that is the empty text."""

HIERARCHY = ("region", "sub_region", "country", "industry", "sub_industry")
LONGEST_TEXT = 500

_TEXTS = {
    **{name: f"s.{name}" for name in (*HIERARCHY, "account_status", "plan_segment", "plan_grade", "model_grade")},
    "final_grade": FINAL_GRADE,
    "decided_by": DECIDED_BY,
    "queue_reason": QUEUE_REASON,
    "why_family": "s.why_family",
    "tier": TIER,
    "run_id": "s.run_id",
}
_GRADES = (*GRADES, NONE)
_POSSIBLE = {
    "account_status": ("prospect", "customer", "other"),
    "plan_grade": _GRADES,
    "model_grade": _GRADES,
    "final_grade": _GRADES,
    "decided_by": ("override", "model", "plan", "blend"),
    "tier": ("1", "2", "3", NONE),
}
_NUMBERS = {
    "plan_points": "s.plan_points",
    "model_points": "s.model_points",
    "disparity": "s.disparity",
    "gap": "ABS(s.disparity)",
    "propensity": "s.propensity",
    "grade_confidence": "s.grade_confidence",
    "potential_spend": "s.potential_spend",
    "expected_value": "s.expected_value",
    "review_gain": "s.review_gain",
}
QUEUED_SINCE = f"CASE WHEN {QUEUE_REASON} IS NOT NULL THEN COALESCE(s.queued_since, s.scored_at) END"
"""Since when an account is under review; what was published before it was kept counts from its scoring."""


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included; None leaves a side open."""

    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Filters:
    """Which accounts are asked for. Values of one field are alternatives; all fields must hold; empty asks for everything.

    Attributes
    ----------
    region … run_id : texts as they are in the store; `NONE` for the accounts without one. queue_reason takes triggers' names too.
    owner : names; "" for the accounts that nobody owns.
    plan_points … review_gain : numbers; an account whose number is unknown is in no range.
    gap : the size of `disparity`, whichever opinion is higher.
    queued_days : whole days under review.
    search : the beginning of an account_id, or a part of a name, in any case.
    """

    region: tuple[str, ...] = ()
    sub_region: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    industry: tuple[str, ...] = ()
    sub_industry: tuple[str, ...] = ()
    account_status: tuple[str, ...] = ()
    plan_segment: tuple[str, ...] = ()
    plan_grade: tuple[str, ...] = ()
    model_grade: tuple[str, ...] = ()
    final_grade: tuple[str, ...] = ()
    decided_by: tuple[str, ...] = ()
    queue_reason: tuple[str, ...] = ()
    why_family: tuple[str, ...] = ()
    tier: tuple[str, ...] = ()
    run_id: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    plan_points: Range | None = None
    model_points: Range | None = None
    disparity: Range | None = None
    gap: Range | None = None
    propensity: Range | None = None
    grade_confidence: Range | None = None
    potential_spend: Range | None = None
    expected_value: Range | None = None
    review_gain: Range | None = None
    queued_days: Range | None = None
    key_account: bool | None = None
    search: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, Sequence[str]]) -> "Filters":
        """Read the filters of a link, {"region": ["EMEA", "APAC"], "plan_points": ["20..80"], "gap": ["40.."]}.

        Names that are no filters are left to whoever they are for; an empty value asks for nothing, but for `owner`.

        Raises
        ------
        ConfigurationError
            A value can't be read: the field, the value and what was expected.
        """
        read = {name: _read(name, [_text(name, value) for value in values]) for name, values in query.items() if name in _NAMES}
        return cls(**{name: value for name, value in read.items() if value is not None})

    def to_query(self) -> list[tuple[str, str]]:
        """The filters as the parameters of a link, field by field in the order above: `from_query` reads them back."""
        return [(name, text) for name in _NAMES for text in _texts(getattr(self, name))]

    def without(self, *names: str) -> "Filters":
        """The same filters but for these fields."""
        return Filters(**{name: getattr(self, name) for name in _NAMES if name not in names})

    def conditions(self, now: datetime | None = None) -> tuple[str, list[Any]]:
        """The filters as SQL on the aliases of `final_query`, and its parameters.

        Parameters
        ----------
        now
            What `queued_days` counts to; None: the clock.
        """
        parts = [
            *(_one_of(_TEXTS[name], getattr(self, name), name) for name in _TEXTS),
            *(_within(_NUMBERS[name], getattr(self, name)) for name in _NUMBERS),
            _owned(self.owner),
            _queued(self.queued_days, now or datetime.now(UTC)),
            _flagged(self.key_account),
            _found(self.search),
        ]
        asked = [part for part in parts if part is not None]
        return " AND ".join(sql for sql, _ in asked) or "TRUE", [value for _, values in asked for value in values]


_NAMES = tuple(field.name for field in fields(Filters))
type _Part = tuple[str, list[Any]] | None


def _one_of(expression: str, values: Sequence[str], name: str) -> _Part:
    if not values:
        return None
    given: list[Any] = [int(value) for value in values if value != NONE] if name == "tier" else list(values)
    parts = [f"{expression} IN ({marks(given)})"] if given else []
    if NONE in values:
        parts.append(f"{expression} IS NULL")
    return f"({' OR '.join(parts)})", given


def _within(expression: str, asked: Range | None) -> _Part:
    sides = [] if asked is None else [(">=", asked.low), ("<=", asked.high)]
    given = [(sign, bound) for sign, bound in sides if bound is not None]
    return (" AND ".join(f"{expression} {sign} %s" for sign, _ in given), [bound for _, bound in given]) if given else None


def _owned(owners: Sequence[str]) -> _Part:
    if not owners:
        return None
    named = [owner for owner in owners if owner]
    parts = (
        [f"s.account_id IN (SELECT w.account_id FROM lastword_ownership w WHERE w.owner IN ({marks(named)}))"] if named else []
    )
    if "" in owners:
        parts.append("NOT EXISTS (SELECT 1 FROM lastword_ownership w WHERE w.account_id = s.account_id AND w.owner <> '')")
    return f"({' OR '.join(parts)})", named


def _queued(days: Range | None, now: datetime) -> _Part:
    """Whole days: `high` of 3 includes 3 days and 23 hours. A time of no calendar asks for nobody or for everybody."""
    if days is None:
        return None
    bounds = [("<=", _days_ago(now, days.low)), (">", _days_ago(now, None if days.high is None else math.floor(days.high) + 1))]
    given = [(sign, bound) for sign, bound in bounds if bound is not None]
    if not given:
        return None
    return " AND ".join(f"({QUEUED_SINCE}) {sign} %s" for sign, _ in given), [bound_time(bound) for _, bound in given]


def _days_ago(now: datetime, days: float | None) -> datetime | None:
    furthest = (now - datetime(1, 1, 2, tzinfo=UTC)).days
    return None if days is None else now - timedelta(days=min(max(days, -furthest), furthest))


def _flagged(key_account: bool | None) -> _Part:
    return None if key_account is None else ("s.key_account" if key_account else "NOT s.key_account", [])


def _found(search: str) -> _Part:
    """SQLite's LOWER leaves letters beyond ASCII as they are: the patterns have them small, large and as names are written."""
    if not search:
        return None
    said = list(dict.fromkeys(_ascii_lower(text) for text in (search.lower(), search.upper(), search.title(), search)))
    escaped = [text.replace("!", "!!").replace("%", "!%").replace("_", "!_") for text in said]
    parts = ["LOWER(s.account_id) LIKE %s ESCAPE '!'"] * len(said) + ["LOWER(s.name) LIKE %s ESCAPE '!'"] * len(said)
    return f"({' OR '.join(parts)})", [f"{text}%" for text in escaped] + [f"%{text}%" for text in escaped]


def _ascii_lower(text: str) -> str:
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


def _read(name: str, values: list[str]) -> Any:
    """The value of one field, None where nothing is asked."""
    if name == "owner":
        return tuple(dict.fromkeys(values))
    given = [value for value in values if value.strip()]
    if not given:
        return None
    if name == "search":
        return given[-1].strip()
    if name == "key_account":
        return _flag(given[-1])
    if name in _NUMBERS or name == "queued_days":
        return _range(name, given[-1])
    return tuple(dict.fromkeys(_possible(name, value) for value in given))


def _text(name: str, value: str) -> str:
    if len(value) > LONGEST_TEXT or any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in value):
        raise ConfigurationError(
            f"filter {name} with a value of {len(value)} characters: expected at most {LONGEST_TEXT}, no NUL and no half of one"
        )
    return value


def _possible(name: str, value: str) -> str:
    known = _POSSIBLE.get(name)
    if known is not None and value not in known:
        raise ConfigurationError(f"filter {name}: {value!r} is unknown: expected one of {', '.join(known)}")
    return value


def _flag(value: str) -> bool:
    if value not in ("yes", "no"):
        raise ConfigurationError(f"filter key_account: {value!r} is unknown: expected yes or no")
    return value == "yes"


def _range(name: str, value: str) -> Range | None:
    low, dots, high = value.partition("..")
    try:
        read = Range(*(float(side) if side.strip() else None for side in (low, high)))
    except ValueError:
        read = Range(math.nan)
    given = [side for side in (read.low, read.high) if side is not None]
    if not dots or not all(map(math.isfinite, given)) or given != sorted(given):
        raise ConfigurationError(f"filter {name}: {value!r} is no range: expected LOW..HIGH, LOW.. or ..HIGH in numbers")
    return read if given else None


def _texts(value: Any) -> list[str]:
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, Range):
        return [f"{_number(value.low)}..{_number(value.high)}"]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    return [value] if value else []


def _number(value: float | None) -> str:
    return "" if value is None else repr(float(value)).removesuffix(".0")
