"""Publishing, all or nothing: scores, the current publication and final_scores.parquet change in one transaction."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from lastword.errors import Refusal
from overrides.final import with_overrides
from overrides.final_files import written
from overrides.final_query import overrides_now
from overrides.plan_versions import save_used
from overrides.publication_events import tell_changes
from overrides.score_batches import ScoreFrame, Scores
from overrides.score_rows import Place, insert_scores, typed_batches
from overrides.spreadsheet import replacing
from overrides.store import lock_ledger, reading, transaction
from overrides.valid_rows import CURRENT


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
    pruned_at: datetime | None = None


@dataclass(frozen=True)
class Published:
    """A run made current: when, where the final table is as it was at that moment, and how many accounts it has."""

    run_id: str
    published_at: datetime
    path: Path
    accounts: int
    in_force: int
    """How many of them an override decides."""


def publish(
    project: Any,
    scores: pd.DataFrame | Scores,
    run: RunRecord,
    folder: Path,
    now: datetime,
    check: Callable[[Iterable[pd.DataFrame]], object] | None = None,
    plan: str | None = None,
) -> Published:
    """Make `scores` the current publication and write folder/final_scores.parquet and runs/latest.json.

    Killed at any moment, the publication before stays current and whole: the pointer moves when the transaction commits,
    and latest.json, written after, is repaired from it by `repair_latest`.

    Parameters
    ----------
    scores
        One row per account, contracts.SCORE_COLUMNS; further columns are ignored. They are gone through twice, a batch at a
        time: into the store, then, while nobody can decide, as the final table into its file.
    folder
        The run's folder, one below `project.runs_folder`.
    check
        Called with the final table, in batches by account_id, before anything becomes visible; what it raises undoes everything.
    plan
        plan.toml as the run scored by it: stored as a version where it isn't one yet, and named in `reference["plan_used"]`.

    Raises
    ------
    Refusal
        The run was published before, there is no space, the store is busy or out of reach.
    """
    path = folder / "final_scores.parquet"
    scores = ScoreFrame(scores) if isinstance(scores, pd.DataFrame) else scores
    with transaction() as cursor:
        run = run if plan is None else with_plan_used(run, plan, now)
        insert_publication(run, now, Place(run.run_id))
        insert_scores(cursor, scores, run.run_id, Place(run.run_id))
        lock_ledger(cursor)
        tell_changes(run, now)
        move_pointer(run.run_id)
        decided_by = _write_final(scores, overrides_now(cursor), path, check)
    repair_latest(project)
    return Published(run.run_id, now, path, decided_by.total(), decided_by["override"])


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
    if column not in ("model_grade", "policy_grade", "plan_grade"):
        raise ValueError(f"{column} is no grade of a publication")
    with reading() as cursor:
        cursor.execute(f"SELECT s.account_id, s.{column} FROM lastword_score s WHERE {CURRENT}")
        grades = pd.DataFrame.from_records(cursor.fetchall(), columns=["account_id", "grade"]).astype("str")
    return grades.set_index("account_id")["grade"].rename(None)


def _write_final(
    scores: Scores, overrides: pd.DataFrame, path: Path, check: Callable[[Iterable[pd.DataFrame]], object] | None
) -> Counter[str]:
    """Write the final table while it is checked; how many accounts were decided by whom. The file appears when all is well."""
    decided_by: Counter[str] = Counter()

    def counted() -> Iterator[pd.DataFrame]:
        for batch in typed_batches(scores):
            final = with_overrides(batch, overrides)
            decided_by.update(final["decided_by"].value_counts().to_dict())
            yield final

    with replacing(path) as temporary:
        final = written(counted(), temporary)
        if check is not None:
            check(final)
        for _ in final:
            pass  # what the check left
    return decided_by


def with_plan_used(run: RunRecord, plan: str, now: datetime) -> RunRecord:
    """The record of a run with the version of the plan that it scored by, stored where it isn't one yet."""
    stored = save_used(plan, run.run_id, now)
    used = {"version_id": stored.version_id, "version": stored.version, "fingerprint": stored.fingerprint}
    return replace(run, reference={**run.reference, "plan_used": used})


def insert_publication(run: RunRecord, now: datetime, place: Place) -> None:
    """Record a run as published now. Refusal where it was before."""
    from overrides.models import Publication

    if Publication.objects.filter(run_id=run.run_id).exists():
        raise Refusal(f"run {run.run_id} was published before: a published run is never changed; start a new one")
    Publication.objects.create(**{**run.__dict__, "published_at": now}, base_id=place.base, step=place.step)


def move_pointer(run_id: str) -> None:
    """Make a publication the current one."""
    from overrides.models import Current

    Current.objects.update_or_create(defaults={"publication_id": run_id})
