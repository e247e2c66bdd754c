"""The one family of exceptions. A message is one line: what, which value, where, what was expected, what to do next."""

import errno
from pathlib import Path


class LastwordError(Exception):
    """Root of every error that Lastword states itself. `exit_code` is what the command line ends with."""

    exit_code = 1

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows of it, by IPython's protocol: its one line, as the command line does."""
        return [f"{type(self).__name__}: {self}"]


class Refusal(LastwordError):
    """Lastword declines: too much quarantined, a blocked leak, the lock held, no space, an unknown account. Exit 1."""

    exit_code = 1


class Conflict(Refusal):
    """Somebody decided, or the evidence moved, since whoever asks had looked: look again and decide again. Exit 1."""


class ConfigurationError(LastwordError):
    """Usage, lastword.toml or plan.toml is wrong, a wrong column mapping included. Exit 2."""

    exit_code = 2


class InputError(LastwordError):
    """An input cannot be read or lacks a required column. Exit 3."""

    exit_code = 3


def refuse_os_error(error: OSError, path: Path) -> Refusal:
    """What to raise where `path` could not be written: the operating system's reason and what to do about it, in one line."""
    place = error.filename or path
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Refusal(f"no space left to write {place}; free some and run again")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return Refusal(f"{place} cannot be written ({error.strerror}); give write permission or choose another folder")
    return Refusal(f"{place} cannot be written ({error.strerror or error}); choose another folder")
