"""What scoring and explaining accounts costs beside LightGBM itself, on the same rows in one run.

    python -m benchmarks.explaining [--rows 300000]

A model of a hundred features, 500 trees of depth three and 32 refits, fitted to made-up accounts; then rows in batches of
100,000, each batch done either way in turn. Prints medians and ranges over the batches in processor seconds, all on one thread,
since scoring shares batches out among processes, and ends with 1 where a bound isn't kept.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from features.build import IntentPolicy
from features.catalog import Vocabulary
from models.grades import Reference
from models.propensity import Propensity, Recipe, fit_propensity
from models.quick_trees import QuickTrees
from models.refits import Refits, fit_refits
from models.scorer import Floats, encode, logistic_terms
from models.served import Served

BATCH_ROWS = 100_000
TRAINED_ON, REFITTED_ON = 30_000, 20_000
NUMBERS, COUNTS, FLAGS, CATEGORIES, LEVELS = 30, 25, 40, 5, 15
TREES = 500
SEED = 7

CLOSE = {"contributions": 1e-5, "refits": 0.0, "propensity": 1e-12}
"""What the two ways may differ by, in log-odds."""
BOUNDS = {"contributions": 1 / 6, "refits": 1 / 6, "propensity": 1.2}
"""Of LightGBM's processor seconds ours may take so much."""


@dataclass(frozen=True)
class Measured:
    """One batch done both ways: processor seconds of each, and the largest difference in log-odds."""

    ours: float
    plain: float
    difference: float


@dataclass(frozen=True)
class Model:
    """A model that serves, and its boosters as LightGBM has them."""

    served: Served
    refits: Refits
    quick: QuickTrees
    booster: lgb.Booster
    boosters: list[lgb.Booster]


def made_up(rows: int, seed: int) -> pd.DataFrame:
    """Accounts with numbers, counts, flags and categories, a fifth of them unknown, and whether they were won."""
    random = np.random.default_rng(seed)
    columns = {f"number {each}": random.lognormal(2, 1.5, rows) for each in range(NUMBERS)}
    columns |= {f"count {each}": random.poisson(0.5 + each / 5, rows).astype(float) for each in range(COUNTS)}
    columns |= {f"flag {each}": (random.random(rows) < 0.2).astype(float) for each in range(FLAGS)}
    numeric = pd.DataFrame(columns)
    numeric = numeric.mask(random.random(numeric.shape) < 0.2)
    levels = np.array([f"level {each}" for each in range(LEVELS)])
    texts = {f"category {each}": levels[random.zipf(1.5, rows) % LEVELS] for each in range(CATEGORIES)}
    known = numeric.fillna(0.0)
    logit = -3.5 + 0.5 * np.log1p(known["number 0"]) + 0.4 * known["count 3"] * known["flag 1"] + 0.8 * known["flag 2"]
    logit += 0.3 * np.log1p(known["number 4"]) * (texts["category 0"] == "level 1")
    won = (random.random(rows) < 1 / (1 + np.exp(-logit))).astype(int)
    return pd.concat([numeric, pd.DataFrame(texts)], axis=1).assign(won=won, group=np.arange(rows))


def fitted() -> Model:
    """The model under test."""
    rows = made_up(TRAINED_ON, SEED)
    kinds = {"number": "numeric", "count": "numeric", "flag": "flag", "category": "category"}
    features = tuple((name, kinds[name.split()[0]]) for name in rows.columns if name not in ("won", "group"))
    recipe = Recipe(features, 0.35, TREES, (0.1, 0.5, 0.5), (1.0, 0.0), use_boosted=True, seed=SEED)
    model = fit_propensity(rows, rows["won"], recipe)
    some = rows.head(REFITTED_ON)
    refits = fit_refits(some, recipe, some, lambda logit: np.quantile(logit, [0.85, 0.65, 0.35, 0.15]).tolist())
    quick = QuickTrees(str(model.booster))
    boosters = [lgb.Booster(model_str=text) for text in refits.boosters]
    return Model(serving(model, recipe, rows), refits, quick, lgb.Booster(model_str=str(model.booster)), boosters)


def serving(model: Propensity, recipe: Recipe, rows: pd.DataFrame) -> Served:
    """The model with the reference that its points are measured on."""
    return Served(
        model=model,
        recipe=recipe,
        reference=Reference.from_population(model.predict(rows)),
        cuts={},
        mode="landmarks",
        prior_odds=None,
        vocabulary=Vocabulary((), (), ()),
        intent_policy=IntentPolicy(),
        folder=Path(),
    )


