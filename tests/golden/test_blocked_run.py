"""A run that the leakage gate stops: what it says, and what it leaves."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from lastword.demo import generate


@pytest.fixture(scope="module")
def blocked(tmp_path_factory):
    """A demo whose accounts have a column that customers alone fill, and `lastword run` on it."""
    folder = tmp_path_factory.mktemp("blocked") / "demo"
    generate(folder, 2000, 7, datetime.now(UTC).date())
    accounts = pd.read_csv(folder / "data" / "accounts.csv", dtype="str", keep_default_na=False)
    won = pd.read_csv(folder / "data" / "won.csv", dtype="str", keep_default_na=False)
    accounts["success_plan"] = accounts["account_id"].isin(won["account_id"]).map({True: "gold", False: ""})
    accounts.to_csv(folder / "data" / "accounts.csv", index=False)
    settings = folder / "lastword.toml"
    declared = '[features]\ncolumns.success_plan = { kind = "category", known = "always" }'
    settings.write_text(settings.read_text().replace("[features]", declared) + '\n[model.leakage_waivers]\nregion = "old"\n')
    return folder, lastword(folder)


def lastword(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lastword.cli", "run", "--project", folder, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_it_ends_with_one_line_that_names_the_column_its_figure_and_the_ways_out(blocked):
    _, done = blocked
    assert done.returncode == 1
    said = done.stderr.splitlines()[-1]
    assert '"success_plan"' in said and "(limit 0.3)" in said
    assert 'known = "after_win"' in said and "[model.leakage_waivers]" in said
    assert "Traceback" not in done.stderr


def test_the_table_has_every_finding_and_what_to_do(blocked):
    _, done = blocked
    assert "Leakage gate: 2 blocked" in done.stdout
    for said in ("success_plan", "null lift", "single-feature AUC", "waiver not needed", "prior_year_spend", "validation.html"):
        assert said in done.stdout


def test_its_report_stays_and_nothing_reaches_mlflow_or_the_store(blocked):
    folder, _ = blocked
    (run,) = (path for path in (folder / ".lastword" / "runs").iterdir() if path.is_dir())
    found = json.loads((run / "leakage.json").read_text())
    assert {finding["column"] for finding in found["blocked"]} == {"success_plan"}
    validation = json.loads((run / "validation.json").read_text())
    assert validation["leakage"] == found and not validation["ok"]
    page = (folder / ".lastword" / "docs" / "validation.html").read_text()
    assert "success_plan" in page and "stopped the run" in page
    assert not (folder / ".lastword" / "mlartifacts").exists()
    assert not (run / "metrics.json").exists()
    assert not (folder / ".lastword" / "runs" / "latest.json").exists()
