"""A small project with a past to replay: dated wins of accounts that differ in one column, and weekly signals."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np

from lastword.project import Project, find_project
from tests.small_project import small_project

AS_OF = date(2026, 6, 1)
SETTINGS = """
[model]
horizon_days = 60
min_wins = 30
[features]
window_days = 30
"""


def past_project(folder: Path, accounts: int = 400, settings: str = "", dated: bool = True) -> Project:
    """Large accounts win five times as often as small ones; the plan, which goes by name, knows nothing of it."""
    rng = np.random.default_rng(1)
    ids = [f"a{number:03}" for number in range(accounts)]
    employees = rng.integers(10, 2000, accounts)
    waits = rng.exponential(np.where(employees > 1000, 500, 2500))
    begin = AS_OF - timedelta(days=480)
    won_on = {account: begin + timedelta(days=int(wait)) for account, wait in zip(ids, waits, strict=True) if wait < 480}
    signals = [(rng.choice(ids), begin + timedelta(days=day)) for day in range(0, 480, 2)]
    project = small_project(
        folder,
        settings=SETTINGS + settings,
        accounts=lines("account_id,name,employee_count", zip(ids, ids, employees, strict=True)),
        won=lines("account_id,won_on", ((account, day if dated else "") for account, day in won_on.items())),
        house_list=lines("account_id", ((account,) for account in ids)),
        intents=lines("account_id,topic,observed_on", ((account, "scoring", day) for account, day in signals)),
    )
    project.settings_path.write_text(f"as_of = {AS_OF}\n{project.settings_path.read_text(encoding='utf-8')}", encoding="utf-8")
    return find_project(folder)


def lines(header: str, rows) -> str:
    """The text of a CSV file."""
    return "\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n"
