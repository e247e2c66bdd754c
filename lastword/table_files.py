"""The tables of a run on disk: a Parquet file each, where Spark wrote it or where there are many accounts a folder of parts.

The folder of a rescore may stand on that of a run before it (BASE). Its tables of many columns or rows, STANDING, then have the
rows of the accounts alone that changed since; of all others those below hold. Whoever reads a table with `read` need not know.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

BASE, REPLACED = "base.json", "replaced.parquet"
"""Which run a folder stands on, and the accounts of which that run's rows hold no more: account_id."""

STANDING = ("features", "plan_values", "scores", "signals", "technologies")


def parts(path: Path) -> list[Path]:
    """The Parquet files of a table, in the order of its rows."""
    return sorted(path.glob("*.parquet")) if path.is_dir() else [path]


def schema(path: Path) -> "pa.Schema":
    """Names and types of a table's columns."""
    import pyarrow.parquet as pq

    return pq.read_schema(parts(path)[0])


def row_count(path: Path) -> int:
    """How many rows a table has, without those below it."""
    import pyarrow.parquet as pq

    return sum(pq.read_metadata(part).num_rows for part in parts(path))


def batches(path: Path) -> "Iterator[pa.RecordBatch]":
    """A table's rows in order, some ten thousands at a time, without those below it."""
    import pyarrow.parquet as pq

    for part in parts(path):
        with pq.ParquetFile(part) as file:
            yield from file.iter_batches()


def read(path: Path, columns: Sequence[str] | None = None, filters: Any = None, categories: Sequence[str] = ()) -> "pa.Table":
    """A table of a run, whole, the rows of the run below it included; in order of account_id where there are such.

    Parameters
    ----------
    columns : those to give, all where None.
    filters : an expression of pyarrow; only its rows are given.
    categories : columns of text to give as dictionaries.
    """
    import pyarrow.parquet as pq

    below = below_of(path)
    if below is None:
        return pq.read_table(path, columns=_listed(columns), filters=filters, read_dictionary=list(categories))
    wanted = None if columns is None else [*dict.fromkeys([*columns, "account_id"])]
    old, new = (pq.read_table(each, columns=wanted, filters=filters, read_dictionary=list(categories)) for each in (below, path))
    both = merged(without(old, replaced_by(path)), new)
    return both if columns is None else both.select(columns)


def merged(old: "pa.Table", new: "pa.Table") -> "pa.Table":
    """The rows of both by account, those of one account in the order that they had; columns as in `old`."""
    import pyarrow as pa
    import pyarrow.compute as pc

    both = pa.concat_tables([old, new.select(old.column_names)], promote_options="permissive").unify_dictionaries()
    keys = pa.table({"account_id": both["account_id"], "place": pa.arange(0, len(both))})
    return both.take(pc.sort_indices(keys, sort_keys=[("account_id", "ascending"), ("place", "ascending")]))


def below_of(path: Path) -> Path | None:
    """The same table of the run that the folder stands on; None where the table is whole."""
    base = base_of(path.parent) if path.stem in STANDING else None
    return None if base is None else base / path.name


def base_of(folder: Path) -> Path | None:
    """The folder that a run's folder stands on; None where its tables are whole."""
    note = folder / BASE
    return folder.parent / json.loads(note.read_text(encoding="utf-8"))["run_id"] if note.is_file() else None


def replaced_by(path: Path) -> "pa.Array":
    """The accounts whose rows below a table hold no more: those of REPLACED, and those of which it has rows itself."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    ids = [pq.read_table(each, columns=["account_id"])["account_id"] for each in (path.parent / REPLACED, path)]
    return pa.chunked_array([chunk for each in ids for chunk in each.cast(pa.string()).chunks], pa.string()).unique()


def without(table: "pa.Table", accounts: "pa.Array") -> "pa.Table":
    """The rows of all other accounts."""
    import pyarrow.compute as pc

    ids = table["account_id"]
    return table.filter(pc.invert(pc.is_in(ids, accounts.cast(ids.type))))


def stand_on(folder: Path, base: Path, replaced: "pa.Array") -> None:
    """Have a run's folder stand on another's, which is whole."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"account_id": replaced}), folder / REPLACED)
    (folder / BASE).write_text(json.dumps({"run_id": base.name}) + "\n", encoding="utf-8")


def _listed(columns: Sequence[str] | None) -> list[str] | None:
    return None if columns is None else list(columns)
