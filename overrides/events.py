"""What happened, for the audit: events are recorded here, and read together with the ledger by `timeline`.

Only what is in no table of its own becomes an event. Nothing changes one: triggers refuse UPDATE and DELETE.
"""

from collections.abc import Mapping
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from lastword.errors import ConfigurationError
from overrides.decisions import checked_author
from overrides.store import transaction
from overrides.timeline import Line, Timeline, timeline

if TYPE_CHECKING:
    from overrides.models import Event

__all__ = ["KINDS", "Line", "Timeline", "new_event", "record", "timeline"]

SIGN_IN, SIGN_IN_FAILED, SIGN_OUT, USER, TOKEN = "sign_in", "sign_in_failed", "sign_out", "user", "token"
IMPORT, EXPORT, PLAN_CHANGE, PROMOTION = "import", "export", "plan_change", "promotion"
ASSIGNMENT, BATCH, PROPOSAL = "assignment", "batch", "proposal"
PLAN_ADOPTION, SCENARIO = "plan_adoption", "scenario"
KINDS = (
    SIGN_IN,
    SIGN_IN_FAILED,
    SIGN_OUT,
    USER,
    TOKEN,
    IMPORT,
    EXPORT,
    PLAN_CHANGE,
    PLAN_ADOPTION,
    SCENARIO,
    PROMOTION,
    ASSIGNMENT,
    BATCH,
    PROPOSAL,
)


def record(kind: str, by: str, subject: str, said: str, now: datetime, details: Mapping[str, Any] | None = None) -> None:
    """Record that something happened.

    Parameters
    ----------
    kind
        One of `KINDS`.
    subject
        What it happened to: an account_id, a run_id, a user, a file, a version; "" for none.
    said
        One sentence for people, made from the data.
    details
        The figures behind it: what JSON can hold, no secrets.

    Raises
    ------
    ConfigurationError
        No such kind, or nobody is named.
    """
    event = new_event(kind, by, subject, said, now, details)
    with transaction():
        event.save(force_insert=True)


def new_event(kind: str, by: str, subject: str, said: str, now: datetime, details: Mapping[str, Any] | None = None) -> "Event":
    """The event, not yet saved."""
    from overrides.models import Event

    if kind not in KINDS:
        nearest = get_close_matches(kind, KINDS, n=1, cutoff=0)[0]
        raise ConfigurationError(f"event {kind!r} is unknown; nearest is {nearest!r}, all: {', '.join(KINDS)}")
    texts = {"by": checked_author(by), "subject": subject, "said": said}
    storable = {name: text.replace("\0", "") for name, text in texts.items()}  # whoever fails to sign in types what they like
    return Event(kind=kind, made_at=now, details=dict(details or {}), **storable)
