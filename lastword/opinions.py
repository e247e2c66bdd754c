"""What the plan and the model say of a batch of accounts, each account by itself: the same whichever others are in the batch.

Everything that needs all accounts at once comes before (the plan's reference, in `Ground`) or after (who is under review).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lastword.ground import Ground
from lastword.reasons import rows_of, sides_of, whys_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from models.scorecard import PlanReference, PlanScores
    from models.served import Explained, Served

MODEL_NUMBERS = ("propensity", "model_points", "log_odds", "log_odds_sd", "grade_confidence")
ACCOUNT_COLUMNS = ("name", "region", "sub_region", "country", "industry", "sub_industry")
PREVIOUS = "previous_grade"
"""The model's grade in the publication before: an account close to a cut keeps its grade."""

ASKED = "why_asked"
"""Whether somebody may ask why the two opinions part although they don't part much."""


@dataclass(frozen=True)
class Scored:
    """A batch of accounts, by account_id: `scores` before anybody's decision, and the `reasons` behind them."""

    scores: "pd.DataFrame"
    reasons: "pa.Table"


def score_batch(ground: Ground, accounts: "pd.DataFrame", features: "pd.DataFrame", values: "pd.DataFrame") -> Scored:
    """Score some accounts.

    Parameters
    ----------
    ground
        The same for every batch of a run.
    accounts, features, values
        One row per account, index account_id, in the same order: accounts.parquet with PREVIOUS (null: none) and ASKED,
        features.parquet, plan_values.parquet.

    Returns
    -------
    Scored
        scores: SCORE_COLUMNS but those that say who is under review; why and why_family of the accounts that disparity may
        bring under review, and of those ASKED; null of the others. reasons: see `lastword.reasons.rows_of`.
    """
    from models.scorecard import score_plan

    plan = score_plan(ground.plan, values)
    explained = ground.served.explained(features) if ground.served else None
    scores = opinions(ground, accounts, features, plan, explained)
    sides = sides_of(ground, scores, features, values, plan, explained)
    asked = (scores["disparity"].abs() >= ground.settings.disparity.threshold) | accounts[ASKED]
    return Scored(scores.join(whys_of(sides, asked)), rows_of(sides, plan))


def opinions(
    ground: Ground, accounts: "pd.DataFrame", features: "pd.DataFrame", plan: "PlanScores", explained: "Explained | None"
) -> "pd.DataFrame":
    """Both opinions, what parts them, what the policy makes of them, and what the account is worth. By account_id."""
    import pandas as pd

    from lastword.planning.potential_spend import expected_value, win_value
    from overrides.disparity import disparity
    from overrides.final import policy_grades

    settings, reference, served = ground.settings, ground.reference, ground.served
    scores = accounts[[*ACCOUNT_COLUMNS, "account_status", "potential_spend", "high_value"]].copy()
    scores["plan_points"], scores["plan_segment"], scores["plan_grade"] = plan.points, plan.segment, plan.grade
    scores["coverage"], scores["key_account"] = plan.covered, plan.key_account
    scores = scores.join(model_opinion(features, served, accounts[PREVIOUS], explained.scores if explained else None))
    measure, percentiles = settings.disparity.measure, reference.percentiles
    scores["disparity"] = disparity(
        measure, scores.model_points, scores.plan_points, scores.model_grade, scores.plan_grade, percentiles
    )
    customer = scores["account_status"] == "customer"
    scores["expected_value"] = expected_value(scores.propensity, scores.potential_spend, accounts.prior_year_spend, customer)
    scores["review_value"] = win_value(scores.potential_spend, accounts.prior_year_spend, customer).fillna(1.0)
    scores = with_measures(with_review_gain(scores, served), reference)
    cuts = served.cuts if served else None
    scores = scores.join(policy_grades(scores, settings, percentiles.points(scores.plan_points), cuts))
    scores["run_id"], scores["plan_version"] = ground.run_id, ground.plan.version
    scores["model_version"] = pd.Series(ground.model_version, index=scores.index, dtype="str")
    scores["as_of"], scores["scored_at"] = pd.Timestamp(ground.as_of), pd.Timestamp(ground.now)
    return scores


def model_opinion(
    features: "pd.DataFrame", served: "Served | None", previous: "pd.Series", scored: "pd.DataFrame | None" = None
) -> "pd.DataFrame":
    """What the model says of each account, by account_id; all null where no model serves.

    propensity; model_points (0–100); model_grade; log_odds of the propensity (in look-alike mode of being like a winner);
    log_odds_sd, their bootstrap sd; grade_confidence (0–1), how sure the grade is. The last two are null too for a model that
    was trained without refits. `previous` are the grades before, by account_id; null, or left out, where there was none.
    `scored` is what `served.score` gives of the features, where it is known already.
    """
    import pandas as pd

    from models.grades import assign_grades

    if served is None:
        unknown = dict.fromkeys(MODEL_NUMBERS, float("nan"))
        return pd.DataFrame(unknown, index=features.index).assign(model_grade=pd.Series(None, index=features.index, dtype="str"))
    scored = served.score(features) if scored is None else scored
    scored = scored.rename(columns={"logit": "log_odds", "points": "model_points"})
    known = previous.reindex(features.index) if previous.notna().any() else None
    grades = assign_grades(scored["model_points"], served.cuts, known)
    return scored.assign(model_grade=grades).join(served.confidence(features, grades))


def with_review_gain(scores: "pd.DataFrame", served: "Served | None") -> "pd.DataFrame":
    """Adds the nearest grade cut and what a review can be expected to gain; null where no model serves."""
    from overrides.value_of_information import review_gain

    if served is None:
        return scores.assign(cut_log_odds=float("nan"), cut_propensity=float("nan"), review_gain=float("nan"))
    scores = scores.join(served.nearest_cut(scores["log_odds"]))
    factors = ("log_odds", "log_odds_sd", "cut_log_odds", "cut_propensity", "review_value")
    return scores.assign(review_gain=review_gain(*(scores[name] for name in factors)))


def with_measures(scores: "pd.DataFrame", reference: "PlanReference") -> "pd.DataFrame":
    """Adds the disparity by each measure, disparity_rank, disparity_points and disparity_grade, whichever is configured."""
    from overrides.disparity import MEASURES, disparity

    points, grades = (scores["model_points"], scores["plan_points"]), (scores["model_grade"], scores["plan_grade"])
    return scores.assign(
        **{f"disparity_{measure}": disparity(measure, *points, *grades, reference.percentiles) for measure in MEASURES}
    )
