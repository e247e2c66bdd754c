"""The final table as SQL, live or as of an instant: every page asks for a part of it, and the database reads no more than that.

Aliases in every piece: `s` is a row of lastword_score, `o` the override in force on its account (all null where none is).
Parameters are bound; the pieces themselves are constants.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd

from lastword.contracts import FINAL_COLUMNS
from lastword.errors import Refusal
from overrides.decisions import utc_date
from overrides.final import DATES, FLAGS, FLAGS_WITH_UNKNOWN, TIMES, typed
from overrides.valid_rows import LATEST, valid_sql

QUEUE_REASON = "CASE WHEN o.entry_id IS NULL THEN s.open_reason WHEN o.made_at <= s.scored_at THEN s.override_review END"
UNDER_REVIEW = f"({QUEUE_REASON}) IS NOT NULL"
QUEUED = "(s.open_reason IS NOT NULL OR s.override_review IS NOT NULL)"
"""All that UNDER_REVIEW can hold of, whoever decides or revokes: what the indexes of the queue cover."""

_TODAY = {"sqlite": "date('now')", "postgresql": "(CURRENT_TIMESTAMP AT TIME ZONE 'UTC')::date"}
"""The date of the view final_scores."""

FINAL_GRADE = "COALESCE(o.grade, s.policy_grade)"
DECIDED_BY = "CASE WHEN o.entry_id IS NULL THEN s.policy_decided_by ELSE 'override' END"
TIER = f"""CASE WHEN s.high_value IS NULL OR {FINAL_GRADE} IS NULL THEN NULL
    WHEN s.high_value AND {FINAL_GRADE} IN ('A', 'B') THEN 1
    WHEN s.high_value OR {FINAL_GRADE} IN ('A', 'B') THEN 2 ELSE 3 END"""

_DERIVED = {
    "under_review": UNDER_REVIEW,
    "queue_reason": QUEUE_REASON,
    "final_grade": FINAL_GRADE,
    "decided_by": DECIDED_BY,
    "override_reason": "o.reason",
    "override_by": 'o."by"',
    "override_at": "o.made_at",
    "override_expires_on": "o.expires_on",
    "tier": TIER,
}
FINAL = {name: _DERIVED.get(name, f"s.{name}") for name in FINAL_COLUMNS}
"""Each column of the final table and what gives it."""


@dataclass(frozen=True)
class Moment:
    """A state of the final table: a publication, and the overrides in force on `day` (UTC).

    `instant` leaves out what was decided after it; None, for the table as it is now, leaves out nothing. `latest`: the rows are
    those of the newest publication on the base, which indexes have, rather than those of the step.
    """

    publication: str
    published_at: datetime
    day: date
    base: str
    step: int
    instant: datetime | None = None
    latest: bool = False

    def valid(self) -> tuple[str, list[Any]]:
        """The condition on the rows `s`, and its parameters."""
        return (LATEST, [self.base]) if self.latest else (valid_sql(), [self.base, self.step, self.step])


def moment_now(cursor: Any, now: datetime) -> Moment | None:
    """The table as it is now; None before the first publication."""
    cursor.execute(
        "SELECT p.run_id, p.published_at, p.base_id, p.step "
        "FROM lastword_publication p JOIN lastword_current c ON c.publication_id = p.run_id"
    )
    row = cursor.fetchone()
    if row is None:
        return None
    run_id, published_at, base, step = row
    return Moment(run_id, read_value("published_at", published_at), utc_date(now), base, step, latest=True)


def moment_at(cursor: Any, instant: datetime) -> Moment:
    """The table as it stood at an instant.

    Raises
    ------
    Refusal
        Nothing had been published by then, or what was current then has been pruned.
    """
    cursor.execute(
        "SELECT run_id, published_at, pruned_at, base_id, step FROM lastword_publication WHERE published_at <= %s "
        "ORDER BY published_at DESC, run_id DESC LIMIT 1",
        [bound_time(instant)],
    )
    row = cursor.fetchone()
    if row is None:
        raise Refusal(f"nothing had been published by {instant:%Y-%m-%dT%H:%M:%SZ}: choose a later time")
    run_id, published_at, pruned_at, base, step = row
    if pruned_at is not None:
        raise pruned(run_id, read_value("pruned_at", pruned_at))
    return Moment(run_id, read_value("published_at", published_at), utc_date(instant), base, step, instant)


def pruned(run_id: str, pruned_at: datetime) -> Refusal:
    """What to say of scores that are gone."""
    return Refusal(f"the scores of run {run_id} were pruned on {pruned_at:%Y-%m-%d} by [runs] keep: choose a later time")


def one_by_one(moment: Moment) -> tuple[str, list[Any]]:
    """FROM and WHERE of the table at a moment, looking up each account's override: for queries that end after a few rows."""
    made, later, at = "", "", []
    if moment.instant is not None:
        made, later, at = "AND o.made_at <= %s", "AND e.made_at <= %s", [bound_time(moment.instant)]
    valid, parameters = moment.valid()
    sql = f"""
        FROM lastword_score s LEFT JOIN lastword_override_entry o
        ON o.account_id = s.account_id AND o.action IN ('add', 'supersede') AND o.expires_on >= %s {made}
        AND NOT EXISTS (SELECT 1 FROM lastword_override_entry e
                        WHERE e.account_id = o.account_id AND e.entry_id > o.entry_id AND e.action <> 'hold_out' {later})
        WHERE {valid}"""
    return sql, [bound_date(moment.day), *at, *at, *parameters]


