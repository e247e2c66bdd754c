"""Rows of reasons and why two opinions part, from the matrices behind them: as the long tables have it."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from models.explain import why_each
from models.gap import BASE, CAUSES, SCALE, causes, widest_families
from models.sides import Side, reason_rows, side_of, whys
from tests.reason_frames import plainly

ACCOUNTS = pd.Index([f"account {number:03}" for number in range(200)], name="account_id")
FAMILIES = {
    "annual_revenue": "firmographic",
    "age_years": "firmographic",
    "industry": "firmographic",
    "technology:X": "technographic",
    "intent:storage": "intent",
    "surge": "intent",
}
PLAN = ("annual_revenue", "founded_year", "industry")
NONE = np.ones(200, dtype=bool)


def values(random: np.random.Generator) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "annual_revenue": random.lognormal(15, 3, 200),
            "age_years": random.integers(0, 9, 200).astype(float),
            "founded_year": random.integers(1990, 2020, 200).astype(float),
            "industry": random.choice(["Software", "Retail", "Energy"], 200),
            "technology:X": random.integers(0, 2, 200).astype(float),
            "intent:storage": random.exponential(5, 200),
            "surge": random.normal(0, 1e-3, 200),
        },
        index=ACCOUNTS,
    )
    return frame.mask(random.random(frame.shape) < 0.2)


def eighths(random: np.random.Generator, columns: int) -> np.ndarray:
    """Points that add up without a rest in any order, so that equal sums are equal."""
    return (random.normal(0, 16, (200, columns)).round()) / 8


def sides(seed: int = 1) -> tuple[Side, Side]:
    """The model's, which has no opinion on every seventh account, and the plan's."""
    random = np.random.default_rng(seed)
    found = values(random)
    model = pd.DataFrame(eighths(random, 6) * (random.random((200, 6)) < 0.8), ACCOUNTS, list(FAMILIES))
    plan = pd.DataFrame(eighths(random, 3), ACCOUNTS, list(PLAN))
    known = np.arange(200) % 7 > 0
    return (
        side_of(
            "model",
            model,
            list(FAMILIES.values()),
            found,
            {BASE: np.full(200, 30.0)},
            kinds={"technology:X": "flag"},
            nulls={"surge": "none"},
            smallest=0.35,
            known=known,
        ),
        side_of(
            "plan",
            plan,
            ["firmographic"] * 3,
            found,
            {BASE: np.full(200, 40.0), SCALE: random.normal(0, 5, 200)},
            kinds={},
            nulls={},
            smallest=0.0,
        ),
    )


def part_of(side: Side, chosen: slice) -> Side:
    return Side(
        side.source,
        side.accounts[chosen],
        side.labels,
        side.points[chosen],
        side.shown[chosen],
        side.value[chosen],
        side.texts,
    )


def test_rows_stand_account_by_account_and_side_by_side_with_their_cause() -> None:
    model, plan = sides()
    rows = plainly(reason_rows([model, plan], PLAN)).to_pandas()
    apart = [plainly(reason_rows([side])).to_pandas() for side in (model, plan)]
    both = pd.concat(apart, ignore_index=True).sort_values(["account_id", "source"], kind="stable", ignore_index=True)
    pd.testing.assert_frame_equal(rows, both.assign(cause=causes(both, set(PLAN))))
    assert rows["account_id"].nunique() == 200 and set(rows["cause"]) == set(CAUSES)
    assert set(rows.loc[rows["account_id"] == "account 007", "source"]) == {"plan"}


def test_texts_are_dictionaries_until_they_are_written_out() -> None:
    rows = reason_rows(sides(), PLAN)
    assert all(pa.types.is_dictionary(field.type) for field in rows.schema if field.name != "contribution")
    assert {str(kind) for kind in plainly(rows).schema.types} == {"large_string", "double"}


@pytest.mark.parametrize("seed", range(5))
def test_why_two_part_is_as_their_rows_have_it(seed: int) -> None:
    model, plan = sides(seed)
    long = plainly(reason_rows([model, plan])).to_pandas()
    said = whys(model, plan, NONE)
    pd.testing.assert_series_equal(said["why"], why_each(long), check_names=False)
    families = widest_families(long).sort_index()
    pd.testing.assert_series_equal(said["why_family"].dropna(), families, check_names=False)
    assert len(said) == (np.arange(200) % 7 > 0).sum()


def test_of_equal_pushes_the_first_in_the_alphabet_is_said_first() -> None:
    accounts = pd.Index(["a"])
    points = pd.DataFrame([[2.0, 2.0, 2.0, 2.0]], accounts, ["surge", "x", "b", "c"])
    none = pd.DataFrame({name: ["1"] for name in points}, accounts)
    given = {"kinds": {}, "nulls": {}, "smallest": 0.0}
    model = side_of("model", points, ["intent", "technographic", "intent", "technographic"], none, {BASE: np.zeros(1)}, **given)
    plan = side_of("plan", points[[]], [], none, {BASE: np.zeros(1)}, **given)
    assert whys(model, plan, np.array([True])).to_dict("index") == {
        "a": {"why": "model: b 1 +2, c 1 +2, surge 1 +2", "why_family": "intent"}
    }


def test_only_the_chosen_are_told_about() -> None:
    model, plan = sides()
    chosen = np.arange(200) < 3  # the first has no opinion of the model's
    assert whys(model, plan, chosen).index.tolist() == ["account 001", "account 002"]
    assert whys(model, plan, ~NONE).empty


def test_what_is_said_of_an_account_hangs_on_no_other() -> None:
    random = np.random.default_rng(3)
    found = values(random)
    found.iloc[::2, 0] = -0.0
    points = pd.DataFrame(random.normal(0, 1, (200, 6)), ACCOUNTS, list(FAMILIES))

    def of(chosen: slice) -> pd.DataFrame:
        side = side_of(
            "model",
            points[chosen],
            list(FAMILIES.values()),
            found[chosen],
            {BASE: np.zeros(len(points[chosen]))},
            kinds={},
            nulls={},
            smallest=1.0,
        )
        return plainly(reason_rows([side])).to_pandas()

    pieces = [of(slice(start, start + 30)) for start in range(0, 200, 30)]
    pd.testing.assert_frame_equal(pd.concat(pieces, ignore_index=True), of(slice(None)), check_exact=True)
    model, plan = sides()
    whole = whys(model, plan, NONE)
    parts = [whys(part_of(model, slice(at, at + 50)), part_of(plan, slice(at, at + 50)), NONE[:50]) for at in range(0, 200, 50)]
    pd.testing.assert_frame_equal(pd.concat(parts), whole)


@pytest.mark.parametrize(
    ("given", "kind", "read"),
    [
        ([1234567.0, 0.00001234, -98766.0, 0.0, -0.0], None, ["1235000", "0.00001234", "-98770", "0", "0"]),
        ([np.inf, -np.inf, np.nan], None, [None] * 3),
        ([1.0, 0.0, np.nan], "flag", ["yes", "no", None]),
        ([True, False], None, ["yes", "no"]),
        (pd.array([3, None], dtype="Int64"), None, ["3", None]),
        (pd.to_datetime(["2024-02-03", None]), None, ["2024-02-03", None]),
        (["Retail", None, ""], None, ["Retail", None, ""]),
        ([None, None], None, [None, None]),
    ],
)
def test_values_read_as_people_write_them(given, kind, read) -> None:
    index = pd.Index([str(number) for number in range(len(given))])
    side = side_of(
        "model",
        pd.DataFrame({"a": 1.0}, index),
        ["firmographic"],
        pd.DataFrame({"a": given}, index),
        {BASE: np.zeros(len(given))},
        kinds={"a": kind} if kind else {},
        nulls={},
        smallest=0.0,
    )
    assert reason_rows([side])["value"].to_pylist()[::2] == read
