"""From a training set to a model that may serve: recipe, evaluation that doesn't flatter, decision, final fit.

What is reported is measured on time that the fit has not seen; what is served is the same recipe fitted on all of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.special import expit

from features.catalog import Feature
from lastword.contracts import GRADES
from lastword.errors import Refusal
from models.boosted import Changes
from models.calibration import PlattGate, gated_platt
from models.curves import curves
from models.evaluation import (
    Interval,
    attainable_lift,
    chance,
    compare,
    evaluate,
    grade_table,
    interval_gap,
    lift_at_share,
    rising_grades,
)
from models.findings import LeakageReport, refuse_blocked
from models.grades import Reference, assign_grades, blended, grade_cuts, log_odds_cuts
from models.landmarks import Mode, TrainingSet, part, temporal_split
from models.leakage import examine
from models.leakage_in_time import judge_time
from models.logistic import EVIDENCE_PER_WIN
from models.priors import prior_figures, propensity_of, solve_prior_odds
from models.promotion import Promotion, PromotionEvidence, decide
from models.propensity import Propensity, Recipe, choose_recipe, fit_propensity, out_of_fold
from models.rank_lift import rank_lift_figures
from models.refits import Refits, fit_refits
from models.rolling import roll
from models.slices import by_attribute, slices, worst
from models.tuning import Budget, tune_on

LOWER_BOUND = 0.80
"""Level of a two-sided interval whose lower end is the lower 90 % bound that promotion asks for."""

MOST_BOOSTED_GAP = 0.05
"""Where the AUC on folds exceeds the temporal one by more, the booster only shines on folds: the logistic stands alone."""


@dataclass(frozen=True)
class TrainingPolicy:
    """What lastword.toml says of training."""

    horizon_days: int
    seed: int
    grades: Any
    class_prior: float | None = None
    promote: Literal["if_better", "always", "never"] = "if_better"
    leakage: Literal["block", "warn"] = "block"
    waivers: Mapping[str, str] | None = None
    product_names: Sequence[str] = ()
    boosting: Changes = ()
    evidence_per_win: float = EVIDENCE_PER_WIN
    tuning: Budget | None = None


@dataclass(frozen=True)
class Trained:
    """A model, what was measured of it, and whether it may serve.

    `cuts` are the fewest points of A to D; `reference` holds the scores (σ of the logit) of the accounts at risk when it was
    trained. In look-alike mode `prior_odds` times the model's odds is the propensity, null without a class prior.
    """

    model: Propensity
    recipe: Recipe
    reference: Reference
    cuts: dict[str, float]
    prior_odds: float | None
    leakage: LeakageReport
    figures: dict[str, Any]
    promotion: Promotion
    refits: Refits | None = None

    def with_refits(self, training: TrainingSet, population: pd.DataFrame, policy: TrainingPolicy) -> "Trained":
        """The same with the bootstrap refits that grades get their confidence from; on what `train` was given."""
        cuts = partial(log_odds_cuts, settings=policy.grades, prior_odds=self.prior_odds)
        return replace(self, refits=fit_refits(training.rows, self.recipe, population, cuts))


@dataclass(frozen=True)
class Evaluated:
    """A recipe and its figures on rows that the fit has not seen."""

    recipe: Recipe
    figures: dict[str, Any]
    evidence: PromotionEvidence


def train(
    training: TrainingSet,
    population: pd.DataFrame,
    champion: Recipe | None,
    policy: TrainingPolicy,
    champion_mode: Mode | None = None,
) -> Trained:
    """Train, evaluate and decide.

    Parameters
    ----------
    training
        Rows to learn from.
    population
        Features of the accounts at risk as of today, one row per account: the reference of points and grades.
    champion
        The recipe that serves now, None before the first. It is refitted on the same rows to be compared.
    champion_mode
        How it was trained: a model of look-alikes doesn't replace one that learnt from dated wins.

    Raises
    ------
    LeakageRefusal
        A column that looks as if it knew the future and for which no waiver is written; it has the whole report.
    """
    known = [feature for feature in training.features if feature.known != "after_win"]
    leakage = inspect(training, population, policy)
    if policy.leakage == "block":
        refuse_blocked(leakage)
    features = informative(training.rows, known)
    policy, tuning = tuned(training, features, policy)
    evaluate_mode = on_later_time if training.mode == "landmarks" else on_whole_groups
    evaluated = evaluate_mode(training, features, champion, policy)
    model = fit_propensity(training.rows, training.rows["won"], evaluated.recipe)
    if training.mode == "look-alike":
        model, evaluated = with_prior(model, evaluated, training.rows, policy.class_prior)
    logit, prior_odds = model.logit(population), model.prior_odds
    reference = Reference.from_population(expit(logit))
    return Trained(
        model=model,
        recipe=evaluated.recipe,
        reference=reference,
        cuts=score_cuts(policy.grades, logit, prior_odds, training.mode),
        prior_odds=prior_odds,
        leakage=leakage,
        figures=evaluated.figures | {"sample": training.sample_figures} | tuning,
        promotion=decide(replace(evaluated.evidence, champion_mode=champion_mode), policy.promote),
    )


def tuned(training: TrainingSet, features: Sequence[Feature], policy: TrainingPolicy) -> tuple[TrainingPolicy, dict[str, Any]]:
    """The policy with the trees' parameters that a search found, and its figures; as it was where none is asked for."""
    if policy.tuning is None:
        return policy, {}
    found = tune_on(training.rows, features, training.mode, policy.horizon_days, policy.seed, policy.tuning, **searched(policy))
    return replace(policy, boosting=found.boosting), {"tuning": found.to_json()}


