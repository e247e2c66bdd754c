"""Features, two opinions, disparity and queue of a run, as tables in its folder, and their publication.

Follow an account: its row in features.parquet and plan_values.parquet, its two opinions and the policy's grade
(opinions.py, a batch at a time) in scores.parquet, why in reasons.parquet, whether it is under review (review.py), and the last
word in the final table.
"""

import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lastword import table_files
from lastword.contracts import QUEUED_SINCE, Counts
from lastword.errors import LastwordError
from lastword.opinions import ACCOUNT_COLUMNS
from lastword.reports import add_figures, read_json, write_json, write_metrics
from lastword.run import Run
from lastword.run_rows import ROWS_PER_GROUP

if TYPE_CHECKING:
    import ibis
    import pandas as pd

    from features.build import Tables
    from features.catalog import Feature
    from models.served import Served
    from overrides.score_batches import Scores


@dataclass(frozen=True)
class Serving:
    """The model that serves in a run: its name and version in the registry, and itself."""

    name: str
    version: str
    model: "Served"


def write_features(run: Run) -> Counts:
    """Write features.parquet, plan_values.parquet, accounts.parquet (status, hierarchy, spend) and indicators.parquet.

    And what pages show of an account: see account_inputs.
    """
    from expectations.gate import check_features
    from features.build import build_features, read_tables
    from features.engine import connect
    from features.engine import read as read_table
    from features.engine import write as write_table
    from features.plan_values import build_plan_values
    from lastword.account_inputs import keep_inputs
    from lastword.changed_rows import add_earlier, carry_over
    from lastword.changes import folder_before, only_changed
    from lastword.customer_tables import write_customers
    from lastword.indicators import indicator_table
    from lastword.plan_values_kept import keep_columns, keep_past
    from lastword.posting import with_posted_spend

    connection = connect(run.project, run.folder)
    tables = read_tables(connection, run.inputs)
    keep_inputs(run, tables)  # first: to sort all signals takes the most memory
    plan, policy = run.project.load_plan(), run.intent_policy()
    served = choose_model(run)
    listed = features_to_build(run, tables, served)
    served_policy = served.model.intent_policy if served else policy
    built = only_changed(run, build_features(tables, run.as_of, listed, served_policy))
    write_table(built.order_by("account_id"), run.folder / "features.parquet", ROWS_PER_GROUP)
    written = read_table(connection, run.folder / "features.parquet", "features")
    check_features(written, run.folder)
    values = build_plan_values(tables, run.as_of, plan, policy, features=written if served_policy == policy else None)
    write_table(only_changed(run, values).order_by("account_id"), run.folder / "plan_values.parquet", ROWS_PER_GROUP)
    before = folder_before(run)
    if before is not None:
        add_earlier(run, before)
    rows = with_posted_spend(run, tables, account_rows(tables, run))
    rows.to_parquet(run.folder / "accounts.parquet", index=False)
    write_customers(run, tables, rows)
    keep_columns(run, tables)
    if before is not None:
        carry_over(run, before)
    else:
        indicator_table(run, tables, listed, policy).to_parquet(run.folder / "indicators.parquet", index=False)
        keep_past(run, tables)
    return {"accounts": len(rows), "features": len(listed)}


def write_scores(run: Run) -> Counts:
    """Write scores.parquet, reasons.parquet, review_queue.parquet, metrics.json, what triggers found."""
    from lastword import changes, rescoring, review, triggering
    from lastword.batch_scoring import plan_reference, score_in_batches
    from lastword.changed_rows import put_together_changes
    from lastword.ground import Ground
    from lastword.moves import grade_moves, write_drift
    from lastword.score_work import WORK, lay_out

    noted = read_json(run, "champion.json")
    version = noted["version"] if noted else None
    accounts = read(run, "accounts")
    frozen = rescoring.frozen(run, version) if run.command == "rescore" else None
    watched = triggering.watch(run, accounts)
    met = watched.accounts if watched else ()
    chosen = accounts if frozen is None else changes.chosen_accounts(run, accounts, met)
    before = grades_before(run)
    plan = run.project.load_plan()
    work = lay_out(run, chosen, before["model"], met, all_of_them=frozen is None)
    reference = plan_reference(plan, work) if frozen is None else frozen.plan_reference
    write_json(run, "reference.json", rescoring.to_freeze(run, reference, version))
    folder = Path(noted["folder"]) if noted else None
    ground = Ground(run.project.settings, plan, reference, folder, version, run.run_id, run.as_of, run.now)
    scored = score_in_batches(ground, work, connection=engine_to_share(run))
    if changes.folder_before(run) is not None:
        counts = put_together_changes(run, scored, watched, accounts.index)
    else:
        if frozen is not None:
            scored = rescoring.with_carried_over(work, scored, accounts, frozen.folder)
        write = partial(review.write_scores, scored, path=run.folder / "scores.parquet")
        counts = review.put_together(run, review.looked_at(scored), watched, write)
    moves = {
        "drift": write_drift(run, work, ground.served if frozen is None else None),
        "transitions": grade_moves(run, before),
    }
    shutil.rmtree(run.folder / WORK)
    if read_json(run, "metrics.json") is None:  # else what training measured in the same run stays
        write_metrics(run, ground.served.mode if ground.served else "plan-only", version)
    add_figures(run, moves)
    return {"accounts": len(accounts), "scored": len(chosen), **counts}


def engine_to_share(run: Run) -> "ibis.BaseBackend | None":
    """The engine, where it has further machines to score accounts on."""
    from features.engine import connect

    return connect(run.project, run.folder) if run.project.settings.engine.name == "spark" else None


