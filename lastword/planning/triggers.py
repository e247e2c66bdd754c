"""Triggers: what happened to accounts between the publication before and this one, as their rules ask, and what still stands.

A trigger fires once, when it happens; what fired stands until a person has decided on the account or dismissed it since.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from lastword.trigger_settings import ANY, Trigger
from models.scorecard import fits

FIRED = ("account_id", "trigger", "said")
STANDING = (*FIRED, "run_id")
MOST_NAMED = 3
"""Topics, technologies and products that a sentence names; the rest is counted."""

_GRADES = {grade: place for place, grade in enumerate("FDCBA")}


@dataclass(frozen=True)
class Known:
    """What one run knew of accounts, as far as triggers look at it.

    Attributes
    ----------
    as_of
        Strictly before which signals count.
    accounts
        Every account, index account_id: parent_account_id and the other columns that triggers look at.
    signals
        account_id, topic, observed_on, strength (0–100); None where the run kept none.
    technologies, products
        account_id and technology, or product; None likewise.
    grades
        Index account_id: model and final (A–F, null where there is none); None where they aren't known.
    """

    as_of: date
    accounts: pd.DataFrame
    signals: pd.DataFrame | None = None
    technologies: pd.DataFrame | None = None
    products: pd.DataFrame | None = None
    grades: pd.DataFrame | None = None


@dataclass(frozen=True)
class Ageing:
    """How signals age: weight halves every `half_life_days`, none older than `window_days` counts."""

    half_life_days: float
    window_days: float


@dataclass(frozen=True)
class Fired:
    """What fired: FIRED, one row per account and trigger; `silent` says of a trigger by name why it could not be looked at."""

    rows: pd.DataFrame
    silent: dict[str, str] = field(default_factory=dict)


class NotKept(Exception):
    """One of the two runs kept nothing of what a trigger looks at: in words."""


def fired(rules: Sequence[Trigger], before: Known, now: Known, facts: pd.DataFrame, ageing: Ageing) -> Fired:
    """What happened between two runs.

    Parameters
    ----------
    facts
        Every account of `now`, index account_id: the columns that the rules' `when` look at (segment and account_status are
        today's).

    Returns
    -------
    Fired
        In the order of the rules, then of account_id. An account that was not there before fires `new_account` alone.
    """
    tables, silent = [], {}
    for rule in rules:
        try:
            said = _HAPPENINGS[rule.happening](rule, before, now, ageing)
        except NotKept as missing:
            silent[rule.name] = str(missing)
            continue
        there = now.accounts.index if rule.happening == "new_account" else now.accounts.index.intersection(before.accounts.index)
        said = said[said.index.isin(there)].sort_index()
        said = said[_meets(rule, facts.reindex(said.index))]
        tables.append(pd.DataFrame({"account_id": said.index, "trigger": rule.name, "said": said.to_numpy()}))
    return Fired(_stacked(tables, FIRED), silent)


def still_standing(
    before: pd.DataFrame,
    new: pd.DataFrame,
    names: Sequence[str],
    accounts: pd.Index,
    handled_at: Mapping[str, datetime],
    fired_at: Mapping[str, datetime],
) -> pd.DataFrame:
    """What stands now: what fired in this run, and of what stood before what nobody has handled since it fired.

    Parameters
    ----------
    before, new : STANDING, of the publication before and of this run.
    names : of today's triggers, in their order: what fired by one that is gone stands no longer.
    accounts : that are there today.
    handled_at : by account_id, when somebody last decided on the account or dismissed it.
    fired_at : by run_id, when the run that fired was published; a run that isn't there any more is older than everything.

    Returns
    -------
    pandas.DataFrame
        STANDING, one row per account and trigger, by account_id and in the order of `names`.
    """
    kept = before[before["trigger"].isin(names) & before["account_id"].isin(accounts)]
    kept = kept[~_since(kept, handled_at, fired_at)]
    rows = _stacked([new, kept], STANDING).drop_duplicates(["account_id", "trigger"])
    place = rows["trigger"].map({name: place for place, name in enumerate(names)})
    return rows.assign(place=place).sort_values(["account_id", "place"]).drop(columns="place").reset_index(drop=True)


def shown(standing: pd.DataFrame, snoozed_at: Mapping[str, datetime], fired_at: Mapping[str, datetime]) -> pd.DataFrame:
    """What puts accounts into the queue now: all that stands but for the accounts snoozed since it fired.

    Returns
    -------
    pandas.DataFrame
        One row per account, index account_id: trigger (the first in the order of the rules) and said (what every one says).
    """
    rows = standing[~_since(standing, snoozed_at, fired_at)]
    each = rows.groupby("account_id", sort=True)
    return pd.DataFrame({"trigger": each["trigger"].first(), "said": each["said"].agg("; ".join)}).astype("str")


def intent_by_topic(signals: pd.DataFrame, as_of: date, measure: str, ageing: Ageing) -> pd.Series:
    """What an account's signals on a topic come to, by (account_id, topic); only signals of the window before `as_of` count.

    "strength" is that of the newest signal, the greatest where several are of that day; "decayed" the sum of all, each halved
    every half-life: what a plan's intent:TOPIC is.
    """
    age = (pd.Timestamp(as_of) - pd.to_datetime(signals["observed_on"])).dt.days
    known = signals.assign(age=age, strength=signals["strength"].astype(float).fillna(100.0))
    known = known[(age > 0) & (age <= ageing.window_days)]
    if measure == "decayed":
        weighted = known["strength"] * 0.5 ** (known["age"] / ageing.half_life_days)
        return weighted.groupby([known["account_id"], known["topic"]]).sum()
    newest = known.sort_values(["age", "strength"], ascending=[True, False]).drop_duplicates(["account_id", "topic"])
    return newest.set_index(["account_id", "topic"])["strength"].sort_index()


def _intent(rule: Trigger, before: Known, now: Known, ageing: Ageing) -> pd.Series:
    least = float(rule.reaches or 0.0)
    then, today = (_intent_known(rule, known, ageing) for known in (before, now))
    reached = today[today >= least]
    was = then.reindex(reached.index).fillna(0.0)
    crossed = reached[was < least].reset_index(name="value")
    crossed = crossed.sort_values(["account_id", "value", "topic"], ascending=[True, False, True])
    over = f"over {_number(least)}"

    def said(rows: pd.DataFrame) -> str:
        named = [f"{topic} rose to {_number(value)}" for topic, value in zip(rows["topic"], rows["value"], strict=True)]
        exactly = all(value == least for value in rows["value"])
        return f"intent in {_listed(named)}, {f'the threshold of {_number(least)}' if exactly else over}"

    return _each(crossed, said)


def _intent_known(rule: Trigger, known: Known, ageing: Ageing) -> pd.Series:
    signals = _kept(known.signals, "signals")
    wanted = signals if rule.intent == ANY else signals[signals["topic"] == rule.intent]
    return intent_by_topic(wanted, known.as_of, rule.measure, ageing)


def _technology(rule: Trigger, before: Known, now: Known, ageing: Ageing) -> pd.Series:
    then, today = (_kept(known.technologies, "technologies") for known in (before, now))
    return _added(then, today, "technology", str(rule.technology))


def _product(rule: Trigger, before: Known, now: Known, ageing: Ageing) -> pd.Series:
    then, today = (_kept(known.products, "products") for known in (before, now))
    return _added(then, today, "product", str(rule.product))


def _added(before: pd.DataFrame, now: pd.DataFrame, column: str, name: str) -> pd.Series:
    then, today = (rows if name == ANY else rows[rows[column] == name] for rows in (before, now))
    keys = ["account_id", column]
    new = today[keys].drop_duplicates()
    new = new[~pd.MultiIndex.from_frame(new).isin(pd.MultiIndex.from_frame(then[keys]))].sort_values(keys)
    return _each(new, lambda rows: f"{column} added: {_listed(list(rows[column]))}")


def _parent(rule: Trigger, before: Known, now: Known, ageing: Ageing) -> pd.Series:
    then, today = _both(before, now, "parent_account_id")
    moved = ~_same(then, today)
    texts = [
        f"parent {new} was named"
        if pd.isna(old)
        else f"parent {old} is no longer named"
        if pd.isna(new)
        else f"parent changed from {old} to {new}"
        for old, new in zip(then[moved], today[moved], strict=True)
    ]
    return pd.Series(texts, index=then.index[moved], dtype="object")


def _column(rule: Trigger, before: Known, now: Known, ageing: Ageing) -> pd.Series:
    name = str(rule.column)
    then, today = _both(before, now, name)
    moved = ~_same(then, today)
    if rule.was is not None:
        moved &= fits(rule.was, then)
    if rule.becomes is not None:
        moved &= fits(rule.becomes, today)
    texts = [f"{name} changed from {_value(old)} to {_value(new)}" for old, new in zip(then[moved], today[moved], strict=True)]
    return pd.Series(texts, index=then.index[moved], dtype="object")


def _grade(rule: Trigger, before: Known, now: Known, ageing: Ageing) -> pd.Series:
    name = str(rule.grade)
    then, today = (_kept(known.grades, "grades")[name].dropna() for known in (before, now))
    both = today.index.intersection(then.index)
    then, today = then[both], today[both]
    steps = today.map(_GRADES).astype(float) - then.map(_GRADES).astype(float)
    up, down = steps >= rule.steps, steps <= -rule.steps
    moved = ((up & (rule.direction != "down")) | (down & (rule.direction != "up"))).to_numpy(dtype=bool)
    whose = "the model's grade" if name == "model" else "the final grade"
    texts = [
        f"{whose} {'rose' if step > 0 else 'fell'} from {old} to {new}"
        for old, new, step in zip(then[moved], today[moved], steps[moved], strict=True)
    ]
    return pd.Series(texts, index=both[moved], dtype="object")


def _new_account(rule: Trigger, before: Known, now: Known, ageing: Ageing) -> pd.Series:
    new = now.accounts.index.difference(before.accounts.index)
    return pd.Series("a new account", index=new, dtype="object")


_HAPPENINGS: dict[str, Callable[[Trigger, Known, Known, Ageing], pd.Series]] = {
    "intent": _intent,
    "technology": _technology,
    "product": _product,
    "parent": _parent,
    "column": _column,
    "grade": _grade,
    "new_account": _new_account,
}
"""What each kind of trigger finds: a sentence by account_id."""


def _since(rows: pd.DataFrame, done_at: Mapping[str, datetime], fired_at: Mapping[str, datetime]) -> np.ndarray:
    """Whether something was done about the account of each row since it fired."""
    pairs = ((done_at.get(account), fired_at.get(run)) for account, run in zip(rows["account_id"], rows["run_id"], strict=True))
    return np.array([done is not None and (fired is None or done > fired) for done, fired in pairs], dtype=bool)


def _meets(rule: Trigger, facts: pd.DataFrame) -> np.ndarray:
    met = np.ones(len(facts), dtype=bool)
    for name, condition in rule.conditions.items():
        met &= np.asarray(fits(condition, facts[name]), dtype=bool)
    return met


def _both(before: Known, now: Known, column: str) -> tuple[pd.Series, pd.Series]:
    """The column then and now, of the accounts that are in both."""
    for known in (before, now):
        if column not in known.accounts:
            raise NotKept(f"the column {column} of accounts")
    shared = now.accounts.index.intersection(before.accounts.index)
    return before.accounts.loc[shared, column], now.accounts.loc[shared, column]


def _same(then: pd.Series, today: pd.Series) -> np.ndarray:
    """Whether each value is as it was; a number that comes as text is the same number."""
    if pd.api.types.is_numeric_dtype(then) != pd.api.types.is_numeric_dtype(today):
        then, today = (each.map(_value).where(each.notna()) for each in (then, today))
    unknown = then.isna().to_numpy(dtype=bool), today.isna().to_numpy(dtype=bool)
    equal = then.astype(object).to_numpy() == today.astype(object).to_numpy()
    return np.where(unknown[0] | unknown[1], unknown[0] & unknown[1], np.asarray(equal, dtype=object) == True).astype(bool)  # noqa: E712


def _kept(table: pd.DataFrame | None, what: str) -> pd.DataFrame:
    if table is None:
        raise NotKept(what)
    return table


def _each(rows: pd.DataFrame, said: Callable[[pd.DataFrame], str]) -> pd.Series:
    """A sentence by account_id; `rows` are in order."""
    texts = {str(account): said(group) for account, group in rows.groupby("account_id", sort=False)}
    return pd.Series(texts, dtype="object")


def _listed(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _value(value: Any) -> str:
    if pd.isna(value):
        return "nothing"
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _stacked(tables: Sequence[pd.DataFrame], columns: tuple[str, ...]) -> pd.DataFrame:
    """All rows, as text."""
    there = [table[list(columns)] for table in tables if len(table)]
    frame = pd.concat(there, ignore_index=True) if there else pd.DataFrame(columns=list(columns))
    return frame.astype("str")
