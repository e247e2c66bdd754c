"""Training rows with known truth, small enough to fit a model in a test."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pandas as pd

from models.propensity import Recipe


@dataclass(frozen=True)
class Named:
    """As much of a feature as the models ask for."""

    name: str
    kind: str


NAMES_AND_KINDS = (
    ("log_employees", "numeric"),
    ("technology:Kubernetes", "flag"),
    ("intent:security", "numeric"),
    ("noise", "numeric"),
    ("industry", "category"),
)

RECIPE = Recipe(
    features=NAMES_AND_KINDS,
    evidence=0.35,
    boosting_rounds=60,
    stack=(0.1, 0.6, 0.5),
    platt=(0.9, -0.05),
    use_boosted=True,
    seed=7,
)

GRADES = SimpleNamespace(policy="shares", shares={"A": 0.15, "B": 0.20, "C": 0.30, "D": 0.20, "F": 0.15}, cuts=None)
"""[grades] as it is by default."""
CUTS = {"A": 85.0, "B": 65.0, "C": 35.0, "D": 15.0}


def training_rows(accounts: int = 900, landmarks: int = 2, seed: int = 0) -> pd.DataFrame:
    """One row per account and landmark: the features above, `won`, `group` (the account) and the true log-odds `truth`.

    Wins grow with employees up to a point, with Kubernetes and with the logarithm of intent; a fifth of the employees and a
    tenth of the industries are unknown.
    """
    random = np.random.default_rng(seed)
    group = np.repeat(np.arange(accounts), landmarks)
    employees = random.normal(4, 1.5, accounts)[group]
    kubernetes = (random.random(accounts) < 0.3).astype(float)[group]
    security = np.where(random.random(len(group)) < 0.4, random.gamma(1.0, 40.0, len(group)), 0.0)
    industry = random.choice(["Software", "Energy", "Retail", "Änderung & Co"], accounts, p=[0.5, 0.3, 0.19, 0.01])
    truth = -3.2 + 0.6 * np.minimum(employees - 4, 1) + 1.0 * kubernetes + 0.5 * np.log1p(security / 20)
    truth += 0.8 * (industry == "Software")[group]
    frame = pd.DataFrame(
        {
            "log_employees": np.where((random.random(accounts) < 0.2)[group], np.nan, employees),
            "technology:Kubernetes": kubernetes,
            "intent:security": security,
            "noise": random.normal(size=len(group)),
            "industry": pd.Series(industry, dtype="str").mask(random.random(accounts) < 0.1).to_numpy()[group],
            "group": group,
            "truth": truth,
        }
    )
    frame["industry"] = frame["industry"].astype("str")
    frame["won"] = (random.random(len(group)) < 1 / (1 + np.exp(-truth))).astype(int)
    return frame