def timed(act: Callable[[], Floats]) -> tuple[float, Floats]:
    """Processor seconds, and what came of it."""
    began = time.process_time()
    found = act()
    return time.process_time() - began, found


def both_ways(ours: Callable[[], Floats], plain: Callable[[], Floats]) -> Measured:
    """One batch, done by us and by LightGBM."""
    own, found = timed(ours)
    other, expected = timed(plain)
    return Measured(own, other, float(np.abs(found - expected).max()))


def plain_logit(model: Model, matrix: NDArray[np.float32], terms: Floats, weights: Floats) -> Floats:
    """The least that gives a propensity: the trees, a dot product of as many columns, and the weights of the stack."""
    intercept, first, second = model.served.recipe.stack
    raw = np.asarray(model.booster.predict(matrix, raw_score=True, num_threads=1))
    logit: Floats = intercept + first * (terms @ weights) + second * raw
    return logit


def measure(model: Model, batch: pd.DataFrame) -> dict[str, Measured]:
    """Everything on one batch."""
    scorer, booster = model.served.model.scorer, model.booster
    matrix = encode(batch, scorer.features)
    terms = logistic_terms(batch, scorer.features)
    weights = np.ones(terms.shape[1])
    constant = model.served.model.model["logistic_intercept"] * model.served.recipe.stack[1]
    return {
        "contributions": both_ways(
            lambda: model.quick.contributions(matrix, model.quick.predict(matrix)),
            lambda: np.asarray(booster.predict(matrix, pred_contrib=True, num_threads=1))[:, :-1],
        ),
        "refits": both_ways(
            lambda: model.refits.boosted_logit(batch),
            lambda: np.column_stack([each.predict(matrix, raw_score=True, num_threads=1) for each in model.boosters]),
        ),
        "propensity": both_ways(
            lambda: model.served.score(batch)["logit"].to_numpy(),
            lambda: constant + plain_logit(model, matrix, terms, weights),
        ),
    }


def report(found: dict[str, list[Measured]]) -> list[str]:
    """Print a line for each; give a sentence for each bound that isn't kept."""
    print(
        f"{'':<15} {'ours s':>8} {'range s':>13} {'LightGBM s':>11} {'range s':>13} {'ratio':>7} {'bound':>7} {'difference':>11}"
    )
    broken = []
    for name, runs in found.items():
        ratio = statistics.median(run.ours / run.plain for run in runs)
        apart = max(run.difference for run in runs)
        sides = (
            f"{statistics.median(side):>{width}.2f} {span(side):>13}" for side, width in zip(two(runs), (8, 11), strict=True)
        )
        print(f"{name:<15} {' '.join(sides)} {ratio:>7.3f} {BOUNDS[name]:>7.3f} {apart:>11.1e}")
        if ratio > BOUNDS[name]:
            broken.append(f"{name} takes {ratio:.3f} of LightGBM's processor time, at most {BOUNDS[name]:.3f} is wanted")
        if not apart <= CLOSE[name]:
            broken.append(f"{name} differs from LightGBM's by {apart:.1e}, at most {CLOSE[name]:.1e} is wanted")
    return broken


def two(runs: list[Measured]) -> tuple[list[float], list[float]]:
    """Our seconds and LightGBM's."""
    return [run.ours for run in runs], [run.plain for run in runs]


def span(seconds: list[float]) -> str:
    """The least and the most."""
    return f"{min(seconds):.2f}–{max(seconds):.2f}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=300_000)
    given = parser.parse_args()
    model = fitted()
    batches = max(1, given.rows // BATCH_ROWS)
    rows = min(given.rows, BATCH_ROWS)
    print(
        f"{batches} batches of {rows:,} rows, {len(model.served.recipe.names)} features, {TREES} trees, 32 refits\n", flush=True
    )
    found: dict[str, list[Measured]] = {name: [] for name in BOUNDS}
    with threadpool_limits(limits=1):
        measure(model, made_up(rows, SEED))  # so that nothing is read or imported for the first time
        for number in range(batches):
            for name, measured in measure(model, made_up(rows, SEED + 1 + number)).items():
                found[name].append(measured)
    broken = report(found)
    for sentence in broken:
        print(sentence, file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
