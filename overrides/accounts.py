"""What the store knows of accounts when somebody decides on them. For use within a transaction of the open store."""

from collections.abc import Iterable
from datetime import datetime
from difflib import get_close_matches
from itertools import batched
from typing import TYPE_CHECKING, Any

from lastword.errors import Refusal
from overrides.decisions import Standing
from overrides.valid_rows import current_rows

if TYPE_CHECKING:
    from overrides.models import OverrideEntry

_NEIGHBOURS = 10_000
_SEEN_COLUMNS = ("account_id", "run_id", "plan_points", "model_points", "plan_grade", "model_grade", "policy_grade")


def standings(account_ids: Iterable[str]) -> dict[str, Standing]:
    """What the store knows of these accounts, by account_id, in two queries per thousand."""
    from overrides.models import OverrideEntry

    scores: dict[str, dict[str, Any]] = {}
    entries: dict[str, list[OverrideEntry]] = {}
    wanted = list(dict.fromkeys(account_ids))
    for part in batched(wanted, 1000):
        current = current_rows().filter(account_id__in=part)
        scores |= {row["account_id"]: row for row in current.values(*_SEEN_COLUMNS)}
        for entry in OverrideEntry.objects.filter(account_id__in=part).order_by("entry_id"):
            entries.setdefault(entry.account_id, []).append(entry)
    return {account: Standing(account, scores.get(account), tuple(entries.get(account, ()))) for account in wanted}


def unknown_account(account_id: str) -> Refusal:
    """The refusal of an account without a current score, naming the nearest id."""
    nearest = nearest_account(account_id)
    if nearest is None:
        return Refusal("nothing is published yet, so there is no account to decide on: run `lastword run` first")
    return Refusal(f"account {account_id!r} is unknown to the current scores; nearest is {nearest!r}")


def nearest_account(account_id: str) -> str | None:
    """The published id most like this one among its neighbours in order; None where nothing is published."""
    known = current_rows().values_list("account_id", flat=True)
    after = known.filter(account_id__gte=account_id).order_by("account_id")[:_NEIGHBOURS]
    before = known.filter(account_id__lt=account_id).order_by("-account_id")[:_NEIGHBOURS]
    neighbours = {known_id.casefold(): known_id for known_id in [*before, *after]}
    if not neighbours:
        return None
    return neighbours[get_close_matches(account_id.casefold(), neighbours, n=1, cutoff=0)[0]]


def changed_since(standing: Standing, now: datetime) -> str:
    """One phrase on what is in force now, for somebody who saw something else: who decided what, and when."""
    in_force, latest = standing.in_force(now), standing.entries[-1] if standing.entries else None
    if in_force is None and latest is not None and latest.action == "revoke":
        return f"{described(None)}: {latest.by} took it back at {latest.made_at:%Y-%m-%d %H:%M} UTC"
    return described(in_force)


def described(entry: "OverrideEntry | None") -> str:
    """One phrase on what is in force."""
    if entry is None:
        return "no override is in force now"
    return f"{entry.grade} ({entry.reason}) by {entry.by} at {entry.made_at:%Y-%m-%d %H:%M} UTC is in force now"
