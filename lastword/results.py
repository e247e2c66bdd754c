"""What a person wants to know of a run: accounts per grade, the review queue, the run's own figures."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lastword.contracts import FINAL_COLUMNS, GRADES
from lastword.errors import Refusal
from lastword.kept_reasons import reasons_of

if TYPE_CHECKING:
    import pandas as pd

    from lastword.project import Project
    from overrides.queue import Order

QUEUE_COLUMNS = (
    "account_id",
    "name",
    "plan_points",
    "plan_segment",
    "model_points",
    "model_grade",
    "propensity",
    "disparity",
    "expected_value",
    "review_value",
    "log_odds",
    "log_odds_sd",
    "cut_log_odds",
    "cut_propensity",
    "cut_distance",
    "review_gain",
    "queue_reason",
    "trigger_said",
    "run_id",
)
"""Columns of the review queue; `why` follows."""

COUNTED = ("plan_segment", "model_grade", "final_grade", "under_review")
"""What a summary of the final table counts."""

NO_GRADE = "none"


def final_scores(project: "Project", columns: Sequence[str] = FINAL_COLUMNS) -> "pd.DataFrame":
    """The final table as it is now, every override in force included: one row per account, contracts.FINAL_COLUMNS.

    `columns` are those to read, account_id among them; all where not given.

    Raises
    ------
    Refusal : nothing has been published yet.
    """
    from overrides.final import final_table
    from overrides.store import open_store

    open_store(project.store_url)
    table = final_table(columns=columns)
    if table.empty:
        raise nothing_published(project)
    return table


def published_table(folder: "Path") -> "pd.DataFrame":
    """account_id and COUNTED of a run's own final table, as it was when the run was published.

    It is read in a moment, where the store's takes its time for a million accounts.
    """
    import pandas as pd

    return pd.read_parquet(folder / "final_scores.parquet", columns=["account_id", *COUNTED])


def nothing_published(project: "Project") -> Refusal:
    """The refusal of a project that has never been scored."""
    return Refusal(f"nothing is published in {project.folder} yet: run `lastword run` first")


def accounts_per_grade(final: "pd.DataFrame", grade_of_segment: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """How many accounts each opinion puts into each grade.

    Returns
    -------
    A to F and `none` -> {"plan": n, "model": n, "final": n}. `none` counts accounts without that opinion:
    no model serves, or a rule of the plan excludes the account.
    """
    opinions = {
        "plan": final["plan_segment"].map(dict(grade_of_segment)),
        "model": final["model_grade"],
        "final": final["final_grade"],
    }
    counts = {name: grades.fillna(NO_GRADE).replace("", NO_GRADE).value_counts() for name, grades in opinions.items()}
    return {grade: {name: int(count.get(grade, 0)) for name, count in counts.items()} for grade in (*GRADES, NO_GRADE)}


def review_queue(project: "Project", by: "Order | None" = None) -> "pd.DataFrame":
    """The accounts under review as it is now, in the order of [disparity] or another: one row per account, QUEUE_COLUMNS.

    Raises
    ------
    Refusal : nothing has been published yet.
    """
    from overrides.final import queue_table
    from overrides.publish import current_run
    from overrides.store import open_store

    open_store(project.store_url)
    if current_run() is None:
        raise nothing_published(project)
    return in_order(queue_table(), by or project.settings.disparity.order)


def in_order(queue: "pd.DataFrame", by: "Order") -> "pd.DataFrame":
    """The rows in the order to look at them, with cut_distance: how far above the nearest grade cut, in log-odds."""
    from overrides.queue import order

    measured = queue.assign(cut_distance=queue["log_odds"] - queue["cut_log_odds"])
    return order(measured, by)[list(QUEUE_COLUMNS)].reset_index(drop=True)


def with_why(project: "Project", queue: "pd.DataFrame") -> "pd.DataFrame":
    """The queue with a column `why`: in a few words what drives the two opinions apart; "" where only one is given."""
    said = why(reasons_of(project, queue))
    return queue.assign(why=[said.get(account, "") for account in queue["account_id"]]).drop(columns="run_id")


def why(reasons: "pd.DataFrame") -> dict[str, str]:
    """In a few words what drives the opinions on each account apart, for the accounts on which there are two."""
    from models.explain import why_each

    two = reasons.groupby("account_id")["source"].transform("nunique") == 2
    return why_each(reasons[two]).to_dict() if two.any() else {}


def grade_of_segment(project: "Project") -> dict[str, str]:
    """The plan's segments and the grade each maps to."""
    return {segment.name: segment.grade for segment in project.load_plan().segments}


def read_report(folder: Path, name: str) -> dict[str, Any] | None:
    """A run's metrics.json or validation.json; None where this run wrote none."""
    path = folder / name
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def records(frame: "pd.DataFrame") -> list[dict[str, Any]]:
    """Rows as plain values for --json: null where empty, dates as YYYY-MM-DD, times in UTC as YYYY-MM-DDThh:mm:ssZ."""
    dated = frame.select_dtypes(["datetime", "datetimetz"])
    texts = {
        name: column.dt.strftime("%Y-%m-%d" if column.dt.tz is None else "%Y-%m-%dT%H:%M:%SZ") for name, column in dated.items()
    }
    rows: list[dict[str, Any]] = json.loads(frame.assign(**texts).to_json(orient="records", double_precision=15))
    return rows