def grades_before(run: Run) -> "dict[str, pd.Series]":
    """By account_id the grades of the publication before this one: of the "model", and the "final" one, overrides aside."""
    from overrides import publish
    from overrides.store import open_store

    open_store(run.project.store_url)
    columns = {"model": "model_grade", "final": "policy_grade"}
    current = publish.current_run()
    path = None if current is None else run.project.run_folder(current.run_id) / "scores.parquet"
    if path is None or not path.is_file():  # what was published is in the store too, and slower to read there
        return {name: publish.previous_grades(column) for name, column in columns.items()}
    grades = table_files.read(path, ["account_id", *columns.values()]).to_pandas().set_index("account_id")
    return {name: grades[column].rename(None) for name, column in columns.items()}


def publish_scores(run: Run) -> Counts:
    """Make the run current; the final table passes its suite before anything becomes visible."""
    from expectations.gate import check_final
    from lastword import changes
    from lastword.account_inputs import PLAN
    from overrides.publish import RunRecord, publish
    from overrides.publish_changes import publish_changes
    from overrides.score_batches import ScoreFile
    from overrides.store import open_store

    open_store(run.project.store_url)
    before = changes.folder_before(run)
    noted = read_json(run, "champion.json") or {}
    record = RunRecord(
        run_id=run.run_id,
        kind="partial" if run.command == "rescore" else "full",
        as_of=run.as_of,
        plan_version=run.project.load_plan().version,
        policy=run.project.settings.final.policy,
        model_name=noted.get("name"),
        model_version=noted.get("version"),
        counts={"accounts": table_files.row_count(run.folder / "accounts.parquet")},
        reference=read_json(run, "reference.json") or {},
    )
    plan = (run.folder / PLAN).read_text(encoding="utf-8-sig")
    checked = partial(check_final, folder=run.folder)
    if before is None:
        scores = with_queue_age(run, ScoreFile(run.folder / "scores.parquet"))
        done = publish(run.project, scores, record, run.folder, run.now, check=checked, plan=plan)
    else:
        scores, left = with_queue_age(run, changed_scores(run)), changes.changed(run, changes.GONE)
        done = publish_changes(run.project, before.name, scores, left, record, run.folder, run.now, checked, plan)
    gone = {"runs pruned": len(pruned)} if (pruned := prune_runs(run)) else {}
    return {"accounts": done.accounts, "overrides in force": done.in_force, **gone}


def changed_scores(run: Run) -> "Scores":
    """The scores that differ from those of the publication before."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from lastword import changes
    from overrides.score_batches import ScoreFrame

    ids = pa.array(changes.changed(run, changes.SCORED, changes.REVIEWED), pa.string())
    return ScoreFrame(pq.read_table(run.folder / "scores.parquet", filters=pc.field("account_id").isin(ids)).to_pandas())


def prune_runs(run: Run) -> tuple[str, ...]:
    """Prune old publications by [runs] keep. What can't be done now the next run does: this one is published."""
    from overrides.pruning import prune

    try:
        return prune(run.project, run.project.settings.runs.keep, run.now)
    except (LastwordError, OSError):
        return ()


def choose_model(run: Run) -> "Serving | None":
    """Ask the registry for the champion, once in a run, and note it in the run's folder for the stages that follow.

    None where there is no champion, and where this run found too few wins to trust a model.
    """
    from models.registry import champion

    trained = read_json(run, "metrics.json")
    if trained is not None and trained["mode"] == "plan-only":
        return None
    registered = champion(run.project)
    if registered is not None:
        noted = {"name": registered.name, "version": registered.version, "folder": str(registered.folder)}
        write_json(run, "champion.json", noted)
    return serving(run)


def serving(run: Run) -> "Serving | None":
    """The champion of this run and what serving it needs; None where the plan stands alone."""
    from models.served import load_served

    noted = read_json(run, "champion.json")
    if noted is None:
        return None
    return Serving(noted["name"], noted["version"], load_served(Path(noted["folder"])))


def features_to_build(run: Run, tables: "Tables", served: "Serving | None") -> "tuple[Feature, ...]":
    """What the champion was trained on; where none serves, all that have support as of today."""
    from features.build import choose_vocabulary
    from features.catalog import catalog

    vocabulary = served.model.vocabulary if served else choose_vocabulary(tables, run.as_of)
    return catalog(vocabulary, run.project.settings.features.columns)


def account_rows(tables: "Tables", run: Run) -> "pd.DataFrame":
    """Grain: account, by account_id. Hierarchy, spend, account_status, at_risk (today's prospects)."""
    from models.landmarks import account_status, at_risk

    spend = tables.accounts.select("account_id", *ACCOUNT_COLUMNS, "prior_year_spend")
    risk = at_risk(tables, run.as_of, run.project.settings.model.horizon_days).select("account_id").mutate(at_risk=True)
    joined = spend.left_join(account_status(tables), "account_id").drop("account_id_right")
    joined = joined.left_join(risk, "account_id").drop("account_id_right")
    rows: pd.DataFrame = joined.mutate(at_risk=joined.at_risk.fill_null(False)).order_by("account_id").to_pandas()
    return rows


def read(run: Run, name: str) -> "pd.DataFrame":
    """A table of the run's folder, by account_id."""
    import pandas as pd

    return pd.read_parquet(run.folder / f"{name}.parquet").set_index("account_id")


def with_queue_age(run: Run, scores: "Scores") -> "Scores":
    """Adds since when each account is under review: it hangs on the clock, so it is in the store and in no file of the run."""
    from overrides import ledger
    from overrides.queue_age import queued_since, waiting_since
    from overrides.score_batches import ScoresWith

    in_force, waiting = ledger.in_force(run.now), waiting_since(run.now)
    return ScoresWith(scores, QUEUED_SINCE, lambda batch: queued_since(batch, in_force, waiting, run.now))
