"""How a command ends: an exit code, and one line on standard error where it was not well. Never a traceback."""

import errno
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import typer

from lastword.errors import LastwordError, refuse_os_error

INTERRUPTED = 130

STORAGE_ERRNOS = {
    getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM", "ENOTDIR", "EISDIR", "EEXIST")
}
"""What an operating system says of a disk, a folder or a right, rather than of a mistake of ours."""

NO_SPACE = "no space left; free some and run again"
STORAGE_PHRASES = {
    "no space left on device": NO_SPACE,
    "disk is full": NO_SPACE,
    "disk quota exceeded": NO_SPACE,
    "readonly database": "it is read-only; give write permission or choose another folder",
    "read-only file system": "it is read-only; choose another folder",
    "unable to open database file": "check that its folder exists and may be written",
    "permission denied": "give permission or choose another folder",
}
"""How engines and databases, which raise errors of their own, say the same."""


def end_code(command: Callable[[], object], arguments: list[str]) -> int:
    """Run a command and return its exit code; whatever goes wrong is said in one line.

    An exception nobody stated is a bug: its traceback goes to a log file, whose path the line names.
    """
    try:
        outcome = command()
        sys.stdout.flush()
        code = outcome if isinstance(outcome, int) else 0
        return _end("interrupted" if code == INTERRUPTED else "", code)  # Typer turns an interrupt into its code
    except LastwordError as error:
        return _end(str(error), error.exit_code)
    except typer.TyperException as error:
        return _end(error.format_message(), error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        return _end("interrupted", INTERRUPTED)
    except BrokenPipeError:
        _silence_standard_output()
        return 1
    except Exception as error:
        code = _end(storage_reason(error) or _bug(error, arguments), 1)
        try:
            sys.stdout.flush()
        except OSError:
            _silence_standard_output()
        return code


def storage_reason(error: BaseException) -> str | None:
    """What a failing disk, folder or permission says, wherever in the chain of causes it is; None for anything else."""
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.errno in STORAGE_ERRNOS:
            return str(refuse_os_error(cause, Path(cause.filename or "a file")))
        for phrase, advice in STORAGE_PHRASES.items():
            if phrase in str(cause).lower():
                return f"{_first_line(cause)}: {advice}"
    return None


def _end(message: str, code: int) -> int:
    line = " ".join(message.split())
    if line:
        sys.stderr.write(f"lastword: {line}\n")
    return code


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".:") if lines else type(error).__name__


def _bug(error: Exception, arguments: list[str]) -> str:
    text = "".join(traceback.format_exception(error))
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}.log"
    for folder in (_state_folder(arguments) / "logs", Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(f"lastword {' '.join(arguments)}\n\n{text}", encoding="utf-8")
        except OSError:
            continue
        return f"this is a bug in Lastword ({type(error).__name__}: {_first_line(error)}); the details are in {folder / name}"
    return f"this is a bug in Lastword ({type(error).__name__}: {_first_line(error)})"


def _state_folder(arguments: list[str]) -> Path:
    """The .lastword of the project that the arguments name, else of the current folder's, else the temporary folder."""
    named = (Path(argument.removeprefix("--project=")) for argument in arguments)
    start = next((folder for folder in named if (folder / "lastword.toml").is_file()), Path.cwd())
    for folder in (start, *start.resolve().parents):
        if (folder / "lastword.toml").is_file():
            return folder / ".lastword"
    return Path(tempfile.gettempdir())


def _silence_standard_output() -> None:
    """Nobody reads it, or it has no room: keep the interpreter's last flush from complaining about it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
