"""All that the store holds of one account: its score in every publication, its entries, what was set aside, what waits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from overrides.decisions import replay, utc_date, with_lapses
from overrides.spend_entries import SpendLine, entries_of

if TYPE_CHECKING:
    from overrides.models import OverrideEntry, Publication, Score

MOST_RUNS = 60
"""Publications that are looked back on, the newest."""


@dataclass(frozen=True)
class PastScore:
    """An account's row in one publication, and the grade that was final when it was published.

    `run_id` is the publication; `scored_by` the run that computed the row, an older one where a rescore carried it over.
    `entry_id` is the override in force then, None where the policy decided.
    """

    run_id: str
    scored_by: str
    published_at: datetime
    as_of: date
    plan_version: str
    model_version: str | None
    plan_points: float | None
    plan_segment: str | None
    plan_grade: str | None
    model_points: float | None
    model_grade: str | None
    policy_grade: str | None
    final_grade: str | None
    decided_by: str
    entry_id: int | None


@dataclass(frozen=True)
class Line:
    """One line of an account's history: an entry of the ledger, or `expire` where an override ended on its date.

    `stands` marks the one in force now; grade, reason and expires_on are None for a revocation, batch_id outside of one.
    """

    entry_id: int
    made_at: datetime
    action: str
    grade: str | None
    reason: str | None
    note: str
    by: str
    approved_by: str | None
    expires_on: date | None
    batch_id: int | None
    stands: bool


@dataclass(frozen=True)
class Aside:
    """The account set aside from the queue: snooze (until a day), dismiss, or return, which ends either."""

    action: str
    until: date | None
    by: str
    made_at: datetime


@dataclass(frozen=True)
class Asked:
    """A move that asks, or asked, for a second person."""

    proposal_id: int
    grade: str
    reason: str
    note: str
    by: str
    made_at: datetime
    expires_on: date
    steps: int
    state: str
    settled_by: str | None
    settled_at: datetime | None
    settled_note: str


@dataclass(frozen=True)
class AccountRecord:
    """The store's part of an account's page. Everything newest first; `scores` the last MOST_RUNS at most."""

    account_id: str
    scores: tuple[PastScore, ...]
    lines: tuple[Line, ...]
    asides: tuple[Aside, ...]
    asked: tuple[Asked, ...]
    spend: tuple[SpendLine, ...] = ()

    @property
    def in_force(self) -> Line | None:
        """The override in force."""
        return next((line for line in self.lines if line.stands), None)

    @property
    def waiting(self) -> Asked | None:
        """The move that waits for a second person."""
        return next((each for each in self.asked if each.state == "waiting"), None)


def account_record(account_id: str, now: datetime, most_runs: int = MOST_RUNS) -> AccountRecord:
    """What the open store holds of an account at an instant; empty for one that it has never heard of."""
    from overrides.models import OverrideEntry, Proposal, SettingAside
    from overrides.store import reading

    with reading():
        entries = list(OverrideEntry.objects.filter(account_id=account_id, made_at__lte=now).order_by("entry_id"))
        asides = SettingAside.objects.filter(account_id=account_id).order_by("-id")[:50]
        asked = Proposal.objects.filter(account_id=account_id).order_by("-proposal_id")[:50]
        return AccountRecord(
            account_id,
            _past_scores(account_id, entries, now, most_runs),
            _lines(entries, now),
            tuple(Aside(each.action, each.until, each.by, each.made_at) for each in asides),
            tuple(Asked(**{name: getattr(each, name) for name in Asked.__dataclass_fields__}) for each in asked),
            tuple(line for line in reversed(entries_of(account_id)) if line.made_at <= now),
        )


def _past_scores(account_id: str, entries: "Sequence[OverrideEntry]", now: datetime, most_runs: int) -> tuple[PastScore, ...]:
    """By base, so that each row is found by the index of its publication."""
    from overrides.models import Publication, Score

    runs = Publication.objects.defer("reference").filter(published_at__lte=now).order_by("-published_at")
    published = list(runs[:most_runs])
    bases = {run.base_id for run in published}
    rows = list(Score.objects.filter(publication_id__in=bases, account_id=account_id))
    return tuple(_past_score(run, row, entries) for run in published for row in rows if row.valid_in(run))


def _past_score(run: "Publication", row: "Score", entries: "Iterable[OverrideEntry]") -> PastScore:
    entry = replay((each for each in entries if each.made_at <= run.published_at), utc_date(run.published_at))
    return PastScore(
        run_id=run.run_id,
        scored_by=row.run_id,
        published_at=run.published_at,
        as_of=row.as_of,
        plan_version=row.plan_version,
        model_version=row.model_version,
        plan_points=row.plan_points,
        plan_segment=row.plan_segment,
        plan_grade=row.plan_grade,
        model_points=row.model_points,
        model_grade=row.model_grade,
        policy_grade=row.policy_grade,
        final_grade=row.policy_grade if entry is None else entry.grade,
        decided_by=row.policy_decided_by if entry is None else "override",
        entry_id=None if entry is None else entry.entry_id,
    )


def _lines(entries: "Sequence[OverrideEntry]", now: datetime) -> tuple[Line, ...]:
    standing = replay(entries, utc_date(now))
    return tuple(_line(entry, lapsed_at, standing) for entry, lapsed_at in reversed(with_lapses(entries, now)))


def _line(entry: "OverrideEntry", lapsed_at: datetime | None, standing: "OverrideEntry | None") -> Line:
    lapsed = lapsed_at is not None
    return Line(
        entry_id=entry.entry_id,
        made_at=lapsed_at or entry.made_at,
        action="expire" if lapsed else entry.action,
        grade=entry.grade,
        reason=entry.reason,
        note="" if lapsed else entry.note,
        by="system" if lapsed else entry.by,
        approved_by=None if lapsed else entry.approved_by,
        expires_on=entry.expires_on,
        batch_id=None if lapsed else entry.batch_id,
        stands=standing is not None and not lapsed and entry.entry_id == standing.entry_id,
    )
