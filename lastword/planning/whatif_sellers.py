"""Sellers that two plans take, by role and region: what `planning.capacity` needs of accounts, by counting alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from lastword.contracts import GRADES
from lastword.plan import Plan
from lastword.planning.capacity import NOWHERE, role_of_each
from lastword.planning_settings import Role
from models.scorecard import Indexes, Places

Policy = Literal["model", "plan", "higher", "lower", "blend"]
SELLER_COLUMNS = ("region", "role", "accounts_before", "accounts_after", "needed_before", "needed_after")
NO_GRADE = -1


@dataclass(frozen=True)
class Staff:
    """Who sells, and what decides which accounts a role takes.

    Attributes
    ----------
    roles : of [capacity].
    policy : of [final]: whose grade counts where no override is in force.
    """

    roles: Sequence[Role]
    policy: Policy


@dataclass(frozen=True)
class Sellers:
    """What two plans take.

    Attributes
    ----------
    roles : SELLER_COLUMNS; one row per region and role that has an account by either plan, regions by name, roles as they stand.
    unassigned : accounts that no role takes, (before, after).
    """

    roles: pd.DataFrame
    unassigned: tuple[int, int]


def sellers(
    accounts: pd.DataFrame, override: pd.Series, before: tuple[Plan, Places], after: tuple[Plan, Places], staff: Staff
) -> Sellers:
    """Sellers needed by either plan: accounts ÷ accounts per seller, rounded up, by region and role.

    Parameters
    ----------
    accounts : one row per account: region, model_grade and policy_grade (null where there is none), high_value (null: not known).
    override : the grade of the override in force, null where none is; the same rows.
    before, after : a plan and where it puts the rows.
    """
    codes, regions = pd.factorize(accounts["region"], sort=True)
    names = [*map(str, regions), NOWHERE]
    codes = np.where(codes < 0, len(regions), codes)
    counts = [_counts(accounts, override, codes, len(names), plan, places, staff) for plan, places in (before, after)]
    rows = []
    for place in sorted(range(len(names)), key=lambda each: names[each]):
        for index, role in enumerate(staff.roles):
            held = [int(each[place, index]) for each in counts]
            if any(held):
                rows.append((names[place], role.name, *held, *(needed(each, role) for each in held)))
    left = tuple(int(each[:, -1].sum()) for each in counts)
    return Sellers(pd.DataFrame(rows, columns=list(SELLER_COLUMNS)), (left[0], left[1]))


def needed(accounts: int, role: Role) -> int:
    """Sellers that so many accounts take."""
    return int(np.ceil(accounts / role.accounts_per_seller))


def final_grades(accounts: pd.DataFrame, override: pd.Series, plan: Plan, places: Places, policy: Policy) -> Indexes:
    """The final grade by a plan as its position in GRADES, NO_GRADE where there is none: the override in force, else the policy.

    A blend measures points against the whole population: there the grade stays as published.
    """
    by_plan = np.array([GRADES.index(each.grade) for each in plan.segments])[places.segment]
    by_model = _codes(accounts["model_grade"])
    both = {"model": by_model, "plan": by_plan, "higher": np.minimum(by_plan, by_model), "lower": np.maximum(by_plan, by_model)}
    by_policy = _codes(accounts["policy_grade"]) if policy == "blend" else both[policy]
    silent = by_policy == NO_GRADE if policy == "blend" else by_model == NO_GRADE
    grade = np.where(places.covered, np.where(silent, by_plan, by_policy), NO_GRADE)
    overridden = _codes(override)
    return np.where(overridden == NO_GRADE, grade, overridden)


def note_on(policy: Policy) -> str:
    """What of the tiers moves with the plan, as a sentence."""
    if policy == "blend":
        return "sellers: final grades of the blend stay as published, so tiers do; roles by segment and exclusions move alone"
    whose = {
        "plan": "the plan decides final grades, so tiers move with it",
        "model": "the model decides final grades, so tiers stay; roles by segment and exclusions move alone",
        "higher": "the higher of plan and model decides final grades, so tiers move where the plan's is",
        "lower": "the lower of plan and model decides final grades, so tiers move where the plan's is",
    }
    return f"sellers: {whose[policy]}; overrides in force stay"


def _counts(
    accounts: pd.DataFrame, override: pd.Series, region: Indexes, regions: int, plan: Plan, places: Places, staff: Staff
) -> Indexes:
    """Accounts with a final grade by region (rows) and role (columns; the last: none)."""
    grade = final_grades(accounts, override, plan, places, staff.policy)
    high = accounts["high_value"].astype("boolean")
    good = (grade >= 0) & (grade <= GRADES.index("B"))
    known = high.notna().to_numpy()
    tier = np.where(known, 3 - good - high.fillna(False).to_numpy(dtype=bool), 0)
    role = _roles(plan, staff.roles)[tier, places.segment]
    held = grade != NO_GRADE
    width = len(staff.roles) + 1
    found = np.bincount(region[held] * width + role[held] % width, minlength=regions * width)
    return found.reshape(regions, width)


def _roles(plan: Plan, roles: Sequence[Role]) -> Indexes:
    """The role (−1: none) by tier (row; 0: not known) and segment (column), as capacity gives it."""
    pairs = [(tier or pd.NA, segment.name) for tier in range(4) for segment in plan.segments]
    table = pd.DataFrame(pairs, columns=["tier", "plan_segment"]).astype({"tier": "Int64"})
    return role_of_each(table, roles).to_numpy(dtype=np.intp).reshape(4, len(plan.segments))


def _codes(grade: pd.Series) -> Indexes:
    return pd.Categorical(grade, categories=list(GRADES)).codes.astype(np.intp)
