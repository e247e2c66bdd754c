"""The logistic regression: an additive model whose numbers enter as piecewise-linear curves and whose categories as levels.

A curve with knots t₁ … t_k is the sum of hat functions times its values at the knots and constant outside them, which is
scikit-learn's SplineTransformer(degree=1, extrapolation="constant") with these knots. The fitted model is therefore exact
as a table: (knots, values, value if missing) per number and a value per level of a category, all in log-odds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from models.folds import group_counts
from models.relevance import Fit, fit_relevance, refit
from models.scorer import INTERACTION, level_codes, logistic_terms, numbers

type Floats = NDArray[np.float64]

EVIDENCE_PER_WIN = 0.7
"""A win counts for less than one independent observation: its landmarks share it, but the others' features repeat as well. Of
.3, .5, .7, 1 and 2 this came closest to the best possible AUC at 110 and at 270 wins; .3 dropped features that matter."""
QUANTILES = (0.02, 0.25, 0.5, 0.75, 0.98)
SPARSE_SHARE = 0.1
INTERACTIONS = (("industry", "log_employees"),)
"""What else the curve of a number depends on: which size suits best differs by industry. Shrunk as a group of its own, it costs
nothing where it tells nothing, and took a fifth off the gap to the best possible AUC at 960 wins."""
MOST_LEVELS = 20
"""Levels of a category that get curves of their own in an interaction, the commonest."""


@dataclass(frozen=True)
class Design:
    """The columns of the regression on the rows it is fitted on.

    Attributes
    ----------
    features
        As encoded, then the interactions; a number also has its `knots`, its `median`, which stands in where it is unknown, and
        `nulls`: whether it has a column that says so.
    matrix
        A row per fitted row, the columns standardised.
    means, scales
        Mean and standard deviation of each column before that.
    group
        Columns of equal number matter together: a curve, the levels of a category, or whether a number is unknown.
    """

    features: tuple[dict[str, Any], ...]
    matrix: Floats
    means: Floats
    scales: Floats
    group: NDArray[np.intp]


def build_design(frame: pd.DataFrame, features: Sequence[dict[str, Any]]) -> Design:
    """Lay the columns out and standardise them. `features` as `models.encoding.fit_encoding` gives them."""
    single = [feature if feature["kind"] == "category" else _with_knots(feature, frame) for feature in features]
    placed = (*single, *_interactions(single, frame))
    widths = [_width(feature) for feature in placed]
    matrix, means, scales = np.empty((len(frame), sum(widths))), np.empty(sum(widths)), np.empty(sum(widths))
    for feature, stop, width in zip(placed, np.cumsum(widths), widths, strict=True):
        columns, to = np.array(list(columns_of(frame, feature))).reshape(width, len(frame)), slice(stop - width, stop)
        means[to], deviations = columns.mean(axis=1), columns.std(axis=1)
        scales[to] = np.where(deviations > 0, deviations, 1.0)
        matrix[:, to] = ((columns - means[to, None]) / scales[to, None]).T
    return Design(placed, matrix, means, scales, _groups(placed))


def standardised(design: Design, frame: pd.DataFrame) -> Floats:
    """Other rows laid out as the design's are."""
    columns = [column for feature in design.features for column in columns_of(frame, feature)]
    return (np.column_stack(columns) - design.means) / design.scales


def knots_of(values: Floats) -> Floats:
    """Where the curve may bend: distinct quantiles of the known values.

    At most two distinct values: these, so that the curve is a line. Non-negative values of which a tenth or more are 0
    (counts, decayed sums): 0 and the quantiles of the positive ones. All unknown: 0 alone.
    """
    known = values[~np.isnan(values)]
    distinct = np.unique(known)
    if len(distinct) <= 2:
        return distinct if len(distinct) else np.zeros(1)
    if distinct[0] == 0 and np.mean(known == 0) >= SPARSE_SHARE:
        return np.unique([0.0, *np.quantile(known[known > 0], QUANTILES[1:], method="inverted_cdf")])
    knots = np.unique(np.quantile(known, QUANTILES, method="inverted_cdf"))
    return knots if len(knots) > 1 else distinct[[0, -1]]


def fit_logistic(
    design: Design, rows: NDArray[np.intp] | slice, won: NDArray[np.integer], weight: Floats, evidence: float
) -> Fit:
    """Fit the standardised columns on some rows of the design; how much each feature matters is learnt (models.relevance).

    `won` and `weight` belong to the chosen rows; `evidence` is what a row of weight 1 counts for, see `evidence_of_a_row`. One
    thread, so that the sums do not depend on how many there are.
    """
    with threadpool_limits(1, user_api="blas"):
        return fit_relevance(design.matrix, design.group, won, evidence * weight, rows)


def refit_logistic(
    design: Design, rows: NDArray[np.intp], won: NDArray[np.integer], weight: Floats, evidence: float, fit: Fit
) -> Fit:
    """The same fit on other rows, each feature mattering as much as it did; quick, as it starts from the first."""
    with threadpool_limits(1, user_api="blas"):
        return refit(fit, design.matrix, won, evidence * weight, rows)


def evidence_of_a_row(won: NDArray[np.integer], group: NDArray[np.integer], evidence_per_win: float = EVIDENCE_PER_WIN) -> float:
    """What each row counts for, so that a group that wins counts for `evidence_per_win`, however many landmarks show its win."""
    winning_rows = int(won.sum())
    return evidence_per_win * group_counts(won, group)[0] / winning_rows if winning_rows else evidence_per_win


