"""A whole run of the demo population: what must hold of its tables, and that the same data give the same tables."""

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from lastword import changes
from lastword.contracts import FINAL_COLUMNS, GRADES
from lastword.plan_values_kept import looking_at, values_of
from lastword.project import find_project
from lastword.runner import run_stages
from lastword.table_files import base_of, read
from overrides.final import final_table
from overrides.store import open_store
from overrides.value_of_information import review_gain

MAY_DIFFER = ["run_id", "model_version", "scored_at"]


def lastword(*arguments: object) -> dict:
    """The result of a command with --json."""
    command = [Path(sys.executable).with_name("lastword"), *map(str, arguments), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def table(folder: Path, name: str) -> pd.DataFrame:
    runs = folder / ".lastword" / "runs"
    return pd.read_parquet(runs / json.loads((runs / "latest.json").read_text())["run_id"] / f"{name}.parquet")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A demo of 2,000 accounts, run twice."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    first = lastword("demo", folder, "--accounts", 2000, "--no-prefect")
    tables = {name: table(folder, name) for name in ("final_scores", "reasons", "review_queue", "indicators", "features")}
    second = lastword("run", "--project", folder)
    return folder, first, tables, second


def test_a_model_is_promoted_and_everything_is_once_in_the_final_table(demo):
    _, first, tables, _ = demo
    final = tables["final_scores"]
    assert first["metrics"]["mode"] == "landmarks"
    assert first["metrics"]["model"]["promoted"], first["metrics"]["model"]["refused_because"]
    assert tuple(final.columns) == FINAL_COLUMNS
    assert final["account_id"].is_unique
    assert len(final) == first["validation"]["tables"]["accounts"]["rows_used"] == 2000
    assert set(final["model_grade"]) == set(GRADES)
    assert final["propensity"].between(0, 1).all()


def test_an_account_scores_the_same_in_whatever_batch_and_process(demo, tmp_path):
    from lastword.batch_scoring import score_in_batches
    from lastword.ground import Ground
    from lastword.opinions import ASKED, PREVIOUS
    from lastword.project import find_project
    from lastword.score_work import SAMPLE, Work
    from models.scorecard import PlanReference

    project, done = find_project(demo[0]), table(demo[0], "scores")
    run_id, now = done["run_id"][0], done["scored_at"][0].to_pydatetime()
    run = project.run_folder(run_id)
    noted, reference = (json.loads((run / name).read_text()) for name in ("champion.json", "reference.json"))
    before = demo[2]["final_scores"].set_index("account_id")["model_grade"]
    accounts = pd.read_parquet(run / "accounts.parquet").assign(**{SAMPLE: False, ASKED: False})
    accounts[PREVIOUS] = accounts["account_id"].map(before)
    accounts.to_parquet(tmp_path / "accounts.parquet")
    ground = Ground(
        project.settings,
        project.load_plan(),
        PlanReference.from_json(reference["plan"]),
        Path(noted["folder"]),
        noted["version"],
        run_id,
        done["as_of"][0].date(),
        now,
    )
    work = Work(
        tmp_path / "accounts.parquet",
        run / "features.parquet",
        run / "plan_values.parquet",
        tmp_path / "scores",
        tmp_path / "samples",
        tmp_path / "reasons.parquet",
    )
    parts = score_in_batches(ground, work, batch_rows=700, shared_by=2)
    scores = pd.concat([pd.read_parquet(part) for part in parts], ignore_index=True).drop(columns=["why", "why_family"])
    pd.testing.assert_frame_equal(scores, done[scores.columns], rtol=1e-9, check_dtype=False)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "reasons.parquet"), table(demo[0], "reasons"), rtol=1e-9)
    assert len(parts) == 3


def test_rows_in_are_used_not_yet_known_or_quarantined(demo):
    for name, counts in demo[1]["validation"]["tables"].items():
        parts = counts["rows_used"] + counts["rows_not_yet_known"] + counts["rows_quarantined"]
        assert counts["rows_in"] == parts, name
        assert counts["rows_quarantined"] == sum(counts["reasons"].values()), name


def test_reasons_add_up_to_both_opinions(demo):
    final, reasons = demo[2]["final_scores"].set_index("account_id"), demo[2]["reasons"]
    total = reasons.groupby(["source", "account_id"])["contribution"].sum()
    assert (total["model"] - final["model_points"]).abs().max() < 0.1
    gap = total["model"] - total["plan"]
    assert (gap - final["disparity"]).abs().max() < 0.1


def test_the_gap_by_cause_adds_up_for_every_account(demo):
    from models.gap import CAUSES, signed

    final, reasons = demo[2]["final_scores"].set_index("account_id"), demo[2]["reasons"]
    assert set(reasons["cause"]) == set(CAUSES)
    by_cause = signed(reasons).groupby([reasons["account_id"], reasons["cause"]]).sum().unstack("cause")
    assert (by_cause.sum(axis=1) - final["disparity"]).abs().max() < 0.1
    unknown = reasons["value"].isna() & ~reasons["attribute"].str.startswith("(")
    assert (reasons.loc[unknown, "cause"] == "missing_data").all()
    assert (reasons.loc[reasons["value"] == "none", "cause"] != "missing_data").all()


