"""Publishing, all or nothing: scores, the current publication and final_scores.parquet change in one transaction."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from lastword.contracts import SCORE_COLUMNS
from lastword.errors import Refusal
from overrides.final import DATES, TIMES, read_final, typed
from overrides.plan_versions import save_used
from overrides.publication_events import tell_changes
from overrides.spreadsheet import replacing, write_table
from overrides.store import lock_ledger, reading, transaction


@dataclass(frozen=True)
class RunRecord:
    """What is kept of a published run. `reference` is what was frozen with it (the plan's percentiles), as JSON."""

    run_id: str
    kind: str
    as_of: date
    plan_version: str
    policy: str
    model_name: str | None = None
    model_version: str | None = None
    counts: dict[str, Any] = field(default_factory=dict)
    reference: dict[str, Any] = field(default_factory=dict)
    published_at: datetime | None = None


@dataclass(frozen=True)
class Published:
    """A run made current: when, where its Parquet file is, and the final table as it was at that moment."""

    run_id: str
    published_at: datetime
    path: Path
    final: pd.DataFrame


def publish(
    project: Any,
    scores: pd.DataFrame,
    run: RunRecord,
    folder: Path,
    now: datetime,
    check: Callable[[pd.DataFrame], object] | None = None,
    plan: str | None = None,
) -> Published:
    """Make `scores` the current publication and write folder/final_scores.parquet and runs/latest.json.

    Killed at any moment, the publication before stays current and whole: the pointer moves when the transaction commits,
    and latest.json, written after, is repaired from it by `repair_latest`.

    Parameters
    ----------
    scores
        One row per account, contracts.SCORE_COLUMNS; further columns are ignored.
    folder
        The run's folder, one below `project.runs_folder`.
    check
        Called with the final table before anything becomes visible; what it raises undoes everything.
    plan
        plan.toml as the run scored by it: stored as a version where it isn't one yet, and named in `reference["plan_used"]`.

    Raises
    ------
    Refusal
        The run was published before, there is no space, the store is busy or out of reach.
    """
    path = folder / "final_scores.parquet"
    with transaction() as cursor:
        run = run if plan is None else _with_plan_used(run, plan, now)
        _insert_publication(run, now)
        _insert_scores(cursor, scores, run.run_id)
        lock_ledger(cursor)
        tell_changes(run, now)
        _move_pointer(run.run_id)
        final = read_final(cursor)
        if check is not None:
            check(final)
        write_table(final, path)
    repair_latest(project)
    return Published(run.run_id, now, path, final)


def repair_latest(project: Any) -> None:
    """Write runs/latest.json from the store's pointer where the two differ; nothing before the first publication."""
    current = current_run()
    if current is None or current.published_at is None:
        return
    path = project.runs_folder / "latest.json"
    content = latest_json(current.run_id, current.published_at)
    if not path.exists() or path.read_text(encoding="utf-8") != content:
        with replacing(path) as temporary:
            temporary.write_text(content, encoding="utf-8")


def latest_json(run_id: str, published_at: datetime) -> str:
    """The content of runs/latest.json."""
    latest = {
        "run_id": run_id,
        "published_at": f"{published_at:%Y-%m-%dT%H:%M:%SZ}",
        "path": f"{run_id}/final_scores.parquet",
    }
    return json.dumps(latest) + "\n"


def current_run() -> RunRecord | None:
    """The current publication, None before the first."""
    from overrides.models import Current

    with reading():
        current = Current.objects.select_related("publication").first()
    if current is None:
        return None
    return RunRecord(**{name: getattr(current.publication, name) for name in RunRecord.__dataclass_fields__})


def published_runs() -> tuple[str, ...]:
    """The run_id of every publication, oldest first: a run folder that isn't among them is a leftover."""
    from overrides.models import Publication

    with reading():
        return tuple(Publication.objects.order_by("published_at", "run_id").values_list("run_id", flat=True))


def previous_grades(column: str = "model_grade") -> pd.Series:
    """model_grade or policy_grade by account_id of the current publication (null without one); empty before the first."""
    from overrides.models import Current, Score

    with reading():
        of_current = Score.objects.filter(publication__in=Current.objects.values("publication"))
        rows = list(of_current.values_list("account_id", column))
    return pd.Series(
        [grade for _, grade in rows], index=pd.Index([account for account, _ in rows], name="account_id"), dtype="str"
    )


def _with_plan_used(run: RunRecord, plan: str, now: datetime) -> RunRecord:
    stored = save_used(plan, run.run_id, now)
    used = {"version_id": stored.version_id, "version": stored.version, "fingerprint": stored.fingerprint}
    return replace(run, reference={**run.reference, "plan_used": used})


def _insert_publication(run: RunRecord, now: datetime) -> None:
    from overrides.models import Publication

    if Publication.objects.filter(run_id=run.run_id).exists():
        raise Refusal(f"run {run.run_id} was published before: a published run is never changed; start a new one")
    Publication.objects.create(**{**run.__dict__, "published_at": now})


def _move_pointer(run_id: str) -> None:
    from overrides.models import Current

    Current.objects.update_or_create(defaults={"publication_id": run_id})


def _insert_scores(cursor: Any, scores: pd.DataFrame, run_id: str) -> None:
    """Insert the rows by the quickest way that the database has: COPY for PostgreSQL, executemany for SQLite."""
    repeated = scores["account_id"][scores["account_id"].duplicated()]
    if not repeated.empty:
        raise Refusal(f"account {repeated.iloc[0]!r} occurs twice in the scores of run {run_id}: one row per account expected")
    frame = typed(scores[list(SCORE_COLUMNS)])
    values = [_database_values(cursor.db, name, column) for name, column in frame.items()]
    rows = zip([run_id] * len(frame), *values, strict=True)
    columns = ", ".join(("publication_id", *SCORE_COLUMNS))
    if cursor.db.vendor == "postgresql":
        with cursor.copy(f"COPY lastword_score ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute("ANALYZE lastword_score")  # the next page is asked for before the server would think of it
    else:
        cursor.execute("PRAGMA cache_size = -262144")  # KiB: the indexes grow everywhere at once
        marks = ", ".join(["%s"] * (len(SCORE_COLUMNS) + 1))
        cursor.executemany(f"INSERT INTO lastword_score ({columns}) VALUES ({marks})", rows)


def _database_values(connection: Any, name: str, column: pd.Series) -> list[Any]:
    """The cells as the database stores them: None for null, dates and times in the form that Django's own rows have."""
    if name in DATES:
        return _none_for_null(column.dt.strftime("%Y-%m-%d"))
    if name in TIMES:
        adapted = {time: connection.ops.adapt_datetimefield_value(time.to_pydatetime()) for time in column.dropna().unique()}
        return [adapted.get(time) for time in column]
    return _none_for_null(column)


def _none_for_null(column: pd.Series) -> list[Any]:
    return column.astype(object).where(column.notna(), None).tolist()
