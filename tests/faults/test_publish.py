"""kill -9 at every step of publishing: one publication is current and whole, and Parquet and store agree."""

import json
import subprocess
import sys

import pytest

from tests.faults import killed_publishing
from tests.stores import (  # noqa: F401
    postgres_server,
    postgres_template,
    project,
    scores_of,
    sqlite_template,
)


@pytest.fixture(params=["whole", "changes"])
def lines(request, project):  # noqa: F811
    project.publish(scores_of(killed_publishing.ACCOUNTS), "k000")
    program = [sys.executable, killed_publishing.__file__, project.store_url, str(project.runs_folder), request.param]
    done = subprocess.run(program, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_killed_run_is_published_whole_or_not_at_all(lines):
    before = "k000"
    for line in lines:
        assert line["current"] in (before, line["run"])
        assert line["run_of_rows"] == line["run_of_file"] == [line["latest"]] == [line["current"]]
        assert line["latest_found"] in (before, line["current"])
        assert line["accounts"] == 50
        assert line["equal"]
        before = line["current"]
    assert [line["killed"] for line in lines] == [True] * (len(lines) - 1) + [False]
    assert lines[-1]["current"] == lines[-1]["run"], "after all the kills a run publishes as ever"
    outcomes = {(line["current"] == line["run"], line["latest_found"] == line["run"]) for line in lines}
    assert outcomes == {(False, False), (True, False), (True, True)}, "killed before the commit, after it, and after latest.json"
    assert lines[-1]["published"] == ["k000", *(line["run"] for line in lines if line["current"] == line["run"])]
