"""The figures of method section 11, each of one population: frames in, numbers out. Their bounds are in bounds.py."""

import numpy as np
import pandas as pd

from lastword.contracts import GRADES
from models.evaluation import evaluate
from tests.truth.confidence import confidence_figures, true_grades
from tests.truth.review import candidates, review_figures
from tests.truth.reviewers import REVIEWERS, value_by_reviewer
from tests.truth.scored import Scored

REVIEWED = 0.15
"""The share of the prospects that a simulated reviewer decides on."""

OF_CUSTOMERS = {"prior_year_spend", "tenure_years", "market_share"}
"""Columns of the demo that only customers have."""


def model_figures(scored: Scored, seed: int) -> dict[str, float]:
    """Everything that one trained model and its scored prospects tell, by the figure's name."""
    accounts, promotion = scored.accounts, scored.trained.promotion
    temporal = scored.trained.figures["temporal"]["model"]["auc"]["estimate"]
    ranked = ranking_figures(accounts)
    return {
        "base_rate": accounts["p_true"].mean(),
        **ranked,
        "temporal_minus_future": temporal - ranked["auc"],
        **calibration_figures(accounts),
        **grade_figures(accounts["model_grade"], accounts["p_true"], accounts["p_observable"]),
        **sure_figures(accounts, scored.cuts),
        **queue_figures(accounts),
        **reviewer_figures(accounts, seed),
        "clean_blocked": scored.blocked,
        "customers_let_in": len(OF_CUSTOMERS - {finding.column for finding in scored.trained.leakage.excluded}),
        "promoted": float(promotion.promoted),
    }


def ranking_figures(accounts: pd.DataFrame) -> dict[str, float]:
    """AUC of the model and of p_observable: over all futures there could be (each account counts p_true as a win and the rest
    as none), and over the one that came."""
    expected = {name: auc(accounts["p_true"], accounts[name]) for name in ("propensity", "p_observable")}
    realised = {name: auc(accounts["wins_within_horizon"], accounts[name]) for name in ("propensity", "p_observable")}
    return {
        "auc": expected["propensity"],
        "auc_observable": expected["p_observable"],
        "auc_gap": expected["p_observable"] - expected["propensity"],
        "auc_gap_realised": realised["p_observable"] - realised["propensity"],
    }


def auc(won: pd.Series, score: pd.Series) -> float:
    """Area under the ROC curve; `won` may be a probability."""
    return evaluate(won, score, won.index, is_propensity=False, seed=0, replicates=0)["auc"].estimate


def calibration_figures(accounts: pd.DataFrame) -> dict[str, float]:
    """Against p_observable, what a perfect model of the published data would say: anything finer is no propensity's fault."""
    truth, said = accounts["p_observable"], accounts["propensity"]
    found = evaluate(truth, said, accounts.index, is_propensity=True, seed=0, replicates=0)
    return {
        "ece": found["ece"].estimate,
        "calibration_slope": found["calibration_slope"].estimate,
        "mean_error": said.mean() / truth.mean() - 1,
    }


def grade_figures(grades: pd.Series, p_true: pd.Series, p_observable: pd.Series) -> dict[str, float]:
    """True rates by grade: the smallest fall from a grade to the next; A's rate beside that of as many accounts by the truth."""
    rates = p_true.groupby(grades).mean().reindex(list(GRADES))
    best = p_observable.nlargest(int((grades == "A").sum())).index
    falls = -np.diff(rates.to_numpy())
    return {"smallest_fall": float(falls.min()), "rate_of_a": float(rates["A"]), "rate_of_true_a": float(p_true[best].mean())}


def sure_figures(accounts: pd.DataFrame, cuts: dict[str, float]) -> dict[str, float]:
    """Shares of the accounts: confidence over .8, and the grade then being the truth's; mean confidence minus share right."""
    truth = true_grades(accounts["p_observable"], cuts)
    found = confidence_figures(accounts["model_grade"], accounts["grade_confidence"], truth)
    right = found["sure"] * found["right_when_sure"] if found["sure"] else 0.0
    return {"sure": found["sure"], "sure_and_right": right, "too_sure": found["confidence"] - found["right"]}


def queue_figures(accounts: pd.DataFrame) -> dict[str, float]:
    """What looking at the first 5 % gains, as a share of what any order could gain: of those under review, and of all."""
    scores = accounts.drop(columns=["p_true", "p_observable"]).reset_index()
    found = {name: review_figures(rows) for name, rows in candidates(scores, accounts.reset_index()).items()}
    orders = {"voi": "value of information", "disparity": "disparity"}
    places = {"queue": "under review", "all": "all prospects"}
    return {f"{place}_by_{order}": found[rows][name] for place, rows in places.items() for order, name in orders.items()}


def reviewer_figures(accounts: pd.DataFrame, seed: int) -> dict[str, float]:
    """Override value added by reviewer, over all futures there could be; share of the wins."""
    reviewed = round(REVIEWED * len(accounts))
    found = value_by_reviewer(accounts.assign(won=accounts["p_true"]), reviewed, seed)
    return {f"value_{name}": found[name]["value"]["estimate"] for name in REVIEWERS}
