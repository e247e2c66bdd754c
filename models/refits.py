"""Bootstrap refits: how the log-odds and the grade of an account would vary had the model learnt from other accounts.

Every refit fits the champion's recipe on groups (accounts, families) drawn with replacement and grades on its own reference
scale, as if it had been the champion. A draw is a weight per row, so that the design and LightGBM's bins are made once.

Three savings, measured on generated populations of 2,000 and 14,000 accounts against refits without them: a draw keeps its
wins and five rows for each of them; the logistic regression keeps what
mattered to the full fit and starts from it; the trees take half the rounds at
twice the rate. Together they widen the sd of the log-odds by a twelfth (2,000 accounts) to a sixth (14,000).
"""

import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import batched, chain, count
from pathlib import Path
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from threadpoolctl import threadpool_limits

from models.blur import chosen_variance, disputed_variance, hidden_variance
from models.boosted import fit_boosted, parameters, reweighted
from models.encoding import fitting_sample
from models.fitting import Fitting, prepare
from models.forest import WORTH_IT, Forest, forest_of
from models.grades import grade_numbers
from models.logistic import columns_of, fit_logistic, refit_logistic, standardised
from models.propensity import MOST_FOLDED_ROWS, Recipe, stacked
from models.relevance import Fit
from models.scorer import INTERACTION, batches, encode

type Floats = NDArray[np.float64]
type Cuts = Callable[[Floats], Sequence[float]]

REFITS = 32
WHOLE_UP_TO = 6_000
NON_WINS_PER_WIN = 5
MOST_ROWS = 30_000
"""A larger draw, one with many wins, is sampled once more: that widens its sd, which is small by then."""
LEARNT_ANEW = 5
"""Draws in which it is chosen anew which features matter: slow, and enough for a mean over thousands of people."""
FASTER = 2
MOST_ROUNDS = 400
MOST_REFERENCE = 10_000
NORMAL = ndtri((np.arange(15) + 0.5) / 15)
"""A normal distribution as fifteen equally likely values."""
COLUMNS = 64
"""Of the logistic regressions' at a time: enough to keep matrix products busy, few enough for memory."""
FILES = ("refits.json", "refits.txt")
SEPARATOR = "=== next refit ===\n"


@dataclass(frozen=True)
class Draw:
    """A bootstrap draw: places among the rows fitted on, and the weight of each."""

    rows: NDArray[np.intp]
    weight: Floats


