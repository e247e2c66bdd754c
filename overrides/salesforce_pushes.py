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
