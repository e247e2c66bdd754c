"""A block of the market as the tables of the contract, and the truth about it."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from lastword.contracts import ACCOUNTS
from lastword.demo.deals import Deals
from lastword.demo.market import Block
from lastword.demo.process import HORIZON_DAYS, TECHNOLOGIES
from lastword.demo.signals import TOPICS
from lastword.demo.technologies import NEVER

CSV_TABLES = ("accounts", "won", "house_list", "technographics", "products")
ACCOUNT_COLUMNS = [*ACCOUNTS.column_names, "web_visits_rank"]
INTENT_SCHEMA = pa.schema(
    [("account_id", pa.string()), ("topic", pa.string()), ("observed_on", pa.date32()), ("strength", pa.int16())]
)


def csv_tables(block: Block, deals: Deals, as_of: date) -> dict[str, pd.DataFrame]:
    """The inputs that are CSV files, by name; days as ISO dates, null where a cell is blank."""
    return {
        "accounts": pd.concat([block.population.accounts, deals.customers], axis=1)[ACCOUNT_COLUMNS],
        "won": _won(block, deals.won, as_of),
        "house_list": _house_list(block, as_of),
        "technographics": _technographics(block, as_of),
        "products": _products(block, deals.owned, as_of),
    }


def intents_table(block: Block, as_of: date) -> pa.Table:
    """The feed of signals in the order of their dates."""
    feed = block.signals
    return pa.table(
        {
            "account_id": pa.array(account_ids(block).tolist(), pa.string()).take(pa.array(feed.account)),
            "topic": pa.array(TOPICS, pa.string()).take(pa.array(feed.topic)),
            "observed_on": pa.array(calendar_days(feed.day, as_of)),
            "strength": pa.array(feed.strength, pa.int16()),
        },
        schema=INTENT_SCHEMA,
    )


def truth_table(block: Block, as_of: date) -> pa.Table:
    """One row per account at risk: its probabilities, and what then happened."""
    at_risk = np.flatnonzero(block.at_risk)
    day = block.first_win[at_risk]
    return pa.table(
        {
            "account_id": pa.array(account_ids(block)[at_risk].tolist(), pa.string()),
            "p_true": block.p_true[at_risk],
            "p_observable": block.p_observable[at_risk],
            "wins_within_horizon": pa.array(day < HORIZON_DAYS, pa.int8()),
            "future_won_on": pa.array(calendar_days(day, as_of), mask=day >= HORIZON_DAYS),
        }
    )


def account_ids(block: Block) -> "NDArray[np.object_]":
    return block.population.accounts["account_id"].to_numpy(object)


def calendar_days(days: NDArray[np.int64], as_of: date) -> "NDArray[np.datetime64[Any]]":
    return np.datetime64(as_of, "D") + days


def iso_days(days: NDArray[np.int64], as_of: date) -> "NDArray[np.object_]":
    """Days counted from the as-of date as text; None for NEVER."""
    known = days != NEVER
    text = calendar_days(np.where(known, days, 0), as_of).astype(str).astype(object)
    text[~known] = None
    return text


def _won(block: Block, won: pd.DataFrame, as_of: date) -> pd.DataFrame:
    columns = {"account_id": account_ids(block)[won["account"]], "won_on": iso_days(won["day"].to_numpy(), as_of)}
    return pd.DataFrame(columns | {"product": won["product"], "amount": won["amount"]})


def _house_list(block: Block, as_of: date) -> pd.DataFrame:
    """Everybody listed by now; a winner stays on the list."""
    listed = np.flatnonzero(block.listing.day < 0)
    return pd.DataFrame({"account_id": account_ids(block)[listed], "listed_on": iso_days(block.listing.day[listed], as_of)})


def _technographics(block: Block, as_of: date) -> pd.DataFrame:
    adoptions, names = block.adoptions, np.array(list(TECHNOLOGIES))
    categories = np.array([category for category, _, _ in TECHNOLOGIES.values()])
    return pd.DataFrame(
        {
            "account_id": account_ids(block)[adoptions.account],
            "technology": names[adoptions.technology],
            "category": categories[adoptions.technology],
            "first_seen": iso_days(adoptions.first_seen, as_of),
            "last_seen": iso_days(adoptions.last_seen, as_of),
        }
    )


def _products(block: Block, owned: pd.DataFrame, as_of: date) -> pd.DataFrame:
    columns = {"account_id": account_ids(block)[owned["account"]], "product": owned["product"]}
    since = {"owned_since": iso_days(owned["day"].to_numpy(), as_of)}
    return pd.DataFrame(columns | since | {"annual_value": owned["annual_value"]})
