"""Small input tables as the gate would leave them, for tests of features and landmarks."""

from datetime import date
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa

from features.build import Tables, complete
from lastword.contracts import INPUT_TABLES

_ARROW = {"text": pa.string(), "number": pa.float64(), "date": pa.date32()}


def table(name: str, rows: list[dict[str, Any]]) -> ibis.Table:
    """An input table of the contract from literal rows; columns that no row gives are null."""
    contract = INPUT_TABLES[name]
    kinds = {column.name: _ARROW[column.kind] for column in contract.columns}
    further = {key: None for row in rows for key in row if key not in kinds}
    arrays = {key: pa.array([row.get(key) for row in rows], type=kind) for key, kind in kinds.items()}
    arrays |= {key: pa.array([row.get(key) for row in rows]) for key in further}
    return complete(ibis.memtable(pa.table(arrays)), contract)


def tables(**given: list[dict[str, Any]]) -> Tables:
    """Tables from literal rows; accounts, won and house_list are empty where not given, the others not there."""
    needed = {"accounts": [], "won": [], "house_list": []} | given
    return Tables(**{name: table(name, rows) for name, rows in needed.items()})


def features_of(given: Tables, as_of: date, features: Any, **policy: Any) -> pd.DataFrame:
    """The features of one date in memory, by account_id."""
    from features.build import IntentPolicy, build_features

    built = build_features(given, as_of, features, IntentPolicy(**policy))
    return built.drop("as_of").to_pandas().set_index("account_id").sort_index()
