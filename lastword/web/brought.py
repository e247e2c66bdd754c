"""What was read of a file that somebody brought, kept for a day, for that person alone.

The file itself isn't kept. Each is one file in the project's state folder that its owner alone may read, under a random name.
"""

import json
import os
import re
import secrets
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lastword.errors import Refusal, refuse_os_error

if TYPE_CHECKING:
    from lastword.project import Project

KEPT_FOR = timedelta(days=1)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


def keep(project: "Project", kind: str, name: str, by: str, content: dict[str, Any], now: datetime) -> str:
    """Keep what was read of a file of this name, and take away what has been kept for too long.

    Parameters
    ----------
    kind
        What sort of file it is: the name of a folder in the state folder.
    content
        What JSON can hold.

    Returns
    -------
    The token by which it is found again. Refusal where it can't be written.
    """
    token, folder = secrets.token_urlsafe(16), project.state_folder / kind
    record = {"name": name, "by": by, "made_at": now.isoformat(), **content}
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _clear(folder, now)
        handle = os.open(path_of(project, kind, token), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as opened:
            json.dump(record, opened)
    except OSError as error:
        raise refuse_os_error(error, folder) from error
    return token


def find(project: "Project", kind: str, token: str, by: str, now: datetime, gone: str) -> dict[str, Any]:
    """What this person brought under this token: the content, and name, by and made_at.

    Raises
    ------
    Refusal
        It isn't there, or is somebody else's; in the words of `gone`.
    """
    if not _TOKEN.fullmatch(token):
        raise Refusal(gone)
    try:
        record: dict[str, Any] = json.loads(path_of(project, kind, token).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise Refusal(gone) from None
    if record["by"] != by or now - datetime.fromisoformat(record["made_at"]) > KEPT_FOR:
        raise Refusal(gone)
    return record


def path_of(project: "Project", kind: str, token: str) -> Path:
    """Where it is kept."""
    return project.state_folder / kind / f"{token}.json"


def _clear(folder: Path, now: datetime) -> None:
    for path in folder.iterdir():
        with suppress(OSError):
            if now - datetime.fromtimestamp(path.stat().st_mtime, UTC) > KEPT_FOR:
                path.unlink()
