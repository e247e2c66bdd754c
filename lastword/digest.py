"""What a published run is told about: who is newly in the queue and why, whom to look at first, what to watch out for."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lastword import results
from lastword.moves import drift_line
from lastword.reason_words import why_of
from lastword.triggering import TRIGGERS

if TYPE_CHECKING:
    from lastword.project import Project
    from overrides.publish import RunRecord

LAPSES_WITHIN_DAYS = 14
MOST_LAPSING = 20
MOST_RUNS = 100
WORTH_TELLING = 0.05
"""The share of a table's rows in quarantine from which on that is a warning."""
_PAGE = 500
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class ToLookAt:
    """An account newly in the queue: `gain` is what a look can be expected to be worth, None where that is not known."""

    account_id: str
    name: str
    reason: str
    why: str
    gain: float | None
    link: str


@dataclass(frozen=True)
class Lapsing:
    """An override that ends soon, on `expires_on` (UTC, inclusive)."""

    account_id: str
    grade: str
    by: str
    expires_on: date
    link: str


@dataclass(frozen=True)
class Digest:
    """What is told of the current publication, and of those before it that this reader has not been told of.

    Attributes
    ----------
    runs : that it covers, the newest first.
    new_by_reason : how many accounts came into the queue since what was told last, or met a trigger, most frequent first.
    first : of these, whom to look at first.
    lapsing : overrides that end within LAPSES_WITHIN_DAYS, the soonest first; `lapsing_in_all` counts those not listed too.
    """

    project: str
    run_id: str
    published_at: datetime
    as_of: date
    accounts: int
    runs: tuple[str, ...]
    under_review: int
    new_by_reason: dict[str, int]
    first: tuple[ToLookAt, ...]
    warnings: tuple[str, ...]
    lapsing: tuple[Lapsing, ...]
    lapsing_in_all: int
    link: str

    @property
    def new(self) -> int:
        """How many accounts are newly in the queue."""
        return sum(self.new_by_reason.values())

    @property
    def has_news(self) -> bool:
        """Whether anybody is newly in the queue, or there is something to watch out for."""
        return bool(self.new or self.warnings)

    def as_json(self) -> dict[str, Any]:
        """Plain values; dates as YYYY-MM-DD, times in UTC as YYYY-MM-DDThh:mm:ssZ."""
        plain = asdict(self) | {
            "new": self.new,
            "published_at": f"{self.published_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "as_of": self.as_of.isoformat(),
        }
        plain["lapsing"] = [asdict(each) | {"expires_on": each.expires_on.isoformat()} for each in self.lapsing]
        return plain


def digest_of(project: "Project", now: datetime, told_of: str | None = None) -> Digest:
    """The digest of the current publication, on the store that is open.

    Parameters
    ----------
    told_of
        The run that this reader was told of last: what came into the queue since is new. "": none yet, so all is. None, or a
        run that is not there any more: what came into it by the current publication.

    Raises
    ------
    Refusal
        Nothing is published yet.
    """
    from overrides.publications import publications
    from overrides.publish import current_run
    from overrides.worklist import View, queue_groups

    current = current_run()
    if current is None or current.published_at is None:
        raise results.nothing_published(project)
    runs = _covered(publications(limit=MOST_RUNS), current, told_of)
    since = min(run.published_at for run in runs if run.published_at is not None)
    groups = queue_groups(View(), now, project.settings)
    new: Counter[str] = Counter()
    for reason, entered, accounts in groups:
        if (entered or _BEGINNING) >= since:
            new[reason or "disparity"] += accounts
    called = _called(project, current, runs, since, now)
    new.update(row["queue_reason"] for row in called)
    lapsing = _lapsing(project, now)
    return Digest(
        project=project.settings.name,
        run_id=current.run_id,
        published_at=current.published_at,
        as_of=current.as_of,
        accounts=int(current.counts.get("accounts", 0)),
        runs=tuple(run.run_id for run in runs),
        under_review=sum(accounts for *_, accounts in groups),
        new_by_reason=dict(new.most_common()),
        first=_first(project, since, now, called),
        warnings=_warnings(project, runs),
        lapsing=tuple(lapsing[:MOST_LAPSING]),
        lapsing_in_all=len(lapsing),
        link=f"{project.settings.notify.link}/queue",
    )


