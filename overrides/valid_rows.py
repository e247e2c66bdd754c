"""Which rows of lastword_score make up a publication: the one place that says so.

A publication stands on a base: on itself where all of its rows were stored with it, else on the base of the one before it, of
which it is step 1, 2, … A row belongs to a base (`publication_id`), is valid from one step on (`from_step`) and until another
has replaced it (`until_step`; null: none has). So a publication costs what it changes, and every one of them can be read.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.models import Q, QuerySet

    from overrides.models import Score

LATEST = "s.publication_id = %s AND s.until_step IS NULL"
"""The rows of the newest publication on a base: the words that the indexes of the queue have."""

CURRENT = """s.until_step IS NULL AND s.publication_id = (
    SELECT p.base_id FROM lastword_publication p JOIN lastword_current c ON c.publication_id = p.run_id)"""
"""The rows of the current publication, without parameters."""


def valid_sql(base: str = "%s", step: str = "%s") -> str:
    """The rows `s` of a publication, given its base once and its step twice, or expressions for them."""
    return f"s.publication_id = {base} AND s.from_step <= {step} AND (s.until_step IS NULL OR s.until_step > {step})"


def valid_in(base: Any, step: Any) -> "Q":
    """The same as a condition on Score; values or expressions."""
    from django.db.models import Q

    return Q(publication_id=base, from_step__lte=step) & (Q(until_step=None) | Q(until_step__gt=step))


def current_rows() -> "QuerySet[Score]":
    """The rows of the current publication; none before the first."""
    from overrides.models import Current, Score

    return Score.objects.filter(publication_id__in=Current.objects.values("publication__base"), until_step=None)
