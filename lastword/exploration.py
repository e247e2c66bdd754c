"""What a data scientist looks at besides the model: what came in, the rows learnt from, the past, a copy to try things on."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lastword.errors import Refusal
from lastword.project import SQLITE, Project, find_project
from lastword.results import nothing_published, read_report

if TYPE_CHECKING:
    import pandas as pd

    from lastword.runner import Outcome
    from models.landmarks import TrainingSet

WORKING_FILES = ("runs", "docs", "quarantine", "lock", "lock.json")
"""Of .lastword; a copy to try things on starts without them."""


@dataclass(frozen=True)
class Past:
    """The inputs as they passed the gate, by table, and the rows that a model may learn from as of a day."""

    tables: "Mapping[str, pd.DataFrame]"
    training: "TrainingSet"
    as_of: date

    def roles(self, horizon_days: int) -> "pd.DataFrame":
        """Grain: landmark. Columns: landmark, role, rows, wins.

        role: "learnt from" and "tested on" in the evaluation; "left out" where a window reaches into the tested ones. The model
        that serves is fitted on all of them, once it has been measured.
        """
        import numpy as np

        from models.landmarks import temporal_split

        rows = self.training.rows
        learnt, tested = temporal_split(rows["landmark"], horizon_days)
        role = np.select([learnt, tested], ["learnt from", "tested on"], default="left out")
        grouped = rows.assign(role=role).groupby(["landmark", "role"], as_index=False)
        return grouped.agg(rows=("won", "size"), wins=("won", "sum"))


@dataclass(frozen=True)
class Replay:
    """A back-test: `report` as in backtest.json, `rows` one per account at risk and landmark, as in backtest.parquet."""

    report: dict[str, Any]
    rows: "pd.DataFrame"


def gather_past(project: Project, now: datetime) -> Past:
    """Let the inputs pass the gate, and build the rows that `lastword train` would learn from."""
    import pandas as pd

    from lastword.learning import gather
    from lastword.stages import open_run, validate

    with open_run(project, "features", now) as run:
        validate(run)
        tables = {path.stem: pd.read_parquet(path) for path in sorted(run.inputs.glob("*.parquet"))}
        return Past(tables, gather(run).training, run.as_of)


def read_replay(outcome: "Outcome") -> Replay:
    """What `lastword backtest` left in its run's folder."""
    import pandas as pd

    report = read_report(outcome.folder, "backtest.json")
    assert report is not None  # a back-test that wrote none refused
    return Replay(report, pd.read_parquet(outcome.folder / "backtest.parquet"))


def published_folder(project: Project) -> Path:
    """The folder of the run that is published; a Refusal where none is, or where the folder is gone."""
    from overrides.publish import current_run
    from overrides.store import open_store

    open_store(project.store_url)
    run = current_run()
    if run is None:
        raise nothing_published(project)
    folder = project.run_folder(run.run_id)
    if not folder.is_dir():
        raise Refusal(f"the tables of run {run.run_id} are gone from {project.runs_folder}: run `lastword run` again")
    return folder


def gate_counts(project: Project) -> "pd.DataFrame":
    """Grain: input table of the published run. Columns: table, rows_in and what became of them (they add up)."""
    import pandas as pd

    report = _validation(project)
    counts = ("rows_in", "rows_used", "rows_not_yet_known", "rows_quarantined")
    return pd.DataFrame([{"table": name} | {key: each[key] for key in counts} for name, each in report["tables"].items()])


def gate_reasons(project: Project) -> "pd.DataFrame":
    """Grain: input table and what was wrong. Columns: table, reason, rows, kind.

    kind: "row set aside", or "cell left out" where the row stays and one value of it counts as unknown.
    """
    import pandas as pd

    kinds = {"reasons": "row set aside", "cell_issues": "cell left out"}
    found = [
        {"table": name, "reason": reason, "rows": rows, "kind": kind}
        for name, each in _validation(project)["tables"].items()
        for key, kind in kinds.items()
        for reason, rows in each[key].items()
    ]
    return pd.DataFrame(found, columns=["table", "reason", "rows", "kind"])


def rehearsal_of(project: Project, folder: Path) -> Project:
    """A copy of the project with the published scores and the ledger, in `folder`, which must not exist yet.

    Raises
    ------
    Refusal
        The store isn't a file in the project's folder: a copy of the folder would write into the real ledger.
    """
    store = Path(project.store_url.removeprefix(SQLITE))
    if not project.store_url.startswith(SQLITE) or not store.is_relative_to(project.folder):
        raise Refusal(
            f"the store {project.settings.store.url} is outside of {project.folder}: a copy of the folder would have the same "
            "ledger; rehearse on a project whose store is a file in its folder, as `lastword demo` makes one"
        )
    published_folder(project)
    shutil.copytree(
        project.folder, folder, ignore=lambda path, names: WORKING_FILES if Path(path) == project.state_folder else ()
    )
    return find_project(folder)


def _validation(project: Project) -> dict[str, Any]:
    text = (published_folder(project) / "validation.json").read_text(encoding="utf-8")
    report: dict[str, Any] = json.loads(text)
    return report
