"""The flow `validate`."""

from prefect import flow

from flows.sequence import run_sequence
from lastword.runner import Outcome


@flow(name="validate", persist_result=False)
def validate(project: str) -> Outcome:
    """The inputs against the expectations.

    Parameters
    ----------
    project : the project folder, absolute or relative to where the flow runs.
    """
    return run_sequence("validate", project)
