"""What went to Salesforce, row by row: written when a job is made and again when its end is known; nothing is ever changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from overrides.decisions import checked_author
from overrides.store import reading, transaction

SENT, ACCEPTED, FAILED, UNKNOWN = "sent", "accepted", "failed", "unknown"
"""In a job whose end isn't known yet; taken; refused; in a job that never began or that Salesforce has forgotten."""


@dataclass(frozen=True)
class Row:
    """One account in one job: the digest of what was sent, what became of it, and Salesforce's words; "" for none."""

    digest: str
    outcome: str
    job_id: str
    said: str = ""


def latest_rows(target: str) -> dict[str, Row]:
    """By account_id the last that is known of it at a target (host and object)."""
    newest = "SELECT MAX(id) FROM lastword_salesforce_push WHERE target = %s GROUP BY account_id"
    query = f"SELECT account_id, digest, outcome, job_id, said FROM lastword_salesforce_push WHERE id IN ({newest})"
    with reading() as cursor:
        cursor.execute(query, [target])
        return {account: Row(*rest) for account, *rest in cursor.fetchall()}


@dataclass(frozen=True)
class LastPush:
    """The push before any other that is to come: when and by whom, how many accounts it came to which outcome with.

    `failures` are some of those that Salesforce refused, in its words, by account_id.
    """

    push_id: str
    target: str
    by: str
    made_at: datetime
    outcomes: Mapping[str, int]
    failures: Mapping[str, str]


def last_push(most_failures: int = 10) -> LastPush | None:
    """What the newest push came to as far as it is known; None before the first."""
    from overrides.models import SalesforcePush

    with reading() as cursor:
        newest = SalesforcePush.objects.order_by("-id").first()
        if newest is None:
            return None
        ids = "SELECT MAX(id) FROM lastword_salesforce_push WHERE push_id = %s GROUP BY account_id"
        cursor.execute(
            f"SELECT outcome, COUNT(*) FROM lastword_salesforce_push WHERE id IN ({ids}) GROUP BY outcome", [newest.push_id]
        )
        outcomes = dict(cursor.fetchall())
        refused = (
            f"SELECT account_id, said FROM lastword_salesforce_push WHERE id IN ({ids}) AND outcome = %s ORDER BY account_id"
        )
        cursor.execute(f"{refused} LIMIT %s", [newest.push_id, FAILED, most_failures])
        failures = dict(cursor.fetchall())
    return LastPush(newest.push_id, newest.target, newest.by, newest.made_at, outcomes, failures)


def add_rows(push_id: str, target: str, rows: Mapping[str, Row], by: str, now: datetime) -> None:
    """Write down rows of a push by account_id, all or none."""
    from overrides.models import SalesforcePush

    author = checked_author(by)
    made = [
        SalesforcePush(push_id=push_id, target=target, account_id=account, by=author, made_at=now, **row.__dict__)
        for account, row in rows.items()
    ]
    with transaction():
        SalesforcePush.objects.bulk_create(made, batch_size=1000)
