"""Generated populations for the leakage gate: as the demo makes them, of another process, and with traps planted.

Nothing here fits a propensity model: tables are changed, features built once, and the gate is asked.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from features.build import IntentPolicy, Tables, build_features
from features.catalog import Declared, Feature, further_column, technology_feature, topic_feature
from models.landmarks import first_wins, lagged_rows
from tests.truth.market import AS_OF, Market, make_market

HORIZON_DAYS = 180

BLOCKED = (
    "customer_number",
    "account_manager",
    "reference_visits",
    "deal_stage",
    "technology:Compass Enterprise",
    "intent:compass pricing",
    "technology:Connector",
    "intent:contract negotiation",
)
"""Planted columns that the gate has to block."""

WARNED = ("intent:vendor onboarding",)
"""Planted columns that it has to warn of: their dates are written at the sale, a month back."""


# Traps


def with_traps(market: Market, seed: int) -> Market:
    """The same market with every trap of BLOCKED and WARNED in it."""
    random = np.random.default_rng(seed)
    planted = (*declared(), *named_after_the_product())
    unused = dict.fromkeys(BLOCKED[4:6], 0.0)
    rows = market.training.rows.assign(**columns_of_customers(market, random), **unused)
    trapped = replace(
        market,
        training=replace(market.training, rows=rows, features=(*market.training.features, *planted)),
        population=market.population.assign(
            **dict.fromkeys(BLOCKED[:3], np.nan), deal_stage=random.normal(size=len(market.population)), **unused
        ),
    )
    return with_backdated_signals(trapped, random)


def declared() -> tuple[Feature, ...]:
    """Further columns of accounts that somebody took for facts which predate any win."""
    kinds = ("numeric", "category", "numeric", "numeric")
    return tuple(further_column(name, Declared(kind, "always")) for name, kind in zip(BLOCKED, kinds, strict=False))


def named_after_the_product() -> tuple[Feature, ...]:
    return technology_feature("Compass Enterprise"), topic_feature("compass pricing")


def columns_of_customers(market: Market, random: np.random.Generator) -> dict[str, np.ndarray]:
    """Customers alone have a number; 95 % of them and 3 % of the others a manager; 60 % and 8 % were visited; a strong number."""
    rows = market.training.rows
    wins = first_wins(market.tables).to_pandas()
    accounts = pd.Index(rows["account_id"].unique())
    customer, place = accounts.isin(wins["account_id"]), accounts.get_indexer(rows["account_id"])
    luck = random.random((2, len(accounts)))
    manager = np.where(luck[0] < np.where(customer, 0.95, 0.03), random.choice(["Ana", "Bo"], len(accounts)), None)
    visits = np.where(luck[1] < np.where(customer, 0.6, 0.08), 2.0, np.nan)
    number = np.where(customer, np.arange(len(accounts), dtype=float), np.nan)
    stage = random.normal(size=len(rows)) + 2.5 * rows["won"].to_numpy()
    return dict(zip(BLOCKED[:4], (number[place], manager[place], visits[place], stage), strict=True))


def with_backdated_signals(market: Market, random: np.random.Generator) -> Market:
    """A technology and a topic that come with the sale and are dated 200 days before it, and a topic dated 30 days before it.

    2 % of the other accounts have each of them too, on any day.
    """
    technology, months_back, days_back = (name.partition(":")[2] for name in (*BLOCKED[6:], *WARNED))
    signals = pd.concat([dated_back(market, months_back, 200, random), dated_back(market, days_back, 30, random)])
    uses = dated_back(market, technology, 200, random)
    uses = uses.rename(columns={"topic": "technology", "observed_on": "first_seen"}).assign(category=None, last_seen=None)
    text, day = pa.string(), pa.date32()
    intents = in_memory(signals.assign(strength=100.0), {"topic": text, "observed_on": day, "strength": pa.float64()})
    technographics = in_memory(uses, {"technology": text, "category": text, "first_seen": day, "last_seen": day})
    tables = replace(market.tables, intents=intents, technographics=technographics)
    features = (technology_feature(technology), topic_feature(months_back), topic_feature(days_back))
    training = market.training
    built = build_features(tables, training.landmarks, features).to_pandas()
    built["landmark"] = pd.to_datetime(built.pop("as_of"))
    lagged = lagged_rows(tables, training.landmarks, features, IntentPolicy()).drop(columns="won_soon")
    key = ["account_id", "landmark"]
    planted = replace(
        training,
        rows=training.rows.merge(built, on=key, how="left"),
        lagged=training.lagged.merge(lagged, on=key, how="left"),
        features=(*training.features, *features),
    )
    today = build_features(tables, AS_OF, features).drop("as_of").to_pandas()
    return replace(market, training=planted, population=market.population.merge(today, on="account_id", how="left"))


def dated_back(market: Market, topic: str, days: int, random: np.random.Generator) -> pd.DataFrame:
    """Six signals of every winner, from the sale to a week after it, stamped so many days earlier; a few of other accounts."""
    wins = first_wins(market.tables).to_pandas().dropna(subset="first_win")
    won = wins.loc[wins.index.repeat(6)]
    stamped = pd.to_datetime(won["first_win"]) + pd.to_timedelta(random.integers(0, 7, len(won)) - days, unit="D")
    others = market.training.rows["account_id"].drop_duplicates()
    others = others[~others.isin(wins["account_id"])].sample(frac=0.02, random_state=int(random.integers(1 << 31)))
    anytime = pd.Timestamp(AS_OF) - pd.to_timedelta(random.integers(1, 900, len(others)), unit="D")
    ids = np.concatenate([won["account_id"], others])
    return pd.DataFrame({"account_id": ids, "topic": topic, "observed_on": [*stamped.dt.date, *anytime.date]})


def in_memory(frame: pd.DataFrame, kinds: dict[str, pa.DataType]) -> ibis.Table:
    """A table of account_id and the columns of these types."""
    columns = {"account_id": pa.string(), **kinds}
    return ibis.memtable(pa.table({name: pa.array(frame[name].tolist(), type=kind) for name, kind in columns.items()}))


# Populations of another process


def without_signal(tables: Tables, seed: int) -> Tables:
    """The wins are somebody else's: nothing known of an account tells of them."""
    ids = tables.accounts.select("account_id").to_pandas()["account_id"].sort_values().to_numpy()
    other = dict(zip(ids, np.random.default_rng(seed).permutation(ids), strict=True))
    won = tables.won.to_pandas()
    return replace(tables, won=in_memory(won.assign(account_id=won["account_id"].map(other)), {"won_on": pa.date32()}))


