"""Publishes run after run, each killed (SIGKILL) one step later than the one before, and prints what stands after each.

A step is a database statement, a commit, a flush to disk or a rename; the kill comes just before it. One JSON line per
run; the last one is the run that nothing killed. Arguments: the store's URL, the runs folder, and whether the runs publish all
rows (whole) or what they changed (changes). Each run is a forked process.
"""

import json
import os
import signal
import sys
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pandas as pd
import pyarrow.parquet  # noqa: F401

from overrides.final import final_table
from overrides.publish import RunRecord, current_run, published_runs, repair_latest
from overrides.publish_changes import publish_changes
from overrides.store import open_store
from tests.stores import AS_OF, Project, scores_of, settings_of

ACCOUNTS = [f"{number:03}" for number in range(50)]


def in_fork(work):
    """Run in a process of its own; its wait status."""
    if (child := os.fork()) == 0:
        try:
            work()
            sys.stdout.flush()
            os._exit(0)
        except BaseException as error:
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)
    return os.waitpid(child, 0)[1]


def publish_as(how, project, run_id):
    """Publish all accounts: as a whole, or as changes to the current publication."""
    if how == "whole":
        project.publish(scores_of(ACCOUNTS), run_id)
        return
    folder = project.runs_folder / run_id
    folder.mkdir()
    run = RunRecord(run_id, "partial", AS_OF, "2026", "model")
    publish_changes(project, current_run().run_id, scores_of(ACCOUNTS, run_id=run_id), (), run, folder, datetime.now(UTC))


def publish_until(how, project, run_id, last_step):
    """Publish, and die at step number `last_step`."""
    from django.db import connection
    from django.db.backends.base.base import BaseDatabaseWrapper

    open_store(project.store_url)
    steps = count(1)

    def watched(call):
        def with_step(*arguments, **named):
            if next(steps) == last_step:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **named)

        return with_step

    os.fsync, os.replace = watched(os.fsync), watched(os.replace)
    BaseDatabaseWrapper.commit = watched(BaseDatabaseWrapper.commit)
    statement = watched(lambda execute, *arguments: execute(*arguments))
    with connection.execute_wrapper(statement):
        publish_as(how, project, run_id)


def observe(project, run_id, status):
    """Print what a reader finds: before and after latest.json is repaired."""
    open_store(project.store_url)
    found = json.loads((project.runs_folder / "latest.json").read_text())
    repair_latest(project)
    latest = json.loads((project.runs_folder / "latest.json").read_text())
    table, run = final_table(), current_run()
    file = pd.read_parquet(project.runs_folder / latest["path"])
    line = {
        "run": run_id,
        "killed": os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL,
        "current": run.run_id,
        "published": published_runs(),
        "latest_found": found["run_id"],
        "latest": latest["run_id"],
        "run_of_rows": sorted(set(table["run_id"])),
        "run_of_file": sorted(set(file["run_id"])),
        "accounts": len(table),
        "equal": bool(
            (table["account_id"].tolist(), table["final_grade"].tolist())
            == (file["account_id"].tolist(), file["final_grade"].tolist())
        ),
    }
    print(json.dumps(line))


def main(url, runs_folder, how):
    project = Project(url, Path(runs_folder), settings_of())
    for step in count(1):
        run_id = f"k{step:03}"
        status = in_fork(lambda run_id=run_id, step=step: publish_until(how, project, run_id, step))
        if in_fork(lambda run_id=run_id, status=status: observe(project, run_id, status)) != 0:
            sys.exit("the store can't be read any more")
        if not os.WIFSIGNALED(status):
            sys.exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main(*sys.argv[1:])
