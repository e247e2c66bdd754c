"""Files of decisions between their dry run and their application: see brought.py on how they are kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from lastword.errors import Refusal
from lastword.web import brought
from lastword.web.brought import KEPT_FOR
from overrides.imports import DecisionRow, ImportRow
from overrides.review_upload import ReviewFile

if TYPE_CHECKING:
    from lastword.project import Project

__all__ = ["KEPT_FOR", "Upload", "drop", "keep", "kept", "taken"]

_KIND = "uploads"
_GONE = "this import is gone: it was applied, dropped or is older than a day; bring the file again"


@dataclass(frozen=True)
class Upload:
    """A file that somebody brought: its name, who and when, and what it asks for."""

    token: str
    name: str
    by: str
    made_at: datetime
    file: ReviewFile


def keep(project: "Project", name: str, by: str, file: ReviewFile, now: datetime) -> Upload:
    """Keep what was read of a file, and take away what has been kept for too long. Refusal where it can't be written."""
    return Upload(brought.keep(project, _KIND, name, by, asdict(file), now), name, by, now, file)


def kept(project: "Project", token: str, by: str, now: datetime) -> Upload:
    """What this person brought under this name. Refusal where there is no such upload of theirs (any more)."""
    return _upload(token, brought.find(project, _KIND, token, by, now, _GONE))


@contextmanager
def taken(project: "Project", upload: Upload) -> Iterator[None]:
    """Apply an upload once: nobody else finds it meanwhile; it is gone at the end, and back where applying it failed."""
    path = brought.path_of(project, _KIND, upload.token)
    aside = path.with_suffix(".taken")
    try:
        path.rename(aside)
    except OSError:
        raise Refusal(_GONE) from None
    try:
        yield
    except BaseException:
        aside.rename(path)
        raise
    aside.unlink(missing_ok=True)


def drop(project: "Project", upload: Upload) -> None:
    """Forget an upload."""
    brought.path_of(project, _KIND, upload.token).unlink(missing_ok=True)


def _upload(token: str, record: dict[str, Any]) -> Upload:
    rows = [DecisionRow(**row) for row in record["rows"]]
    broken = [ImportRow(**row) for row in record["broken"]]
    file = ReviewFile(rows, broken, record["remarks"])
    return Upload(token, record["name"], record["by"], datetime.fromisoformat(record["made_at"]), file)