def _covered(newest: "Sequence[RunRecord]", current: "RunRecord", told_of: str | None) -> "list[RunRecord]":
    """The current publication and those before it up to what was told of; it alone where that is unknown."""
    ids = [run.run_id for run in newest]
    if told_of == "":
        return list(newest)
    if told_of not in ids or current.run_id not in ids or told_of == current.run_id:
        return [current]
    return list(newest[ids.index(current.run_id) : ids.index(told_of)]) or [current]


def _called(
    project: "Project", current: "RunRecord", runs: "Sequence[RunRecord]", since: datetime, now: datetime
) -> list[dict[str, Any]]:
    """The rows of the accounts that were in the queue before and that a trigger called for in one of these runs."""
    import pandas as pd

    from overrides.worklist import queue_rows

    path = project.run_folder(current.run_id) / TRIGGERS
    if not path.is_file():
        return []
    standing = pd.read_parquet(path)
    fired = standing[standing["run_id"].isin([run.run_id for run in runs])]
    names = fired.groupby("account_id")["trigger"].agg(set)
    rows = queue_rows(list(names.index), now, project.settings).values()
    waiting = (row for row in rows if row["under_review"] and not row["aside"])
    return [
        row for row in waiting if row["queue_reason"] in names[row["account_id"]] and (row["queued_since"] or _BEGINNING) < since
    ]


def _first(project: "Project", since: datetime, now: datetime, called: Sequence[dict[str, Any]]) -> tuple[ToLookAt, ...]:
    """The accounts that came into the queue since or were called for, what a look is worth most first."""
    from overrides.worklist import View, queue_page

    wanted, after = project.settings.notify.top, None
    ids = {row["account_id"] for row in called}
    found: list[dict[str, Any]] = []
    while len(found) < wanted:
        page = queue_page(View(), now, project.settings, after, _PAGE)
        found += [row for row in page.rows if row["account_id"] in ids or (row["queued_since"] or _BEGINNING) >= since]
        after = page.after
        if after is None:
            break
    return tuple(_to_look_at(project, row) for row in found[:wanted])


def _to_look_at(project: "Project", row: dict[str, Any]) -> ToLookAt:
    account, reason = row["account_id"], row["queue_reason"] or "disparity"
    return ToLookAt(account, row["name"] or account, reason, why_of(row), row["review_gain"], _link(project, account))


def _lapsing(project: "Project", now: datetime) -> list[Lapsing]:
    from overrides import ledger
    from overrides.decisions import utc_date

    last = utc_date(now) + timedelta(days=LAPSES_WITHIN_DAYS)
    rows = ledger.in_force(now).reset_index().to_dict("records")
    found = [
        Lapsing(row["account_id"], row["grade"], row["by"], _day(row["expires_on"]), _link(project, row["account_id"]))
        for row in rows
    ]
    return sorted((each for each in found if each.expires_on <= last), key=lambda each: (each.expires_on, each.account_id))


def _day(value: Any) -> date:
    return value.date() if isinstance(value, datetime) else value


def _warnings(project: "Project", runs: "Sequence[RunRecord]") -> tuple[str, ...]:
    """What the runs' reports warn of, each once."""
    return tuple(dict.fromkeys(said for run in runs for said in _warnings_of(project, run.run_id)))


def _warnings_of(project: "Project", run_id: str) -> list[str]:
    folder = project.run_folder(run_id)
    validation = results.read_report(folder, "validation.json") or {}
    figures = (results.read_report(folder, "metrics.json") or {}).get("figures", {})
    unmet = [
        f"{each['table']}: {each['name']} is not met ({each['observed']})"
        for each in validation.get("expectations", ())
        if not each["ok"]
    ]
    quarantined = [
        f"{name}: {table['rows_quarantined']:,} of {table['rows_in']:,} rows quarantined"
        for name, table in validation.get("tables", {}).items()
        if table["rows_quarantined"] > WORTH_TELLING * table["rows_in"]
    ]
    drift = drift_line(figures.get("drift", ()))
    return [*validation.get("warnings", ()), *unmet, *quarantined, *([f"drift: {drift}"] if drift else [])]


def _link(project: "Project", account_id: str) -> str:
    return f"{project.settings.notify.link}/account?id={quote(account_id, safe='')}"
