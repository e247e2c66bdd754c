"""A run's table that stands on one of a run before it: whole to whoever reads it."""

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from lastword.table_files import base_of, read, stand_on


@pytest.fixture
def folder(tmp_path):
    """Below a, b, c and d; on it b with another text, new e, and c gone."""
    base, run = tmp_path / "before", tmp_path / "now"
    for each in (base, run):
        each.mkdir()
    rows(base, "features", a="one", b="two", c="three", d="four")
    rows(base, "accounts", a="one")
    stand_on(run, base, pa.array(["b", "c", "e"]))
    rows(run, "features", e="five", b="TWO")
    rows(run, "accounts", z="last")
    return run


def rows(folder, name, **texts):
    frame = pd.DataFrame({"n": range(len(texts)), "account_id": list(texts), "text": list(texts.values())})
    frame.to_parquet(folder / f"{name}.parquet", index=False)


def test_the_rows_of_both_by_account_each_account_as_the_later_run_has_it(folder):
    assert read(folder / "features.parquet").to_pydict() == {
        "n": [0, 1, 3, 0],
        "account_id": ["a", "b", "d", "e"],
        "text": ["one", "TWO", "four", "five"],
    }


def test_the_columns_asked_for(folder):
    assert read(folder / "features.parquet", ["text"]).to_pydict() == {"text": ["one", "TWO", "four", "five"]}


def test_what_a_condition_leaves_of_the_later_rows_does_not_bring_the_earlier_ones_back(folder):
    found = read(folder / "features.parquet", ["account_id"], pc.field("text") != "TWO")
    assert found.to_pydict() == {"account_id": ["a", "d", "e"]}


def test_text_as_categories(folder):
    found = read(folder / "features.parquet", ["text"], categories=["text"])["text"]
    assert found.type == pa.dictionary(pa.int32(), pa.string())
    assert found.to_pylist() == ["one", "TWO", "four", "five"]


def test_a_table_that_every_run_writes_whole_has_nothing_below(folder):
    assert read(folder / "accounts.parquet").to_pydict() == {"n": [0], "account_id": ["z"], "text": ["last"]}


def test_a_run_that_stands_on_none(folder):
    below = base_of(folder)
    assert base_of(below) is None
    assert read(below / "features.parquet", ["text"]).to_pydict() == {"text": ["one", "two", "three", "four"]}
