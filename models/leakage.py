"""The gate that looks for columns which know the future.

A column is blocked where its figure passes the blocking limit and the 99.9 % bound of that figure passes the limit of the
warning: a small sample blocks no clean column by chance. Evidence is counted in accounts that win, not in rows: one win
shows in the rows of many landmarks.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import gammaincinv
from scipy.stats import norm

from models.findings import Finding, LeakageReport

CONFIDENCE = 0.999
FOLDS = 5
MOST_CATEGORIES = 200
MOST_IDENTICAL = 0.98
BLOCKED_AUC, WARNED_AUC = 0.90, 0.80
BLOCKED_NULL_LIFT, SPARSE_NULL_LIFT, WARNED_NULL_LIFT, HIGH_NULL_LIFT = 0.3, 0.6, 0.7, 1.2
SPARSE_NULL_SHARE, SPARSE_POPULATED_LIFT = 0.80, 1.5


@dataclass(frozen=True)
class _Evidence:
    """One column against the outcome. `wins` has each winning account's single win shared among its winning rows."""

    values: pd.Series
    kind: str
    known: str
    won: np.ndarray
    wins: np.ndarray
    fold: np.ndarray


def examine(
    rows: pd.DataFrame,
    won: Any,
    features: Sequence[Any],
    waivers: Mapping[str, str],
    product_names: Sequence[str],
    cluster: Any = None,
) -> LeakageReport:
    """Judge every feature of the training rows.

    Parameters
    ----------
    rows : one row per account and landmark, one column per feature; further columns are not looked at.
    won : 0 or 1 per row.
    features : what the catalog says of each column: name, family, kind (numeric, category, flag), known
        (as_of, always, after_win). A feature without a column is judged by its name and `known` alone.
    waivers : column → the reason why it is let through although it would be blocked.
    product_names : technologies and topics that name one of these know the sale.
    cluster : the account of each row; None where every row is an account of its own.
    """
    outcome = np.asarray(won, dtype=float)
    accounts = pd.factorize(np.arange(len(outcome)) if cluster is None else np.asarray(cluster), sort=True)[0]
    wins, fold = _wins_per_account(outcome, accounts), _folds(accounts)
    blocked, warned, excluded = [], [], []
    for feature in features:
        if feature.known == "after_win":
            excluded.append(_excluded(feature.name))
            continue
        blocked += _names_product(feature, product_names)
        if feature.name in rows:
            evidence = _Evidence(rows[feature.name], feature.kind, feature.known, outcome, wins, fold)
            found = _judge(evidence)
            blocked += [finding for finding, blocks in found if blocks]
            warned += [finding for finding, blocks in found if not blocks]
    waived = [replace(each, message=_waived(each, waivers[each.column])) for each in blocked if each.column in waivers]
    stopping = [each for each in blocked if each.column not in waivers]
    warned += _unneeded(waivers, features, {finding.column for finding in blocked})
    return LeakageReport(tuple(stopping), tuple(warned), tuple(excluded), tuple(waived))


def _judge(evidence: _Evidence) -> list[tuple[Finding, bool]]:
    """Findings on one column, each with whether it blocks."""
    return [*_judge_null_lift(evidence), *_judge_auc(evidence), *_judge_shape(evidence)]


def _judge_null_lift(evidence: _Evidence) -> list[tuple[Finding, bool]]:
    null = evidence.values.isna().to_numpy()
    share, wins = float(null.mean()) if len(null) else 0.0, evidence.wins.sum()
    if not 0 < share < 1 or wins == 0:
        return []
    overall = evidence.won.mean()
    lift, populated = evidence.won[null].mean() / overall, evidence.won[~null].mean() / overall
    expected = share * wins
    lowest, highest = (bound / expected for bound in _poisson_bounds(evidence.wins[null].sum()))
    column = str(evidence.values.name)
    if evidence.known == "always" and highest < WARNED_NULL_LIFT:
        said = f"accounts without it win {lift:.2f} times as often as all"
        if lift < BLOCKED_NULL_LIFT:
            return [(_blocking(column, "null lift", lift, BLOCKED_NULL_LIFT, said), True)]
        if share >= SPARSE_NULL_SHARE and lift < SPARSE_NULL_LIFT and populated > SPARSE_POPULATED_LIFT:
            said = f"{said}, those with it {populated:.2f} times, and {share:.0%} are empty"
            return [(_blocking(column, "populated lift", populated, SPARSE_POPULATED_LIFT, said), True)]
    for limit, beyond in (
        (WARNED_NULL_LIFT, lift < WARNED_NULL_LIFT and highest < 1),
        (HIGH_NULL_LIFT, lift > HIGH_NULL_LIFT and lowest > 1),
    ):
        if beyond:
            message = f'column "{column}": accounts without it win {lift:.2f} times as often as all ({share:.0%} are empty)'
            return [(Finding(column, "null lift", float(lift), limit, message), False)]
    return []


