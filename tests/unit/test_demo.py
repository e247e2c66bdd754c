"""The generated project: its files, its broken rows, where its truth is, and whether that truth holds."""

import hashlib
import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from filelock import FileLock

from lastword.contracts import AFTER_WIN_COLUMNS, INPUT_TABLES
from lastword.demo import faults, generate, process
from lastword.demo.folders import MARKER
from lastword.demo.market import simulate
from lastword.demo.signals import SURGE_MEMORY, SURGE_SHARE, Signals, long_run_intent, signals_that_matter, surges
from lastword.demo.signals import intent as intent_of
from lastword.demo.truth import _hidden, _reach, p_true, surge_probability
from lastword.errors import Refusal
from lastword.project import find_project

TODAY = date(2026, 11, 23)
CSV_TABLES = ("accounts", "won", "house_list", "technographics", "products")


def read(project: Path, table: str) -> pd.DataFrame:
    if table == "intents":
        return pd.read_parquet(project / "data" / "intents.parquet")
    return pd.read_csv(project / "data" / f"{table}.csv", dtype=str, keep_default_na=False)


def read_truth(project: Path) -> pd.DataFrame:
    return pd.read_parquet(project.with_name(f"{project.name}-truth") / "truth.parquet")


def read_traps(project: Path) -> dict:
    return json.loads((project.with_name(f"{project.name}-truth") / "traps.json").read_text(encoding="utf-8"))


def digests(project: Path) -> dict[str, str]:
    files = [*project.rglob("*"), *project.with_name(f"{project.name}-truth").rglob("*")]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.is_file()}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate(tmp_path_factory.mktemp("demo") / "project", 2000, 7, TODAY)


def test_importing_the_demo_loads_nothing_heavy() -> None:
    code = "import sys, lastword.demo; print({'numpy', 'pandas', 'pyarrow'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "set()"


def test_the_project_is_one_that_the_program_reads(demo: Path) -> None:
    project = find_project(demo)
    assert project.as_of(date(2030, 1, 1)) == TODAY
    assert {segment.grade for segment in project.load_plan().segments} == {"A", "B", "C", "D", "F"}
    assert all(Path(project.input_source(table).path).is_file() for table in INPUT_TABLES)
    assert set(project.load_plan().technologies) <= set(process.TECHNOLOGIES)
    assert set(project.load_plan().topics) <= set(process.TOPIC_EFFECTS)


@pytest.mark.parametrize("table", [*CSV_TABLES, "intents"])
def test_tables_have_the_columns_of_the_contract(demo: Path, table: str) -> None:
    further = ["web_visits_rank"] if table == "accounts" else []
    assert list(read(demo, table).columns) == [*INPUT_TABLES[table].column_names, *further]


def test_accounts_have_awkward_ids_and_names(demo: Path) -> None:
    accounts = read(demo, "accounts")
    ids = accounts["account_id"][accounts["account_id"].str.strip() != ""]
    assert ids.nunique() == 2000
    assert {"000001", "AT 000050", "002000" if 2000 % 50 else "AT 002000"} <= set(ids)
    assert {name[0] for name in accounts["name"]} >= {"=", "+", "-", "@", "Ø"}
    assert accounts["name"].str.contains(',.*"|".*,', regex=True).any()


def test_families_and_blanks_are_as_in_life(demo: Path) -> None:
    accounts = read(demo, "accounts")
    has_parent = accounts["parent_account_id"] != ""
    unknown = ~accounts["parent_account_id"][has_parent].isin(accounts["account_id"])
    assert 0.20 < has_parent.mean() < 0.30
    assert 0 < unknown.mean() < 0.4
    assert 0.07 < (accounts["employee_count"] == "").mean() < 0.16
    assert 0.08 < (accounts["annual_revenue"] == "").mean() < 0.18


