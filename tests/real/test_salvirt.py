"""Real deals of which many are alike in everything: a split that parts them flatters, so they stay together."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score

from models.folds import grouped_folds
from models.groups import account_groups
from tests.sample_tables import table

DEALS = Path(os.environ.get("LASTWORD_REAL_DATA", "../shared/data")) / "salvirt" / "deals.csv"
pytestmark = pytest.mark.skipif(not DEALS.is_file(), reason=f"LASTWORD_REAL_DATA: no {DEALS}")

PLAN = """
version = "1"

[[segments]]
name = "A"
min_points = 50
[[segments]]
name = "F"
min_points = 0

[[attributes]]
name = "Strat_deal"
kind = "qualitative"
weight = 1
points = { "Very important" = 100, "Average important" = 50 }
default = 0
"""


@pytest.fixture(scope="module")
def deals():
    return pd.read_csv(DEALS, dtype="str", keep_default_na=False)


def traits(deals: pd.DataFrame) -> list[str]:
    return [column for column in deals if column not in ("Deal", "Status")]


def write_project(folder: Path, deals: pd.DataFrame) -> None:
    """Deals as accounts: the won ones are the positive list, the lost ones the house list, everything else further columns."""
    (folder / "data").mkdir(parents=True)
    deals.rename(columns={"Deal": "account_id"}).drop(columns="Status").assign(name="a deal").to_csv(
        folder / "data" / "accounts.csv", index=False
    )
    for name, status in (("won", "Won"), ("house_list", "Lost")):
        chosen = deals.loc[deals["Status"] == status, "Deal"]
        chosen.to_frame("account_id").to_csv(folder / "data" / f"{name}.csv", index=False)
    inputs = "\n".join(f'{name} = "data/{name}.csv"' for name in ("accounts", "won", "house_list"))
    columns = "\n".join(f'columns.{name} = {{ kind = "category", known = "always" }}' for name in traits(deals))
    (folder / "lastword.toml").write_text(f'name = "deals"\n[inputs]\n{inputs}\n[features]\n{columns}\n')
    (folder / "plan.toml").write_text(PLAN)


@pytest.fixture(scope="module")
def trained(deals, tmp_path_factory):
    folder = tmp_path_factory.mktemp("salvirt") / "project"
    write_project(folder, deals)
    command = [sys.executable, "-m", "lastword.cli", "train", "--project", folder, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def group(deals):
    rows = deals.rename(columns={"Deal": "account_id"})
    people = table("accounts", [{"account_id": deal, "name": "a deal"} for deal in deals["Deal"]])
    return account_groups(rows, people, ["parent_account_id", "domain"], traits(deals))


def test_deals_alike_in_everything_are_on_one_side_of_every_split(deals, group):
    fold = grouped_folds(won(deals), group, seed=7)
    alike = deals.groupby(traits(deals)).ngroup()
    assert alike.nunique() == 346
    assert pd.Series(fold).groupby(alike).nunique().max() == 1
    assert len(pd.unique(group)) == 346


def test_what_learns_deals_by_heart_shines_on_random_folds_and_not_on_ours(deals, group):
    by_heart = {name: by_forest(deals, groups) for name, groups in (("random", np.arange(len(deals))), ("grouped", group))}
    assert by_heart["random"] - by_heart["grouped"] > 0.015


def test_the_figure_on_whole_groups_leads_and_the_model_learns_nothing_by_heart(trained):
    figures = trained["metrics"]["figures"]
    grouped, random = (figures[name]["auc"]["estimate"] for name in ("grouped", "random"))
    assert figures["look_alike"]["model"]["auc"]["estimate"] == grouped
    assert 0.70 < grouped < 0.90
    assert random - grouped < 0.03


def won(deals: pd.DataFrame) -> np.ndarray:
    return (deals["Status"] == "Won").to_numpy().astype(int)


def by_forest(deals: pd.DataFrame, group: np.ndarray) -> float:
    """AUC of a forest of full-grown trees, over folds that keep groups whole."""
    told = pd.get_dummies(deals[traits(deals)]).to_numpy(float)
    fold, outcome = grouped_folds(won(deals), group, seed=7, folds=5), won(deals)
    score = np.empty(len(deals))
    for number in range(5):
        held_out = fold == number
        forest = RandomForestClassifier(200, random_state=7).fit(told[~held_out], outcome[~held_out])
        score[held_out] = forest.predict_proba(told[held_out])[:, 1]
    return float(roc_auc_score(outcome, score))


def test_the_gate_leaves_honest_columns_alone(trained):
    leakage = trained["metrics"]["figures"]["leakage"]
    assert leakage["blocked"] == []
    assert trained["validation"]["leakage"] == leakage
