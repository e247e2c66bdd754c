"""How much was decided in a day: what a person who works the queue sees grow."""

from dataclasses import dataclass
from datetime import UTC, datetime, time

from overrides.decisions import utc_date
from overrides.store import reading


@dataclass(frozen=True)
class Tally:
    """Decisions since midnight (UTC): `mine` of one person, `all` of everybody."""

    mine: int
    all: int


def decided_today(by: str, now: datetime) -> Tally:
    """Decisions of today that stand or were superseded since; those taken back and the undoing itself don't count."""
    from django.db.models import Count, Exists, OuterRef, Q

    from overrides.models import REVOKE, OverrideEntry

    start = datetime.combine(utc_date(now), time(), UTC)
    undoing = Q(action=REVOKE) | Q(note__startswith="undo of ")
    taken_back = OverrideEntry.objects.filter(undoing, previous=OuterRef("entry_id"), account_id=OuterRef("account_id"))
    decided = OverrideEntry.objects.filter(~undoing, ~Exists(taken_back), made_at__gte=start, made_at__lte=now)
    with reading():
        counts = decided.aggregate(mine=Count("entry_id", filter=Q(by=by)), all=Count("entry_id"))
    return Tally(counts["mine"], counts["all"])