def test_only_customers_have_spend_and_support_signals(demo: Path) -> None:
    accounts, won, intents = read(demo, "accounts"), read(demo, "won"), read(demo, "intents")
    customers = set(won["account_id"])
    accounts = accounts[accounts["account_id"].isin(won["account_id"]) | (accounts["account_id"].str.strip() != "")]
    for column in AFTER_WIN_COLUMNS:
        assert set(accounts["account_id"][accounts[column] != ""]) <= customers
    support = intents[intents["topic"].isin(process.SUPPORT_TOPICS)].merge(first_wins(won), on="account_id", how="left")
    support = support[support["account_id"].notna() & (support["account_id"] != faults.UNKNOWN_ID)]
    assert len(support) > 500
    assert (pd.to_datetime(support["observed_on"]) > support["first_win"]).all()


def first_wins(won: pd.DataFrame) -> pd.DataFrame:
    days = won.assign(first_win=pd.to_datetime(won["won_on"], errors="coerce"))
    return days.groupby("account_id", as_index=False)["first_win"].min()


def test_winners_stay_on_the_house_list_and_are_listed_before_they_win(demo: Path) -> None:
    listed = read(demo, "house_list").drop_duplicates("account_id").set_index("account_id")["listed_on"]
    won = first_wins(read(demo, "won")).query("account_id not in ['', 'NOBODY-1']")
    assert set(won["account_id"]) <= set(listed.index)
    assert (pd.to_datetime(listed[won["account_id"]]).to_numpy() <= won["first_win"].to_numpy()).all()
    unlisted = 1 - len(set(listed.index) - {"", faults.UNKNOWN_ID}) / 2000
    assert 0.01 < unlisted < 0.06


def test_signals_go_back_three_years_and_end_before_today(demo: Path) -> None:
    days = pd.to_datetime(read(demo, "intents")["observed_on"])
    days = days[days < pd.Timestamp(2099, 1, 1)]
    assert days.min() <= pd.Timestamp(TODAY) - pd.Timedelta(days=1090)
    assert days.min() >= pd.Timestamp(TODAY) - pd.Timedelta(days=1095)
    assert days.max() < pd.Timestamp(TODAY)


def test_the_provider_covers_more_and_more_accounts(demo: Path) -> None:
    intents = read(demo, "intents")
    age = (pd.Timestamp(TODAY) - pd.to_datetime(intents["observed_on"])).dt.days
    early, late = (intents["account_id"][age.between(*span)].nunique() / 2000 for span in ((915, 1095), (1, 180)))
    assert 0.55 < early < 0.72
    assert 0.80 < late < 0.95


def test_two_thousand_accounts_have_enough_wins_for_a_model(demo: Path) -> None:
    won = first_wins(read(demo, "won"))
    recent = won["first_win"].between(pd.Timestamp(TODAY) - pd.DateOffset(months=27), pd.Timestamp(TODAY))
    assert recent.sum() > 130


@pytest.mark.parametrize("accounts", [1, 5, 100, 301])
def test_any_number_of_accounts_makes_a_project(tmp_path: Path, accounts: int) -> None:
    project = generate(tmp_path / "few", accounts, 3, TODAY)
    ids = read(project, "accounts")["account_id"].str.strip()
    assert ids[ids != ""].nunique() == accounts


@pytest.mark.parametrize("seed", range(5))
def test_a_hundred_accounts_stay_far_from_the_quarantine_limit(tmp_path: Path, seed: int) -> None:
    project = generate(tmp_path / "few", 100, seed, TODAY)
    broken = read_traps(project)["broken"]
    for table in (*CSV_TABLES, "intents"):
        assert sum(broken[table]["rows_quarantined"].values()) <= 0.2 * len(read(project, table)), table


