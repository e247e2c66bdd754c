"""What people do with accounts besides deciding: set aside, owned, open on a screen, waiting for a second person."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from overrides.decisions import utc_date
from overrides.final_query import bound_date, bound_time, marks, read_rows


def with_people(cursor: Any, rows: list[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """Adds to rows with an account_id: aside, owner, claimed_by, claimed_at, proposal_id; None where there is none."""
    accounts = [row["account_id"] for row in rows]
    if not accounts:
        return rows
    aside, owner = _set_aside(cursor, accounts, now), _owners(cursor, accounts)
    claims, proposals = _claims(cursor, accounts, now), _proposals(cursor, accounts)
    nobody = {"claimed_by": None, "claimed_at": None}
    return [
        row
        | {"aside": aside.get(account), "owner": owner.get(account), "proposal_id": proposals.get(account)}
        | claims.get(account, nobody)
        for row, account in zip(rows, accounts, strict=True)
    ]


def _set_aside(cursor: Any, accounts: Sequence[str], now: datetime) -> dict[str, dict[str, Any]]:
    """{"action", "until", "by"} of the accounts that are snoozed (until a date) or dismissed (until None) now."""
    cursor.execute(
        f"""SELECT a.account_id, a.action, a.until, a."by" FROM lastword_setting_aside a
            WHERE a.id IN (SELECT MAX(id) FROM lastword_setting_aside WHERE account_id IN ({marks(accounts)}) GROUP BY account_id)
            AND a.action IN ('snooze', 'dismiss') AND (a.until IS NULL OR a.until >= %s)""",
        [*accounts, bound_date(utc_date(now))],
    )
    return _by_account(read_rows(cursor, ["account_id", "action", "until", "by"]))


def _owners(cursor: Any, accounts: Sequence[str]) -> dict[str, str]:
    """Who is to look after each account; "" is nobody."""
    cursor.execute(
        f"SELECT account_id, owner FROM lastword_ownership WHERE owner <> '' AND account_id IN ({marks(accounts)})", accounts
    )
    return dict(cursor.fetchall())


def _claims(cursor: Any, accounts: Sequence[str], now: datetime) -> dict[str, dict[str, Any]]:
    """{"claimed_by", "claimed_at"} of the accounts that somebody has open now."""
    cursor.execute(
        f"""SELECT account_id, "by", claimed_at FROM lastword_claim WHERE until > %s AND account_id IN ({marks(accounts)})""",
        [bound_time(now), *accounts],
    )
    return _by_account(read_rows(cursor, ["account_id", "claimed_by", "claimed_at"]))


def _proposals(cursor: Any, accounts: Sequence[str]) -> dict[str, int]:
    """The move of each account that waits for a second person."""
    cursor.execute(
        f"""SELECT account_id, MAX(proposal_id) FROM lastword_proposal
            WHERE state = 'waiting' AND account_id IN ({marks(accounts)}) GROUP BY account_id""",
        accounts,
    )
    return dict(cursor.fetchall())


def _by_account(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row.pop("account_id"): row for row in rows}
