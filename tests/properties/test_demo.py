"""Whatever the seed, the size and the day: ids agree between tables, nothing real is dated from the as-of date on."""

import json
import tempfile
from datetime import date
from pathlib import Path

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from lastword.demo import faults, generate
from lastword.demo.faults import plant

SIZES, SEEDS = st.integers(20, 200), st.integers(0, 2**31)
DAYS = st.dates(date(2015, 1, 1), date(2040, 12, 31))
DATED = {"won": "won_on", "house_list": "listed_on", "technographics": "first_seen", "products": "owned_since"}


@settings(max_examples=8, deadline=None)
@given(accounts=SIZES, seed=SEEDS, today=DAYS)
def test_tables_agree(accounts: int, seed: int, today: date) -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = generate(Path(folder) / "demo", accounts, seed, today)
        truth = pd.read_parquet(Path(folder) / "demo-truth" / "truth.parquet")
        traps = json.loads((Path(folder) / "demo-truth" / "traps.json").read_text(encoding="utf-8"))
        ids = set(read(project, "accounts")["account_id"].str.strip()) - {""}
        assert len(ids) == accounts
        assert set(truth["account_id"]) <= ids
        for table, column in DATED.items():
            rows = read(project, table)
            assert set(rows["account_id"]) <= ids | {"", faults.UNKNOWN_ID}
            dated = rows[column][~rows[column].isin(["", faults.IMPOSSIBLE_DATE, faults.FUTURE_DATE])]
            assert dated.empty or dated.max() < today.isoformat()
        signals = pd.read_parquet(project / "data" / "intents.parquet")
        late = pd.to_datetime(signals["observed_on"]) >= pd.Timestamp(today)
        assert late.sum() == traps["broken"]["intents"]["rows_quarantined"].get("future_date", 0)


@settings(max_examples=50, deadline=None)
@given(rows=st.integers(0, 12), seed=SEEDS, row_faults=st.integers(0, 5), cell_faults=st.integers(0, 5))
def test_planting_adds_copies_after_their_originals_and_keeps_the_rest(
    rows: int, seed: int, row_faults: int, cell_faults: int
) -> None:
    import numpy as np

    frame = pd.DataFrame({"account_id": [f"{n}" for n in range(rows)], "amount": np.arange(rows)})
    planned = [faults.Fault("duplicate")] * row_faults + [faults.Fault("text", {"amount": "x"}, in_cell=True)] * cell_faults
    planted, counts = plant(np.random.default_rng(seed), frame, planned)
    added = counts["rows_quarantined"].get("duplicate", 0)
    changed = counts["cell_issues"].get("text", 0)
    assert added + changed == min(rows, row_faults + cell_faults)
    assert len(planted) == rows + added
    assert (planted["amount"] == "x").sum() == changed
    assert list(planted["account_id"].drop_duplicates()) == list(frame["account_id"])


def read(project: Path, table: str) -> pd.DataFrame:
    return pd.read_csv(project / "data" / f"{table}.csv", dtype=str, keep_default_na=False)