def test_broken_rows_are_counted_by_reason(demo: Path) -> None:
    broken = read_traps(demo)["broken"]
    accounts, won, intents = read(demo, "accounts"), read(demo, "won"), read(demo, "intents")
    assert broken["accounts"]["rows_quarantined"] == {"blank_account_id": 3, "duplicate_account_id": 4}
    assert (accounts["account_id"].str.strip() == "").sum() == 3
    assert accounts["account_id"][accounts["account_id"].str.strip() != ""].duplicated().sum() == 4
    assert accounts["employee_count"].isin(["n/a", "12 apples", "-40", "-1"]).sum() == 4
    assert (won["won_on"] == faults.IMPOSSIBLE_DATE).sum() == broken["won"]["rows_quarantined"]["unreadable_date"] == 1
    assert (won["account_id"] == faults.UNKNOWN_ID).sum() == broken["won"]["rows_quarantined"]["unknown_account_id"] == 1
    assert (intents["strength"] < 0).sum() == broken["intents"]["rows_quarantined"]["negative_strength"] == 2
    assert (pd.to_datetime(intents["observed_on"]).dt.year == 2099).sum() == 3
    assert intents["topic"].isna().sum() == 2


def test_of_duplicates_the_first_row_is_the_good_one(demo: Path) -> None:
    accounts = read(demo, "accounts")
    again = accounts[(accounts["account_id"].str.strip() != "") & accounts["account_id"].duplicated(keep="first")]
    assert set(again["name"]) == {"Entered twice"}


def test_the_truth_is_beside_the_project_and_nothing_in_it_names_it(demo: Path) -> None:
    assert {path.name for path in demo.iterdir()} == {MARKER, "lastword.toml", "plan.toml", "data"}
    assert not [path for path in demo.rglob("*") if "truth" in path.name or "traps" in path.name]
    assert not [path for path in demo.rglob("*.toml") if "truth" in path.read_text(encoding="utf-8")]


def test_the_truth_has_every_account_at_risk_once(demo: Path) -> None:
    truth = read_truth(demo).set_index("account_id")
    listed = set(read(demo, "house_list")["account_id"])
    won = first_wins(read(demo, "won"))
    customers = set(won["account_id"][won["first_win"] < pd.Timestamp(TODAY)])
    unlisted = set(read(demo, "house_list").query("listed_on in ['2025-02-30', '2099-12-31']")["account_id"])
    assert set(truth.index) == listed - customers - unlisted - {"", faults.UNKNOWN_ID}
    assert truth.index.is_unique
    assert truth[["p_true", "p_observable"]].notna().all().all()
    assert truth["p_true"].between(0, 1, inclusive="neither").all()
    future = pd.to_datetime(truth["future_won_on"])
    assert (future.notna() == (truth["wins_within_horizon"] == 1)).all()
    horizon = (pd.Timestamp(TODAY), pd.Timestamp(TODAY + timedelta(days=179)))
    assert future.dropna().between(*horizon).all()


def test_same_arguments_give_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    one = digests(generate(tmp_path / "one", 400, 7, TODAY))
    two = digests(generate(tmp_path / "two", 400, 7, TODAY))
    other = digests(generate(tmp_path / "other", 400, 8, TODAY))
    assert one == two
    assert {name for name in one if one[name] == other[name]} == {MARKER, "plan.toml", "traps.json"}


def test_a_rerun_renews_a_demo(tmp_path: Path) -> None:
    project = generate(tmp_path / "demo", 100, 1, TODAY)
    before = digests(project)
    (project / ".lastword" / "runs").mkdir(parents=True)
    (project / "data" / "won.csv").write_text("changed", encoding="utf-8")
    generate(project, 100, 1, TODAY)
    assert digests(project) == before
    assert not (project / ".lastword").exists()


def test_a_demo_broken_off_while_it_was_written_can_be_renewed(tmp_path: Path) -> None:
    project = generate(tmp_path / "demo", 100, 1, TODAY)
    (project / "lastword.toml").unlink()
    (tmp_path / "demo-truth" / "truth.parquet").unlink()
    generate(project, 100, 1, TODAY)
    assert (tmp_path / "demo-truth" / "truth.parquet").is_file()


