"""What fitting the served model costs beside bare LightGBM and scikit-learn's logistic regression on the same rows.

    python -m benchmarks.train [--rows 1000000] [--repeats 3] [--whole]

Both are given the same rows and end with boosted trees of the same parameters and rounds and with a logistic regression.

Bare: one LightGBM on all rows with all cores, and one LogisticRegression on medians, flags for nulls, standardised numbers and
one-hots. How many rounds to take it is told; it has no calibration. Lastword finds the rounds, the weights of both models and
whether to calibrate on three folds (on 200,000 rows at most), then fits both on all rows: of those without a win as many as
inform (`models.encoding.fitting_sample`), the logistic regression on 300,000 at most. That is the ratio that has a bound, 1.5
at 1,000,000 rows; the fits alone are set beside it. Left out is what says how good the model is and how sure a grade: the
leakage gate, the evaluation on later time, at past origins and on folds of accounts, the champion refitted, and the bootstrap
refits. --whole measures these too, once, as `lastword train` does them. The rows are those of a generated population's landmarks,
repeated as other accounts with their numbers jittered.
"""

import argparse
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import lightgbm as lgb
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from features.catalog import Feature
from lastword.learning import training_policy
from models.boosted import parameters
from models.calibration import gated_platt
from models.landmarks import TrainingSet
from models.propensity import Propensity, Recipe, choose_recipe, fit_propensity
from models.training import informative, train
from tests.truth.market import Market, make_market

ACCOUNTS, SEED, JITTER = 14_000, 7, 0.05


@dataclass(frozen=True)
class Taken:
    """Seconds by the clock and of the processors."""

    seconds: float
    processor_seconds: float


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--whole", action="store_true", help="also train with everything that is measured of a model")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        market = make_market(Path(folder), ACCOUNTS, SEED)
        training = repeated(market.training, given.rows)
        features = informative(training.rows, [each for each in training.features if each.known != "after_win"])
        wins = int(training.rows["won"].sum())
        print(f"{len(training.rows):,} at-risk rows, {wins:,} wins, {len(features)} features, {os.cpu_count()} cores", flush=True)
        report(in_turn(training.rows, features, given.repeats))
        if given.whole:
            report_whole(market, training)
    print(f"\nat most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


def repeated(training: TrainingSet, count: int) -> TrainingSet:
    """So many rows: every row again as that of another account of its group, its numbers jittered by some percent.

    Copies stay in one fold, else a booster would be tested on what it had seen, and never stop.
    """
    numbers = [feature.name for feature in training.features if feature.kind == "numeric"]
    random, copies = np.random.default_rng(SEED), []
    for number in range(-(-count // len(training.rows))):
        copy = training.rows.assign(account_id=training.rows["account_id"] + f"-{number}")
        if number:
            copy[numbers] = copy[numbers] * random.normal(1, JITTER, (len(copy), len(numbers)))
        copies.append(copy)
    rows = pd.concat(copies, ignore_index=True).head(count)
    return replace(training, rows=rows, winners=int(rows.loc[rows["won"] == 1, "account_id"].nunique()))


def in_turn(rows: pd.DataFrame, features: Sequence[Feature], repeats: int) -> dict[str, list[Taken]]:
    """Both, one after the other in each round, so that a busy machine slows both."""
    taken: dict[str, list[Taken]] = {name: [] for name in ("recipe", "final fit", "LightGBM", "logistic regression")}
    for _ in range(repeats):
        recipe = timed(taken["recipe"], partial(found, rows, features))
        for name, fit in (("final fit", fitted), ("LightGBM", bare_lightgbm), ("logistic regression", bare_logistic)):
            timed(taken[name], partial(fit, rows, recipe))
    return taken


def found(rows: pd.DataFrame, features: Sequence[Feature]) -> Recipe:
    """The recipe, calibrated where that helps."""
    recipe, log_odds = choose_recipe(rows, rows["won"], rows["group"], features, SEED)
    gate = gated_platt(log_odds, rows["won"], rows["group"], SEED)
    return recipe.with_platt(gate.slope, gate.intercept)


def timed[T](kept: list[Taken], work: Callable[[], T]) -> T:
    """The work's result; what it took is kept."""
    began, used = time.perf_counter(), time.process_time()
    result = work()
    kept.append(Taken(time.perf_counter() - began, time.process_time() - used))
    return result


def fitted(rows: pd.DataFrame, recipe: Recipe) -> Propensity:
    return fit_propensity(rows, rows["won"], recipe)


def bare_lightgbm(rows: pd.DataFrame, recipe: Recipe) -> lgb.Booster:
    """One booster on all rows, with the recipe's parameters and rounds and all cores; categories as codes."""
    columns = [
        pd.factorize(rows[name])[0] if kind == "category" else rows[name].to_numpy(float) for name, kind in recipe.features
    ]
    asked = parameters(recipe.boosting, recipe.seed) | {"num_threads": os.cpu_count()}
    data = lgb.Dataset(np.column_stack(columns).astype(np.float32), rows["won"].to_numpy())
    return lgb.train(asked, data, num_boost_round=recipe.boosting_rounds)


def bare_logistic(rows: pd.DataFrame, recipe: Recipe) -> Any:
    """scikit-learn's with its default C."""
    numbers = [name for name, kind in recipe.features if kind != "category"]
    categories = [name for name, kind in recipe.features if kind == "category"]
    design = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler()), numbers),
        (OneHotEncoder(min_frequency=20, handle_unknown="ignore"), categories),
    )
    known = rows[list(recipe.names)].fillna(dict.fromkeys(categories, "(unknown)"))
    return make_pipeline(design, LogisticRegression(max_iter=1_000)).fit(known, rows["won"])


def report(taken: dict[str, list[Taken]]) -> None:
    """A line for each, then the ratio of both together: the median of the rounds."""
    print(f"\n{'':<22}{'median s':>10}{'processor s':>13}")
    for name, times in taken.items():
        wall, used = (statistics.median(getattr(each, kind) for each in times) for kind in ("seconds", "processor_seconds"))
        print(f"{name:<22}{wall:>10.1f}{used:>13.1f}")
    for kind, said in (("processor_seconds", "processor time"), ("seconds", "time by the clock")):
        rounds = [[getattr(each, kind) for each in one] for one in zip(*taken.values(), strict=True)]
        ratios = [(recipe + final) / (trees + logistic) for recipe, final, trees, logistic in rounds]
        alone = [final / (trees + logistic) for _, final, trees, logistic in rounds]
        print(
            f"Lastword takes {statistics.median(ratios):.2f} × the {said} of bare LightGBM and logistic regression "
            f"({min(ratios):.2f}–{max(ratios):.2f}), its final fit alone {statistics.median(alone):.2f} ×"
        )


def report_whole(market: Market, training: TrainingSet) -> None:
    """All of a training, and its refits."""
    policy, kept = training_policy(market.run), list[Taken]()
    trained = timed(kept, lambda: train(training, market.population, None, policy))
    timed(kept, lambda: trained.with_refits(training, market.population, policy))
    for name, each in zip(("gate, fits, evaluation", "refits"), kept, strict=True):
        print(f"{name:<22}{each.seconds:>10.1f}{each.processor_seconds:>13.1f}")


if __name__ == "__main__":
    main()
