"""Joins the three families: one row per account, as of a date."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import ibis
import pyarrow as pa

from features import firmographic, intent, technographic
from features.catalog import Feature, Vocabulary
from features.engine import read
from lastword.contracts import INPUT_TABLES, InputTable

MINIMUM_SUPPORT = 20
"""A technology, category or topic gets a column of its own when so many accounts have it."""

MOST_NAMES = 150
"""And only so many of each, the most widespread first."""

_TYPES = {"text": "string", "number": "float64", "date": "date"}


@dataclass(frozen=True)
class Tables:
    """The inputs as they passed the gate, in the contract's columns; None where a project doesn't give one."""

    accounts: ibis.Table
    won: ibis.Table
    house_list: ibis.Table
    technographics: ibis.Table | None = None
    intents: ibis.Table | None = None
    products: ibis.Table | None = None


@dataclass(frozen=True)
class IntentPolicy:
    """`[features]` half_life_days and window_days."""

    half_life_days: int = 30
    window_days: int = 180


def read_tables(connection: ibis.BaseBackend, folder: Path) -> Tables:
    """The tables that the gate wrote to `folder`, columns that a source lacks added as nulls."""
    found = {
        name: complete(read(connection, folder / f"{name}.parquet", f"input_{name}"), table)
        for name, table in INPUT_TABLES.items()
        if (folder / f"{name}.parquet").exists()
    }
    return Tables(**found)


def complete(table: ibis.Table, contract: InputTable) -> ibis.Table:
    """The table with every column of the contract, null where it was not given."""
    missing = {column.name: ibis.null(_TYPES[column.kind]) for column in contract.columns if column.name not in table.columns}
    return table.mutate(**missing) if missing else table


def with_as_of(table: ibis.Table, as_of: Sequence[date]) -> ibis.Table:
    """Every row once for each date, in a column `as_of`: what makes one expression serve today and all landmarks."""
    if len(as_of) == 1:
        return table.mutate(as_of=ibis.literal(as_of[0]))
    return table.cross_join(ibis.memtable(pa.table({"as_of": pa.array(as_of, pa.date32())})))


def choose_vocabulary(tables: Tables, as_of: date) -> Vocabulary:
    """Technologies, technology categories and topics known before `as_of` in at least 20 accounts each."""
    technologies: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    if tables.technographics is not None:
        known = technographic.prepare(with_as_of(tables.technographics, [as_of]))
        technologies, categories = supported(known, "technology"), supported(known, "category")
    if tables.intents is not None:
        topics = supported(tables.intents.filter(tables.intents.observed_on < ibis.literal(as_of)), "topic")
    return Vocabulary(technologies, categories if len(categories) > 1 else (), topics)


def supported(table: ibis.Table, column: str) -> tuple[str, ...]:
    """The values of a column that enough accounts have, by name."""
    counted = table.filter(table[column].notnull()).group_by(column).aggregate(accounts=table.account_id.nunique())
    enough = counted.filter(counted.accounts >= MINIMUM_SUPPORT)
    most = enough.order_by(ibis.desc("accounts"), column).limit(MOST_NAMES)
    return tuple(sorted(most[column].to_pyarrow().to_pylist()))


def build_features(
    tables: Tables,
    as_of: date | Sequence[date],
    features: Sequence[Feature],
    policy: IntentPolicy = IntentPolicy(),
) -> ibis.Table:
    """Features of every account as of a date, or of several.

    Parameters
    ----------
    tables
        Inputs that passed the gate. What is dated on or after a date is not used for it, whether it is there or not.
    as_of
        Strictly before this date is known.
    features
        What to build, from `features.catalog.catalog`.
    policy
        How fast an intent signal fades and when it is forgotten.

    Returns
    -------
    ibis.Table
        One row per account and date: account_id, as_of, then a column per feature in the order given; null means unknown.
    """
    dates = [as_of] if isinstance(as_of, date) else list(as_of)
    accounts = firmographic.prepare(with_as_of(tables.accounts, dates))
    own = [feature for feature in features if feature.family == "firmographic"]
    table = accounts.select("account_id", "as_of", **{feature.name: given(feature, accounts) for feature in own})
    for family, source in prepared(tables, dates, policy).items():
        table = join_family(table, source, [feature for feature in features if feature.family == family])
    return table.select("account_id", "as_of", *(feature.name for feature in features))


def prepared(tables: Tables, dates: Sequence[date], policy: IntentPolicy) -> dict[str, ibis.Table | None]:
    """The families that are aggregates: their tables known as of the dates, None where not given."""
    uses = None if tables.technographics is None else technographic.prepare(with_as_of(tables.technographics, dates))
    signals = None if tables.intents is None else with_as_of(tables.intents, dates)
    topics = None if signals is None else intent.prepare(signals, policy.half_life_days, policy.window_days)
    return {"technographic": uses, "intent": topics}


def given(feature: Feature, accounts: ibis.Table) -> ibis.Value:
    """A firmographic feature's expression; null of its type where a further column isn't in this source."""
    if feature.column is not None and feature.column not in accounts.columns:
        return ibis.null("string" if feature.kind == "category" else "float64")
    return feature.expression(accounts)


def join_family(table: ibis.Table, source: ibis.Table | None, features: Sequence[Feature]) -> ibis.Table:
    """The table with a family's features joined; null for all accounts where the family's source isn't given."""
    if not features:
        return table
    if source is None:
        return table.mutate(**{feature.name: ibis.null("float64") for feature in features})
    per_account = source.group_by("account_id", "as_of").aggregate(**{f.name: f.expression(source) for f in features})
    joined = table.left_join(per_account, ["account_id", "as_of"]).drop("account_id_right", "as_of_right")
    filled = {f.name: joined[f.name].fill_null(f.absent) for f in features if f.absent is not None}
    return joined.mutate(**filled) if filled else joined
