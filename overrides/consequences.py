"""What a decision would do, said before it is made. Pure: nothing here reads or writes the store."""

from typing import Any

from lastword.contracts import GRADES
from overrides.decisions import steps_up

NO_GRADE = "no grade"


def consequences(account: dict[str, Any], settings: Any) -> dict[str, str]:
    """What deciding on each grade would do, a sentence by grade; the day on which it ends stands where {until} is.

    Parameters
    ----------
    account : final_grade, policy_grade (None: no grade), decided_by, and entry_id of the override in force (None: none).
    settings : `.overrides`: approve_from_steps and holdout.
    """
    return {grade: _consequence(grade, account, settings.overrides) for grade in GRADES}


def _consequence(grade: str, account: dict[str, Any], overrides: Any) -> str:
    now, steps = account["final_grade"], steps_up(grade, account["policy_grade"])
    moves = f"goes from {now or NO_GRADE} to {grade}" if now != grade else f"stays {grade}"
    if overrides.approve_from_steps and abs(steps) >= overrides.approve_from_steps:
        apart = f"{abs(steps)} {'grade' if abs(steps) == 1 else 'grades'} from the policy's {account['policy_grade'] or NO_GRADE}"
        return f"It waits for a second person, being {apart}. Once approved, the final grade {moves} until {{until}}."
    said = [f"The final grade {moves}, in force until {{until}}, whatever later runs say."]
    if account["entry_id"] is not None:
        said.append("It replaces the override in force.")
    if overrides.holdout and steps > 0:
        said.append(f"Of such upgrades {overrides.holdout:.0%} are held out by lot, to measure what overrides are worth.")
    return " ".join(said)
