"""How far something long has come, from where it is done to where it is shown, if anywhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

type Show = Callable[[str, float], None]
"""Is told what goes on and the share of it, 0 to 1, that is over."""


def show_nowhere(what: str, share: float) -> None:
    """Shows nothing."""


_shown: ContextVar[Show] = ContextVar("shown", default=show_nowhere)


@contextmanager
def shown_by(show: Show) -> Iterator[None]:
    """Within, `show` is told."""
    before = _shown.set(show)
    try:
        yield
    finally:
        _shown.reset(before)


def show() -> Show:
    """Who shows progress here: take it where a thread is started, which knows nothing of it."""
    return _shown.get()
