"""Proposals that no longer wait."""

from datetime import datetime

from overrides.proposals import Proposed, proposed


def settled(since: datetime, limit: int = 200) -> list[Proposed]:
    """What was approved, declined or withdrawn since then, the latest first."""
    from overrides.models import WAITING, Proposal
    from overrides.store import reading

    rows = Proposal.objects.exclude(state=WAITING).filter(settled_at__gte=since).order_by("-settled_at", "-proposal_id")
    with reading():
        return [proposed(row) for row in rows[:limit]]
