"""Versions of the plan: each text of plan.toml that somebody saved or a run scored by, and which was adopted, when and by whom.

Every function works on the open store (store.open_store). Nothing changes a version or an adoption: triggers refuse it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from itertools import count
from typing import TYPE_CHECKING, Any

from lastword.errors import ConfigurationError, Refusal
from lastword.plan import Plan, fingerprint, parse_plan
from lastword.plan_diff import differences, summary
from overrides.decisions import checked_author, checked_note, utc_date
from overrides.events import PLAN_ADOPTION, new_event
from overrides.store import reading, transaction

if TYPE_CHECKING:
    from overrides.models import PlanAdoption

LONGEST_VERSION = 200


@dataclass(frozen=True)
class StoredPlan:
    """A version of the plan in the store, without its text. effective_from and effective_to (inclusive) are None where open.

    `version` is what people call it: plan.toml's own, or that and " (2)" where a run used another plan under the same one.
    """

    version_id: int
    version: str
    fingerprint: str
    author: str
    note: str
    made_at: datetime
    effective_from: date | None
    effective_to: date | None

    def is_effective(self, day: date) -> bool:
        """Whether the day lies within its dates."""
        after_start = self.effective_from is None or self.effective_from <= day
        return after_start and (self.effective_to is None or day <= self.effective_to)


@dataclass(frozen=True)
class Adoption:
    """One adoption of a version: from made_at on it is the plan to use, until the next adoption."""

    plan: StoredPlan
    by: str
    made_at: datetime
    note: str


def save(
    text: str,
    by: str,
    note: str,
    now: datetime,
    *,
    effective_from: date | None = None,
    effective_to: date | None = None,
) -> StoredPlan:
    """Store a plan as a version. A plan that is stored already gives the version that it is; nothing is added then.

    Parameters
    ----------
    text
        plan.toml whole; comments are kept.
    effective_from, effective_to
        First and last day for which the plan is made; None: open.

    Raises
    ------
    ConfigurationError
        The text is no plan, or author, note or dates can't be.
    Refusal
        Its version is that of another plan, or it is stored with other dates.
    """
    plan = parse_plan(text)
    _check_version(plan.version)
    note, by = checked_note(note), checked_author(by)
    _check_dates(effective_from, effective_to)
    with transaction() as cursor:
        lock(cursor)
        stored = with_fingerprint(fingerprint(plan))
        if stored is None:
            _refuse_taken(plan)
            return _insert(plan, plan.version, text, by, note, now, effective_from, effective_to)
        _refuse_other_dates(stored, effective_from, effective_to)
        return stored


def save_used(text: str, run_id: str, now: datetime) -> StoredPlan:
    """The version that a run scored by: the one stored, else a new one by "system (run …)".

    Where its version is that of another plan it gets a number: "2026 (2)". For use within a transaction.
    """
    plan = parse_plan(text)
    with transaction() as cursor:
        lock(cursor)
        stored = with_fingerprint(fingerprint(plan))
        if stored is not None:
            return stored
        return _insert(plan, free_version(plan.version), text, f"system (run {run_id})", "", now, None, None)


def free_version(wanted: str) -> str:
    """`wanted`, or that and " (2)" and so on where a version is called so already."""
    from overrides.models import PlanVersion

    own = wanted[:LONGEST_VERSION]
    names = (own if number == 1 else f"{own} ({number})" for number in count(1))
    with reading():
        return next(name for name in names if not PlanVersion.objects.filter(version=name).exists())


def versions() -> tuple[StoredPlan, ...]:
    """Every version, newest first."""
    from overrides.models import PlanVersion

    with reading():
        return tuple(_stored(row) for row in PlanVersion.objects.defer("text").order_by("-version_id"))


def version_text(version_id: int) -> str:
    """plan.toml as it was saved."""
    from overrides.models import PlanVersion

    with reading():
        row = PlanVersion.objects.filter(version_id=version_id).first()
    if row is None:
        raise Refusal(f"the store has no plan version with the id {version_id}: see `lastword plan list`")
    return row.text


def find(version: str) -> StoredPlan:
    """The version that people call so; Refusal where there is none, naming the nearest."""
    known = {each.version: each for each in versions()}
    if version in known:
        return known[version]
    if not known:
        raise Refusal(f"no plan version {version!r}, nor any other: `lastword plan push` stores plan.toml as one")
    near = get_close_matches(version, known, n=1)
    said = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(list(known)[:5])}"
    raise Refusal(f"no plan version {version!r}; {said} See `lastword plan list`")


def with_fingerprint(digest: str) -> StoredPlan | None:
    """The version that says exactly this (lastword.plan.fingerprint), if one does."""
    from overrides.models import PlanVersion

    with reading():
        row = PlanVersion.objects.defer("text").filter(fingerprint=digest).first()
    return None if row is None else _stored(row)


def adopted(now: datetime, day: date | None = None) -> Adoption | None:
    """The newest adoption until `now`; with a day, the newest of a version that is effective on it. None where there is none."""
    return next((each for each in adoptions(now) if day is None or each.plan.is_effective(day)), None)


def adoptions(now: datetime) -> tuple[Adoption, ...]:
    """Every adoption until `now`, newest first."""
    from overrides.models import PlanAdoption

    with reading():
        made = PlanAdoption.objects.filter(made_at__lte=now).select_related("plan_version").defer("plan_version__text")
        return tuple(_adoption(row) for row in made.order_by("-adoption_id"))


def adopt(version_id: int, by: str, note: str, now: datetime) -> Adoption:
    """Make a version the plan to use. One that is so already stays, and nothing is added.

    Raises
    ------
    ConfigurationError
        Nobody is named, or the note is too long.
    Refusal
        There is no such version.
    """
    from overrides.models import PlanAdoption, PlanVersion

    note, by = checked_note(note), checked_author(by)
    with transaction() as cursor:
        lock(cursor)
        row = PlanVersion.objects.defer("text").filter(version_id=version_id).first()
        if row is None:
            raise Refusal(f"the store has no plan version with the id {version_id}: see `lastword plan list`")
        before = PlanAdoption.objects.select_related("plan_version").order_by("-adoption_id").first()
        if before is not None and before.plan_version_id == version_id:
            return _adoption(before)
        made = PlanAdoption.objects.create(plan_version=row, by=by, made_at=now, note=note)
        _adoption_event(made, None if before is None else before.plan_version.version).save(force_insert=True)
    return _adoption(made)


def _adoption_event(made: "PlanAdoption", before: str | None) -> Any:
    version, instead = made.plan_version.version, f" in place of {before}" if before else ""
    details = {"version_id": made.plan_version_id, "version_before": before, "note": made.note}
    said = f"Adopts plan {version}{instead}{f': {made.note}' if made.note else ''}"
    return new_event(PLAN_ADOPTION, made.by, version, said, made.made_at, details)


def lock(cursor: Any) -> None:
    """Within a transaction: let no other version in until the transaction ends. SQLite has only one writer anyway."""
    if cursor.db.vendor == "postgresql":
        cursor.execute("LOCK TABLE lastword_plan_version, lastword_plan_adoption IN SHARE ROW EXCLUSIVE MODE")


def _insert(plan: Plan, version: str, text: str, by: str, note: str, now: datetime, *dates: date | None) -> StoredPlan:
    from overrides.models import PlanVersion

    start, end = dates
    row = PlanVersion.objects.create(
        version=version,
        fingerprint=fingerprint(plan),
        text=text,
        author=by,
        note=note,
        made_at=now,
        effective_from=start,
        effective_to=end,
    )
    return _stored(row)


def _check_version(version: str) -> None:
    if len(version) > LONGEST_VERSION:
        raise ConfigurationError(f"version of plan.toml has {len(version)} characters: expected at most {LONGEST_VERSION}")


def _check_dates(start: date | None, end: date | None) -> None:
    if start is not None and end is not None and end < start:
        raise ConfigurationError(f"effective_to {end} is before effective_from {start}: swap or change them")


def _refuse_taken(plan: Plan) -> None:
    from overrides.models import PlanVersion

    taken = PlanVersion.objects.filter(version=plan.version).first()
    if taken is None:
        return
    said = summary(differences(parse_plan(taken.text), plan))
    when = f"saved by {taken.author} on {utc_date(taken.made_at)}"
    raise Refusal(f"plan version {plan.version!r}, {when}, is another plan ({said}): give this one a version of its own")


def _refuse_other_dates(stored: StoredPlan, start: date | None, end: date | None) -> None:
    asked = (start or stored.effective_from, end or stored.effective_to)
    if asked != (stored.effective_from, stored.effective_to):
        kept = f"from {stored.effective_from or 'any day'} to {stored.effective_to or 'any day'}"
        raise Refusal(
            f"this plan is stored as version {stored.version!r}, effective {kept}, and a version never changes: for other dates "
            "give it a version of its own"
        )


def _stored(row: Any) -> StoredPlan:
    return StoredPlan(**{name: getattr(row, name) for name in StoredPlan.__dataclass_fields__})


def _adoption(row: Any) -> Adoption:
    return Adoption(_stored(row.plan_version), row.by, row.made_at, row.note)
