"""Nothing dated on or after the as-of date changes a feature, and neither does the order of rows."""

from datetime import date, timedelta

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalog import Vocabulary, catalog
from tests.sample_tables import features_of, tables

AS_OF = date(2026, 7, 1)
ALL = catalog(Vocabulary(("K", "L"), ("cloud", "legacy"), ("s", "t")))
ACCOUNTS = [{"account_id": str(i), "name": f"n{i}", "employee_count": 10.0 * i, "founded_year": 1990.0} for i in range(4)]

ids = st.sampled_from([row["account_id"] for row in ACCOUNTS])
past = st.integers(1, 400).map(lambda days: AS_OF - timedelta(days=days))
future = st.integers(0, 400).map(lambda days: AS_OF + timedelta(days=days))


def signals(when):
    row = st.fixed_dictionaries(
        {"account_id": ids, "topic": st.sampled_from("st"), "observed_on": when, "strength": st.integers(0, 100).map(float)}
    )
    return st.lists(row, min_size=1, max_size=25)


def uses(first_seen, last_seen):
    row = st.fixed_dictionaries(
        {
            "account_id": ids,
            "technology": st.sampled_from("KL"),
            "category": st.sampled_from(["cloud", "legacy"]),
            "first_seen": first_seen,
            "last_seen": last_seen,
        }
    )
    return st.lists(row, min_size=1, max_size=12, unique_by=lambda r: (r["account_id"], r["technology"]))


def build(intents, technographics):
    return features_of(tables(accounts=ACCOUNTS, intents=intents, technographics=technographics), AS_OF, ALL)


@settings(max_examples=12, deadline=None)
@given(signals(past), signals(future), uses(past | st.none(), past | st.none()), uses(future, st.none()))
def test_what_is_dated_from_the_as_of_date_on_changes_nothing(known, unknown, in_use, not_yet):
    pd.testing.assert_frame_equal(build(known, in_use), build(known + unknown, in_use + not_yet))


@settings(max_examples=12, deadline=None)
@given(signals(past), uses(past | st.none(), st.none()), st.lists(future | st.none(), min_size=12, max_size=12))
def test_a_technology_seen_until_later_looks_like_one_that_stays(known, in_use, until):
    later = [row | {"last_seen": last} for row, last in zip(in_use, until, strict=False)]
    pd.testing.assert_frame_equal(build(known, in_use), build(known, later))


@settings(max_examples=12, deadline=None)
@given(signals(past), uses(past | st.none(), past | st.none()), st.randoms(use_true_random=False))
def test_the_order_of_rows_is_irrelevant(known, in_use, random):
    shuffled = random.sample(known, len(known)), random.sample(in_use, len(in_use))
    pd.testing.assert_frame_equal(build(known, in_use), build(*shuffled))
