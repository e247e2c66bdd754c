"""What was computed for one request is kept for the next, for as long as what it rests on stands."""

from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.http import HttpRequest

from overrides.state import State, store_state

if TYPE_CHECKING:
    from lastword.project import Project

KEPT_SECONDS = 3600


def state_of(request: HttpRequest) -> State:
    """How the store stands, looked up once per request."""
    if not hasattr(request, "lastword_state"):
        request.lastword_state = store_state(request.now)
    found: State = request.lastword_state
    return found


def kept[T](request: HttpRequest, name: str, rests_on: tuple[object, ...], make: Callable[[], T]) -> T:
    """What `make` gives, computed once per project, name and everything that it rests on.

    Parameters
    ----------
    rests_on : all that the result depends on, whose repr says it whole: usually `state_of(request)` and the filters.
    """
    return kept_of(request.project, name, rests_on, make)


def kept_of[T](project: "Project", name: str, rests_on: tuple[object, ...], make: Callable[[], T]) -> T:
    """The same outside a request."""
    said = repr((project.store_url, str(project.folder), name, rests_on))
    key = f"lastword-{sha256(said.encode(errors='surrogatepass')).hexdigest()}"
    found: T | None = cache.get(key)
    if found is None:
        found = make()
        cache.set(key, found, KEPT_SECONDS)
    return found