@dataclass(frozen=True)
class Refits:
    """Refits of one model. `content` is what refits.json holds, `boosters` a LightGBM model each, empty where there is none.

    content: the recipe; `features` as the logistic regressions lay them out, their `slopes` and `intercepts`; the log-odds
    `cuts` of A to D; each a row per refit. `blur`: three variances (see models.blur).
    """

    content: dict[str, Any]
    boosters: tuple[str, ...]

    @property
    def blur(self) -> float:
        """Sd of what the refits can't see, in log-odds."""
        return float(np.sqrt(sum(self.content["blur"].values())))

    def score(self, frame: pd.DataFrame, grades: pd.Series) -> pd.DataFrame:
        """How sure the log-odds and grades of accounts are.

        Parameters
        ----------
        frame : one row per account, the recipe's features as columns.
        grades : the grade that each account has, same index; null where it has none.

        Returns
        -------
        Grain: the rows of `frame`, its index. log_odds_sd: bootstrap sd of the calibrated log-odds. grade_confidence, 0–1: the
        share of refits that give this grade, where each gives every grade with the probability that its log-odds, blurred by
        what refits can't see, fall between its cuts; null without a grade.
        """
        numbers = grade_numbers(grades.reindex(frame.index))
        sd, confidence = np.empty(len(frame)), np.empty(len(frame))
        start = 0
        for batch in batches(frame):
            rows = slice(start, start := start + len(batch))
            logit = self.logit(batch)
            sd[rows] = logit.std(axis=1, ddof=1)
            confidence[rows] = graded_so(logit, numbers[rows], np.array(self.content["cuts"]), self.blur)
        return pd.DataFrame({"log_odds_sd": sd, "grade_confidence": confidence}, index=frame.index)

    def logit(self, frame: pd.DataFrame) -> Floats:
        """Calibrated log-odds: a row per account, a column per refit."""
        recipe = Recipe.from_json(self.content["recipe"])
        return stacked(recipe, self.logistic_logit(frame), self.boosted_logit(frame) if self.boosters else None)

    def logistic_logit(self, frame: pd.DataFrame) -> Floats:
        """Log-odds of the logistic regressions alone."""
        slopes = np.array(self.content["slopes"])
        logit = np.tile(np.array(self.content["intercepts"]), (len(frame), 1))
        columns = chain.from_iterable(columns_of(frame, feature) for feature in self.content["features"])
        for start, some in zip(count(step=COLUMNS), batched(columns, COLUMNS), strict=False):
            logit += np.array(some).T @ slopes[:, start : start + len(some)].T
        return logit

    def boosted_logit(self, frame: pd.DataFrame) -> Floats:
        """Log-odds of the boosted trees alone."""
        matrix = encode(frame, [feature for feature in self.content["features"] if feature["kind"] != INTERACTION])
        if len(matrix) >= WORTH_IT and self._forest is not None:
            return self._forest.predict(matrix)
        threads = os.cpu_count()
        return np.column_stack([model.predict(matrix, raw_score=True, num_threads=threads) for model in self._models])

    @cached_property
    def _models(self) -> list[lgb.Booster]:
        return [lgb.Booster(model_str=text) for text in self.boosters]

    @cached_property
    def _forest(self) -> Forest | None:
        return forest_of(self.boosters)

    def save(self, folder: Path) -> None:
        """Write refits.json and refits.txt, the LightGBM models one after the other. Equal refits give equal bytes."""
        folder.mkdir(parents=True, exist_ok=True)
        values, trees = (folder / name for name in FILES)
        values.write_text(json.dumps(self.content, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
        trees.write_text(SEPARATOR.join(self.boosters), encoding="utf-8")


def load_refits(folder: Path) -> Refits | None:
    """Read what `Refits.save` wrote; None for a model that was trained without refits."""
    values, trees = (folder / name for name in FILES)
    if not values.exists():
        return None
    text = trees.read_text(encoding="utf-8")
    return Refits(json.loads(values.read_text(encoding="utf-8")), tuple(text.split(SEPARATOR)) if text else ())


@threadpool_limits.wrap(limits=1, user_api="blas")
def fit_refits(rows: pd.DataFrame, recipe: Recipe, population: pd.DataFrame, cuts: Cuts, count: int = REFITS) -> Refits:
    """Refit the recipe on bootstrap draws.

    Parameters
    ----------
    rows
        What the model was fitted on, one row per account and landmark: `won` (0 or 1), `group` (drawn whole), the features.
    recipe
        How it was fitted; regularisation, rounds, stack and correction are kept.
    population
        The reference population, one row per account; at most 10,000 of them are drawn for the refits' scales.
    cuts
        The log-odds from which a population with the log-odds given is graded A, B, C and D.
    count
        Number of refits, two at least.
    """
    won = rows["won"].to_numpy(dtype=int)
    fitting = prepare(rows, won, recipe.features, recipe.seed, recipe.boosting, MOST_FOLDED_ROWS)
    people = some(population, recipe.seed)
    start = fit_logistic(fitting.design, slice(None), won[fitting.rows], fitting.weight, recipe.evidence)
    groups = pd.factorize(rows["group"])[0]
    fits, boosters = fit_draws(fitting, groups, recipe, start, count)
    unscaled = Refits(content(fitting, recipe, fits), tuple(boosters))
    logistic, boosted = unscaled.logistic_logit(people), unscaled.boosted_logit(people) if boosters else None
    placed = standardised(fitting.design, people)
    learnt = learn_anew(fitting, groups, recipe, placed, min(LEARNT_ANEW, count))
    blurred = replace_content(unscaled, blur=blur_variances(fitting, recipe, start, placed, logistic, learnt, boosted))
    return replace_content(blurred, cuts=scale_cuts(stacked(recipe, logistic, boosted), blurred.blur, cuts))


def replace_content(refits: Refits, **found: Any) -> Refits:
    """The same refits with more of refits.json known."""
    return replace(refits, content={**refits.content, **found})


def fit_draws(fitting: Fitting, groups: NDArray[np.intp], recipe: Recipe, start: Fit, count: int) -> tuple[list[Fit], list[str]]:
    """Coefficients and intercept of each draw's logistic regression, and its boosted trees as text."""
    design, dataset = fitting.design, fitting.dataset if recipe.use_boosted else None
    won = fitting.won[fitting.rows]
    rounds = max(1, min(round(recipe.boosting_rounds / FASTER), MOST_ROUNDS))
    rate = parameters(recipe.boosting, recipe.seed)["learning_rate"] * recipe.boosting_rounds / rounds
    changes = (*(each for each in recipe.boosting if each[0] != "learning_rate"), ("learning_rate", rate))

    def fit(number: int) -> tuple[Fit, str | None]:
        drawn = draw(groups[fitting.rows], int(groups.max()) + 1, won, fitting.weight, [recipe.seed, number])
        logistic = refit_logistic(design, drawn.rows, won[drawn.rows], drawn.weight, recipe.evidence, start)
        if dataset is None:
            return logistic, None
        trees = fit_boosted(reweighted(dataset, drawn.rows, drawn.weight), rounds, recipe.seed + number, changes)
        return logistic, trees.model_to_string()

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        fitted = list(pool.map(fit, range(count)))
    return [logistic for logistic, _ in fitted], [trees for _, trees in fitted if trees is not None]


def draw(group: NDArray[np.intp], groups: int, won: NDArray[np.integer], weight: Floats, seed: Sequence[int]) -> Draw:
    """Draw as many groups as there are, with replacement; a row weighs as often as its group was drawn.

    Of a large draw all wins are kept and, by weight, some rows for all without one. Draws without a win, or with nothing
    else, are drawn again.
    """
    random = np.random.default_rng(seed)
    while True:
        times = np.bincount(random.integers(0, groups, groups), minlength=groups)[group]
        drawn = np.flatnonzero(times)
        if 0 < won[drawn].sum() < len(drawn):
            break
    kept, factor = fitting_sample(won[drawn], [*seed, 1], WHOLE_UP_TO, NON_WINS_PER_WIN)
    if len(kept) > MOST_ROWS:
        few = np.sort(random.choice(len(kept), size=MOST_ROWS, replace=False))
        kept, factor = kept[few], factor[few] * len(kept) / MOST_ROWS
    rows = drawn[kept]
    return Draw(rows, weight[rows] * times[rows] * factor)


def content(fitting: Fitting, recipe: Recipe, fits: Sequence[Fit]) -> dict[str, Any]:
    """refits.json without cuts and blur: the logistic regressions on columns as they are, not standardised."""
    design = fitting.design
    slopes = np.array([fit.coefficients for fit in fits]) / design.scales
    intercepts = np.array([fit.intercept for fit in fits]) - slopes @ design.means
    return {
        "recipe": recipe.to_json(),
        "features": list(design.features),
        "slopes": slopes.tolist(),
        "intercepts": intercepts.tolist(),
    }


def blur_variances(
    fitting: Fitting, recipe: Recipe, start: Fit, placed: Floats, logistic: Floats, learnt: Floats, boosted: Floats | None
) -> dict[str, float]:
    """What refits can't see, as variances of the calibrated log-odds (models.blur). `placed`: people as the design has them."""
    _, first, second = recipe.stack
    slope, _ = recipe.platt
    hidden = hidden_variance(fitting.design, recipe.evidence * fitting.weight, start, placed, logistic)
    chosen = (slope * first) ** 2 * chosen_variance(learnt, logistic[:, : learnt.shape[1]])
    disputed = 0.0 if boosted is None else disputed_variance(logistic, boosted, (slope * first, slope * second))
    return {"hidden": hidden, "chosen": chosen, "disputed": disputed}


def learn_anew(fitting: Fitting, groups: NDArray[np.intp], recipe: Recipe, placed: Floats, count: int) -> Floats:
    """Log-odds of people (rows laid out as the design's) by logistic regressions that choose anew what matters, one per draw."""
    won = fitting.won[fitting.rows]

    def learn(number: int) -> Floats:
        drawn = draw(groups[fitting.rows], int(groups.max()) + 1, won, fitting.weight, [recipe.seed, number])
        fit = fit_logistic(fitting.design, drawn.rows, won[drawn.rows], drawn.weight, recipe.evidence)
        logit: Floats = placed @ fit.coefficients + fit.intercept
        return logit

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return np.column_stack(list(pool.map(learn, range(count))))


def scale_cuts(logit: Floats, blur: float, cuts: Cuts) -> list[list[float]]:
    """The log-odds from which each refit (a row) gives A to D, on its own scale of the reference population.

    `logit` has a column per refit. The population is blurred as an account is: the grades' shares stay what they are.
    """
    return [list(cuts((refit[:, None] + blur * NORMAL).ravel())) for refit in logit.T]


def graded_so(logit: Floats, numbers: Floats, cuts: Floats, blur: float) -> Floats:
    """Mean over refits (columns of `logit`, rows of `cuts`) of the probability of each row's grade, A = 4 … F = 0."""
    known = ~np.isnan(numbers)
    level = np.nan_to_num(numbers).astype(int)
    bounds = np.pad(cuts[:, ::-1], ((0, 0), (1, 1)), constant_values=((0, 0), (-np.inf, np.inf)))
    low, high = bounds[:, level].T, bounds[:, level + 1].T
    inside = ndtr((high - logit) / blur) - ndtr((low - logit) / blur) if blur > 0 else (logit >= low) & (logit < high)
    return np.where(known, inside.mean(axis=1), np.nan)


def some(population: pd.DataFrame, seed: int) -> pd.DataFrame:
    """At most 10,000 rows, drawn by seed, in order."""
    if len(population) <= MOST_REFERENCE:
        return population
    chosen = np.random.default_rng(seed).choice(len(population), size=MOST_REFERENCE, replace=False)
    return population.iloc[np.sort(chosen)]
