"""Simulated reviewers on a population with known truth: does override value added tell a good one from a bad one?

Pure: frames in, figures out. The landmark is the day as of which the population was generated, so that the truth of it is
known: p_true, and who wins within the horizon.
"""

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from models.grades import Reference, assign_grades
from models.override_value import override_value

REVIEWERS = ("skilled", "random", "adversarial")
NOISE = 0.6
"""Standard deviation of what a skilled reviewer gets wrong, in log-odds: the s_h of the review queue."""
CUTS = {"A": 85.0, "B": 65.0, "C": 35.0, "D": 15.0}
SHARE = 0.15


def value_by_reviewer(accounts: pd.DataFrame, reviewed: int, seed: int) -> dict[str, dict]:
    """The override value of each reviewer, who decides alone on the accounts over which the two opinions part most.

    accounts: grain account, index account_id; propensity (the model's), plan_points, p_true, won (0 or 1; p_true in its place
    gives what is to be expected of all the futures there could be).
    """
    past = as_past(accounts)
    queue = most_disputed(past, reviewed)
    return {name: override_value(with_decisions(past, accounts, queue, name, seed), SHARE, seed) for name in REVIEWERS}


def as_past(accounts: pd.DataFrame) -> pd.DataFrame:
    """The accounts as a back-test has them at one landmark, nobody overridden, under the policy `model`."""
    points = Reference.from_population(accounts["propensity"]).points(accounts["propensity"])
    past = accounts[["won", "plan_points", "propensity"]].assign(
        landmark=pd.Timestamp("2026-11-23"), model_points=points, policy_grade=assign_grades(points, CUTS)
    )
    return past.reset_index()


def most_disputed(past: pd.DataFrame, reviewed: int) -> np.ndarray:
    """The positions of the accounts with the largest |disparity| by rank."""
    plan = Reference.from_population(past["plan_points"]).points(past["plan_points"])
    return np.argsort(-(past["model_points"] - plan).abs().to_numpy(), kind="stable")[:reviewed]


def with_decisions(past: pd.DataFrame, accounts: pd.DataFrame, queue: np.ndarray, reviewer: str, seed: int) -> pd.DataFrame:
    """The same with the reviewer's overrides on the queue."""
    rng = np.random.default_rng(seed)
    grades = pd.Series(None, index=past.index, dtype="str")
    grades.iloc[queue] = graded(believed(accounts, reviewer, rng)[queue], accounts["propensity"])
    decided = grades.notna()
    entries = pd.Series(past.index.astype("str"), index=past.index).where(decided)
    said = {name: pd.Series(text, index=past.index).where(decided) for name, text in (("by", reviewer), ("reason", "other"))}
    return past.assign(override_grade=grades, entry_id=entries, override_by=said["by"], override_reason=said["reason"])


def believed(accounts: pd.DataFrame, reviewer: str, rng: np.random.Generator) -> np.ndarray:
    """The probability that the reviewer believes in: the truth with noise, that upside down, or anybody's at random."""
    if reviewer == "random":
        return rng.choice(accounts["propensity"].to_numpy(), len(accounts))
    log_odds = logit(accounts["p_true"].to_numpy()) + rng.normal(0, NOISE, len(accounts))
    return expit(log_odds if reviewer == "skilled" else 2 * np.median(log_odds) - log_odds)


def graded(probability: np.ndarray, propensity: pd.Series) -> np.ndarray:
    """The grade of accounts with this propensity."""
    points = pd.Series(Reference.from_population(propensity).points(probability))
    return assign_grades(points, CUTS).to_numpy()
