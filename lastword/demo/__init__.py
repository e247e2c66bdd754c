"""`lastword demo`: a project folder of generated accounts whose true probabilities of a win are known.

The market that is simulated is described in `process.py`, the truth in `truth.py`. Importing this package loads nothing heavy.
"""

from datetime import date
from pathlib import Path

from lastword.errors import Refusal, refuse_os_error


def generate(folder: Path, accounts: int, seed: int, today: date) -> Path:
    """Write a project folder of generated data, and the truth about it beside it; an earlier demo is replaced.

    The same accounts, seed and day give the same bytes.

    Parameters
    ----------
    folder
        The project folder. `<folder>-truth` gets truth.parquet and traps.json; nothing in the project names it.
    accounts
        How many accounts, at least 1.
    seed
        Another seed gives another population.
    today
        The as-of date: nothing but a few deliberately broken rows is dated from it on. Signals go back 1,095 days.

    Returns
    -------
    Path
        The project folder, absolute. It holds lastword.toml, plan.toml and data/: accounts.csv (a row per account),
        won.csv (per win), house_list.csv (per account listed before `today`, winners included), technographics.csv (per
        account and technology), intents.parquet (per signal) and products.csv (per customer and product).

        truth.parquet has a row per account on the house list that has not won by `today`: account_id; p_true and
        p_observable, probabilities of a first win in the 180 days from `today` (see truth.py); wins_within_horizon, 0 or 1;
        future_won_on, null where it does not win within them. traps.json names the topics and columns that only customers
        have, and counts the broken rows of every table by the reason the gate gives.

    Raises
    ------
    Refusal
        One of the two folders is a file, or holds something that is no demo; nothing is touched then. Or it cannot be written.
    """
    from lastword.demo.folders import claim, truth_folder
    from lastword.demo.write import write_demo

    if accounts < 1:
        raise Refusal(f"a demo of {accounts} accounts has nothing in it; ask for 1 or more, 2,000 for a model: --accounts 2000")
    project = folder.absolute()
    claim(project)
    try:
        write_demo(project, truth_folder(project), accounts, seed, today)
    except OSError as error:
        raise refuse_os_error(error, project) from error
    return project
