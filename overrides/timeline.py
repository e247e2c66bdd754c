"""The audit's lines, newest first: events, decisions, lapses, snoozes, entries on spend and publications, each where it is.

Every source is asked for one page from the cursor on, by an index, and the pages are merged: what a page costs doesn't grow
with the ledger.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any, NamedTuple

from lastword.errors import ConfigurationError
from overrides.decisions import lapse, utc_date
from overrides.store import reading
from overrides.timeline_lines import (
    EXPIRE,
    PUBLICATION,
    SYSTEM,
    Line,
    aside_line,
    entry_line,
    event_line,
    lapse_line,
    publication_line,
    spend_line,
)

DECISIONS = ("add", "supersede", "revoke", "hold_out")
ASIDES = ("snooze", "dismiss", "return")
SPEND_KINDS = {"spend_value": "value", "spend_growth": "growth", "spend_clear": "clear"}
"""Kinds of lines on potential spend, and the kind of entry of each."""

LARGEST_PAGE = 1000


@dataclass(frozen=True)
class Timeline:
    """Lines, newest first. `before` is the cursor of the page that follows, None where these are the last."""

    lines: tuple[Line, ...]
    before: str | None


class _Place(NamedTuple):
    """Where a line stands in the order of all: by time, then by its source, then by its id there (a number, or a run_id)."""

    at: datetime
    source: int
    key: int | str


@dataclass(frozen=True)
class _Asked:
    """What is asked for; `kinds` empty: every kind."""

    kinds: frozenset[str]
    by: str | None
    subject: str | None
    since: datetime | None
    until: datetime
    before: _Place | None
    limit: int

    def wants(self, kinds: Iterable[str]) -> list[str]:
        """Which of these kinds are asked for."""
        return [kind for kind in kinds if not self.kinds or kind in self.kinds]


def timeline(
    *,
    now: datetime,
    kinds: Iterable[str] = (),
    by: str | None = None,
    subject: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before: str | None = None,
    limit: int = 50,
) -> Timeline:
    """What happened until `now`, newest first.

    Parameters
    ----------
    kinds
        Of `all_kinds`; none: every kind. What lapsed by its date has the kind expire, derived, by "system".
    by, subject
        Exactly this person, this account_id (run_id, user …); None: any.
    since, until
        From since on, before until.
    before
        `Timeline.before` of the page before; None: the first page.

    Raises
    ------
    ConfigurationError
        An unknown kind, a limit beyond 1 to LARGEST_PAGE, or a cursor that is none.
    """
    _check(kinds := frozenset(kinds), limit)
    last = now + timedelta(microseconds=1)
    asked = _Asked(kinds, by, subject, since, min(until or last, last), _read_cursor(before), limit + 1)
    with reading():
        found = _newest(_read(asked, [source for source in _SOURCES if source is not _lapses]))
        # lapses are searched for among all that could have lapsed, so only as far back as the page goes
        reach = found[limit][0].at if len(found) > limit else None
        found = _newest(found + _read(replace(asked, since=max(filter(None, (since, reach)), default=None)), [_lapses]))
    page = found[:limit]
    return Timeline(tuple(line for _, line in page), _cursor(page[-1][0]) if len(found) > limit else None)


def all_kinds() -> tuple[str, ...]:
    """Every kind that a line can have."""
    from overrides.events import KINDS

    return (*DECISIONS, EXPIRE, *ASIDES, *SPEND_KINDS, PUBLICATION, *KINDS)


def _read(asked: _Asked, sources: Iterable[Callable[[_Asked, int], "_Found"]]) -> list[tuple[_Place, Line]]:
    places = [(_SOURCES.index(source), source) for source in sources]
    return [(_Place(at, place, key), line) for place, source in places for at, key, line in source(asked, place)]


def _newest(found: list[tuple[_Place, Line]]) -> list[tuple[_Place, Line]]:
    return sorted(found, key=lambda each: each[0], reverse=True)


type _Found = list[tuple[datetime, int | str, Line]]


def _publications(asked: _Asked, source: int) -> _Found:
    from overrides.models import Publication

    if not asked.wants([PUBLICATION]) or asked.by not in (None, SYSTEM):
        return []
    rows = _page(Publication.objects.defer("reference"), asked, source, "published_at", "run_id", subject="run_id")
    return [(row.published_at, row.run_id, publication_line(row)) for row in rows]


def _asides(asked: _Asked, source: int) -> _Found:
    from overrides.models import SettingAside

    if not (wanted := asked.wants(ASIDES)):
        return []
    rows = _page(_of(SettingAside.objects, "action", wanted, ASIDES), asked, source, "made_at", "id", "by", "account_id")
    return [(row.made_at, row.id, aside_line(row)) for row in rows]


def _entries(asked: _Asked, source: int) -> _Found:
    from overrides.models import OverrideEntry

    if not (wanted := asked.wants(DECISIONS)):
        return []
    rows = _of(OverrideEntry.objects, "action", wanted, DECISIONS)
    rows = _page(rows, asked, source, "made_at", "entry_id", "by", "account_id")
    return [(row.made_at, row.entry_id, entry_line(row)) for row in rows]


def _spend_entries(asked: _Asked, source: int) -> _Found:
    from overrides.models import SpendEntry

    if not (wanted := asked.wants(SPEND_KINDS)):
        return []
    rows = _of(SpendEntry.objects, "kind", [SPEND_KINDS[kind] for kind in wanted], list(SPEND_KINDS))
    rows = _page(rows, asked, source, "made_at", "entry_id", "by", "account_id")
    return [(row.made_at, row.entry_id, spend_line(row)) for row in rows]


def _events(asked: _Asked, source: int) -> _Found:
    from overrides.events import KINDS
    from overrides.models import Event

    if not (wanted := asked.wants(KINDS)):
        return []
    rows = _page(_of(Event.objects, "kind", wanted, KINDS), asked, source, "made_at", "event_id", "by", "subject")
    return [(row.made_at, row.event_id, event_line(row)) for row in rows]


def _lapses(asked: _Asked, source: int) -> _Found:
    """Overrides that ended by their date: those that no later entry had replaced by then."""
    from django.db.models import Exists, OuterRef, Q

    from overrides.models import HOLD_OUT, IN_FORCE_ACTIONS, OverrideEntry

    if not asked.wants([EXPIRE]) or asked.by not in (None, SYSTEM):
        return []
    later = OverrideEntry.objects.exclude(action=HOLD_OUT).filter(
        account_id=OuterRef("account_id"), entry_id__gt=OuterRef("entry_id"), made_at__date__lte=OuterRef("expires_on")
    )
    # an override is over at the midnight after its last day, so instants become days: the last one before that midnight
    newest = utc_date(asked.until - timedelta(microseconds=1)) - timedelta(days=1)
    condition = Q(expires_on__lte=newest)
    if asked.since is not None:
        condition &= Q(expires_on__gte=utc_date(asked.since - timedelta(microseconds=1)))
    if asked.subject is not None:
        condition &= Q(account_id=asked.subject)
    if asked.before is not None:
        condition &= _lapsed_before(asked.before, source)
    rows = OverrideEntry.objects.filter(condition, ~Exists(later), action__in=IN_FORCE_ACTIONS)
    ordered = rows.order_by("-expires_on", "-entry_id")[: asked.limit]
    return [(lapse(row), row.entry_id, lapse_line(row)) for row in ordered]


_SOURCES: tuple[Callable[[_Asked, int], _Found], ...] = (_publications, _lapses, _asides, _entries, _spend_entries, _events)
"""Of lines of the same instant those of a later source come first: an import after the entries that it made."""


def _lapsed_before(place: _Place, source: int) -> Any:
    from django.db.models import Q

    midnight = place.at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    day = utc_date(midnight) - timedelta(days=1)  # the last day of what lapsed at that midnight
    if place.at > midnight or source < place.source:
        return Q(expires_on__lte=day)
    if source > place.source:
        return Q(expires_on__lt=day)
    return Q(expires_on__lt=day) | Q(expires_on=day, entry_id__lt=place.key)


def _of(rows: Any, name: str, wanted: Sequence[str], every: Sequence[str]) -> Any:
    return rows.filter(**{f"{name}__in": wanted}) if len(wanted) < len(every) else rows.all()


def _page(rows: Any, asked: _Asked, source: int, at: str, key: str, by: str | None = None, subject: str | None = None) -> Any:
    from django.db.models import Q

    condition = Q(**{f"{at}__lt": asked.until})
    if asked.since is not None:
        condition &= Q(**{f"{at}__gte": asked.since})
    if asked.by is not None and by is not None:
        condition &= Q(**{by: asked.by})
    if asked.subject is not None and subject is not None:
        condition &= Q(**{subject: asked.subject})
    if asked.before is not None:
        condition &= _older(asked.before, source, at, key)
    return rows.filter(condition).order_by(f"-{at}", f"-{key}")[: asked.limit]


def _older(place: _Place, source: int, at: str, key: str) -> Any:
    """What comes after a place. The bound on time stands by itself, so that an index takes it."""
    from django.db.models import Q

    if source < place.source:
        return Q(**{f"{at}__lte": place.at})
    if source > place.source:
        return Q(**{f"{at}__lt": place.at})
    same = Q(**{at: place.at, f"{key}__lt": place.key})
    return Q(**{f"{at}__lte": place.at}) & (Q(**{f"{at}__lt": place.at}) | same)


def _cursor(place: _Place) -> str:
    return f"{place.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}~{place.source}~{place.key}"


def _read_cursor(text: str | None) -> _Place | None:
    if text is None:
        return None
    at, _, rest = text.partition("~")
    source, _, key = rest.partition("~")
    try:
        number = int(source)
        place = _Place(datetime.fromisoformat(at), number, key if _SOURCES[number] is _publications else int(key))
        if place.at.tzinfo is None or number < 0:
            raise ValueError
    except (ValueError, IndexError):
        raise ConfigurationError(f"{text!r} is no place in the timeline: begin again without it") from None
    return place


def _check(kinds: frozenset[str], limit: int) -> None:
    known = all_kinds()
    for kind in sorted(kinds - set(known)):
        nearest = get_close_matches(kind, known, n=1, cutoff=0)[0]
        raise ConfigurationError(f"kind {kind!r} is unknown; nearest is {nearest!r}, all: {', '.join(known)}")
    if not 1 <= limit <= LARGEST_PAGE:
        raise ConfigurationError(f"a page of {limit} lines: expected 1 to {LARGEST_PAGE}")
