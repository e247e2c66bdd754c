"""Tells people of a published run: each way of telling once per run, and again at the next where it failed.

What was told is in the project's state folder, .lastword/notify.json: of each way the run and when. A run that was not told of is
covered by the digest of the next, so nothing is lost; whatever is sent bears the run's id, so that a receiver can tell a second
one from the first should the program be killed between sending and noting it.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from lastword.errors import ConfigurationError, LastwordError, Refusal, refuse_os_error

if TYPE_CHECKING:
    from lastword.digest import Digest
    from lastword.project import Project

EMAIL, WEBHOOK = "email", "webhook"
SENT, ALREADY, NOTHING, FAILED = "sent", "already", "nothing new", "failed"
STATE = "notify.json"
_LOCK_SECONDS = 60


@dataclass(frozen=True)
class Told:
    """What became of one way of telling: `state` (sent, already, nothing new, failed) and a sentence."""

    way: str
    state: str
    said: str


def notify(project: "Project", now: datetime, environ: Mapping[str, str] | None = None) -> tuple[Told, ...]:
    """Send the digest of the current publication every way that is configured and has not told of it yet.

    The store must be open. What fails is in the answer; the other ways are tried all the same.

    Raises
    ------
    ConfigurationError
        No way is configured.
    Refusal
        Nothing is published yet, or somebody else is sending.
    """
    ways = ways_of(project)
    if not ways:
        raise ConfigurationError(
            f"{project.settings_path}: nobody is to be told; add a section [notify.email] or [notify.webhook]"
        )
    try:
        with FileLock(project.state_folder / "notify.lock", timeout=_LOCK_SECONDS):
            return tuple(_tell(project, way, now, os.environ if environ is None else environ) for way in ways)
    except Timeout:
        raise Refusal("another `lastword notify` is sending: wait for it to end, then run this again") from None
    except OSError as error:
        raise refuse_os_error(error, project.state_folder) from error


def after_run(project: "Project", now: datetime) -> tuple[str, ...]:
    """Tell of the run that was just published, where `[notify] after_runs` asks for it; a warning for each way that failed.

    Never raises: a run that is published stays so, whoever could not be told.
    """
    if not project.settings.notify.after_runs:
        return ()
    try:
        told = notify(project, now)
    except Exception as error:
        said = str(error) if isinstance(error, LastwordError) else f"an error that Lastword doesn't know, {type(error).__name__}"
        return (f"nobody was told of this run: {said}; the next run tries again, as does `lastword notify`",)
    failed = [each for each in told if each.state == FAILED]
    return tuple(f"not told by {each.way}: {each.said}; the next run tries again, as does `lastword notify`" for each in failed)


def ways_of(project: "Project") -> tuple[str, ...]:
    """The ways that the settings name."""
    settings = project.settings.notify
    return tuple(way for way, given in ((EMAIL, settings.email), (WEBHOOK, settings.webhook)) if given is not None)


def pending_digest(project: "Project", now: datetime) -> "Digest":
    """The digest that would be sent now to whoever was told least; raises as digest_of."""
    from lastword.digest import digest_of

    state = _read(project)
    told = [state[way]["run_id"] for way in ways_of(project) if way in state]
    return digest_of(project, now, min(told, default=None))


def _tell(project: "Project", way: str, now: datetime, environ: Mapping[str, str]) -> Told:
    from lastword.digest import digest_of

    noted = _read(project).get(way, {})
    digest = digest_of(project, now, noted.get("run_id"))
    if noted.get("run_id") == digest.run_id:
        return Told(way, ALREADY, f"run {digest.run_id} was told of at {noted['sent_at']}")
    state, said = SENT, f"run {digest.run_id}, {digest.new:,} newly in the queue"
    if project.settings.notify.only_news and not digest.has_news:
        state, said = NOTHING, f"run {digest.run_id} has nothing new to tell"
    else:
        try:
            refused = _send(project, way, digest, now, environ)
            said += f"; the mail server refused {', '.join(refused)}: check [notify.email] to" if refused else ""
        except LastwordError as refusal:
            if not noted:
                _write(project, _read(project) | {way: {"run_id": _run_before(digest.run_id)}})
            return Told(way, FAILED, str(refusal))
    _write(project, _read(project) | {way: {"run_id": digest.run_id, "sent_at": f"{now:%Y-%m-%dT%H:%M:%SZ}"}})
    return Told(way, state, said)


def _send(project: "Project", way: str, digest: "Digest", now: datetime, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Send it; the addresses that it didn't reach though it reached others."""
    from lastword.digest_words import as_html, as_text, subject
    from lastword.sending import mail_of, post, send_mail

    settings = project.settings.notify
    if way == EMAIL and settings.email is not None:
        message = mail_of(settings.email, subject(digest), as_text(digest), as_html(digest), digest.run_id, now)
        return send_mail(settings.email, message, environ)
    if way == WEBHOOK and settings.webhook is not None:
        post(settings.webhook, {"text": as_text(digest), **digest.as_json()}, digest.run_id, environ, now)
    return ()


def _run_before(run_id: str) -> str:
    """The publication before this one, "" where it is the first: from there on a way that failed at once has to catch up."""
    from overrides.publications import publications

    ids = [run.run_id for run in publications(limit=2)]
    return ids[1] if len(ids) > 1 and ids[0] == run_id else ""


def told_json(told: tuple[Told, ...]) -> list[dict[str, str]]:
    """For --json."""
    return [asdict(each) for each in told]


def _read(project: "Project") -> dict[str, dict[str, str]]:
    """What was told; nothing where the file is missing or can't be read."""
    try:
        found = json.loads(_path(project).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(project: "Project", state: Mapping[str, Mapping[str, str]]) -> None:
    path = _path(project)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(state, indent=1) + "\n", encoding="utf-8")
    part.replace(path)


def _path(project: "Project") -> Path:
    return project.state_folder / STATE
