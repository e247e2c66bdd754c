"""The flow `train`."""

from prefect import flow

from flows.sequence import run_sequence
from lastword.runner import Outcome


@flow(name="train", persist_result=False)
def train(project: str, tune_minutes: float | None = None) -> Outcome:
    """Features as of past dates, both models, calibration, and the better of champion and challenger.

    Parameters
    ----------
    project : the project folder, absolute or relative to where the flow runs.
    tune_minutes : how long to search better parameters of the trees; as lastword.toml says where not given.
    """
    return run_sequence("train", project, tune_minutes=tune_minutes)
