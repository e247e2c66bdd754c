"""The publications one after the other: what each was, what came before it, and how its accounts were graded."""

from datetime import datetime

from lastword.contracts import GRADES
from overrides.publish import RunRecord
from overrides.store import reading
from overrides.valid_rows import valid_in

NO_GRADE = "none"


def publications(until: tuple[datetime, str] | None = None, limit: int = 50) -> list[RunRecord]:
    """Publications, newest first.

    Parameters
    ----------
    until
        (published_at, run_id): only those before this place in the order; None: from the newest on.
    """
    from django.db.models import Q

    from overrides.models import Publication

    rows = Publication.objects.order_by("-published_at", "-run_id").defer("reference")
    if until is not None:
        at, run_id = until
        rows = rows.filter(published_at__lte=at).filter(Q(published_at__lt=at) | Q(run_id__lt=run_id))
    with reading():
        return [_record(row) for row in rows[:limit]]


def publication(run_id: str) -> RunRecord | None:
    """One publication; None where no such run was published."""
    from overrides.models import Publication

    with reading():
        row = Publication.objects.defer("reference").filter(run_id=run_id).first()
    return None if row is None else _record(row)


def published_by(instant: datetime) -> RunRecord | None:
    """What was current at an instant; None before the first publication."""
    from overrides.models import Publication

    rows = Publication.objects.defer("reference").filter(published_at__lte=instant).order_by("-published_at", "-run_id")
    with reading():
        row = rows.first()
    return None if row is None else _record(row)


def first_published_at() -> datetime | None:
    """When the first run was published, UTC; None before that."""
    from overrides.models import Publication

    with reading():
        found: datetime | None = (
            Publication.objects.order_by("published_at", "run_id").values_list("published_at", flat=True).first()
        )
    return found


def graded(run_id: str) -> dict[str, dict[str, int]]:
    """How many accounts each opinion of a publication put into each grade, before anybody's override.

    Returns
    -------
    A to F and "none" -> {"plan": n, "model": n, "policy": n}.
    """
    from django.db.models import Count

    from overrides.models import Publication, Score

    found = {grade: dict.fromkeys(("plan", "model", "policy"), 0) for grade in (*GRADES, NO_GRADE)}
    grades = ("plan_grade", "model_grade", "policy_grade")
    with reading():
        place = Publication.objects.filter(run_id=run_id).values_list("base_id", "step").first()
        rows = Score.objects.none() if place is None else Score.objects.filter(valid_in(*place))
        for *given, accounts in rows.order_by().values_list(*grades).annotate(accounts=Count("account_id")):
            for opinion, grade in zip(("plan", "model", "policy"), given, strict=True):
                found[grade or NO_GRADE][opinion] += accounts
    return found


def _record(row: object) -> RunRecord:
    names = [name for name in RunRecord.__dataclass_fields__ if name != "reference"]
    return RunRecord(**{name: getattr(row, name) for name in names})
