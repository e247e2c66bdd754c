"""Old publications lose their scores and the tables of their run; that they were published, on what and when, stays.

What goes is marked first and deleted after, so that a prune that was killed is finished by the next one.
"""

import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

from overrides.store import reading, transaction
from overrides.valid_rows import CURRENT, valid_sql

FINAL = "final_scores.parquet"

AT_LEAST = 2
"""The current publication, and the one that it is compared with."""

ROWS_AT_ONCE = 20_000
"""So many rows SQLite deletes before it lets another writer in. PostgreSQL holds nobody up."""

_SEEN = f"""EXISTS (SELECT 1 FROM lastword_override_entry e JOIN lastword_publication p ON p.run_id = e.seen_run_id
    WHERE e.account_id = s.account_id AND {valid_sql("p.base_id", "p.step")})"""


def prune(project: Any, keep: int, now: datetime) -> tuple[str, ...]:
    """Prune all publications but the newest, and finish what was begun before.

    Of a pruned publication stay its record, the table as it was published (FINAL), the reports of its run (*.json, plan.toml),
    the scores that a publication kept whole has too, and those that somebody saw who decided on the account. All tables of a run
    stay that scored any account of the current publication, or that a publication kept whole stands on.

    Parameters
    ----------
    project
        `.runs_folder`.
    keep
        So many publications stay whole, two at least; 0: all of them.

    Returns
    -------
    The run_ids that are pruned by this call for the first time, oldest first.

    Raises
    ------
    Refusal
        The store is busy or out of reach.
    """
    marked = _mark(max(keep, AT_LEAST), now) if keep else ()
    for base, oldest_kept in _pruned_bases():
        _delete_scores(base, oldest_kept)
    _delete_tables([folder for run_id in _pruned() if _tables(folder := project.runs_folder / run_id)])
    return marked


def _delete_tables(folders: list[Path]) -> None:
    scored_the_current = _scored_the_current() if folders else set()
    for folder in folders:
        for table in _tables(folder) if folder.name not in scored_the_current else ():
            if table.is_dir():
                shutil.rmtree(table)
            else:
                table.unlink(missing_ok=True)


def _tables(folder: Path) -> list[Path]:
    return [table for table in folder.glob("*.parquet") if table.name != FINAL]


def _mark(keep: int, now: datetime) -> tuple[str, ...]:
    from overrides.models import Publication

    with transaction():
        newest_first = Publication.objects.order_by("-published_at", "-run_id").values_list("run_id", "pruned_at")
        due = [run_id for run_id, pruned_at in newest_first[keep:] if pruned_at is None]
        Publication.objects.filter(run_id__in=due).update(pruned_at=now)
    return tuple(reversed(due))


def _pruned() -> list[str]:
    """The pruned runs that no publication kept whole stands on."""
    from overrides.models import Publication

    with reading():
        bases = set(Publication.objects.filter(pruned_at__isnull=True).values_list("base_id", flat=True))
        pruned = Publication.objects.filter(pruned_at__isnull=False).values_list("run_id", flat=True)
        return [run_id for run_id in pruned if run_id not in bases]


def _pruned_bases() -> list[tuple[str, int | None]]:
    """The bases with a pruned publication, and the oldest step on each that is kept whole; None: none is."""
    from django.db.models import Count, Min, Q

    from overrides.models import Publication

    kept = Q(pruned_at__isnull=True)
    bases = (
        Publication.objects.order_by().values("base_id").annotate(kept=Min("step", filter=kept), gone=Count("pk", filter=~kept))
    )
    with reading():
        return list(bases.filter(gone__gt=0).values_list("base_id", "kept"))


def _scored_the_current() -> set[str]:
    """The runs that the rows of the current publication are from: a rescore carries rows over."""
    with reading() as cursor:
        cursor.execute(f"SELECT DISTINCT s.run_id FROM lastword_score s WHERE {CURRENT}")
        return {run_id for (run_id,) in cursor.fetchall()}


def _delete_scores(base: str, oldest_kept: int | None) -> None:
    """Delete the rows of a base that no publication kept whole has."""
    replaced, parameters = ("", []) if oldest_kept is None else ("AND s.until_step <= %s", [oldest_kept])
    while True:
        with transaction() as cursor:
            limit = f"LIMIT {ROWS_AT_ONCE}" if cursor.db.vendor == "sqlite" else ""
            found = f"SELECT s.id FROM lastword_score s WHERE s.publication_id = %s {replaced} AND NOT {_SEEN} {limit}"
            cursor.execute(f"DELETE FROM lastword_score WHERE id IN ({found})", [base, *parameters])
            if not limit or cursor.rowcount < ROWS_AT_ONCE:
                return