def export_logistic(design: Design, fit: Fit) -> tuple[list[dict[str, Any]], float]:
    """The fitted model as model.json holds it: a curve or table per feature, in log-odds, and the intercept."""
    slopes = fit.coefficients / design.scales
    starts = np.cumsum([0, *(_width(feature) for feature in design.features)])
    terms = [
        _exported(feature, slopes[start:stop])
        for feature, start, stop in zip(design.features, starts[:-1], starts[1:], strict=True)
    ]
    return terms, fit.intercept - float((design.means * slopes).sum())


def centre(terms: Sequence[dict[str, Any]], intercept: float, frame: pd.DataFrame) -> tuple[list[dict[str, Any]], float]:
    """The same model with each feature's values centred on their mean over `frame`, the means moved to the intercept.

    A value is then the feature's contribution β(x − μ).
    """
    means = [float(logistic_terms(frame, [term]).mean()) for term in terms]
    return [_shifted(term, -mean) for term, mean in zip(terms, means, strict=True)], intercept + sum(means)


def _groups(features: Sequence[dict[str, Any]]) -> NDArray[np.intp]:
    """The group of each column of the design, from 0."""
    names = [
        (feature["name"], feature.get("nulls", False) and place == _width(feature) - 1)
        for feature in features
        for place in range(_width(feature))
    ]
    return pd.factorize(pd.Index(names, tupleize_cols=False))[0]


def columns_of(frame: pd.DataFrame, feature: dict[str, Any]) -> Iterator[Floats]:
    """The feature's columns: one-hots with others and unknown last; or the curve's functions and whether it is unknown; or, of
    an interaction, the curve's functions within each level."""
    if feature["kind"] == "category":
        codes = level_codes(frame[feature["name"]], feature["levels"])
        yield from ((codes == code).astype(float) for code in range(_width(feature)))
    elif feature["kind"] == INTERACTION:
        within, curves = _within_levels(frame, feature), np.eye(len(feature["knots"]))
        values = numbers(frame[feature["number"]])
        yield from (np.where(part, np.interp(values, feature["knots"], curve), 0.0) for part in within for curve in curves)
    else:
        values = numbers(frame[feature["name"]])
        unknown = np.isnan(values)
        filled = np.where(unknown, feature["median"], values)
        yield from (np.interp(filled, feature["knots"], heights) for heights in _basis(feature["knots"]).T)
        if feature["nulls"]:
            yield unknown.astype(float)


def _interactions(features: Sequence[dict[str, Any]], frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """The declared pairs that are among the features: a curve of the number for each of the category's commonest levels."""
    known = {feature["name"]: feature for feature in features}
    for category, number in INTERACTIONS:
        if category in known and number in known and len(known[number]["knots"]) > 2:
            counts = frame[category].astype("str").value_counts().reindex(known[category]["levels"], fill_value=0)
            common = counts.sort_values(ascending=False, kind="stable").index[:MOST_LEVELS]
            yield {
                "name": f"{category} × {number}",
                "kind": INTERACTION,
                "category": category,
                "number": number,
                "levels": sorted(common),
                "knots": known[number]["knots"],
            }


def _within_levels(frame: pd.DataFrame, feature: dict[str, Any]) -> list[NDArray[np.bool_]]:
    """For each level of an interaction the rows that have it and whose number is known."""
    codes = level_codes(frame[feature["category"]], feature["levels"])
    known = ~np.isnan(numbers(frame[feature["number"]]))
    return [(codes == code) & known for code in range(len(feature["levels"]))]


def _with_knots(feature: dict[str, Any], frame: pd.DataFrame) -> dict[str, Any]:
    values = numbers(frame[feature["name"]])
    unknown = np.isnan(values)
    median = 0.0 if unknown.all() else float(np.median(values[~unknown]))
    return {**feature, "knots": knots_of(values).tolist(), "median": median, "nulls": bool(unknown.any())}


def _basis(knots: Sequence[float]) -> Floats:
    """Values at the knots (rows) of the functions that make up the curve (columns): a hat per knot, a line for two knots.

    All hats, although they sum to 1: under the prior that shrinks a curve to a flat one from both ends.
    """
    return np.eye(len(knots)) if len(knots) > 2 else np.eye(len(knots))[:, 1:]


def _width(feature: dict[str, Any]) -> int:
    if feature["kind"] == "category":
        return len(feature["levels"]) + 2
    if feature["kind"] == INTERACTION:
        return len(feature["levels"]) * len(feature["knots"])
    return int(_basis(feature["knots"]).shape[1] + feature["nulls"])


def _exported(feature: dict[str, Any], slopes: Floats) -> dict[str, Any]:
    """The feature's terms before centring, from the slopes of its unscaled columns."""
    name, kind = feature["name"], feature["kind"]
    if kind == "category":
        *values, other, missing = slopes.tolist()
        return {"name": name, "kind": kind, "levels": feature["levels"], "values": values, "other": other, "missing": missing}
    if kind == INTERACTION:
        return {**feature, "values": slopes.reshape(len(feature["levels"]), -1).tolist(), "missing": 0.0}
    basis = _basis(feature["knots"])
    values = (basis * slopes[: basis.shape[1]]).sum(axis=1)
    missing = float(np.interp(feature["median"], feature["knots"], values)) + (slopes[-1] if feature["nulls"] else 0.0)
    return {"name": name, "kind": kind, "knots": feature["knots"], "values": values.tolist(), "missing": float(missing)}


def _shifted(term: dict[str, Any], by: float) -> dict[str, Any]:
    shifted: dict[str, Any] = {key: term[key] + by for key in ("other", "missing") if key in term}
    return {**term, **shifted, "values": (np.array(term["values"]) + by).tolist()}
