"""Today's prospects as the product scores them, beside the truth of each: what every figure of a model is measured on."""

from dataclasses import dataclass, replace

import pandas as pd

from features.plan_values import build_plan_values
from lastword.learning import training_policy
from lastword.opinions import model_opinion, with_review_gain
from lastword.planning.potential_spend import potential_spend, win_value
from lastword.scoring import account_rows
from models.findings import LeakageRefusal
from models.grades import Reference
from models.scorecard import score_plan
from models.served import Served, load_served, save_served, vocabulary_of
from models.training import Trained, train
from overrides.disparity import disparity
from overrides.queue import review
from tests.truth.market import AS_OF, Market


@dataclass(frozen=True)
class Scored:
    """A model trained on a market and its prospects.

    blocked   how many columns the leakage gate would have stopped the training for
    accounts  grain: prospect of today, index account_id. The columns of the scores that do not depend on a store, cut_propensity,
              and p_true, p_observable and wins_within_horizon of the truth
    """

    trained: Trained
    blocked: int
    cuts: dict[str, float]
    accounts: pd.DataFrame


def train_and_score(market: Market) -> Scored:
    """Train as `lastword train` does, refits included, and score today's prospects with what was saved of it."""
    trained, blocked = train_anyway(market)
    trained = trained.with_refits(market.training, market.population, training_policy(market.run))
    served = saved(market, trained)
    accounts = opinions(market, served)
    return Scored(trained, blocked, served.cuts, with_review(market, accounts).join(market.truth(), how="inner"))


def train_anyway(market: Market) -> tuple[Trained, int]:
    """The model, and how many columns were blocked; it is trained with them then, so that there are figures."""
    policy = training_policy(market.run)
    try:
        return train(market.training, market.population, None, policy), 0
    except LeakageRefusal as refusal:
        blocked = len(refusal.report.blocked)
    return train(market.training, market.population, None, replace(policy, leakage="warn")), blocked


def saved(market: Market, trained: Trained) -> Served:
    """The model as it is served: written to files and read back."""
    folder = market.run.folder / "model"
    folder.mkdir()
    save_served(folder, trained, market.training.mode, vocabulary_of(trained.recipe), market.run.intent_policy())
    return load_served(folder)


def opinions(market: Market, served: Served) -> pd.DataFrame:
    """Both opinions of each prospect and what a review of it is worth."""
    run, features = market.run, market.population.set_index("account_id")
    accounts = account_rows(market.tables, run).set_index("account_id")
    accounts = accounts.assign(potential_spend=potential_spend(accounts))
    values = build_plan_values(market.tables, AS_OF, run.project.load_plan(), run.intent_policy())
    plan = score_plan(run.project.load_plan(), values.order_by("account_id").to_pandas().set_index("account_id"))
    percentiles = Reference.from_population(plan.points[accounts["at_risk"]])
    known = accounts.assign(plan_points=plan.points, plan_grade=plan.grade, coverage=plan.covered).loc[features.index]
    scores = known.join(model_opinion(features, served, pd.Series(dtype="str")))
    grades = scores.model_grade, scores.plan_grade
    measure = run.project.settings.disparity.measure
    gap = disparity(measure, scores.model_points, scores.plan_points, *grades, percentiles)
    value = win_value(scores.potential_spend, scores.prior_year_spend, scores.account_status == "customer").fillna(1.0)
    return with_review_gain(scores.assign(disparity=gap, review_value=value), served)


def with_review(market: Market, scores: pd.DataFrame) -> pd.DataFrame:
    """Adds why each account is under review, nobody having decided anything yet."""
    settings = market.run.project.settings
    return scores.join(review(scores, pd.DataFrame(), None, settings.disparity, settings.seed))
