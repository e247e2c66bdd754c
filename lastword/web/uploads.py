"""Files of decisions between their dry run and their application: what was read of them, for a day, for whoever brought them.

The file itself isn't kept. Each is one file in the project's state folder that its owner alone may read, under a random name.
"""

import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lastword.errors import Refusal, refuse_os_error
from overrides.imports import DecisionRow, ImportRow
from overrides.review_upload import ReviewFile

if TYPE_CHECKING:
    from lastword.project import Project

KEPT_FOR = timedelta(days=1)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
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
    upload = Upload(secrets.token_urlsafe(16), name, by, now, file)
    folder = _folder(project)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _clear(folder, now)
        handle = os.open(_path(project, upload.token), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as opened:
            json.dump(_record(upload), opened)
    except OSError as error:
        raise refuse_os_error(error, folder) from error
    return upload


def kept(project: "Project", token: str, by: str, now: datetime) -> Upload:
    """What this person brought under this name. Refusal where there is no such upload of theirs (any more)."""
    if not _TOKEN.fullmatch(token):
        raise Refusal(_GONE)
    try:
        record = json.loads(_path(project, token).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise Refusal(_GONE) from None
    upload = _upload(token, record)
    if upload.by != by or now - upload.made_at > KEPT_FOR:
        raise Refusal(_GONE)
    return upload


@contextmanager
def taken(project: "Project", upload: Upload) -> Iterator[None]:
    """Apply an upload once: nobody else finds it meanwhile; it is gone at the end, and back where applying it failed."""
    path = _path(project, upload.token)
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
    _path(project, upload.token).unlink(missing_ok=True)


def _folder(project: "Project") -> Path:
    return project.state_folder / "uploads"


def _path(project: "Project", token: str) -> Path:
    return _folder(project) / f"{token}.json"


def _clear(folder: Path, now: datetime) -> None:
    for path in folder.iterdir():
        with suppress(OSError):
            if now - datetime.fromtimestamp(path.stat().st_mtime, UTC) > KEPT_FOR:
                path.unlink()


def _record(upload: Upload) -> dict[str, Any]:
    return {"name": upload.name, "by": upload.by, "made_at": upload.made_at.isoformat(), **asdict(upload.file)}


def _upload(token: str, record: dict[str, Any]) -> Upload:
    rows = [DecisionRow(**row) for row in record["rows"]]
    broken = [ImportRow(**row) for row in record["broken"]]
    file = ReviewFile(rows, broken, record["remarks"])
    return Upload(token, record["name"], record["by"], datetime.fromisoformat(record["made_at"]), file)