@pytest.mark.parametrize("strangers", ["demo", "demo-truth"])
def test_what_is_no_demo_is_refused_and_left_alone(tmp_path: Path, strangers: str) -> None:
    project = generate(tmp_path / "demo", 100, 1, TODAY)
    before = digests(project)
    (tmp_path / strangers / MARKER).unlink()
    (tmp_path / strangers / "mine.txt").write_text("keep me", encoding="utf-8")
    with pytest.raises(Refusal, match=f"{strangers} is not empty and holds no demo"):
        generate(project, 100, 2, TODAY)
    assert (tmp_path / strangers / "mine.txt").read_text(encoding="utf-8") == "keep me"
    assert {name: digest for name, digest in digests(project).items() if name != "mine.txt"} == before


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("mine", encoding="utf-8")
    with pytest.raises(Refusal, match="demo is a file"):
        generate(tmp_path / "demo", 100, 1, TODAY)
    assert (tmp_path / "demo").read_text(encoding="utf-8") == "mine"


def test_a_link_in_a_demo_is_removed_and_not_what_it_leads_to(tmp_path: Path) -> None:
    project = generate(tmp_path / "demo", 100, 1, TODAY)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "mine.txt").write_text("keep me", encoding="utf-8")
    (project / "link").symlink_to(tmp_path / "elsewhere")
    generate(project, 100, 1, TODAY)
    assert not (project / "link").exists()
    assert (tmp_path / "elsewhere" / "mine.txt").is_file()


def test_no_accounts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="0 accounts"):
        generate(tmp_path / "demo", 0, 1, TODAY)
    assert not (tmp_path / "demo").exists()


def test_an_unwritable_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(Refusal, match="cannot be written"):
        generate(tmp_path / "file" / "demo", 100, 1, TODAY)


def test_intent_halves_in_its_half_life() -> None:
    """One signal of strength 50 on the first topic, 30 days before the as-of date: half of its effect × 0.5 is left."""
    one = Signals(*(np.array([value]) for value in (0, 0, -30, 50)))
    total = intent_of(one, 1)[:, 0]
    effect = next(iter(process.TOPIC_EFFECTS.values()))
    assert total[process.AS_OF_STEP] == pytest.approx(effect * 0.5 * 0.5, rel=1e-5)
    assert total[process.AS_OF_STEP - 7] == 0
    other = Signals(*(np.array([value]) for value in (0, len(process.TOPIC_EFFECTS), -30, 50)))
    assert not intent_of(other, 1).any()


def test_mean_intent_is_the_long_run_one() -> None:
    rng = np.random.default_rng(5)
    simulated = intent_of(signals_that_matter(rng, surges(rng, 4000)), 4000)[process.FIRST_STEP :: 20]
    error = simulated.mean(axis=0).std() / np.sqrt(4000)
    assert abs(simulated.mean() - long_run_intent()) < 4 * error + 0.02 * long_run_intent()


@pytest.mark.parametrize(("seed", "surging"), [(1, True), (2, False)])
def test_p_true_agrees_with_simulated_futures(seed: int, surging: bool) -> None:
    """20,000 futures of one account, with its surge on or off in the last step: the share that wins is p_true."""
    futures, rng = 20_000, np.random.default_rng(seed)
    rates = np.zeros((process.LAST_STEP, futures), dtype=np.float32)
    rates[process.AS_OF_STEP :] = 0.001
    state = np.zeros((process.LAST_STEP, futures), dtype=bool)
    state[process.AS_OF_STEP - 1] = surging
    for step in range(process.AS_OF_STEP, process.LAST_STEP):
        luck = rng.random(futures)
        state[step] = np.where(state[step - 1], luck >= process.SURGE_END, luck < process.SURGE_START)
    signals = signals_that_matter(rng, state)
    signals = signals.where(signals.step() >= process.AS_OF_STEP)
    hazard = (rates * (1 + intent_of(signals, futures)[: process.LAST_STEP])).sum(axis=0, dtype=float)
    simulated = 1 - np.exp(-2.0 * hazard)
    none_known = np.zeros((process.LAST_STEP + 1, 1), dtype=np.float32)
    stated = p_true(np.array([2.0]), rates[:, :1], none_known, np.array([surging]))[0]
    assert stated == pytest.approx(simulated.mean(), abs=4 * simulated.std() / np.sqrt(futures) + 0.002)