def searched(policy: TrainingPolicy) -> dict[str, Any]:
    """What the policy says of choosing a recipe."""
    return {"boosting": policy.boosting, "evidence_per_win": policy.evidence_per_win}


def inspect(training: TrainingSet, population: pd.DataFrame, policy: TrainingPolicy) -> LeakageReport:
    """The leakage gate's report."""
    rows = training.rows
    report = examine(rows, rows["won"], training.features, policy.waivers or {}, policy.product_names, cluster=rows["group"])
    report = report.let_through() if policy.leakage == "warn" else report
    if training.mode == "look-alike":
        return report
    known = [feature for feature in training.features if feature.known != "after_win"]
    return report.with_warnings(judge_time(rows, population, training.lagged, known, policy.seed))


def informative(rows: pd.DataFrame, features: Sequence[Feature]) -> list[Feature]:
    """The features that take at least two values, null being one."""
    return [feature for feature in features if rows[feature.name].nunique(dropna=False) > 1]


def on_later_time(
    training: TrainingSet, features: Sequence[Feature], champion: Recipe | None, policy: TrainingPolicy
) -> Evaluated:
    """The recipe of the older landmarks, measured on the newest ones beside the plan, a blend and chance."""
    rows, seed = training.rows, policy.seed
    in_train, in_test = temporal_split(rows["landmark"], policy.horizon_days)
    fitting, test = part(rows, in_train), part(rows, in_test)
    recipe, folded, later = fit_in_time(fitting, test, features, policy)
    won, account, propensity = test["won"], test["account_id"], expit(later)
    plan, blend = test["plan_points"], blended(propensity, test["plan_points"])
    temporal = {
        "model": evaluate(won, propensity, account, is_propensity=True, seed=seed),
        "plan": evaluate(won, plan, account, is_propensity=False, seed=seed),
        "blend": evaluate(won, blend, account, is_propensity=False, seed=seed),
    }
    folds = split_figures(fitting, recipe, folded, seed, is_propensity=True)
    grades = grades_of(propensity, policy.grades)
    evidence = PromotionEvidence(
        mode="landmarks",
        auc=temporal["model"]["auc"],
        against_champion=None if champion is None else against_champion(champion, fitting, test, propensity, seed),
        against_plan=compare(won, propensity, plan, account, metric=f"lift_at_{100 * top_share(policy.grades):g}", seed=seed),
        **top_lift(won, propensity, account, policy.grades, seed),
        rising=tuple(rising_grades(won, grades, account, seed=seed)),
        split_gap=interval_gap(folds["random"]["auc"], temporal["model"]["auc"]),
    )
    rolling = roll(rows, features, recipe, in_train, policy.horizon_days)
    gate = platt_gate(fitting, folded, test, later, seed)
    figures = {
        "windows": windows(fitting, test),
        "temporal": {name: in_json(each) for name, each in temporal.items()} | {"chance": chance(won)},
        **{name: in_json(each) for name, each in folds.items()},
        "rolling": rolling.origins,
        "rolling_left_out": rolling.left_out,
        "grades": grade_table(won, propensity, grades, account).reset_index().to_dict("records"),
        **slice_figures(test, propensity, propensity, seed),
        "curves": curves(won, {"model": propensity, "plan": plan, "blend": blend}, propensity, account),
        "calibration": gate.to_json(),
        "rank_lift": rank_lift_figures(test, grades, "a model that learnt from earlier windows alone"),
    }
    return Evaluated(recipe.with_platt(gate.slope, gate.intercept), figures, evidence)


