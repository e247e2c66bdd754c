"""The flow `run`."""

from prefect import flow

from flows.sequence import run_sequence
from lastword.runner import Outcome


@flow(name="run", persist_result=False)
def run(project: str, tune_minutes: float | None = None) -> Outcome:
    """Validate, train and score.

    Parameters
    ----------
    project : the project folder, absolute or relative to where the flow runs.
    tune_minutes : how long to search better parameters of the trees; as lastword.toml says where not given.
    """
    return run_sequence("run", project, tune_minutes=tune_minutes)
