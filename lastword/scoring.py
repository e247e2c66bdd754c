"""Features, two opinions, disparity and queue of a run, as tables in its folder, and their publication.

Follow an account: its row in features.parquet and plan_values.parquet, its two opinions and the policy's grade in
scores.parquet, why in reasons.parquet, and the last word in the final table.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lastword.contracts import QUEUED_SINCE, SCORE_COLUMNS, Counts
from lastword.reports import add_figures, read_json, write_json, write_metrics
from lastword.run import Run
from lastword.run_rows import ROWS_PER_GROUP

if TYPE_CHECKING:
    import pandas as pd

    from features.build import Tables
    from features.catalog import Feature
    from models.scorecard import PlanReference, PlanScores
    from models.served import Served


@dataclass(frozen=True)
class Serving:
    """The model that serves in a run: its name and version in the registry, and itself."""

    name: str
    version: str
    model: "Served"


MODEL_NUMBERS = ("propensity", "model_points", "log_odds", "log_odds_sd", "grade_confidence")
ACCOUNT_COLUMNS = ("name", "region", "sub_region", "country", "industry", "sub_industry")


def write_features(run: Run) -> Counts:
    """Write features.parquet, plan_values.parquet, accounts.parquet (status, hierarchy, spend) and indicators.parquet.

    And what pages show of an account: see account_inputs.
    """
    from expectations.gate import check_features
    from features.build import build_features, read_tables
    from features.engine import connect
    from features.plan_values import build_plan_values
    from lastword.account_inputs import keep_inputs
    from lastword.customer_tables import write_customers
    from lastword.indicators import indicator_table
    from lastword.plan_values_kept import keep_for_trials
    from lastword.posting import with_posted_spend

    tables = read_tables(connect(run.project, run.folder), run.inputs)
    plan, policy = run.project.load_plan(), run.intent_policy()
    served = choose_model(run)
    listed = features_to_build(run, tables, served)
    built = build_features(tables, run.as_of, listed, served.model.intent_policy if served else policy)
    ordered = built.order_by("account_id").to_pandas()
    ordered.to_parquet(run.folder / "features.parquet", index=False, row_group_size=ROWS_PER_GROUP)
    check_features(ordered, run.folder)
    values = build_plan_values(tables, run.as_of, plan, policy)
    values.order_by("account_id").to_parquet(run.folder / "plan_values.parquet", row_group_size=ROWS_PER_GROUP)
    rows = with_posted_spend(run, tables, account_rows(tables, run))
    rows.to_parquet(run.folder / "accounts.parquet", index=False)
    write_customers(run, tables, rows)
    indicator_table(run, tables, listed, policy).to_parquet(run.folder / "indicators.parquet", index=False)
    keep_inputs(run, tables)
    keep_for_trials(run, tables)
    return {"accounts": len(ordered), "features": len(listed)}


def write_scores(run: Run) -> Counts:
    """Write scores.parquet, reasons.parquet, review_queue.parquet, account_prints.parquet, metrics.json, what triggers found."""
    from lastword import rescoring, triggering
    from lastword.moves import grade_moves, write_drift
    from lastword.reasons import with_why, write_reasons
    from overrides.queue import order

    served = serving(run)
    accounts = read(run, "accounts")
    frozen = rescoring.frozen(run, served.version if served else None) if run.command == "rescore" else None
    watched = triggering.watch(run, accounts)
    chosen = (
        accounts if frozen is None else rescoring.changed_accounts(run, accounts, frozen, watched.accounts if watched else ())
    )
    features, values = read(run, "features").loc[chosen.index], read(run, "plan_values").loc[chosen.index]
    plan = score_by_plan(run, values)
    reference = plan_reference(plan, chosen) if frozen is None else frozen.plan_reference
    write_json(run, "reference.json", rescoring.to_freeze(run, reference, served.version if served else None))
    scores = opinions(run, chosen, features, plan, reference, served)
    if frozen is not None:
        scores = rescoring.with_carried_over(scores, accounts)
    scores = with_measures(scores, reference)
    triggers = triggering.write_triggers(run, scores, watched)
    scores = with_review(run, scores, triggers)
    reasons = write_reasons(run, scores, features, values, plan, reference, served.model if served else None, frozen)
    scores = with_why(scores, reasons)
    moves = {
        "drift": write_drift(run, accounts, features, served.model if served and frozen is None else None),
        "transitions": grade_moves(scores),
    }
    scores = scores.reset_index()[[name for name in SCORE_COLUMNS if name != QUEUED_SINCE]]
    scores.to_parquet(run.folder / "scores.parquet", index=False)
    under_review = scores["open_reason"].notna() | scores["override_review"].notna()
    queue = order(scores[under_review], run.project.settings.disparity.order)
    queue = queue.assign(cut_distance=queue["log_odds"] - queue["cut_log_odds"])
    queue.to_parquet(run.folder / "review_queue.parquet", index=False)
    rescoring.account_prints(run).reset_index().to_parquet(run.folder / "account_prints.parquet", index=False)
    if read_json(run, "metrics.json") is None:  # else what training measured in the same run stays
        write_metrics(run, served.model.mode if served else "plan-only", served.version if served else None)
    add_figures(run, moves)
    met = {} if watched is None else {"met a trigger": len(triggers)}
    return {"accounts": len(scores), "scored": len(chosen), **met, "under review": len(queue)}


def publish_scores(run: Run) -> Counts:
    """Make the run current; the final table passes its suite before anything becomes visible."""
    import pandas as pd

    from expectations.gate import check_final
    from lastword.account_inputs import PLAN
    from overrides.publish import RunRecord, publish
    from overrides.store import open_store

    open_store(run.project.store_url)
    scores = with_queue_age(run, pd.read_parquet(run.folder / "scores.parquet"))
    noted = read_json(run, "champion.json") or {}
    record = RunRecord(
        run_id=run.run_id,
        kind="partial" if run.command == "rescore" else "full",
        as_of=run.as_of,
        plan_version=run.project.load_plan().version,
        policy=run.project.settings.final.policy,
        model_name=noted.get("name"),
        model_version=noted.get("version"),
        counts={"accounts": len(scores)},
        reference=read_json(run, "reference.json") or {},
    )
    plan = (run.folder / PLAN).read_text(encoding="utf-8-sig")
    checked = partial(check_final, folder=run.folder)
    done = publish(run.project, scores, record, run.folder, run.now, check=checked, plan=plan)
    return {"accounts": len(done.final), "overrides in force": int((done.final["decided_by"] == "override").sum())}


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
    """Grain: account, by account_id. Hierarchy, spend, account_status, at_risk (today's prospects) and what they could spend."""
    from lastword.planning.potential_spend import potential_spend
    from lastword.planning.tiers import high_value
    from models.landmarks import account_status, at_risk

    spend = tables.accounts.select("account_id", *ACCOUNT_COLUMNS, "prior_year_spend")
    risk = at_risk(tables, run.as_of, run.project.settings.model.horizon_days).select("account_id").mutate(at_risk=True)
    joined = spend.left_join(account_status(tables), "account_id").drop("account_id_right")
    joined = joined.left_join(risk, "account_id").drop("account_id_right")
    rows = joined.mutate(at_risk=joined.at_risk.fill_null(False)).order_by("account_id").to_pandas()
    potential = potential_spend(rows)
    return rows.assign(potential_spend=potential, high_value=high_value(potential))


def read(run: Run, name: str) -> "pd.DataFrame":
    """A table of the run's folder, by account_id."""
    import pandas as pd

    return pd.read_parquet(run.folder / f"{name}.parquet").set_index("account_id")


def score_by_plan(run: Run, values: "pd.DataFrame") -> "PlanScores":
    """The plan's points of every row of plan_values."""
    from models.scorecard import score_plan

    return score_plan(run.project.load_plan(), values)


def plan_reference(plan: "PlanScores", accounts: "pd.DataFrame") -> "PlanReference":
    """What plan points are measured against: today's prospects, all accounts where there are none."""
    from models.grades import Reference
    from models.scorecard import PlanReference

    prospects = accounts["at_risk"] if accounts["at_risk"].any() else accounts["at_risk"] | True
    return PlanReference(Reference.from_population(plan.points[prospects]), plan.shares[prospects].mean())


def opinions(
    run: Run,
    accounts: "pd.DataFrame",
    features: "pd.DataFrame",
    plan: "PlanScores",
    reference: "PlanReference",
    served: "Serving | None",
) -> "pd.DataFrame":
    """Both opinions, what parts them, what the policy makes of them, and what the account is worth. By account_id."""
    import pandas as pd

    from lastword.planning.potential_spend import expected_value, win_value
    from overrides.disparity import disparity
    from overrides.final import policy_grades

    settings = run.project.settings
    scores = accounts[[*ACCOUNT_COLUMNS, "account_status", "potential_spend", "high_value"]].copy()
    scores["plan_points"], scores["plan_segment"], scores["plan_grade"] = plan.points, plan.segment, plan.grade
    scores["coverage"], scores["key_account"] = plan.covered, plan.key_account
    scores = scores.join(model_opinion(features, served.model if served else None, previous_grades(run)))
    measure, percentiles = settings.disparity.measure, reference.percentiles
    scores["disparity"] = disparity(
        measure, scores.model_points, scores.plan_points, scores.model_grade, scores.plan_grade, percentiles
    )
    customer = scores["account_status"] == "customer"
    scores["expected_value"] = expected_value(scores.propensity, scores.potential_spend, accounts.prior_year_spend, customer)
    scores["review_value"] = win_value(scores.potential_spend, accounts.prior_year_spend, customer).fillna(1.0)
    scores = with_review_gain(scores, served.model if served else None)
    cuts = served.model.cuts if served else None
    scores = scores.join(policy_grades(scores, settings, percentiles.points(scores.plan_points), cuts))
    scores["run_id"], scores["plan_version"] = run.run_id, run.project.load_plan().version
    scores["model_version"] = pd.Series(served.version if served else None, index=scores.index, dtype="str")
    scores["as_of"], scores["scored_at"] = pd.Timestamp(run.as_of), pd.Timestamp(run.now)
    return scores


def model_opinion(features: "pd.DataFrame", served: "Served | None", previous: "pd.Series") -> "pd.DataFrame":
    """What the model says of each account, by account_id; all null where no model serves.

    propensity; model_points (0–100); model_grade; log_odds of the propensity (in look-alike mode of being like a winner);
    log_odds_sd, their bootstrap sd; grade_confidence (0–1), how sure the grade is. The last two are null too for a model that
    was trained without refits.
    """
    import pandas as pd

    from models.grades import assign_grades

    if served is None:
        unknown = dict.fromkeys(MODEL_NUMBERS, float("nan"))
        return pd.DataFrame(unknown, index=features.index).assign(model_grade=pd.Series(None, index=features.index, dtype="str"))
    scored = served.score(features).rename(columns={"logit": "log_odds", "points": "model_points"})
    known = previous.reindex(features.index) if len(previous) else None
    grades = assign_grades(scored["model_points"], served.cuts, known)
    return scored.assign(model_grade=grades).join(served.confidence(features, grades))


def with_review_gain(scores: "pd.DataFrame", served: "Served | None") -> "pd.DataFrame":
    """Adds the nearest grade cut and what a review can be expected to gain; null where no model serves."""
    from overrides.value_of_information import review_gain

    if served is None:
        return scores.assign(cut_log_odds=float("nan"), cut_propensity=float("nan"), review_gain=float("nan"))
    scores = scores.join(served.nearest_cut(scores["log_odds"]))
    factors = ("log_odds", "log_odds_sd", "cut_log_odds", "cut_propensity", "review_value")
    return scores.assign(review_gain=review_gain(*(scores[name] for name in factors)))


def previous_grades(run: Run) -> "pd.Series":
    """The model's grades of the publication before this one."""
    from overrides import publish
    from overrides.store import open_store

    open_store(run.project.store_url)
    return publish.previous_grades()


def with_measures(scores: "pd.DataFrame", reference: "PlanReference") -> "pd.DataFrame":
    """Adds the disparity by each measure, disparity_rank, disparity_points and disparity_grade, whichever is configured."""
    from overrides.disparity import MEASURES, disparity

    points, grades = (scores["model_points"], scores["plan_points"]), (scores["model_grade"], scores["plan_grade"])
    return scores.assign(
        **{f"disparity_{measure}": disparity(measure, *points, *grades, reference.percentiles) for measure in MEASURES}
    )


def with_review(run: Run, scores: "pd.DataFrame", triggers: "pd.DataFrame") -> "pd.DataFrame":
    """Adds why each account is under review, with the ledger as it stands now, and what its triggers say where that is why.

    `triggers` are those that stand, by account_id: trigger, said.
    """
    from overrides import ledger
    from overrides.queue import review

    settings = run.project.settings
    in_force = ledger.in_force(run.now)
    aside = ledger.set_aside(run.now)
    reasons = review(scores, in_force, aside, settings.disparity, settings.seed, triggers["trigger"])
    told = triggers.reindex(scores.index)
    is_why = reasons["open_reason"].eq(told["trigger"]) | reasons["override_review"].eq(told["trigger"])
    said = told["said"].where(is_why.fillna(False))
    return scores.assign(
        open_reason=reasons["open_reason"], override_review=reasons["override_review"], trigger_said=said.astype("str")
    )


def with_queue_age(run: Run, scores: "pd.DataFrame") -> "pd.DataFrame":
    """Adds since when each account is under review: it hangs on the clock, so it is in the store and in no file of the run."""
    from overrides import ledger
    from overrides.queue_age import queued_since

    since = queued_since(scores.set_index("account_id"), ledger.in_force(run.now), run.now)
    return scores.assign(**{QUEUED_SINCE: since.to_numpy()})
