"""Every feature is the same number on both engines."""

from datetime import date, timedelta

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.build import IntentPolicy, build_features, choose_vocabulary, read_tables
from features.catalog import Declared, Vocabulary, catalog
from lastword.contracts import INPUT_TABLES
from models.landmarks import account_status, at_risk

T = date(2026, 6, 1)
EARLIER = date(2025, 12, 15)
KINDS = {"text": pa.string(), "number": pa.float64(), "date": pa.date32()}
FURTHER = {
    "fleet size": Declared("numeric", "always"),
    "listed": Declared("flag", "always"),
    "segment": Declared("category", "always"),
    "elsewhere": Declared("numeric", "always"),
}
TOPICS = ("planning", "Größe", "日本語", "it's 50 % \\ off", "tab\tand\ffeed", "nobody's")
TECHNOLOGIES = ("Salesforce", "Ünïcode", "a.b", "never seen")


def days_before(days):
    return T - timedelta(days=days)


ACCOUNTS = [
    {"account_id": "1", "employee_count": 0.0, "annual_revenue": 0.0, "founded_year": 2026.0, "industry": "Größe", "country": ""},
    {"account_id": "2", "employee_count": 250.0, "annual_revenue": 1.23e12, "founded_year": 1899.0, "parent_account_id": "1"},
    {"account_id": "3", "employee_count": 7.0, "annual_revenue": 333.33, "parent_account_id": "1", "tenure_years": 1 / 3},
    {"account_id": "ä", "employee_count": 1e6, "annual_revenue": 1e5 / 7, "founded_year": 2030.0, "parent_account_id": "nobody"},
    {"account_id": "5"},
]
FURTHER_VALUES = {
    "fleet size": ["12", "1e3", "x", "", None],
    "listed": ["yes", "FALSE", "1.0", "?", None],
    "segment": ["A", "日本", "", None, " b "],
}
EDGES = (0, 1, 7, 8, 21, 22, 30, 31, 90, 91, 105, 106, 180, 181, 360, 361)
INTENTS = [
    *(
        {"account_id": account, "topic": topic, "observed_on": days_before(days), "strength": strength}
        for account, topic, strength in (("1", "planning", 100.0), ("2", "Größe", 33.3), ("3", "日本語", 0.7))
        for days in EDGES
    ),
    *({"account_id": "2", "topic": TOPICS[3], "observed_on": days_before(day), "strength": 100 / 3} for day in range(1, 18)),
    {"account_id": "ä", "topic": TOPICS[4], "observed_on": days_before(-1), "strength": 50.0},
    {"account_id": "ä", "topic": TOPICS[4], "observed_on": days_before(2), "strength": 50.0},
    {"account_id": "gone", "topic": "planning", "observed_on": days_before(2), "strength": 50.0},
]
TECHNOGRAPHICS = [
    *(
        {"account_id": "1", "technology": f"t{days}", "category": "crm", "first_seen": days_before(days + 1)}
        | {"last_seen": days_before(days)}
        for days in EDGES
    ),
    {"account_id": "2", "technology": "Salesforce", "category": "crm"},
    {"account_id": "2", "technology": "Ünïcode", "first_seen": days_before(0)},
    {"account_id": "3", "technology": "a.b", "category": "ÖPNV", "first_seen": days_before(181), "last_seen": days_before(181)},
]
WON = [
    {"account_id": "1", "won_on": days_before(180)},
    {"account_id": "1", "won_on": days_before(1)},
    {"account_id": "2", "won_on": T},
    {"account_id": "3"},
]
HOUSE_LIST = [{"account_id": "2", "listed_on": days_before(1)}, {"account_id": "ä", "listed_on": T}, {"account_id": "5"}]

EVERYTHING = {
    "accounts": ACCOUNTS,
    "won": WON,
    "house_list": HOUSE_LIST,
    "technographics": TECHNOGRAPHICS,
    "intents": INTENTS,
}
GIVEN = {
    "everything": EVERYTHING,
    "neither technographics nor intents": {name: EVERYTHING[name] for name in ("accounts", "won", "house_list")},
    "tables without a row": {name: [] for name in EVERYTHING},
}


def written(folder, given):
    """The tables as files of the gate."""
    folder.mkdir()
    for name, rows in given.items():
        kinds = {column.name: KINDS[column.kind] for column in INPUT_TABLES[name].columns}
        arrays = {key: pa.array([row.get(key) for row in rows], kind) for key, kind in kinds.items()}
        if name == "accounts":
            arrays |= {key: pa.array(values[: len(rows)], pa.string()) for key, values in FURTHER_VALUES.items()}
            arrays["tenure_years"] = arrays["tenure_years"].cast(pa.float64())
        pq.write_table(pa.table(arrays), folder / f"{name}.parquet")
    return folder


def both(engines, folder, made):
    """What a function makes of the tables of a folder on either engine: DuckDB's and Spark's, by account and date."""
    frames = []
    for connection in engines.values():
        expression = made(read_tables(connection, folder))
        frames.append(expression.order_by([name for name in ("as_of", "account_id") if name in expression.columns]).to_pandas())
    return frames


@pytest.mark.parametrize("given", GIVEN)
@pytest.mark.parametrize("dates", [T, (T, EARLIER)], ids=["one date", "two dates"])
def test_every_feature_is_the_same_on_both_engines(engines, tmp_path, monkeypatch, given, dates):
    monkeypatch.setenv("TZ", "America/Los_Angeles")
    features = catalog(Vocabulary(TECHNOLOGIES, ("crm", "ÖPNV"), TOPICS), FURTHER)
    folder = written(tmp_path / "inputs", GIVEN[given])
    duckdb, spark = both(engines, folder, lambda tables: build_features(tables, dates, features, IntentPolicy(30, 180)))
    assert list(duckdb.columns) == ["account_id", "as_of", *(feature.name for feature in features)]
    assert len(duckdb) == len(GIVEN[given]["accounts"]) * (1 if dates == T else 2)
    pd.testing.assert_frame_equal(spark, duckdb, check_exact=True)


def test_outcomes_and_names_with_support_are_the_same_on_both_engines(engines, tmp_path):
    folder = written(tmp_path / "inputs", EVERYTHING)
    for made in (lambda tables: at_risk(tables, [T, EARLIER], 180), account_status):
        duckdb, spark = both(engines, folder, made)
        assert len(duckdb)
        pd.testing.assert_frame_equal(spark, duckdb, check_exact=True)
    many = [{"account_id": f"a{n}", "topic": topic, "observed_on": EARLIER} for n in range(25) for topic in TOPICS]
    folder = written(tmp_path / "many", EVERYTHING | {"intents": many})
    for connection in engines.values():
        assert choose_vocabulary(read_tables(connection, folder), T).topics == tuple(sorted(TOPICS))
