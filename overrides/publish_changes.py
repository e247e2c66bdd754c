"""Publishing a rescore by what it changed: the rows of the other accounts stay where they are, in the store and in the table."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from itertools import batched
from pathlib import Path
from typing import Any

import pandas as pd

from lastword.errors import Refusal
from overrides.final_changes import overridden_in, rows_of, write_from_store, write_with
from overrides.final_query import marks, overrides_now
from overrides.pruning import FINAL
from overrides.publication_events import tell_changes
from overrides.publish import Published, RunRecord, insert_publication, move_pointer, repair_latest, with_plan_used
from overrides.score_batches import ScoreFrame, Scores
from overrides.score_rows import Place, insert_scores
from overrides.spreadsheet import replacing
from overrides.store import lock_ledger, transaction

_IDS_AT_ONCE = 1000


def publish_changes(
    project: Any,
    on: str,
    changed: pd.DataFrame | Scores,
    gone: Collection[str],
    run: RunRecord,
    folder: Path,
    now: datetime,
    check: Callable[[Iterable[pd.DataFrame]], object] | None = None,
    plan: str | None = None,
) -> Published:
    """Make the current publication with these accounts changed the current one, as `publish` does with all of them.

    Killed at any moment, the publication before stays current and whole. It costs what changed, but for the final table, of
    which every publication has a file of its own: what is the same there is copied from the file before.

    Parameters
    ----------
    project
        `.runs_folder`.
    on
        The run_id of the current publication, which the run was compared with.
    changed
        One row per account whose scores differ from those of `on`, or that isn't there: contracts.SCORE_COLUMNS. In memory.
    gone
        The accounts of `on` that are no longer given; none of `changed`.
    folder
        The run's folder, one below `project.runs_folder`.
    check
        Called with those rows of the final table that are not copied, if any, in batches by account_id, before anything becomes
        visible; what it raises undoes everything.
    plan
        See `publish`.

    Raises
    ------
    Refusal
        The run was published before, another than `on` is current, an account comes twice in `changed`, there is no space, the
        store is busy or out of reach.
    """
    changed = ScoreFrame(changed) if isinstance(changed, pd.DataFrame) else changed
    ids = {account for batch in changed.batches() for account in batch["account_id"]}
    if both := ids.intersection(gone):
        raise ValueError(f"account {min(both)!r} is both changed and gone")
    before = project.runs_folder / on / FINAL
    with transaction() as cursor:
        lock_ledger(cursor)  # first of all: every publication takes it before it becomes current, so that `on` stays it
        run = run if plan is None else with_plan_used(run, plan, now)
        place = _next_step(on)
        insert_publication(run, now, place)
        _replace_rows(cursor, place, ids.union(gone))
        insert_scores(cursor, changed, run.run_id, place)
        tell_changes(run, now)
        move_pointer(run.run_id)
        accounts, in_force = _write_final(cursor, before, ids.union(gone), folder / FINAL, check)
    repair_latest(project)
    return Published(run.run_id, now, folder / FINAL, accounts, in_force)


def _next_step(on: str) -> Place:
    from overrides.models import Current

    current = Current.objects.select_related("publication").first()
    if current is None or current.publication_id != on:
        said = "nothing is published any more" if current is None else f"run {current.publication_id} was published meanwhile"
        raise Refusal(f"the changes are to run {on}, and {said}: rescore again")
    return Place(current.publication.base_id, current.publication.step + 1)


def _replace_rows(cursor: Any, place: Place, account_ids: Collection[str]) -> None:
    """The rows of these accounts are valid until this step."""
    for part in batched(sorted(account_ids), _IDS_AT_ONCE):
        cursor.execute(
            "UPDATE lastword_score SET until_step = %s "
            f"WHERE publication_id = %s AND until_step IS NULL AND account_id IN ({marks(part)})",
            [place.step, place.base, *part],
        )


def _write_final(
    cursor: Any, before: Path, account_ids: Collection[str], path: Path, check: Callable[[Iterable[pd.DataFrame]], object] | None
) -> tuple[int, int]:
    """Write the final table and check what is new in it: how many accounts it has, and how many an override decides."""
    then = overridden_in(before)
    replaced = set(account_ids).union(overrides_now(cursor).index, then or ())
    rows = rows_of(cursor, replaced)
    if check is not None and not rows.empty:
        check(ScoreFrame(rows).batches())
    with replacing(path) as temporary:
        accounts = write_from_store(cursor, temporary) if then is None else write_with(before, rows, replaced, temporary)
    return accounts, int((rows["decided_by"] == "override").sum())
