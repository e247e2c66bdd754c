"""A whole scoring run gives the same tables on both engines."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from lastword.project import find_project
from lastword.run import open_run
from lastword.stages import sequence
from tests.past_project import past_project

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
OF_THE_RUN = ["run_id", "scored_at", "print"]
"""Columns that differ from run to run, and the fingerprints, which are each engine's own."""


def carried_out(project, command):
    """The folder of a run, every stage of it done."""
    with open_run(project, command, NOW) as run:
        for stage in sequence(command):
            stage.execute(run)
    return run.folder


@pytest.mark.slow
def test_a_run_gives_the_same_tables_on_both_engines(java, tmp_path):
    project = past_project(tmp_path / "project", 300)
    settings = project.settings_path.read_text(encoding="utf-8").replace("[model]", '[model]\npromote = "always"')
    project.settings_path.write_text(settings, encoding="utf-8")
    project = find_project(project.folder)
    carried_out(project, "run")
    duckdb = carried_out(project, "score")
    project.settings_path.write_text(f'{settings}\n[engine]\nname = "spark"\n', encoding="utf-8")
    spark = carried_out(find_project(project.folder), "score")
    tables = sorted(path.name for path in duckdb.glob("*.parquet"))
    assert {"features.parquet", "final_scores.parquet", "plan_values.parquet", "reasons.parquet"} < set(tables)
    assert sorted(path.name for path in spark.glob("*.parquet")) == tables
    assert (spark / "plan_values.parquet").is_dir()
    for name in tables:
        ours, theirs = (pd.read_parquet(folder / name).drop(columns=OF_THE_RUN, errors="ignore") for folder in (duckdb, spark))
        pd.testing.assert_frame_equal(theirs, ours, obj=name, check_exact=True)
    final = pd.read_parquet(spark / "final_scores.parquet")
    assert len(final) == 300
    assert np.isfinite(final["propensity"]).all()
