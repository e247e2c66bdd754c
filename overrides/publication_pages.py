"""What was published, newest first, a page at a time."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from overrides.cursors import from_cursor, to_cursor

COLUMNS = ("run_id", "published_at", "kind", "as_of", "model_name", "model_version", "plan_version", "policy", "counts")


@dataclass(frozen=True)
class PublicationPage:
    """Publications, and where the next page begins (None: this was the last)."""

    rows: list[dict[str, Any]]
    after: str | None


def publications(after: str | None = None, limit: int = 100) -> PublicationPage:
    """One row per published run: COLUMNS, and `current`, which one of them is.

    Raises
    ------
    ConfigurationError
        `after` is no place in these pages.
    """
    from django.db.models import Q

    last = None if after is None else _place(after)
    before = Q() if last is None else Q(published_at__lt=last[0]) | Q(published_at=last[0], run_id__lt=last[1])
    rows = _read(before, limit + 1)
    ends_at = rows[limit - 1] if len(rows) > limit else None
    more = None if ends_at is None else to_cursor("runs", ends_at["published_at"].isoformat(), ends_at["run_id"])
    return PublicationPage(rows[:limit], more)


def publication(run_id: str) -> dict[str, Any] | None:
    """The row of one run; None where it wasn't published."""
    from django.db.models import Q

    return next(iter(_read(Q(run_id=run_id), 1)), None)


def _read(condition: Any, limit: int) -> list[dict[str, Any]]:
    from overrides.models import Current, Publication
    from overrides.store import reading

    with reading():
        current = Current.objects.values_list("publication_id", flat=True).first()
        found = Publication.objects.filter(condition).order_by("-published_at", "-run_id").values(*COLUMNS)[:limit]
        return [row | {"current": row["run_id"] == current} for row in found]


def _place(after: str) -> tuple[datetime, str]:
    published_at, run_id = from_cursor(after, "runs", (str, str))
    try:
        return datetime.fromisoformat(published_at).astimezone(UTC), run_id
    except (ValueError, OverflowError):
        from lastword.errors import ConfigurationError

        raise ConfigurationError(
            f"the place {after[:40]!r} in the pages can't be read: expected `after` of another page"
        ) from None
