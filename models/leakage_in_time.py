"""What the leakage gate asks of time: does the date tell the outcome, is today like the past, do signals come just at the sale.

Each rule warns and stops nothing. A figure counts where its 99.9 % bound, by account, says more than chance does: win rates
that go up and down between landmarks, or a signal that fades as signals do, are no finding.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from models.boosted import bin_matrix, fit_folds
from models.clustered_auc import ClusteredAuc, Floats, clustered_auc
from models.encoding import fit_encoding
from models.findings import Finding
from models.scorer import encode

type Codes = NDArray[np.intp]

CONFIDENCE = 0.999
FOLDS = 5
DATE_AUC = 0.55
POPULATION_AUC = 0.70
LAG_DAYS = 30
LAG_LOSS = 0.10
LEAST_WINNERS = 10
"""Distinct winners; with fewer nothing is said about a lag."""

ROUNDS = 100
MOST_GROUPS = 10_000
"""So many, drawn by seed, tell training from today as well as all would."""

CLOCK_SHARE = 0.9
"""A number that grew by the same amount for so many accounts counts calendar time."""

NAMED = 3
"""Features that the finding on training against scoring names."""


def judge_time(
    rows: pd.DataFrame, population: pd.DataFrame, lagged: pd.DataFrame | None, features: Sequence[Any], seed: int
) -> tuple[Finding, ...]:
    """What all three rules find; see each for its tables. Without `lagged` the lag isn't looked at."""
    lost = [] if lagged is None else judge_lag(rows, lagged, features)
    return (*judge_dates(rows), *judge_population(rows, population, features, seed), *lost)


def judge_dates(rows: pd.DataFrame) -> list[Finding]:
    """Whether the landmark date alone ranks the winning rows: one finding, or none.

    `rows` has landmark, won and group. Each row's score is the win rate of its landmark among the accounts of other folds, so
    that a rate which differs by chance ranks nothing.
    """
    codes, dates = pd.factorize(rows["landmark"], sort=True)
    group = pd.factorize(rows["group"])[0]
    won = rows["won"].to_numpy() == 1
    if len(dates) < 2 or not won.any() or won.all():
        return []
    found = by_win_rate(codes, won, group)
    if not (found.auc > DATE_AUC and lower_bound(found) > 0.5):
        return []
    rate = pd.Series(won).groupby(codes).mean()
    low, high = int(rate.idxmin()), int(rate.idxmax())
    said = (
        f"the as-of date alone ranks the winners with an AUC of {found.auc:.2f}: {rate[high]:.1%} of the rows of "
        f"{dates[high].date()} win, {rate[low]:.1%} of those of {dates[low].date()}"
    )
    return [Finding("landmark", "landmark date", found.auc, DATE_AUC, said)]


def by_win_rate(codes: Codes, won: NDArray[np.bool_], group: Codes) -> ClusteredAuc:
    """The AUC of levels ranked by their win rate in other folds, within each fold, the folds weighted by their pairs."""
    groups, levels = int(group.max()) + 1, int(codes.max()) + 1
    fold = np.random.default_rng(0).permutation(groups)[group] % FOLDS
    wins = np.bincount(codes * FOLDS + fold, weights=won, minlength=levels * FOLDS).reshape(levels, FOLDS)
    total = np.bincount(codes * FOLDS + fold, minlength=levels * FOLDS).reshape(levels, FOLDS)
    rate = (wins.sum(axis=1, keepdims=True) - wins + 1) / (total.sum(axis=1, keepdims=True) - total + 1 / won.mean())
    pairs = wins.sum(axis=0) * (total - wins).sum(axis=0)
    if not pairs.any():
        return ClusteredAuc(np.nan, np.full(groups, np.nan))
    weight = pairs / pairs.sum()
    parts = [clustered_auc(rate[codes[fold == k], k], won[fold == k], group[fold == k], groups) for k in np.flatnonzero(pairs)]
    shares = weight[pairs > 0]
    auc = float(sum(share * part.auc for share, part in zip(shares, parts, strict=True)))
    return ClusteredAuc(auc, np.sum([share * part.influence for share, part in zip(shares, parts, strict=True)], axis=0))


