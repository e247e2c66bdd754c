"""Who of all accounts a person should look at: what only shows once every account is scored. Then the scores are put together."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lastword.contracts import QUEUED_SINCE, SCORE_COLUMNS, Counts
from lastword.run import Run

if TYPE_CHECKING:
    import pandas as pd

    from lastword.triggering import Watch

LOOKED_AT = (
    "account_id",
    "account_status",
    "coverage",
    "disparity",
    "model_points",
    "plan_points",
    "model_grade",
    "policy_grade",
    "review_value",
    "review_gain",
    "why",
    "why_family",
    "run_id",
)
"""Of every account at once nothing but these columns is in memory."""

SAID = ("open_reason", "override_review", "trigger_said", "why", "why_family")


def put_together(run: Run, scores: "pd.DataFrame", watched: "Watch | None", write: "Callable[[pd.DataFrame], None]") -> Counts:
    """Say who is under review, have `write` write scores.parquet with it; write review_queue.parquet and what triggers found.

    `scores` are LOOKED_AT of all accounts, by account_id; why is known of those that their disparity may bring under review.
    `write` is given SAID of all accounts.
    """
    from lastword import triggering

    triggers = triggering.write_triggers(run, scores, watched)
    write(with_why(run, scores, review(run, scores, triggers)))
    met = {} if watched is None else {"met a trigger": len(triggers)}
    return {**met, "under review": write_queue(run)}


def looked_at(scored: Sequence[Path]) -> "pd.DataFrame":
    """LOOKED_AT of all accounts, by account_id."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from lastword.batch_scoring import scores_schema

    tables = [pq.read_table(path, columns=list(LOOKED_AT)) for path in scored]
    frame: pd.DataFrame = pa.concat_tables([scores_schema(LOOKED_AT).empty_table(), *tables]).to_pandas()
    return frame.set_index("account_id")


def review(run: Run, scores: "pd.DataFrame", triggers: "pd.DataFrame") -> "pd.DataFrame":
    """Why each account is under review, with the ledger as it stands now, and what its triggers say where that is why.

    `triggers` are those that stand, by account_id: trigger, said. Columns: open_reason, override_review, trigger_said.
    """
    from overrides import ledger, queue

    settings = run.project.settings
    in_force, aside = ledger.in_force(run.now), ledger.set_aside(run.now)
    reasons = queue.review(scores, in_force, aside, settings.disparity, settings.seed, triggers["trigger"])
    told = triggers.reindex(scores.index)
    is_why = reasons["open_reason"].eq(told["trigger"]) | reasons["override_review"].eq(told["trigger"])
    return reasons.assign(trigger_said=told["said"].where(is_why.fillna(False)).astype("str"))


def with_why(run: Run, scores: "pd.DataFrame", said: "pd.DataFrame") -> "pd.DataFrame":
    """Adds why and why_family of the accounts under review (open_reason or override_review set); null of all others."""
    from lastword.kept_reasons import reasons_of
    from lastword.reasons import whys_of_rows

    under_review = said["open_reason"].notna() | said["override_review"].notna()
    known = scores.loc[under_review, ["why", "why_family", "run_id"]]
    asked = known[known["why"].isna()].reset_index()
    found = known[["why", "why_family"]].fillna(whys_of_rows(reasons_of(run.project, asked)))
    return said.join(found.astype("str"))


def write_scores(scored: Sequence[Path], said: "pd.DataFrame", path: Path) -> None:
    """Write scores.parquet, SCORE_COLUMNS but for what hangs on the clock; a part at a time. `said` has the rows of all parts."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from lastword.batch_scoring import scores_schema

    schema = scores_schema([name for name in SCORE_COLUMNS if name != QUEUED_SINCE])
    first = 0
    with pq.ParquetWriter(path, schema) as writer:
        for part in scored:
            table = pq.read_table(part)
            rows = said.iloc[first : (first := first + len(table))]
            told = {name: pa.array(rows[name], pa.string()) for name in SAID}
            columns = [told[name] if name in told else table[name] for name in schema.names]
            writer.write_table(pa.table(columns, schema=schema))


def write_queue(run: Run) -> int:
    """Write review_queue.parquet, the accounts under review in the order in which to look at them; gives how many they are."""
    import pandas as pd
    import pyarrow.compute as pc

    from lastword.table_files import read
    from overrides.queue import order

    reviewed = pc.field("open_reason").is_valid() | pc.field("override_review").is_valid()
    rows: pd.DataFrame = read(run.folder / "scores.parquet", filters=reviewed).to_pandas()
    queue = order(rows, run.project.settings.disparity.order)
    queue = queue.assign(cut_distance=queue["log_odds"] - queue["cut_log_odds"])
    queue.to_parquet(run.folder / "review_queue.parquet", index=False)
    return len(queue)
