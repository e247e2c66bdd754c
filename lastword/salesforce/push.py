"""Push: what the final table says of each account, into Salesforce; only what changed since it last took a row, resumable."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lastword.errors import LastwordError
from lastword.handover.package import handed_accounts
from lastword.salesforce.client import OPEN, Client
from lastword.salesforce.rows import csv_of, digests, salesforce_rows
from overrides.salesforce_pushes import ACCEPTED, FAILED, SENT, UNKNOWN, Row, add_rows, latest_rows

if TYPE_CHECKING:
    import pandas as pd

    from lastword.project import Project

SHOWN = 10
_ROWS_PER_JOB = 50_000
"""About 20 MB of the 100 that a job takes."""


@dataclass
class Pushed:
    """What came of a push. `waiting`: accounts in a job of an earlier push whose end isn't known, which a dry run doesn't ask."""

    push_id: str
    target: str
    run_id: str
    accounts: int
    changed: int = 0
    waiting: int = 0
    accepted: int = 0
    failures: dict[str, str] = field(default_factory=dict)
    jobs: list[str] = field(default_factory=list)
    first: list[dict[str, str]] = field(default_factory=list)


def rehearse(project: "Project", address: str, now: datetime) -> Pushed:
    """What a push would send, by what the store knows; nothing is sent, Salesforce isn't asked."""
    rows, result = _prepared(project, address, now)
    changed, known = _changed(rows, result.target)
    result.waiting = sum(row.outcome == SENT for row in known.values())
    result.changed, result.first = len(changed), _records(changed.head(SHOWN))
    return result


def push(project: "Project", client: Client, address: str, now: datetime, by: str, rows_per_job: int = _ROWS_PER_JOB) -> Pushed:
    """Send what changed; failed rows are sent again next time. What happened is an event of the store, however it ends.

    A push that was cut off goes on: what became of its jobs is asked for before anything is sent again.

    Raises
    ------
    Refusal
        Nothing is published, or Salesforce can't be reached, refuses or stays busy.
    """
    rows, result = _prepared(project, address, now)
    sender = _Sender(project, client, result, now, by)
    try:
        sender.settle()
        changed, _ = _changed(rows, result.target)
        result.changed, result.first = len(changed), _records(changed.head(SHOWN))
        for part in _parts(changed, rows_per_job):
            sender.send(part)
    except LastwordError as error:
        _tell(result, now, by, str(error))
        raise
    _tell(result, now, by)
    return result


def _prepared(project: "Project", address: str, now: datetime) -> "tuple[pd.DataFrame, Pushed]":
    settings = project.settings.salesforce
    accounts, origin = handed_accounts(project, now)
    target = f"{urlsplit(address).netloc} {settings.object}"
    push_id = f"{now:%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:4]}"
    return salesforce_rows(accounts, settings), Pushed(push_id, target, origin.run_id, len(accounts))


def _changed(rows: "pd.DataFrame", target: str) -> "tuple[pd.DataFrame, dict[str, Row]]":
    """The rows that Salesforce hasn't taken as they are now, and what the store knows of each account."""
    known, said = latest_rows(target), digests(rows)
    taken = {account for account, row in known.items() if row.outcome == ACCEPTED and row.digest == said.get(account)}
    return rows[~rows.iloc[:, 0].isin(taken)], known


def _parts(rows: "pd.DataFrame", size: int) -> "Iterator[pd.DataFrame]":
    for start in range(0, len(rows), size):
        yield rows.iloc[start : start + size]


class _Sender:
    """One push: every job is written down before its data is sent, its results when they are there."""

    def __init__(self, project: "Project", client: Client, result: Pushed, now: datetime, by: str) -> None:
        self.settings = project.settings.salesforce
        self.client, self.result, self.now, self.by = client, result, now, by

    def settle(self) -> None:
        """Find out what became of the jobs that an earlier push was cut off from."""
        jobs: dict[str, dict[str, str]] = {}
        for account, row in latest_rows(self.result.target).items():
            if row.outcome == SENT:
                jobs.setdefault(row.job_id, {})[account] = row.digest
        for job_id, sent in jobs.items():
            self._settle(job_id, sent)

    def send(self, part: "pd.DataFrame") -> None:
        """One job, from its creation to its results."""
        sent = digests(part)
        job_id = self.client.create_upsert(self.settings.object, self.settings.external_id)
        self._add(job_id, {account: (digest, SENT, "") for account, digest in sent.items()})
        self.client.send(job_id, csv_of(part))
        self._read_results(job_id, sent)

    def _settle(self, job_id: str, sent: dict[str, str]) -> None:
        state = self.client.state(job_id)
        if state == OPEN:
            self.client.abort(job_id)
            state, said = None, "the upload was cut off; the job is aborted"
        else:
            said = "Salesforce has forgotten the job"
        if state is None:
            self._add(job_id, {account: (digest, UNKNOWN, said) for account, digest in sent.items()})
        else:
            self._read_results(job_id, sent)

    def _read_results(self, job_id: str, sent: dict[str, str]) -> None:
        results = self.client.results(job_id, self.settings.external_id)
        outcomes: dict[str, tuple[str, str, str]] = {}
        for account, digest in sent.items():
            if account in results.accepted:
                outcomes[account] = (digest, ACCEPTED, "")
            else:
                said = results.failed.get(account, results.said or "not processed")
                outcomes[account] = (digest, FAILED, said)
        self._add(job_id, outcomes)
        self.result.jobs.append(job_id)
        for account, (_, outcome, said) in outcomes.items():
            if outcome == ACCEPTED:
                self.result.accepted += 1
                self.result.failures.pop(account, None)
            else:
                self.result.failures[account] = said

    def _add(self, job_id: str, outcomes: dict[str, tuple[str, str, str]]) -> None:
        rows = {account: Row(digest, outcome, job_id, said) for account, (digest, outcome, said) in outcomes.items()}
        add_rows(self.result.push_id, self.result.target, rows, self.by, self.now)


def _tell(result: Pushed, now: datetime, by: str, cut_off: str = "") -> None:
    from overrides import events

    refused = f", {len(result.failures):,} refused" if result.failures else ""
    ended = f"; cut off: {cut_off}" if cut_off else ""
    of_all = f"{result.changed:,} changed accounts of {result.accounts:,}"
    said = f"Sends {of_all} to Salesforce: {result.accepted:,} taken{refused}{ended}"
    details = {
        "push_id": result.push_id,
        "target": result.target,
        "run_id": result.run_id,
        "jobs": result.jobs,
        "accounts": result.accounts,
        "changed": result.changed,
        "accepted": result.accepted,
        "failed": len(result.failures),
    }
    events.record(events.EXPORT, by, "salesforce", said, now, details)


def _records(rows: "pd.DataFrame") -> list[dict[str, str]]:
    return [{str(name): str(value) for name, value in row.items()} for row in rows.to_dict("records")]
