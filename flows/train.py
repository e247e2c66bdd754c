"""The flow `train`."""

from prefect import flow

from flows.sequence import run_sequence
from lastword.runner import Outcome


@flow(name="train", persist_result=False)
def train(project: str) -> Outcome:
    """Features as of past dates, both models, calibration, and the better of champion and challenger.

    Parameters
    ----------
    project : the project folder, absolute or relative to where the flow runs.
    """
    return run_sequence("train", project)
