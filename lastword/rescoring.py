"""Scoring only the accounts whose inputs changed: everything else keeps its scores, and the evidence they rest on."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lastword import table_files
from lastword.errors import Refusal
from lastword.run import Run

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from lastword.project import Project
    from lastword.score_work import Work
    from models.scorecard import PlanReference

PRINTS = "account_prints.parquet"

CHANGE_DATES = {
    "won": ("won_on",),
    "house_list": ("listed_on",),
    "technographics": ("first_seen", "last_seen"),
    "intents": ("observed_on",),
    "products": ("owned_since",),
}
"""The columns that say when a row of an input was new."""


@dataclass(frozen=True)
class Frozen:
    """What a rescore takes over from the publication before it: so that rescoring a few accounts moves no others."""

    plan_reference: "PlanReference"
    folder: Path
    as_of: date


def to_freeze(run: Run, plan_reference: "PlanReference", model_version: str | None) -> dict[str, Any]:
    """What a publication keeps so that a rescore can take it over: reference.json."""
    return {"plan": plan_reference.to_json(), "scored_by": scored_by(run, model_version)}


def scored_by(run: Run, model_version: str | None) -> dict[str, str | None]:
    """What every account's score rests on besides its own inputs: a change of it asks for a full score."""
    plan = run.project.plan_path.read_bytes()
    return {
        "model": model_version,
        "plan.toml": hashlib.sha256(plan).hexdigest(),
        "lastword.toml": settings_print(run.project),
    }


def settings_print(project: "Project") -> str:
    """By which one sees whether anything in lastword.toml that scores rest on has changed."""
    deciding = project.settings.model_dump_json(include={"features", "grades", "disparity", "final", "spend"}, warnings=False)
    return hashlib.sha256(deciding.encode()).hexdigest()


def frozen(run: Run, model_version: str | None) -> Frozen:
    """What the current publication froze.

    Raises
    ------
    Refusal
        There is no publication yet, or another model, plan or policy serves since: then every account must be scored.
    """
    from models.scorecard import PlanReference
    from overrides.publish import current_run
    from overrides.store import open_store

    open_store(run.project.store_url)
    current = current_run()
    if current is None:
        raise Refusal("nothing is published yet, so there is nothing to rescore: run `lastword score` first")
    for name, value in scored_by(run, model_version).items():
        if value != current.reference["scored_by"][name]:
            raise Refusal(f"the {name} that scores is not that of the last publication: run `lastword score` for all accounts")
    return Frozen(PlanReference.from_json(current.reference["plan"]), run.project.run_folder(current.run_id), current.as_of)


def changed_accounts(run: Run, accounts: "pd.DataFrame", frozen: Frozen, met: Collection[str] = ()) -> "pd.DataFrame":
    """The accounts to score: with a row dated since the day asked for, with changed columns, or not published yet.

    And those on whose potential spend somebody entered something since, and those that `met` a trigger. No day asked for: the
    date as of which the publication before was, as what is dated from it on wasn't known then.
    """
    import pandas as pd

    since = run.since or frozen.as_of
    before = pd.read_parquet(frozen.folder / PRINTS).set_index("account_id")["print"]
    prints = pd.read_parquet(run.folder / PRINTS).set_index("account_id")["print"]
    same = prints.eq(before.reindex(prints.index))
    asked = accounts.index.isin(accounts_dated_since(run, since) | accounts_entered_since(since) | set(met))
    return accounts[asked | ~same.reindex(accounts.index).to_numpy(dtype=bool)]


def accounts_dated_since(run: Run, since: date) -> set[str]:
    """Accounts with a row of any input dated on or after a day."""
    import pyarrow.compute as pc
    import pyarrow.dataset as ds

    found: set[str] = set()
    for table, columns in CHANGE_DATES.items():
        path = run.inputs / f"{table}.parquet"
        if not path.exists():
            continue
        rows = ds.dataset(path)
        for column in set(columns) & set(rows.schema.names):
            recent = rows.to_table(columns=["account_id"], filter=pc.field(column) >= pc.scalar(since))
            found.update(recent["account_id"].to_pylist())
    return found


def accounts_entered_since(since: date) -> set[str]:
    """Accounts on whose potential spend somebody entered something on or after a day, UTC."""
    from overrides import spend_entries

    return spend_entries.accounts_entered_since(datetime.combine(since, time(), UTC))


def write_account_prints(run: Run) -> None:
    """Write account_prints.parquet: account_id and a fingerprint of the account's own row, which any column of it changes."""
    account_prints(run).reset_index().to_parquet(run.folder / PRINTS, index=False)


def account_prints(run: Run) -> "pd.Series":
    """A fingerprint of every account's own row, by account_id: it changes with any column of it."""
    import pandas as pd

    batches = table_files.batches(run.folder / "account_columns.parquet")
    return pd.concat([_prints(batch) for batch in batches])


def _prints(rows: "pa.RecordBatch") -> "pd.Series":
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = [pc.cast(rows[name], pa.large_string()) for name in sorted(rows.schema.names)]
    between = pa.scalar("\x1f", pa.large_string())
    joined = pc.binary_join_element_wise(*texts, between, null_handling="replace", null_replacement="\x00")
    accounts = pd.Index(rows["account_id"].to_pandas(), name="account_id")
    return pd.Series(pd.util.hash_array(joined.to_numpy(zero_copy_only=False)), index=accounts, name="print")


def with_carried_over(work: "Work", scored: "Sequence[Path]", accounts: "pd.DataFrame") -> list[Path]:
    """The new scores, and of every account that wasn't scored the row it had; accounts no longer given are gone. One file."""
    import pandas as pd

    from lastword.batch_scoring import write_scores
    from overrides.final import current_scores

    before = current_scores().set_index("account_id")
    kept = before.loc[before.index.intersection(accounts.index)]
    new = [pd.read_parquet(path).set_index("account_id") for path in scored]
    kept = kept.loc[kept.index.difference(pd.concat(new).index) if new else kept.index]
    path = work.scores / "all.parquet"
    columns = new[0].columns if new else kept.columns
    write_scores(pd.concat([*new, kept[columns]]).loc[accounts.index], path)
    return [path]
