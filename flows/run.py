"""The flow `run`."""

from prefect import flow

from flows.sequence import run_sequence
from lastword.runner import Outcome


@flow(name="run", persist_result=False)
def run(project: str) -> Outcome:
    """Validate, train and score.

    Parameters
    ----------
    project : the project folder, absolute or relative to where the flow runs.
    """
    return run_sequence("run", project)