def judge_population(rows: pd.DataFrame, population: pd.DataFrame, features: Sequence[Any], seed: int) -> list[Finding]:
    """Whether a model can tell the newest landmark's rows from today's population, and by which features.

    Parameters
    ----------
    rows : account_id, landmark, group and a column per feature.
    population : a row per account to be scored: account_id (a column or the index) and a column per feature.
    features : those to look at.

    Notes
    -----
    The same accounts are on both sides, so that what never changes tells nothing; folds keep an account's two rows together. A
    number that grows by the same amount for all, like an age, is set back by it: that time has passed is no finding.
    """
    then, now, group = both_sides(rows, population, seed)
    if not len(then) or not len(now):
        return []
    now = without_clocks(then, now, features)
    both = pd.concat([then, now], ignore_index=True)
    today = np.arange(len(both)) >= len(then)
    alone = {feature.name: alone_apart(both[feature.name], feature.kind, today, group) for feature in features}
    most = sorted(alone, key=lambda name: -alone[name].auc)
    told = told_apart(both, today, group, features, seed)
    said = f"a model tells today's accounts from the newest training rows with an AUC of {told.auc:.2f}, most by "
    said += ", ".join(f'"{name}" ({alone[name].auc:.2f})' for name in most[:NAMED])
    found = [_apart("all features", told, said)] if _is_apart(told) else []
    return found + [_apart(name, alone[name], _moved(both[name], today, alone[name])) for name in most if _is_apart(alone[name])]


def both_sides(rows: pd.DataFrame, population: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, pd.DataFrame, Codes]:
    """The newest landmark's rows and today's, of at most MOST_GROUPS groups, and the group of each row of both together."""
    then = rows[rows["landmark"] == rows["landmark"].max()]
    now = population if "account_id" in population else population.reset_index(names="account_id")
    group_of = rows.drop_duplicates("account_id").set_index("account_id")["group"]
    newcomers = pd.Series(now["account_id"]).where(~now["account_id"].isin(group_of.index))
    named = [then["group"], now["account_id"].map(group_of).where(newcomers.isna(), newcomers)]
    codes, labels = pd.factorize(pd.concat(named, ignore_index=True).astype(str))
    chosen = np.random.default_rng(seed).permutation(len(labels))[codes] < MOST_GROUPS
    return then[chosen[: len(then)]], now[chosen[len(then) :]], pd.factorize(codes[chosen])[0]


def without_clocks(then: pd.DataFrame, now: pd.DataFrame, features: Sequence[Any]) -> pd.DataFrame:
    """Today's rows with every number set back that has grown by one amount for nearly all accounts."""
    before = then.drop_duplicates("account_id").set_index("account_id")
    set_back = {}
    for feature in features:
        if feature.kind == "numeric":
            grown = now[feature.name].to_numpy(float) - before[feature.name].reindex(now["account_id"]).to_numpy(float)
            known = grown[~np.isnan(grown)]
            step = np.median(known) if len(known) else 0.0
            if step != 0 and np.isclose(known, step, rtol=0, atol=1e-6 * max(1.0, abs(step))).mean() >= CLOCK_SHARE:
                set_back[feature.name] = now[feature.name] - step
    return now.assign(**set_back)


def told_apart(both: pd.DataFrame, today: NDArray[np.bool_], group: Codes, features: Sequence[Any], seed: int) -> ClusteredAuc:
    """How well boosted trees tell the rows of today, out of fold, the folds keeping groups whole."""
    pairs = [(feature.name, feature.kind) for feature in features]
    matrix = encode(both, fit_encoding(both, pairs))
    groups = int(group.max()) + 1
    fold = np.random.default_rng(seed).permutation(groups)[group] % 2
    dataset = bin_matrix(matrix, today.astype(int), np.ones(len(both)), seed)
    parts = []
    for number, booster in enumerate(fit_folds(dataset, fold, ROUNDS, seed)):
        score = np.asarray(booster.predict(matrix[fold == number]), dtype=float)
        parts.append(clustered_auc(score, today[fold == number], group[fold == number], groups))
    return ClusteredAuc(float(np.mean([part.auc for part in parts])), np.mean([part.influence for part in parts], axis=0))


def alone_apart(values: pd.Series, kind: str, today: NDArray[np.bool_], group: Codes) -> ClusteredAuc:
    """How well one feature tells the rows of today: by its own order, either way, or by the level's share of today."""
    if kind == "category":
        return by_win_rate(pd.factorize(values, use_na_sentinel=False)[0], today, group)
    return max(both_orders(values.to_numpy(float), today, group), key=lambda each: each.auc)