def test_the_models_reasons_add_up_to_its_log_odds(demo):
    from models.served import load_served

    folder = demo[0] / ".lastword" / "runs"
    noted = json.loads((folder / json.loads((folder / "latest.json").read_text())["run_id"] / "champion.json").read_text())
    served = load_served(Path(noted["folder"]))
    features = table(demo[0], "features").set_index("account_id")
    contributions, base = served.model.contributions(features)
    assert abs(base + contributions.sum(axis=1) - served.model.logit(features)).max() < 1e-6


def test_explain_says_the_gap_by_cause(demo):
    account = demo[2]["review_queue"]["account_id"].iloc[0]
    said = lastword("explain", account, "--project", demo[0])
    parts = {part["cause"]: part for part in said["gap_by_cause"]}
    assert sum(part["points"] for part in parts.values()) == pytest.approx(said["account"]["disparity"], abs=0.1)
    for part in parts.values():
        assert sum(each["gap"] for each in part["attributes"]) == pytest.approx(part["points"])
    assert any(sentence.startswith("The model stands ") for sentence in said["sentences"])


def test_indicators_come_with_the_rank_lift_and_recommendations_that_are_a_plan(demo):
    folder = demo[0]
    found = lastword("indicators", "--recommend", "--project", folder)
    significant = {row["indicator"] for row in found["indicators"] if row["significant"]}
    assert "technology:Snowflake" in significant and "web_visits_rank" not in " ".join(significant)
    lifts = {row["grade"]: row["rank_lift"] for row in found["rank_lift"]["model"]}
    assert lifts["A"] > 1.5 > 0.8 > lifts["F"]
    assert sum(row["wins"] for row in found["rank_lift"]["plan"]) == found["rank_lift"]["wins"]
    report = found["recommendations"]
    assert report["changes"], "the demo's plan is only half right"
    assert {change["attribute"] for change in report["changes"]}.isdisjoint({"prior_year_spend", "tenure_years", "market_share"})
    together = report["together"]
    weights = together["weights"].values()
    assert sum(w["current"] or 0 for w in weights) == pytest.approx(sum(w["recommended"] for w in weights))
    path = folder / "plan.toml"
    before, scored = path.read_text(), table(folder, "final_scores").set_index("account_id")
    rules = before[before.index("[[rules]]") :]
    try:
        path.write_text(f'version = "recommended"\n\n{together["toml"]}\n{rules}')
        lastword("score", "--project", folder)
        after = table(folder, "final_scores").set_index("account_id")
    finally:
        path.write_text(before)
        lastword("score", "--project", folder)
    assert set(after["plan_version"]) == {"recommended"}
    assert (after["plan_segment"] != scored["plan_segment"]).sum() == together["effect"]["moved"]


def test_traps_do_not_reach_the_model(demo):
    figures = demo[1]["metrics"]["figures"]
    excluded = {finding["column"] for finding in figures["leakage"]["excluded"]}
    assert {"prior_year_spend", "tenure_years", "market_share"} <= excluded
    assert figures["leakage"]["blocked"] == []


def test_the_queue_holds_the_accounts_under_review_worst_first(demo):
    final, queue = demo[2]["final_scores"], demo[2]["review_queue"]
    assert set(queue["account_id"]) == set(final.loc[final["under_review"], "account_id"])
    parted = queue[queue["open_reason"] == "disparity"]
    assert (parted["disparity"].abs() >= 40).all()
    factors = queue[["log_odds", "log_odds_sd", "cut_log_odds", "cut_propensity", "review_value"]]
    gain = review_gain(*(factors[name] for name in factors))
    pd.testing.assert_series_equal(queue["review_gain"], pd.Series(gain, index=queue.index), check_names=False)
    assert queue["review_gain"].dropna().is_monotonic_decreasing
    unknown = queue[queue["review_gain"].isna()]
    assert set(unknown.index) == set(queue.index[len(queue) - len(unknown) :])
    assert (unknown["disparity"].abs() * unknown["review_value"]).is_monotonic_decreasing
    assert queue[["log_odds", "cut_log_odds", "cut_propensity"]].notna().all().all()


def test_the_same_inputs_have_not_drifted_and_keep_their_grades(demo):
    figures = demo[3]["metrics"]["figures"]
    assert "(score)" in {row["feature"] for row in figures["drift"]}
    assert not any(row["drifted"] for row in figures["drift"])
    assert figures["transitions"]["final"]["changed"] == figures["transitions"]["model"]["changed"] == 0
    assert "transitions" not in demo[1]["metrics"]["figures"]


def test_the_same_data_give_the_same_tables_but_for_run_version_and_time(demo):
    folder, _, tables, second = demo
    assert second["metrics"]["model"]["promoted"]
    for name, before in tables.items():
        after = table(folder, name)
        common = [column for column in before.columns if column not in MAY_DIFFER]
        pd.testing.assert_frame_equal(before[common], after[common], obj=name)