def _judge_auc(evidence: _Evidence) -> list[tuple[Finding, bool]]:
    figure = _single_feature_auc(evidence)
    if not figure >= WARNED_AUC:
        return []
    column = str(evidence.values.name)
    accounts_lost = (evidence.won == 0).sum() * evidence.wins.sum() / evidence.won.sum()
    error = _auc_error(figure, evidence.wins.sum(), accounts_lost)
    said = f"alone it ranks the winners with an AUC of {figure:.2f}"
    if figure >= BLOCKED_AUC and figure - norm.ppf(CONFIDENCE) * error >= WARNED_AUC:
        return [(_blocking(column, "single-feature AUC", figure, BLOCKED_AUC, said), True)]
    return [(Finding(column, "single-feature AUC", figure, WARNED_AUC, f'column "{column}": {said}'), False)]


def _judge_shape(evidence: _Evidence) -> list[tuple[Finding, bool]]:
    column, counts = str(evidence.values.name), evidence.values.value_counts(dropna=False)
    if counts.empty:
        return []
    found = []
    categories, identical = len(counts), float(counts.iloc[0] / counts.sum())
    if evidence.kind == "category" and categories > MOST_CATEGORIES:
        message = f'column "{column}": {categories} categories'
        found.append((Finding(column, "categories", float(categories), float(MOST_CATEGORIES), message), False))
    if identical >= MOST_IDENTICAL:
        message = f'column "{column}": {identical:.1%} of the rows have the same value'
        found.append((Finding(column, "identical", identical, MOST_IDENTICAL, message), False))
    return found


def _names_product(feature: Any, product_names: Sequence[str]) -> list[Finding]:
    prefix, _, name = feature.name.partition(":")
    if not name or feature.family not in ("technographic", "intent"):
        return []
    words = f" {' '.join(_words(name))} "
    for product in product_names:
        if _words(product) and f" {' '.join(_words(product))} " in words:
            said = f'the {"topic" if prefix == "intent" else "technology"} names the product "{product}"'
            return [_blocking(feature.name, "names the product", np.nan, np.nan, said)]
    return []


def _words(name: str) -> list[str]:
    return re.findall(r"[^\W_]+", name.casefold())


def _excluded(column: str) -> Finding:
    message = f'column "{column}": known = "after_win", left out of the model'
    return Finding(column, "after_win", np.nan, np.nan, message)


def _waived(finding: Finding, reason: str) -> str:
    figure = "" if np.isnan(finding.figure) else f" {finding.figure:.2f}"
    return f'column "{finding.column}" ({finding.rule}{figure}) is let through: {reason}'


def _unneeded(waivers: Mapping[str, str], features: Sequence[Any], blocked: set[str]) -> list[Finding]:
    """A remark on each waiver of a column that would not be blocked."""
    known = {feature.name: feature.known for feature in features}
    return [
        Finding(
            column, "waiver not needed", np.nan, np.nan, f'column "{column}": its waiver is not needed, {_why(known, column)}'
        )
        for column in waivers
        if column not in blocked
    ]


def _why(known: Mapping[str, str], column: str) -> str:
    if column not in known:
        return "there is no such feature"
    return 'known = "after_win" leaves it out anyway' if known[column] == "after_win" else "nothing blocks it"


def _blocking(column: str, rule: str, figure: float, limit: float, said: str) -> Finding:
    bound = "" if np.isnan(limit) else f" (limit {limit:g})"
    ways_out = f'declare known = "after_win" for it in [features], or give a reason in [model.leakage_waivers]: "{column}" = "…"'
    message = f'column "{column}" seems to know the future: {said}{bound}; {ways_out}'
    return Finding(column, rule, float(figure), limit, message, ways_out)


def _wins_per_account(won: np.ndarray, accounts: np.ndarray) -> np.ndarray:
    """Each winning row's part of its account's single win."""
    rows_won = np.bincount(accounts, weights=won)[accounts] if len(won) else won
    return np.divide(won, rows_won, out=np.zeros_like(won), where=rows_won > 0)