def judge_lag(rows: pd.DataFrame, lagged: pd.DataFrame, features: Sequence[Any]) -> list[Finding]:
    """Features that rank winners much worse when they are computed LAG_DAYS earlier, for the same accounts and wins.

    Parameters
    ----------
    rows : account_id, landmark, won and a column per feature.
    lagged : the rows of the newest landmarks again: account_id, landmark, won_soon (1: its first win falls in the LAG_DAYS from
        the landmark) and a column per number that moves with the as-of date, as of landmark − LAG_DAYS.
    features : those to look at where `lagged` has them.

    Notes
    -----
    Two sets of winners are asked: those of the whole horizon, and those of the LAG_DAYS from the landmark, where dates that are
    written at the sale show most. A true signal fades too, so it is the bound of the loss that has to pass the limit.
    """
    key = ["account_id", "landmark"]
    earlier = lagged.set_index(key)
    now = rows[rows["landmark"].isin(lagged["landmark"].unique())].set_index(key)
    earlier = earlier.reindex(now.index)
    account = pd.factorize(now.index.get_level_values("account_id"))[0]
    won, soon = now["won"].to_numpy() == 1, earlier["won_soon"].to_numpy() == 1
    sides = [(won, np.full(len(now), True)), (soon, soon | ~won)]
    asked = [(winners, among) for winners, among in sides if len(np.unique(account[winners])) >= LEAST_WINNERS]
    found = []
    for feature in features:
        if feature.name in earlier:
            values = now[feature.name].to_numpy(float), earlier[feature.name].to_numpy(float)
            losses = [loss_of_auc(*values, winners, among, account) for winners, among in asked]
            beyond = [each for each in losses if lower_bound(each[1]) > LAG_LOSS]
            found += [_lost(feature.name, *max(beyond, key=lambda each: each[1].auc))] if beyond else []
    return found


def loss_of_auc(
    values: Floats, earlier: Floats, winners: NDArray[np.bool_], among: NDArray[np.bool_], account: Codes
) -> tuple[float, ClusteredAuc]:
    """The AUC of a feature now, in the order that ranks best, and how much of it the earlier values lack in theirs."""
    now, then = (
        max(both_orders(each[among], winners[among], account[among]), key=lambda order: order.auc) for each in (values, earlier)
    )
    return now.auc, now.minus(then)


def both_orders(values: Floats, positive: NDArray[np.bool_], cluster: Codes) -> list[ClusteredAuc]:
    """The AUC of the values rising and falling, null once below all others and once above."""
    clusters, null = int(cluster.max()) + 1, np.isnan(values)
    ends = (-np.inf, np.inf) if null.any() else (0.0,)
    rising = [clustered_auc(np.where(null, end, values), positive, cluster, clusters) for end in ends]
    return [*rising, *(ClusteredAuc(1 - each.auc, -each.influence) for each in rising)]


def lower_bound(found: ClusteredAuc) -> float:
    """The one-sided lower bound at CONFIDENCE."""
    return found.auc - float(norm.ppf(CONFIDENCE)) * found.error


def _is_apart(found: ClusteredAuc) -> bool:
    return found.auc > POPULATION_AUC and lower_bound(found) > 0.5


def _apart(column: str, found: ClusteredAuc, said: str) -> Finding:
    return Finding(column, "training against scoring", found.auc, POPULATION_AUC, said)


def _moved(values: pd.Series, today: NDArray[np.bool_], found: ClusteredAuc) -> str:
    said = (
        f'column "{values.name}": alone it tells today\'s accounts from the newest training rows with an AUC of {found.auc:.2f}'
    )
    if not pd.api.types.is_numeric_dtype(values):
        return said
    then, now = (values[side].mean() for side in (~today, today))
    empty = " and ".join(f"{values[side].isna().mean():.0%}" for side in (~today, today))
    return f"{said} (mean {then:.3g} then, {now:.3g} now; empty {empty})"


def _lost(column: str, auc: float, loss: ClusteredAuc) -> Finding:
    said = f"computed {LAG_DAYS} days earlier it ranks the winners with an AUC of {auc - loss.auc:.2f} instead of {auc:.2f}"
    return Finding(column, "loses when lagged", loss.auc, LAG_LOSS, f'column "{column}": {said}')
