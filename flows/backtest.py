"""The flow `backtest`."""

from prefect import flow

from flows.sequence import run_sequence
from lastword.runner import Outcome


@flow(name="backtest", persist_result=False)
def backtest(project: str) -> Outcome:
    """Plan, model, blend and overrides at past index dates, on the same accounts and at the same k.

    Parameters
    ----------
    project : the project folder, absolute or relative to where the flow runs.
    """
    return run_sequence("backtest", project)