def _folds(accounts: np.ndarray) -> np.ndarray:
    """A fold for each row, the same for all rows of an account."""
    size = int(accounts.max()) + 1 if len(accounts) else 0
    return np.random.default_rng(0).permutation(size)[accounts] % FOLDS


def _poisson_bounds(count: float) -> tuple[float, float]:
    """Exact one-sided bounds of a Poisson mean after `count` events, at CONFIDENCE each."""
    low = float(gammaincinv(count, 1 - CONFIDENCE)) if count > 0 else 0.0
    return low, float(gammaincinv(count + 1, CONFIDENCE))


def _auc_error(auc: float, winners: float, others: float) -> float:
    """Standard error of an AUC (Hanley and McNeil 1982)."""
    both_won, both_lost = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (winners - 1) * (both_won - auc**2) + (others - 1) * (both_lost - auc**2)
    return float(np.sqrt(max(variance, 0.0) / max(winners * others, 1.0)))


def _single_feature_auc(evidence: _Evidence) -> float:
    """How well the column alone ranks the winners, from .5: by its own order, either way, and by out-of-fold win rates.

    Null counts as a value of its own, below or above all others, whichever ranks better.
    """
    if not 0 < evidence.won.sum() < len(evidence.won):
        return np.nan
    if evidence.kind == "category":
        return _out_of_fold_auc(pd.factorize(evidence.values, use_na_sentinel=False)[0], evidence)
    values = evidence.values.to_numpy(dtype=float, na_value=np.nan)
    ordered = np.sort(values[~np.isnan(values)])
    fine, coarse = _bins(values, ordered, 256), _bins(values, ordered, 20)
    return max(_ordered_auc(fine, evidence.won), _out_of_fold_auc(coarse, evidence))


def _bins(values: np.ndarray, ordered: np.ndarray, count: int) -> np.ndarray:
    """The quantile bin of each value, from 1 in rising order, and 0 for null. A value that is an edge has a bin of its own."""
    edges = np.unique(ordered[np.linspace(0, len(ordered) - 1, count + 1).astype(int)]) if len(ordered) else ordered
    return np.where(np.isnan(values), 0, 1 + np.searchsorted(edges, values) + np.searchsorted(edges, values, side="right"))


def _ordered_auc(bins: np.ndarray, won: np.ndarray) -> float:
    total, wins = np.bincount(bins), np.bincount(bins, weights=won)
    with_null_first = _auc_of_levels(wins, total - wins)
    with_null_last = _auc_of_levels(np.roll(wins, -1), np.roll(total - wins, -1))
    return max(with_null_first, 1 - with_null_first, with_null_last, 1 - with_null_last)


def _out_of_fold_auc(codes: np.ndarray, evidence: _Evidence) -> float:
    """AUC of each level's win rate in the other folds, averaged over the folds by their pairs of winner and other."""
    levels = int(codes.max()) + 1
    cell = codes * FOLDS + evidence.fold
    total = np.bincount(cell, minlength=levels * FOLDS).reshape(levels, FOLDS)
    wins = np.bincount(cell, weights=evidence.won, minlength=levels * FOLDS).reshape(levels, FOLDS)
    rest_total, rest_wins = total.sum(axis=1, keepdims=True) - total, wins.sum(axis=1, keepdims=True) - wins
    rate = (rest_wins + 1) / (rest_total + 1 / evidence.won.mean())
    pairs = wins.sum(axis=0) * (total - wins).sum(axis=0)
    figures = [_auc_by_rate(rate[:, k], wins[:, k], (total - wins)[:, k]) if pairs[k] else 0.0 for k in range(FOLDS)]
    return float(figures @ pairs / pairs.sum()) if pairs.sum() else np.nan


def _auc_by_rate(rate: np.ndarray, wins: np.ndarray, losses: np.ndarray) -> float:
    _, level = np.unique(rate, return_inverse=True)
    return _auc_of_levels(np.bincount(level, weights=wins), np.bincount(level, weights=losses))


def _auc_of_levels(wins: np.ndarray, losses: np.ndarray) -> float:
    """AUC of levels in rising order, from the winners and others in each."""
    beaten = np.cumsum(losses) - losses / 2
    return float(wins @ beaten / (wins.sum() * losses.sum()))