def all_at_once(moment: Moment) -> tuple[str, list[Any]]:
    """The same rows, joined as a whole: for queries that read the whole table."""
    until, at = ("", []) if moment.instant is None else ("AND e.made_at <= %s", [bound_time(moment.instant)])
    valid, parameters = moment.valid()
    sql = f"""
        FROM lastword_score s LEFT JOIN (
            SELECT i.* FROM lastword_override_entry i
            WHERE i.entry_id IN (SELECT MAX(e.entry_id) FROM lastword_override_entry e
                                 WHERE e.action <> 'hold_out' {until} GROUP BY e.account_id)
            AND i.action IN ('add', 'supersede') AND i.expires_on >= %s
        ) o ON o.account_id = s.account_id
        WHERE {valid}"""
    return sql, [*at, bound_date(moment.day), *parameters]


def overrides_now(cursor: Any) -> pd.DataFrame:
    """The overrides that the view final_scores shows in this transaction, by the database's date, for `final.with_overrides`.

    Returns
    -------
    By account_id: grade, reason, by, made_at (UTC), expires_on.
    """
    cursor.execute(f"""
        SELECT o.account_id, o.grade, o.reason, o."by", o.made_at, o.expires_on FROM lastword_override_entry o
        WHERE o.action IN ('add', 'supersede') AND o.expires_on >= {_TODAY[cursor.db.vendor]}
        AND NOT EXISTS (SELECT 1 FROM lastword_override_entry e
                        WHERE e.account_id = o.account_id AND e.entry_id > o.entry_id AND e.action <> 'hold_out')""")
    names = ("account_id", "override_grade", "override_reason", "override_by", "override_at", "override_expires_on")
    found = typed(pd.DataFrame.from_records(cursor.fetchall(), columns=names)).set_index("account_id")
    return found.set_axis(["grade", "reason", "by", "made_at", "expires_on"], axis=1)


def read_rows(cursor: Any, names: Sequence[str]) -> list[dict[str, Any]]:
    """What the cursor holds as dictionaries of plain values, whatever the database gives."""
    return [{name: read_value(name, value) for name, value in zip(names, row, strict=True)} for row in cursor.fetchall()]


def read_value(name: str, value: Any) -> Any:
    """One cell as date, time in UTC or flag, by its name; SQLite has them as text, without a zone and as numbers."""
    if value is None:
        return None
    if name in DATES or name == "until":
        return date.fromisoformat(value) if isinstance(value, str) else value
    if name in TIMES or name.endswith("_at"):
        time = datetime.fromisoformat(value) if isinstance(value, str) else value
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    return bool(value) if name in (*FLAGS, *FLAGS_WITH_UNKNOWN) else value


def bound_time(instant: datetime) -> Any:
    """An instant as a parameter that compares with the times in the store."""
    from django.db import connection

    return connection.ops.adapt_datetimefield_value(instant.astimezone(UTC))


def bound_date(day: date) -> Any:
    """A date as a parameter that compares with the dates in the store."""
    from django.db import connection

    return connection.ops.adapt_datefield_value(day)


def marks(values: Sequence[Any]) -> str:
    """Placeholders for a list of parameters, at least one value: "%s, %s"."""
    return ", ".join(["%s"] * len(values))
