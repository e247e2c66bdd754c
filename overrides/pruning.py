"""Old publications lose their scores and the tables of their run; that they were published, on what and when, stays.

What goes is marked first and deleted after, so that a prune that was killed is finished by the next one.
"""

import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

from overrides.store import reading, transaction

FINAL = "final_scores.parquet"

AT_LEAST = 2
"""The current publication, and the one that it is compared with."""

ROWS_AT_ONCE = 20_000
"""So many rows SQLite deletes before it lets another writer in. PostgreSQL holds nobody up."""

_SEEN = """EXISTS (SELECT 1 FROM lastword_override_entry e
    WHERE e.account_id = s.account_id AND e.seen_run_id = s.publication_id)"""


def prune(project: Any, keep: int, now: datetime) -> tuple[str, ...]:
    """Prune all publications but the newest, and finish what was begun before.

    Of a pruned publication stay its record, the table as it was published (FINAL), the reports of its run (*.json, plan.toml),
    and the scores that somebody saw who decided on the account. All tables of a run stay that scored any account of the current
    publication.

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
    in_use = _scored_the_current()
    for run_id in _pruned():
        _delete_scores(run_id)
        if run_id not in in_use:
            _delete_tables(project.runs_folder / run_id)
    return marked


def _delete_tables(folder: Path) -> None:
    for table in folder.glob("*.parquet"):
        if table.is_dir():
            shutil.rmtree(table)
        elif table.name != FINAL:
            table.unlink(missing_ok=True)


def _mark(keep: int, now: datetime) -> tuple[str, ...]:
    from overrides.models import Publication

    with transaction():
        newest_first = Publication.objects.order_by("-published_at", "-run_id").values_list("run_id", "pruned_at")
        due = [run_id for run_id, pruned_at in newest_first[keep:] if pruned_at is None]
        Publication.objects.filter(run_id__in=due).update(pruned_at=now)
    return tuple(reversed(due))


def _pruned() -> list[str]:
    from overrides.models import Publication

    with reading():
        return list(Publication.objects.filter(pruned_at__isnull=False).values_list("run_id", flat=True))


def _scored_the_current() -> set[str]:
    """The runs that the rows of the current publication are from: a partial run carries rows over."""
    with reading() as cursor:
        cursor.execute(
            "SELECT DISTINCT run_id FROM lastword_score WHERE publication_id = (SELECT publication_id FROM lastword_current)"
        )
        return {run_id for (run_id,) in cursor.fetchall()}


def _delete_scores(run_id: str) -> None:
    while True:
        with transaction() as cursor:
            limit = f"LIMIT {ROWS_AT_ONCE}" if cursor.db.vendor == "sqlite" else ""
            found = f"SELECT s.id FROM lastword_score s WHERE s.publication_id = %s AND NOT {_SEEN} {limit}"
            cursor.execute(f"DELETE FROM lastword_score WHERE id IN ({found})", [run_id])
            if not limit or cursor.rowcount < ROWS_AT_ONCE:
                return