def test_hidden_signals_have_the_stated_mean_and_variance() -> None:
    accounts, rng = 6000, np.random.default_rng(11)
    rates = np.full((process.LAST_STEP, accounts), 0.001, dtype=np.float32)
    simulated = (rates * intent_of(signals_that_matter(rng, surges(rng, accounts)), accounts)[: process.LAST_STEP]).sum(axis=0)
    stated = _hidden(_reach(rates[:, :1]), 0, process.LAST_STEP)
    assert stated.mean[0] == pytest.approx(simulated.mean(), abs=4 * simulated.std() / np.sqrt(accounts))
    assert stated.variance[0] == pytest.approx(simulated.var(), rel=0.1)


def test_a_burst_of_signals_makes_a_surge_likely_and_silence_unlikely() -> None:
    days = -np.arange(1, 30, 4)
    burst = Signals(np.zeros_like(days), np.zeros_like(days), days, np.full_like(days, 60))
    covered, never = process.FIRST_STEP, process.LAST_STEP
    loud, quiet, unknown = surge_probability(burst, np.array([covered, covered, never]))
    assert loud > 0.95
    assert quiet < SURGE_SHARE / 2
    assert unknown == pytest.approx(SURGE_SHARE)
    assert 0 < SURGE_MEMORY < 1


def test_base_rate_and_calibration_over_seeds() -> None:
    """Four seeds of 4,000 accounts: the outcomes, the true and the observable probabilities tell one story."""
    blocks = [simulate(np.random.default_rng([seed, 99]), 1, 4000, 6, 2026) for seed in range(4)]
    won = np.concatenate([block.first_win[block.at_risk] < process.HORIZON_DAYS for block in blocks])
    truth = np.concatenate([block.p_true[block.at_risk] for block in blocks])
    observable = np.concatenate([block.p_observable[block.at_risk] for block in blocks])
    error = np.sqrt((truth * (1 - truth)).sum()) / len(truth)
    assert 0.040 < truth.mean() < 0.050
    assert abs(won.mean() - truth.mean()) < 3 * error
    assert abs(observable.mean() - truth.mean()) < 3 * (truth - observable).std() / np.sqrt(len(truth)) + 0.01 * truth.mean()
    slope, slope_error = calibration_slope(observable, won)
    assert abs(slope - 1) < 3 * slope_error
    assert 0.79 < auc(observable, won) < auc(truth, won) < 0.90
    top = observable > np.quantile(observable, 0.9)
    assert truth[top].mean() == pytest.approx(observable[top].mean(), rel=0.06)


def calibration_slope(p: np.ndarray, won: np.ndarray) -> tuple[float, float]:
    """Slope of a logistic regression of the outcome on the logit, by Newton's method, and its standard error."""
    design = np.column_stack([np.ones(len(p)), np.log(p / (1 - p))])
    beta = np.array([0.0, 1.0])
    for _ in range(25):
        fitted = 1 / (1 + np.exp(-design @ beta))
        information = design.T @ (design * (fitted * (1 - fitted))[:, None])
        beta = beta + np.linalg.solve(information, design.T @ (won - fitted))
    return beta[1], float(np.sqrt(np.linalg.inv(information)[1, 1]))


def auc(score: np.ndarray, won: np.ndarray) -> float:
    ranks = pd.Series(score).rank().to_numpy()
    wins = won.sum()
    return (ranks[won].sum() - wins * (wins + 1) / 2) / (wins * (len(won) - wins))


def test_a_demo_is_not_renewed_while_a_run_goes_on_in_it(tmp_path: Path) -> None:
    project = generate(tmp_path / "demo", 100, 1, TODAY)
    (project / ".lastword").mkdir()
    with FileLock(project / ".lastword" / "lock"), pytest.raises(Refusal, match="a run goes on"):
        generate(project, 100, 1, TODAY)
    assert (project / "data" / "accounts.csv").is_file()
    generate(project, 100, 1, TODAY)
