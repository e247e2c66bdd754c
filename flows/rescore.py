"""The flow `rescore`."""

from datetime import date

from prefect import flow

from flows.sequence import run_sequence
from lastword.runner import Outcome


@flow(name="rescore", persist_result=False)
def rescore(project: str, since: date | None = None) -> Outcome:
    """Score the accounts whose inputs changed, and publish.

    Parameters
    ----------
    project : the project folder, absolute or relative to where the flow runs.
    since : accounts with an input dated on this day or later are scored again; without it the day as of which the current
        publication is.
    """
    return run_sequence("rescore", project, since)