def fit_in_time(
    fitting: pd.DataFrame, test: pd.DataFrame, features: Sequence[Feature], policy: TrainingPolicy
) -> tuple[Recipe, np.ndarray, np.ndarray]:
    """The recipe that `fitting` asks for, its log-odds on folds of it, and those on `test`, which is later.

    Without the boosted trees where the whole shines on folds alone.
    """
    won, group = fitting["won"], fitting["group"]
    recipe, folded = choose_recipe(fitting, won, group, features, policy.seed, **searched(policy))
    later = fit_propensity(fitting, won, recipe).logit(test)
    if recipe.use_boosted and flatters(folded, fitting, later, test):
        recipe = recipe.logistic_alone()
        later, folded = fit_propensity(fitting, won, recipe).logit(test), out_of_fold(fitting, won, group, recipe)
    return recipe, folded, later


def platt_gate(fitting: pd.DataFrame, folded: np.ndarray, test: pd.DataFrame, later: np.ndarray, seed: int) -> PlattGate:
    """Platt's correction where that helps on rows it was not fitted on.

    Fitted on out-of-sample log-odds of folds and of later time together. Later time alone would correct the level twice: the
    final fit, which has these rows too, has it already, and one test window's rate of wins is mostly chance.
    """
    rows = pd.concat([fitting[["won", "group"]], test[["won", "group"]]])
    return gated_platt(np.concatenate([folded, later]), rows["won"], rows["group"], seed)


def slice_figures(rows: pd.DataFrame, score: np.ndarray, propensity: np.ndarray | None, seed: int) -> dict[str, Any]:
    """How the model does by region, industry and size, and the worst of these slices."""
    found = slices(rows, rows["won"], score, propensity, rows["account_id"], seed)
    return {"slices": by_attribute(found), "worst_slice": worst(found)}


def on_whole_groups(
    training: TrainingSet, features: Sequence[Feature], champion: Recipe | None, policy: TrainingPolicy
) -> Evaluated:
    """Look-alike mode: the recipe measured on folds that keep groups whole, every figure labelled so."""
    rows, seed = training.rows, policy.seed
    recipe, folded = choose_recipe(rows, rows["won"], rows["group"], features, seed, **searched(policy))
    won, account, plan = rows["won"], rows["account_id"], rows["plan_points"]
    opinions = {"model": folded, "plan": plan, "blend": blended(folded, plan)}
    grouped = {name: evaluate(won, score, account, is_propensity=False, seed=seed) for name, score in opinions.items()}
    folds = split_figures(rows, recipe, folded, seed, is_propensity=False)
    compared = None
    if champion is not None and set(champion.names) <= set(rows.columns):
        other = out_of_fold(rows, won, rows["group"], champion)
        compared = compare(won, folded, other, account, metric="auc", seed=seed, level=LOWER_BOUND)
    figures: dict[str, Any] = {
        "label": "look-alike: won accounts against the house list as of today, no dates; not a forecast",
        "look_alike": {name: in_json(each) for name, each in grouped.items()} | {"chance": chance(won)},
        **{name: in_json(each) for name, each in folds.items()},
        **slice_figures(rows, folded, None, seed),
        "curves": curves(won, opinions, None, account),
    }
    figures["rank_lift"] = rank_lift_figures(rows, grades_of(folded, policy.grades), "folds that keep groups whole, look-alike")
    evidence = PromotionEvidence(
        mode="look-alike",
        auc=grouped["model"]["auc"],
        against_champion=compared,
        **top_lift(won, folded, account, policy.grades, seed),
        split_gap=interval_gap(folds["random"]["auc"], folds["grouped"]["auc"]),
    )
    return Evaluated(recipe, figures, evidence)


