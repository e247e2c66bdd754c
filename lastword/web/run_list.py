"""The runs of a project, newest first: those that were published, and those that left a folder and were not."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from lastword.web.run_folder import RunFolder, drifted, quarantined, queue_size, read_folder, run_ids, started_at, why_unpublished
from overrides.cursors import from_cursor, to_cursor
from overrides.publications import publications
from overrides.publish import RunRecord, published_runs

if TYPE_CHECKING:
    from lastword.project import Project

_KIND = "runs"


@dataclass(frozen=True)
class ListedRun:
    """A run: `at` is when it was published, or began where it wasn't. Counts are None where it kept no record of them.

    `outcome` and `why` say how far an unpublished run came, "" of a published one.
    """

    run_id: str
    at: datetime
    published: RunRecord | None
    quarantined: int | None
    drifted: tuple[int, int] | None
    queue: int | None
    promotion: str
    outcome: str
    why: str


def listed_runs(project: "Project", after: str | None, limit: int) -> tuple[list[ListedRun], str | None]:
    """A page of runs and the cursor of the next, None at the end.

    Raises
    ------
    ConfigurationError
        `after` is no such place.
    """
    place = _read_place(after)
    published = publications(place, limit + 1)
    found = [_published(project, run) for run in published]
    found += _unpublished(project, limit + 1, place)
    found.sort(key=lambda run: (run.at, run.run_id), reverse=True)
    page = found[:limit]
    last = page[-1] if len(found) > limit else None
    return page, None if last is None else to_cursor(_KIND, last.at.isoformat(), last.run_id)


def promotion_words(folder: RunFolder) -> str:
    """What came of the run's training; "" where it didn't train, or kept no record of it."""
    model = folder.model
    if model.get("promoted"):
        return f"version {model.get('version')} promoted"
    if because := model.get("refused_because"):
        return f"not promoted: {because}"
    return ""


def _published(project: "Project", run: RunRecord) -> ListedRun:
    folder = read_folder(project, run.run_id)
    assert run.published_at is not None  # a row of the store has it
    if folder is None:
        return ListedRun(run.run_id, run.published_at, run, None, None, None, "", "", "")
    return _listed(folder, run.published_at, run, "", "")


def _unpublished(project: "Project", limit: int, place: tuple[datetime, str] | None) -> list[ListedRun]:
    known = set(published_runs())
    begun = sorted(((started_at(project, run_id), run_id) for run_id in run_ids(project) if run_id not in known), reverse=True)
    wanted = [each for each in begun if place is None or each < place][:limit]
    folders = [(at, read_folder(project, run_id)) for at, run_id in wanted]
    return [_listed(folder, at, None, *why_unpublished(folder)) for at, folder in folders if folder is not None]


def _listed(folder: RunFolder, at: datetime, run: RunRecord | None, outcome: str, why: str) -> ListedRun:
    promotion = promotion_words(folder)
    return ListedRun(folder.run_id, at, run, quarantined(folder), drifted(folder), queue_size(folder), promotion, outcome, why)


def _read_place(after: str | None) -> tuple[datetime, str] | None:
    from lastword.errors import ConfigurationError

    if after is None:
        return None
    at, run_id = from_cursor(after, _KIND, (str, str))
    try:
        read = datetime.fromisoformat(at)
        if read.tzinfo is None:
            raise ValueError
    except ValueError:
        raise ConfigurationError(f"the place {after[:40]!r} in the pages can't be read: go back to the first page") from None
    return read, run_id
