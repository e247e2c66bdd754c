"""A grade's confidence against the truth that the demo's generator knows, through a whole run. Slow."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from models.served import load_served
from tests.truth.confidence import LEAST_RIGHT_WHEN_SURE, confidence_figures, true_grades

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, pd.Series]:
    """The published scores of today's prospects, and the grade that the truth would give each."""
    folder = tmp_path_factory.mktemp("confidence") / "demo"
    command = [sys.executable, "-m", "lastword.cli", "demo", folder, "--accounts", 2000, "--no-prefect"]
    subprocess.run(list(map(str, command)), check=True, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
    runs = folder / ".lastword" / "runs"
    run = runs / json.loads((runs / "latest.json").read_text())["run_id"]
    champion = load_served(Path(json.loads((run / "champion.json").read_text())["folder"]))
    truth = pd.read_parquet(folder.with_name("demo-truth") / "truth.parquet").set_index("account_id")["p_observable"]
    scores = pd.read_parquet(run / "scores.parquet").set_index("account_id")
    prospects = scores.loc[scores.index.intersection(truth.index)]
    return prospects, true_grades(truth.loc[prospects.index], champion.cuts)


def test_where_it_says_it_is_sure_it_is_right(published: tuple[pd.DataFrame, pd.Series]) -> None:
    scores, truth = published
    figures = confidence_figures(scores["model_grade"], scores["grade_confidence"], truth)
    assert figures["sure"] > 0.02
    assert figures["right_when_sure"] >= LEAST_RIGHT_WHEN_SURE


def test_on_average_it_is_as_sure_as_it_is_right(published: tuple[pd.DataFrame, pd.Series]) -> None:
    scores, truth = published
    figures = confidence_figures(scores["model_grade"], scores["grade_confidence"], truth)
    assert figures["confidence"] == pytest.approx(figures["right"], abs=0.1)
