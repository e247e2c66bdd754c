"""The review queue as pages: the accounts that wait for a decision, in order, however many there are.

A page is found by where the one before ended, never by counting: a decision in between takes its account out and moves nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import batched
from math import ceil
from typing import Any

from lastword.errors import ConfigurationError, Refusal
from overrides.cursors import from_cursor, to_cursor
from overrides.disparity import MEASURES, POINTS_PER_STEP, Measure
from overrides.filters import QUEUED_SINCE, Filters
from overrides.final_query import (
    FINAL,
    QUEUE_REASON,
    QUEUED,
    UNDER_REVIEW,
    Moment,
    bound_date,
    bound_time,
    marks,
    moment_now,
    one_by_one,
    read_rows,
    read_value,
)
from overrides.queue import Order
from overrides.queue_people import with_people

_AS_THEY_ARE = (
    "plan_grade",
    "policy_grade",
    "disparity_rank",
    "disparity_points",
    "disparity_grade",
    "review_value",
    "review_gain",
    "log_odds",
    "log_odds_sd",
    "cut_log_odds",
    "cut_propensity",
    "why_family",
    "trigger_said",
)
ROW = {
    **FINAL,
    **{name: f"s.{name}" for name in _AS_THEY_ARE},
    "why": "COALESCE(s.why, '')",
    "queued_since": QUEUED_SINCE,
    "entry_id": "o.entry_id",
    "override_note": "o.note",
}
"""Each column of a row of the queue that one statement gives."""

_SELECT = ", ".join(ROW.values())
_GAIN = "(COALESCE(s.review_gain, -1.0))"
_GAP = "(COALESCE(ABS(s.disparity), 0.0))"
_WORTH = "(COALESCE(ABS(s.disparity), 0.0) * COALESCE(s.review_value, 1.0))"
_ASIDE = """NOT EXISTS (SELECT 1 FROM lastword_setting_aside a
    WHERE a.account_id = s.account_id
    AND NOT EXISTS (SELECT 1 FROM lastword_setting_aside b WHERE b.account_id = a.account_id AND b.id > a.id)
    AND a.action IN ('snooze', 'dismiss') AND (a.until IS NULL OR a.until >= %s)"""
_SINCE = "AND a.made_at > %s)"
_UNMOVED = "".join(
    f""" AND NOT COALESCE(ABS(s.{points} - a.seen_{points}) >= %s AND s.{points} <> a.seen_{points}, FALSE)"""
    for points in ("model_points", "plan_points")
)


_INDEXED_FROM = {"s.disparity_rank": 20.0, "s.disparity_points": 20.0, "s.disparity_grade": 50.0}
"""From how far apart on a measure has an index: who asks for less waits until all accounts were looked at."""

_FEW = 2000


@dataclass(frozen=True)
class View:
    """What of the review queue is looked at.

    With neither measure nor threshold, what the last run put under review. With one of them, everything whose two opinions are
    so far apart, by that measure: accounts that the plan covers (customers only where the settings say so), with no override in
    force, not set aside; the other of the two is as configured.
    """

    filters: Filters = field(default_factory=Filters)
    order: Order = "value_of_information"
    measure: Measure | None = None
    threshold: float | None = None

    def __post_init__(self) -> None:
        """Refuse what no queue can be asked for: ConfigurationError."""
        if self.order not in ("value_of_information", "disparity"):
            raise ConfigurationError(f"order {self.order!r} is unknown: expected value_of_information or disparity")
        if self.measure is not None and self.measure not in MEASURES:
            raise ConfigurationError(f"measure {self.measure!r} is unknown: expected one of {', '.join(MEASURES)}")
        if self.threshold is not None and not 0 <= self.threshold <= 100:
            raise ConfigurationError(f"threshold {self.threshold} is out of reach: expected 0 to 100 points")


@dataclass(frozen=True)
class Page:
    """Rows in order, and where the next page starts; None at the end."""

    rows: list[dict[str, Any]]
    after: str | None


@dataclass(frozen=True)
class _Asked:
    """The accounts of a view as SQL: FROM … WHERE with its parameters, and the two numbers that order them, largest first.

    `gap` is how far the opinions are apart: what an index has, whatever the order.
    """

    sql: str
    parameters: list[Any]
    gap: str
    keys: tuple[str, str]
    kind: str


def queue_page(view: View, now: datetime, settings: Any, after: str | None = None, limit: int = 50) -> Page:
    """The next accounts to look at.

    Parameters
    ----------
    settings
        `.disparity`: measure, threshold, customers.
    after
        `Page.after` of the page before; None: from the top.

    Returns
    -------
    Page
        Rows hold contracts.FINAL_COLUMNS with the override in force now, plan_grade, policy_grade, the disparity by each
        measure, the factors of the order, why ("" where none is stored), why_family and trigger_said, queued_since, entry_id and
        override_note of the override in force, aside, owner, claimed_by, claimed_at, proposal_id. Null is None, flags are bool,
        times are in UTC.

    Raises
    ------
    ConfigurationError
        `after` is none of this order.
    Refusal
        What is published has no such measure.
    """
    from overrides.store import reading

    with reading() as cursor:
        asked = _asked(cursor, view, now, settings)
        place = None if after is None else _place(after, view)
        if asked is None:
            return Page([], None)
        found = _in_order(cursor, asked, place, limit + 1)
        rows, ends = [row for row, _ in found[:limit]], [end for _, end in found[:limit]]
        return Page(with_people(cursor, rows, now), to_cursor(asked.kind, *ends[-1]) if len(found) > limit else None)


def queue_count(view: View, now: datetime, settings: Any, at_most: int = 1000) -> tuple[int, bool]:
    """How many accounts wait, counted up to `at_most`, and whether that is all of them."""
    from overrides.store import reading

    with reading() as cursor:
        asked = _asked(cursor, replace(view, order="disparity"), now, settings)
        if asked is None:
            return 0, True
        return bounded_count(cursor, f"{asked.sql} ORDER BY {asked.gap} DESC", asked.parameters, at_most)


def queue_groups(view: View, now: datetime, settings: Any) -> list[tuple[str | None, datetime | None, int]]:
    """How many accounts wait by reason (null for those that a measure or threshold of the view brings) and since when."""
    from overrides.store import reading

    with reading() as cursor:
        asked = _asked(cursor, view, now, settings)
        if asked is None:
            return []
        query = f"SELECT {QUEUE_REASON}, {QUEUED_SINCE}, COUNT(*) {asked.sql} GROUP BY 1, 2"
        cursor.execute(query, asked.parameters)
        return [(reason, read_value("queued_since", since), count) for reason, since, count in cursor.fetchall()]


def queue_accounts(view: View, now: datetime, settings: Any, at_most: int) -> list[str]:
    """The account_ids that wait, in order, the first `at_most`."""
    from overrides.store import reading

    with reading() as cursor:
        asked = _asked(cursor, view, now, settings)
        if asked is None:
            return []
        query = f"SELECT s.account_id {asked.sql} ORDER BY {_by(asked)} LIMIT %s"
        cursor.execute(query, [*asked.parameters, at_most])
        return [account for (account,) in cursor.fetchall()]


def queue_rows(account_ids: Sequence[str], now: datetime, settings: Any) -> dict[str, dict[str, Any]]:
    """The rows of these accounts, under review or not, as `queue_page` gives them; without those that are not published."""
    from overrides.store import reading

    rows: list[dict[str, Any]] = []
    with reading() as cursor:
        moment = moment_now(cursor, now)
        if moment is None:
            return {}
        source, parameters = one_by_one(moment)
        for part in batched(dict.fromkeys(account_ids), 500):
            cursor.execute(f"SELECT {_SELECT} {source} AND s.account_id IN ({marks(part)})", [*parameters, *part])
            rows += with_people(cursor, read_rows(cursor, list(ROW)), now)
    return {row["account_id"]: row for row in rows}


def bounded_count(cursor: Any, source: str, parameters: list[Any], at_most: int) -> tuple[int, bool]:
    """How many rows there are, counted up to `at_most`, and whether that is all."""
    cursor.execute(f"SELECT COUNT(*) FROM (SELECT 1 {source} LIMIT %s) AS counted", [*parameters, at_most + 1])
    (count,) = cursor.fetchone()
    return min(count, at_most), count <= at_most


def _asked(cursor: Any, view: View, now: datetime, settings: Any) -> _Asked | None:
    """What a view asks for, None before the first publication."""
    moment = moment_now(cursor, now)
    if moment is None:
        return None
    source, parameters = one_by_one(moment)
    gap, few = _GAP, False
    if view.measure is None and view.threshold is None:
        condition, values = _as_configured(moment)
    else:
        column = _gap(cursor, moment, view.measure or settings.disparity.measure, settings)
        least = float(settings.disparity.threshold if view.threshold is None else view.threshold)
        gap, few = f"(ABS({column}))", _are_few(cursor, moment, column, least)
        sought = few or view.order == "disparity"
        condition, values = _parted(moment, least, settings, _reach(column, least) if sought else f"ABS({column}) + 0.0 >= %s")
    wanted, asked = view.filters.conditions(now)
    keys = (_GAIN if view.order == "value_of_information" else gap, _WORTH)
    keys = (f"({keys[0]} + 0.0)", f"({keys[1]} + 0.0)") if few else keys  # no index has this order: they are found, then sorted
    return _Asked(f"{source} AND {condition} AND {wanted}", [*parameters, *values, *asked], gap, keys, _kind(view))


def _as_configured(moment: Moment) -> tuple[str, list[Any]]:
    """Under review now, and not set aside since the run that decided on it."""
    aside = [bound_date(moment.day), bound_time(moment.published_at)]
    return f"{QUEUED} AND {UNDER_REVIEW} AND {_ASIDE} {_SINCE}", aside


def _are_few(cursor: Any, moment: Moment, gap: str, least: float) -> bool:
    """Whether so few accounts are so far apart that to sort them is quicker than to look for them in the order."""
    valid, parameters = moment.valid()
    source = f"FROM lastword_score s WHERE {valid} AND {_reach(gap, least)} ORDER BY ABS({gap}) DESC"
    return bounded_count(cursor, source, [*parameters, least], _FEW)[1]


def _reach(gap: str, least: float) -> str:
    """At least so far apart; where an index has these, also in its own words."""
    least = POINTS_PER_STEP * ceil(least / POINTS_PER_STEP) if gap == "s.disparity_grade" else least
    indexed = _INDEXED_FROM.get(gap)
    return f"ABS({gap}) >= %s" + (f" AND ABS({gap}) >= {indexed}" if indexed is not None and least >= indexed else "")


def _parted(moment: Moment, least: float, settings: Any, apart: str) -> tuple[str, list[Any]]:
    """So far apart, of the population of the queue, and nobody has decided on it or set it aside.

    `apart` says how that is found: by the index of the measure, or as an expression without one, along the order.
    """
    population = "s.coverage" if settings.disparity.customers else "s.coverage AND s.account_status <> 'customer'"
    condition = f"{population} AND {apart} AND o.entry_id IS NULL AND {_ASIDE} {_UNMOVED})"
    return condition, [least, bound_date(moment.day), least, least]


def _gap(cursor: Any, moment: Moment, measure: Measure, settings: Any) -> str:
    """The column of a measure; publications of before each was kept have the configured one alone."""
    valid, parameters = moment.valid()
    cursor.execute(f"SELECT 1 FROM lastword_score s WHERE {valid} AND ABS(s.disparity_rank) >= 0 LIMIT 1", parameters)
    if cursor.fetchone() is not None:
        return f"s.disparity_{measure}"
    if measure != settings.disparity.measure:
        raise Refusal(
            f"the published scores have no disparity by {measure}, only by {settings.disparity.measure}: run `lastword score`"
        )
    return "s.disparity"


def _in_order(
    cursor: Any, asked: _Asked, place: list[Any] | None, limit: int
) -> list[tuple[dict[str, Any], tuple[float, float, str]]]:
    """Rows after a place, each with its own: the ties of the place first, so that every part is one stretch of an index."""
    found: list[tuple[dict[str, Any], tuple[float, float, str]]] = []
    for condition, values in _stretches(asked, place):
        query = f"SELECT {_SELECT}, {', '.join(asked.keys)} {asked.sql} {condition} ORDER BY {_by(asked)} LIMIT %s"
        cursor.execute(query, [*asked.parameters, *values, limit - len(found)])
        for row in read_rows(cursor, [*ROW, "first", "second"]):
            end = (float(row.pop("first")), float(row.pop("second")), row["account_id"])
            found.append((row, end))
        if len(found) == limit:
            break
    return found


def _stretches(asked: _Asked, place: list[Any] | None) -> Iterator[tuple[str, list[Any]]]:
    if place is None:
        yield "", []
        return
    first, second = asked.keys
    if first == asked.gap != _GAP:  # the threshold bounds the same expression, and SQLite would start from it
        rest = f"{first} < %s OR {second} < %s OR ({second} = %s AND s.account_id > %s)"
        yield f"AND {first} <= %s AND ({rest})", [place[0], place[0], place[1], place[1], place[2]]
        return
    # an expression, for SQLite would else go by account_id through the whole publication
    yield f"AND {first} = %s AND {second} = %s AND s.account_id || '' > %s", place
    yield f"AND {first} = %s AND {second} < %s", place[:2]
    yield f"AND {first} < %s", place[:1]


def _by(asked: _Asked) -> str:
    first, second = asked.keys
    return f"{first} DESC, {second} DESC, s.account_id"


def _kind(view: View) -> str:
    """The order of a view: places in one mean nothing in another."""
    return view.order if view.order == "value_of_information" else f"disparity {view.measure or ''}".strip()


def _place(after: str, view: View) -> list[Any]:
    return from_cursor(after, _kind(view), (float, float, str))
