"""The whole command on data that nobody here wrote: federal web domains, undated, in the source's own words."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.gsa_search import MAPPING

DATA = Path(os.environ.get("LASTWORD_REAL_DATA", "../shared/data")) / "gsa-search"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"LASTWORD_REAL_DATA: no {DATA}")

SETTINGS = f"""
name = "Search.gov"

[inputs]
accounts = "data/accounts.csv"
won = "data/won.csv"
house_list = "data/house_list.csv"
technographics = "data/technographics.csv"

{MAPPING}
[features]
columns.Sites = {{ kind = "numeric", known = "always" }}
columns."Third-party mean" = {{ kind = "numeric", known = "always" }}

[model]
group_by = ["industry"]
"""

PLAN = """
version = "1"

[[segments]]
name = "A"
min_points = 70
[[segments]]
name = "C"
min_points = 30
[[segments]]
name = "F"
min_points = 0

[[attributes]]
name = "Sites"
kind = "quantitative"
weight = 50
missing = "zero"
bands = [ { max = 5, points = 0 }, { min = 5, max = 50, points = 60 }, { min = 50, points = 100 } ]

[[attributes]]
name = "region"
kind = "qualitative"
weight = 20
points = { Executive = 100 }
default = 20

[[attributes]]
name = "technology:fonts.googleapis.com"
kind = "qualitative"
weight = 10
points = { yes = 100, no = 0 }
"""


def run(folder: Path, prior: str = "") -> dict:
    """`lastword run --json` in a fresh project on the real files."""
    (folder / "data").mkdir(parents=True)
    for path in DATA.glob("*.csv"):
        shutil.copy(path, folder / "data" / path.name)
    (folder / "lastword.toml").write_text(SETTINGS + prior)
    (folder / "plan.toml").write_text(PLAN)
    command = [Path(sys.executable).with_name("lastword"), "run", "--project", folder, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def final_table(folder: Path) -> pd.DataFrame:
    runs = folder / ".lastword" / "runs"
    return pd.read_parquet(runs / json.loads((runs / "latest.json").read_text())["path"])


@pytest.fixture(scope="module")
def without_prior(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gsa") / "project"
    return run(folder), final_table(folder)


def test_every_account_is_once_in_the_final_table_with_its_id_unchanged(without_prior):
    _, final = without_prior
    given = pd.read_csv(DATA / "accounts.csv", dtype="str")["Domain"]
    assert sorted(final["account_id"]) == sorted(given)
    won = pd.read_csv(DATA / "won.csv", dtype="str")["Domain"]
    assert set(final.loc[final["account_status"] == "customer", "account_id"]) == set(won)


def test_the_mode_is_named_and_the_grouped_figure_stands_beside_the_random_one(without_prior):
    result, _ = without_prior
    metrics = result["metrics"]
    assert metrics["mode"] == "look-alike"
    assert "look-alike" in metrics["figures"]["label"]
    grouped, random = (metrics["figures"][name]["auc"]["estimate"] for name in ("grouped", "random"))
    assert 0.5 < grouped < random < 0.95


def test_without_a_class_prior_there_are_ranks_and_no_propensity(without_prior):
    _, final = without_prior
    assert final["propensity"].isna().all()
    assert final["model_points"].between(0, 100).all()
    assert set(final["model_grade"]) == set("ABCDF")


def test_with_a_class_prior_the_house_list_has_it_in_the_mean_and_ranks_stay(without_prior, tmp_path):
    _, ranked = without_prior
    run(tmp_path / "prior", "class_prior = 0.03\n")
    final = final_table(tmp_path / "prior")
    house = final.loc[final["account_status"] == "prospect", "propensity"]
    assert house.mean() == pytest.approx(0.03, rel=0.05)
    assert final["propensity"].between(0, 1).all()
    together = ranked.merge(final, on="account_id")
    assert (together["model_points_x"] - together["model_points_y"]).abs().max() < 1e-9


def test_validation_accounts_for_every_row(without_prior):
    result, _ = without_prior
    for name, table in result["validation"]["tables"].items():
        parts = table["rows_used"] + table["rows_not_yet_known"] + table["rows_quarantined"]
        assert table["rows_in"] == parts == len(pd.read_csv(DATA / f"{name}.csv")), name
