"""Simulates the market block by block and writes each as it comes, so that memory does not grow with the accounts."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from lastword.contracts import AFTER_WIN_COLUMNS
from lastword.demo import faults
from lastword.demo.deals import Deals, make_deals
from lastword.demo.market import Block, simulate
from lastword.demo.process import SUPPORT_TOPICS, TOPIC_EFFECTS
from lastword.demo.settings_files import PLAN, settings_text
from lastword.demo.signals import TOPICS
from lastword.demo.tables import CSV_TABLES, INTENT_SCHEMA, csv_tables, intents_table, truth_table

BLOCK_ACCOUNTS = 20_000
LEAST_ID_WIDTH = 6


def write_demo(project: Path, truth: Path, accounts: int, seed: int, as_of: date) -> None:
    """Write the project's files and, apart, the truth."""
    (project / "data").mkdir(exist_ok=True)
    (project / "lastword.toml").write_text(settings_text(as_of, seed), encoding="utf-8")
    (project / "plan.toml").write_text(PLAN, encoding="utf-8")
    counts: dict[str, faults.Counts] = {}
    with Writers(project / "data", truth) as writers:
        for number, (rng, block, deals) in enumerate(blocks(accounts, seed, as_of)):
            tables = csv_tables(block, deals, as_of)
            intents = intents_table(block, as_of)
            if number == 0:
                tables, intents, counts = with_faults(rng, block, tables, intents)
            writers.write(tables, intents, truth_table(block, as_of))
    (truth / "traps.json").write_text(json.dumps(traps(counts), indent=2) + "\n", encoding="utf-8")


def blocks(accounts: int, seed: int, as_of: date) -> Iterator[tuple[np.random.Generator, Block, Deals]]:
    """The market in blocks of accounts, each with its own stream of random numbers."""
    id_width = max(LEAST_ID_WIDTH, len(str(accounts)))
    for first in range(0, accounts, BLOCK_ACCOUNTS):
        rng = np.random.default_rng([seed, first])
        block = simulate(rng, first + 1, min(BLOCK_ACCOUNTS, accounts - first), id_width, as_of.year)
        yield rng, block, make_deals(rng, block.first_win, block.population.size_effect)


def with_faults(
    rng: np.random.Generator, block: Block, tables: dict[str, pd.DataFrame], intents: pa.Table
) -> tuple[dict[str, pd.DataFrame], pa.Table, dict[str, faults.Counts]]:
    """The tables with broken rows in them, and how many there are of which reason."""
    unlisted = block.population.accounts["account_id"][block.listing.day >= 0].tolist()
    planned = {
        "accounts": faults.account_faults(tables["accounts"]),
        "won": faults.won_faults(),
        "house_list": faults.house_list_faults(unlisted),
        "technographics": faults.technographics_faults(),
        "products": faults.product_faults(),
    }
    planted = {name: faults.plant(rng, tables[name], planned[name]) for name in CSV_TABLES}
    counts = {name: count for name, (_, count) in planted.items()}
    intents, counts["intents"] = _with_broken_signals(rng, intents)
    return {name: frame for name, (frame, _) in planted.items()}, intents, counts


def traps(counts: dict[str, faults.Counts]) -> dict[str, Any]:
    """What a model must not fall for, and the broken rows, as traps.json has them."""
    return {
        "post_sale_topics": list(SUPPORT_TOPICS),
        "after_win_columns": list(AFTER_WIN_COLUMNS),
        "columns_that_tell_nothing": ["web_visits_rank"],
        "topics_that_matter": list(TOPIC_EFFECTS),
        "topics_that_tell_nothing": [topic for topic in TOPICS if topic not in TOPIC_EFFECTS and topic not in SUPPORT_TOPICS],
        "broken": counts,
    }


class Writers:
    """The open files: CSV tables to append to, Parquet tables to add row groups to."""

    def __init__(self, data: Path, truth: Path) -> None:
        self.data, self.truth = data, truth
        self.intents = pq.ParquetWriter(data / "intents.parquet", INTENT_SCHEMA)
        self.truth_writer: pq.ParquetWriter | None = None
        self.begun = False

    def __enter__(self) -> "Writers":
        return self

    def __exit__(self, *_: object) -> None:
        self.intents.close()
        if self.truth_writer is not None:
            self.truth_writer.close()

    def write(self, tables: dict[str, pd.DataFrame], intents: pa.Table, truth: pa.Table) -> None:
        for name, frame in tables.items():
            path, mode = self.data / f"{name}.csv", "a" if self.begun else "w"
            frame.to_csv(path, index=False, mode=mode, header=not self.begun, encoding="utf-8", lineterminator="\n")
        self.intents.write_table(intents)
        if self.truth_writer is None:
            self.truth_writer = pq.ParquetWriter(self.truth / "truth.parquet", truth.schema)
        self.truth_writer.write_table(truth)
        self.begun = True


def _with_broken_signals(rng: np.random.Generator, intents: pa.Table) -> tuple[pa.Table, faults.Counts]:
    """The feed with broken rows among the first of it."""
    planned = faults.intents_faults()
    first = min(4 * len(planned), len(intents))
    frame, counts = faults.plant(rng, intents.slice(0, first).to_pandas(), planned)
    begin = pa.Table.from_pandas(frame, schema=INTENT_SCHEMA, preserve_index=False)
    return pa.concat_tables([begin, intents.slice(first)]), counts
