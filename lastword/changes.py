"""Which accounts a rescore is about: those whose inputs changed since the publication before, by their fingerprints.

changes.parquet         account_id and what became of it
base.json, replaced.parquet    where so few changed that the run's folder stands on another: see table_files
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from lastword import table_files
from lastword.errors import Refusal
from lastword.run import Run

if TYPE_CHECKING:
    import ibis
    import pandas as pd
    import pyarrow as pa

    from overrides.publish import RunRecord

PRINTS, CHANGES = "account_prints.parquet", "changes.parquet"
SCORED, REVIEWED, GONE = "scored", "reviewed", "gone"
"""What became of an account in a rescore: its inputs changed; it came under review, or no more; it is no longer given."""

WHOLE_UP_TO = 98_304
"""Of no more accounts than are scored in one batch every table is written whole: that costs less than it takes to begin."""

MOST_STANDING = 0.2
"""With a greater share of the accounts changed since the last run that wrote its tables whole, they are written whole again."""


def find_changes(run: Run) -> "pa.Array | None":
    """See by account_prints.parquet which accounts to score, and write changes.parquet: account_id, what (SCORED or GONE).

    To score are those of which any input has other rows than it had, or a row dated since the day asked for, and those on whose
    potential spend somebody entered something since. No day asked for: the date as of which the publication before was, as what
    is dated from it on wasn't known then.

    Returns
    -------
    The accounts changed or gone where so few are that the run's folder stands on the one before; None where it is to be whole.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    current = published(run)
    folder, since = run.project.run_folder(current.run_id), run.since or current.as_of
    now = pq.read_table(run.folder / PRINTS)
    before = pq.read_table(folder / PRINTS) if (folder / PRINTS).is_file() else now.slice(0, 0)
    dated = pc.fill_null(pc.greater_equal(now["newest"], pa.scalar(since, pa.date32())), False)
    entered = pc.is_in(now["account_id"], pa.array(sorted(accounts_entered_since(since)), pa.string()))
    chosen = now.filter(pc.or_(pc.or_(_other_prints(now, before), dated), entered))["account_id"]
    gone = table_files.without(before, now["account_id"].combine_chunks())["account_id"]
    write_changes(run, {SCORED: chosen.to_pylist(), GONE: gone.to_pylist()})
    touched = pa.array([*chosen.to_pylist(), *gone.to_pylist()], pa.string())
    return touched if _stands(run, current, touched, len(now)) else None


def folder_before(run: Run) -> Path | None:
    """The folder of the publication before, where only what changed since is made anew; None where a run makes all."""
    return run.project.run_folder(published(run).run_id) if table_files.base_of(run.folder) is not None else None


def only_changed(run: Run, table: "ibis.Table") -> "ibis.Table":
    """The rows of the accounts to score, where only what changed is made anew; else all."""
    import ibis
    import pyarrow as pa

    if table_files.base_of(run.folder) is None:
        return table
    chosen = pa.array(changed(run, SCORED), pa.string())
    return table.semi_join(ibis.memtable(pa.table({"account_id": chosen})), "account_id")


def chosen_accounts(run: Run, accounts: "pd.DataFrame", met: Collection[str]) -> "pd.DataFrame":
    """The accounts to score: those with changes that are still given, and those that `met` a trigger.

    Where the run's folder stands on another, changes alone: of others it has no features, and without a change none is met.
    """
    chosen = changed(run, SCORED)
    return accounts[accounts.index.isin(chosen if table_files.base_of(run.folder) else {*chosen, *met})]


def changed(run: Run, *what: str) -> list[str]:
    """The accounts of which changes.parquet says this."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    found: list[str] = pq.read_table(run.folder / CHANGES, filters=pc.field("what").isin(what))["account_id"].to_pylist()
    return found


def published(run: Run) -> "RunRecord":
    """The publication that is current.

    Raises
    ------
    Refusal
        There is none yet.
    """
    from overrides.publish import current_run
    from overrides.store import open_store

    open_store(run.project.store_url)
    current = current_run()
    if current is None:
        raise Refusal("nothing is published yet, so there is nothing to rescore: run `lastword score` first")
    return current


def write_changes(run: Run, became: "Mapping[str, Sequence[str]]") -> None:
    """Write changes.parquet: account_id, and what became of it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [(account_id, what) for what, ids in became.items() for account_id in ids]
    columns = list(zip(*rows, strict=True)) or [(), ()]
    table = {name: pa.array(column, pa.string()) for name, column in zip(("account_id", "what"), columns, strict=True)}
    pq.write_table(pa.table(table), run.folder / CHANGES)


def accounts_entered_since(since: date) -> set[str]:
    """Accounts on whose potential spend somebody entered something on or after a day, UTC."""
    from overrides import spend_entries

    return spend_entries.accounts_entered_since(datetime.combine(since, time(), UTC))


def _other_prints(now: "pa.Table", before: "pa.Table") -> "pa.Array":
    """Whether each account of `now` has another print than before, or had none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    places = pc.index_in(now["account_id"], before["account_id"].combine_chunks())
    then = before["print"].cast(pa.string()).take(places)
    return pc.fill_null(pc.not_equal(now["print"].cast(pa.string()), then), True)


def _replaced_in(folder: Path) -> "pa.Array":
    import pyarrow as pa
    import pyarrow.parquet as pq

    return pq.read_table(folder / table_files.REPLACED)["account_id"].combine_chunks().cast(pa.string())


def _stands(run: Run, current: "RunRecord", touched: "pa.Array", accounts: int) -> bool:
    """Have the run's folder stand on that of the publication before, or on what that stands on, if that saves much."""
    import pyarrow as pa

    before = run.project.run_folder(current.run_id)
    base = table_files.base_of(before)
    replaced = touched if base is None else pa.concat_arrays([touched, _replaced_in(before)]).unique()
    given = {"signals": "intents", "technologies": "technographics"}
    wanted = {name: name not in given or run.project.input_source(given[name]) is not None for name in table_files.STANDING}
    whole = base or before
    if (
        run.project.settings.engine.name != "duckdb"
        or current.model_version is None
        or accounts <= WHOLE_UP_TO
        or len(replaced) > MOST_STANDING * accounts
        or any((whole / f"{name}.parquet").is_file() != there for name, there in wanted.items())
    ):
        return False
    table_files.stand_on(run.folder, whole, replaced)
    return True