def test_rescoring_moves_only_the_accounts_whose_inputs_changed(demo):
    folder = demo[0]
    before = table(folder, "final_scores").set_index("account_id")
    yesterday = before["as_of"].iloc[0] - timedelta(days=1)
    path = folder / "data" / "intents.parquet"
    signals = pd.read_parquet(path)
    quiet = before.index[~before.index.isin(signals["account_id"])][0]
    signal = signals.iloc[[0]].assign(account_id=quiet, topic="pipeline forecasting", observed_on=yesterday, strength=100.0)
    pd.concat([signals, signal]).to_parquet(path, index=False)
    result = lastword("rescore", "--since", yesterday, "--project", folder)
    after = table(folder, "final_scores").set_index("account_id")
    scored = after.index[after["run_id"] == result["run_id"]]
    assert quiet in scored
    assert len(scored) < 0.5 * len(after)
    assert after.loc[quiet, "propensity"] > before.loc[quiet, "propensity"]
    kept = after.index.difference(scored)
    pd.testing.assert_series_equal(after.loc[kept, "model_points"], before.loc[kept, "model_points"])
    assert set(after.loc[kept, "run_id"]) == set(before.loc[kept, "run_id"])


NOT_COMPARED = ("reasons", "changes", "replaced", "indicators", "past_plan_values")
"""Tables that a rescore of what changed alone doesn't write as one does that writes all, or takes over as they were."""


STEPS = (1, 2, 3)
"""The inputs change before each rescore but the last."""


def change_inputs(folder, step):
    """A little of everything: an account that changes, goes and comes; signals that come late and go; a product."""
    data = {name: folder / "data" / f"{name}.csv" for name in ("accounts", "products")}
    accounts, products = (pd.read_csv(path, dtype=str) for path in data.values())
    signals = pd.read_parquet(folder / "data" / "intents.parquet")
    ids = list(accounts["account_id"])
    accounts.loc[10, "industry"] = accounts.loc[10 + step, "industry"]
    new = accounts.iloc[[40]].assign(account_id=f"new {step}")
    more = products.iloc[[0]].assign(account_id=ids[100 + step], product="Brand new")
    late = signals.iloc[[0, 1]].assign(account_id=[ids[60 + step], f"new {step}"])
    pd.concat([accounts.drop(index=30), new]).to_csv(data["accounts"], index=False)
    pd.concat([products, more]).to_csv(data["products"], index=False)
    pd.concat([signals[signals["account_id"] != ids[90 + step]], late]).to_parquet(folder / "data" / "intents.parquet")


def tried(project, folder):
    """What another plan looks at, worked out of the signals and technologies that the run kept."""
    plan = project.load_plan()
    other = looking_at(["intent:pipeline forecasting", "technology:Power BI", "intent"], (plan, plan))
    return values_of(project, folder, project.as_of(datetime.now(UTC).date()), (plan, other))


def test_a_rescore_that_writes_what_changed_alone_leaves_the_tables_of_one_that_writes_all(demo, tmp_path, monkeypatch):
    found, decided = {}, {}
    for name, whole_up_to in (("changed", 0), ("all", 10**9)):
        monkeypatch.setattr(changes, "WHOLE_UP_TO", whole_up_to)
        shutil.copytree(demo[0], tmp_path / name)
        project = find_project(tmp_path / name)
        lastword("score", "--project", project.folder)
        for step in STEPS:
            if step < max(STEPS):
                change_inputs(project.folder, step)
            if step == 2:
                decided[name] = table(project.folder, "review_queue")["account_id"].iloc[5]
                decision = [decided[name], "--grade", "C", "--reason", "other", "--by", "ann"]
                lastword("override", "add", *decision, "--project", project.folder)
            outcome = run_stages(project, "rescore", datetime.now(UTC))
            assert (base_of(outcome.folder) is None) == (name == "all")
            files = [path for path in outcome.folder.glob("*.parquet") if path.stem not in NOT_COMPARED]
            found[name, step] = {path.stem: read(path).to_pandas() for path in sorted(files)}
            found[name, step] |= {"view": final_table(), "tried": tried(project, outcome.folder)}
        open_store(project.store_url).close()
    assert decided["changed"] == decided["all"]
    for step in STEPS:
        assert found["changed", step].keys() == found["all", step].keys()
        for each, rows in found["changed", step].items():
            left, right = (
                frame.drop(columns=[*MAY_DIFFER, "override_at"], errors="ignore") for frame in (rows, found["all", step][each])
            )
            pd.testing.assert_frame_equal(left, right, obj=each, check_dtype=False, check_categorical=False)


def test_with_too_few_wins_the_plan_decides_alone_even_where_a_champion_is(demo):
    folder = demo[0]
    settings = folder / "lastword.toml"
    settings.write_text(settings.read_text().replace("[model]", "[model]\nmin_wins = 100000"))
    result = lastword("run", "--project", folder)
    final = table(folder, "final_scores")
    assert result["metrics"]["mode"] == "plan-only"
    assert "min_wins" in result["metrics"]["model"]["refused_because"]
    assert set(final["decided_by"]) == {"plan"}
    assert final[["propensity", "model_points", "model_grade", "disparity", "model_version"]].isna().all().all()
