"""The flow `score`."""

from prefect import flow

from flows.sequence import run_sequence
from lastword.runner import Outcome


@flow(name="score", persist_result=False)
def score(project: str) -> Outcome:
    """Today's features, the champion and the plan, disparity, the review queue, publication.

    Parameters
    ----------
    project : the project folder, absolute or relative to where the flow runs.
    """
    return run_sequence("score", project)