def with_prior(
    model: Propensity, evaluated: Evaluated, rows: pd.DataFrame, class_prior: float | None
) -> tuple[Propensity, Evaluated]:
    """Look-alike mode: the model that gives the house list's propensities the class prior as their mean, and what that means."""
    house = model.logit(rows[rows["won"] == 0])
    said = prior_figures(house, evaluated.evidence.auc, class_prior)
    odds = None if class_prior is None else solve_prior_odds(house, class_prior)
    return model.with_prior_odds(odds), replace(evaluated, figures=evaluated.figures | said)


def flatters(folded: np.ndarray, fitting: pd.DataFrame, later: np.ndarray, test: pd.DataFrame) -> bool:
    """Whether scores are so much better on folds of the training window than on later time."""
    return auc(fitting["won"], folded) - auc(test["won"], later) > MOST_BOOSTED_GAP


def split_figures(
    rows: pd.DataFrame, recipe: Recipe, folded: np.ndarray, seed: int, *, is_propensity: bool
) -> dict[str, dict[str, Interval]]:
    """Figures on folds that keep groups whole, and on folds that keep only accounts whole: the flattering ones, for comparison.

    The stack was weighted on the grouped folds themselves, so that their calibration slope is near 1 by construction.
    """
    won, account = rows["won"], rows["account_id"]
    random = out_of_fold(rows, won, pd.factorize(account)[0], recipe)
    return {
        name: evaluate(won, expit(log_odds), account, is_propensity=is_propensity, seed=seed)
        for name, log_odds in (("grouped", folded), ("random", random))
    }


def against_champion(champion: Recipe, fitting: pd.DataFrame, test: pd.DataFrame, propensity: np.ndarray, seed: int) -> Any:
    """AUC minus that of the champion's recipe refitted on the same window; None where its columns are no longer given."""
    if not set(champion.names) <= set(fitting.columns):
        return None
    other = fit_propensity(fitting, fitting["won"], champion).predict(test)
    return compare(test["won"], propensity, other, test["account_id"], metric="auc", seed=seed, level=LOWER_BOUND)


def grades_of(scores: np.ndarray, grades: Any) -> pd.Series:
    """The grades these scores would get with themselves as the reference."""
    reference = Reference.from_population(scores)
    return assign_grades(pd.Series(reference.points(np.asarray(scores))), grade_cuts(grades, reference))


def top_share(grades: Any) -> float:
    """The share of accounts that grade A holds; .15 where cuts are set by points or propensity."""
    return float(grades.shares["A"]) if grades.policy == "shares" else 0.15


def top_lift(won: Any, score: Any, account: Any, grades: Any, seed: int) -> dict[str, Any]:
    """Lift at grade A's share and the most that any ranking could reach there."""
    share = top_share(grades)
    return {
        "top_lift": lift_at_share(won, score, share, account, seed=seed, level=LOWER_BOUND),
        "attainable_lift": attainable_lift(won, share),
    }


def score_cuts(grades: Any, logit: np.ndarray, prior_odds: float | None, mode: str) -> dict[str, float]:
    """The fewest points of A to D. Cuts given as propensities are put on the points scale by the population's propensities."""
    propensities = propensity_of(logit, mode, prior_odds)
    if grades.policy == "propensity" and np.isnan(propensities).all():
        raise Refusal('[grades] policy = "propensity" needs propensities: in look-alike mode give [model] class_prior')
    cuts = grade_cuts(grades, Reference.from_population(propensities))
    return {grade: cuts[grade] for grade in GRADES[:-1]}


def auc(won: pd.Series, score: np.ndarray) -> float:
    """Area under the ROC curve."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(won, score))


def windows(fitting: pd.DataFrame, test: pd.DataFrame) -> dict[str, Any]:
    """Which landmarks were learnt from and which tested on, and how many rows and wins each has."""
    return {
        name: {
            "landmarks": sorted(str(stamp.date()) for stamp in rows["landmark"].unique()),
            "rows": len(rows),
            "wins": int(rows["won"].sum()),
        }
        for name, rows in (("training", fitting), ("test", test))
    }


def in_json(figures: Mapping[str, Interval]) -> dict[str, Any]:
    return {name: figure.to_json() for name, figure in figures.items()}