def with_forty_wins(tables: Tables, seed: int) -> Tables:
    """Of the accounts that won, forty of the last two years."""
    winners, others = winners_and_others(tables, seed)
    wins = first_wins(tables).to_pandas().set_index("account_id")["first_win"]
    recent = wins.index[pd.to_datetime(wins) >= pd.Timestamp(AS_OF) - pd.Timedelta(days=730)]
    return of_accounts(tables, [*pd.Index(winners).intersection(recent, sort=False)[:40], *others])


def with_sixty_percent_wins(tables: Tables, seed: int) -> Tables:
    """So few accounts that never won that three in five did."""
    winners, others = winners_and_others(tables, seed)
    return of_accounts(tables, [*winners, *others[: round(len(winners) * 2 / 3)]])


def with_wins_of_the_large(tables: Tables, seed: int) -> Tables:
    """Of the wins of small accounts one in five is recorded."""
    sizes = tables.accounts.select("account_id", "employee_count").to_pandas().set_index("account_id")["employee_count"]
    won = tables.won.to_pandas()
    small = (won["account_id"].map(sizes) < sizes.median()).to_numpy()
    kept = ~small | (np.random.default_rng(seed).random(len(won)) < 0.2)
    return replace(tables, won=in_memory(won[kept], {"won_on": pa.date32()}))


def with_future_dates(tables: Tables, seed: int) -> Tables:
    """A provider that dates every signal 45 days late, half of what is recent into the future."""
    signals = tables.intents
    return replace(tables, intents=signals.mutate(observed_on=signals.observed_on + ibis.interval(days=45)))


def with_drift(tables: Tables, seed: int) -> Tables:
    """A provider that sends four times as many signals since the newest landmark."""
    signals = tables.intents
    recent = signals.filter(signals.observed_on >= ibis.literal(AS_OF) - ibis.interval(days=HORIZON_DAYS))
    return replace(tables, intents=ibis.union(signals, recent, recent, recent))


def winners_and_others(tables: Tables, seed: int) -> tuple[list[str], list[str]]:
    """The accounts in a random order, by whether they won."""
    ids = tables.accounts.select("account_id").to_pandas()["account_id"].sort_values()
    mixed = pd.Series(np.random.default_rng(seed).permutation(ids))
    won = mixed.isin(first_wins(tables).to_pandas()["account_id"])
    return mixed[won].tolist(), mixed[~won].tolist()


def of_accounts(tables: Tables, ids: list[str]) -> Tables:
    """The tables of these accounts alone."""
    chosen = ibis.memtable(pa.table({"account_id": pa.array(ids)}))
    given = {name: table for name, table in vars(tables).items() if table is not None}
    return Tables(**{name: table.semi_join(chosen, "account_id") for name, table in given.items()})


POPULATIONS: dict[str, Callable[[Tables, int], Tables]] = {
    "no signal": without_signal,
    "40 wins": with_forty_wins,
    "60 % wins": with_sixty_percent_wins,
    "wins of the large": with_wins_of_the_large,
    "future-dated provider": with_future_dates,
    "drift after training": with_drift,
}


# Counts


def measure_seed(folder: Path, accounts: int, seed: int) -> Counter[str]:
    """What the gate finds in one clean market, and of the traps planted into it: `clean blocked: <rule>`, `clean warned: <rule>`,
    `trap blocked: <column>`, `trap warned: <column>`; each column counts once.
    """
    market = make_market(folder, accounts, seed)
    clean, trapped = market.report(), with_traps(market, seed).report()
    outcomes = {"blocked": clean.blocked, "warned": clean.warned}
    found = Counter(f"clean {outcome}: {finding.rule}" for outcome, findings in outcomes.items() for finding in findings)
    found.update(f"trap blocked: {column}" for column in {finding.column for finding in trapped.blocked})
    found.update(f"trap warned: {column}" for column in {finding.column for finding in trapped.warned} if column in WARNED)
    return found
