"""80/20: which accounts carry a territory's sales, and which will, by sales and profile together."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

SHARES = {"A": 0.15, "B": 0.20, "C": 0.65}
"""The parts of a territory's accounts, from the top."""

WEIGHT_OF_SALES = {"mature": 0.85, "developing": 0.55}
LEAST_SHARE_OF_A = 0.40
LEAST_STEP_FROM_C_TO_B = 2.08
TOP = 0.20


def territories(accounts: pd.DataFrame) -> pd.DataFrame:
    """Whether each territory's sales are as settled as a mature one's.

    Parameters
    ----------
    accounts
        One row per account: region (null is a territory too), sales (a year; null is 0), in_year (new this year: left out).

    Returns
    -------
    pandas.DataFrame
        One row per region: accounts, share_a, share_b, share_c (of the sales, by the 15, 20 and 65 % of accounts with the most;
        null where nothing is sold), share_top (by the first 20 %), step (share_b ÷ 0.20) ÷ (share_c ÷ 0.65; null where nothing
        is left for C), territory, weight (of sales against profile). mature: share_a ≥ 0.40 and step ≥ 2.08; else developing.
    """
    settled = accounts[~accounts["in_year"]]
    rows = [{"region": region, **_territory(part)} for region, part in settled.groupby("region", dropna=False)]
    columns = ["region", "accounts", "share_a", "share_b", "share_c", "share_top", "step", "territory", "weight"]
    return pd.DataFrame(rows, columns=columns).astype({"region": "str"})


def pareto(accounts: pd.DataFrame) -> pd.DataFrame:
    """A, B or C of every account, within its territory.

    Parameters
    ----------
    accounts
        As for `territories`, and account_id and profile (points, more is better; null is least).

    Returns
    -------
    pandas.DataFrame
        On the index of `accounts`: pareto (A, B, C by 15, 20 and 65 % of w × rank of sales + (1 − w) × rank of profile, the
        ranks being percentiles within the region), pareto_score (0–100), territory (mature, developing), watched. An account
        that is new in the year isn't ranked: it enters as C and is watched.
    """
    parts = [_classed(part) for _, part in accounts.groupby("region", dropna=False)]
    nothing = pd.DataFrame(columns=["pareto", "pareto_score", "territory", "watched"], index=accounts.index)
    return pd.concat(parts).loc[accounts.index] if parts else nothing


def why(found: Mapping[str, Any]) -> str:
    """Why a territory is mature or developing, in a sentence, by its row of `territories`."""
    if _unknown(found["share_a"]):
        return "Nothing was sold here, so it is developing."
    a = f"A holds {found['share_a']:.1%} of the sales ({_met(found['share_a'] >= LEAST_SHARE_OF_A)} {LEAST_SHARE_OF_A:.0%})"
    if _unknown(found["step"]):
        step = "C sells nothing at all" if found["share_b"] else "B and C sell nothing at all"
    else:
        met = _met(found["step"] >= LEAST_STEP_FROM_C_TO_B)
        step = f"an account of B sells {found['step']:.2f} times as much as one of C ({met} {LEAST_STEP_FROM_C_TO_B})"
    return f"{a.replace('%', ' %')}, and {step}."


def pareto_curve(sales: pd.Series, points: int = 50) -> pd.DataFrame:
    """The share of sales that the first accounts hold, the largest first.

    Returns
    -------
    pandas.DataFrame
        share_of_accounts and share_of_sales (0–1), from (0, 0) to (1, 1) at so many steps, and at 15, 20 and 35 % of the
        accounts; between two accounts in proportion. Without rows where nothing is sold.
    """
    ordered = sales.fillna(0.0).sort_values(ascending=False).to_numpy(dtype=float)
    if not ordered.sum():
        return pd.DataFrame({"share_of_accounts": [], "share_of_sales": []}, dtype="float64")
    marks = (SHARES["A"], TOP, SHARES["A"] + SHARES["B"])
    at = np.unique(np.round([*np.linspace(0, 1, points + 1), *marks], 6))
    held = np.concatenate([[0.0], np.cumsum(ordered) / ordered.sum()])
    return pd.DataFrame({"share_of_accounts": at, "share_of_sales": np.interp(at * len(ordered), np.arange(len(held)), held)})


def _unknown(value: object) -> bool:
    return value is None or value != value


def _met(met: bool) -> str:
    return "at least" if met else "under"


def _territory(part: pd.DataFrame) -> dict[str, object]:
    sales = part["sales"].fillna(0.0)
    total = float(sales.sum())
    classes = _cut(sales, part["account_id"])
    share = {each: float(sales[classes == each].sum()) / total if total else None for each in SHARES}
    top = sales.sort_values(ascending=False).head(round(TOP * len(sales))).sum()
    kind = "mature" if total and _is_mature(share) else "developing"
    shares = {f"share_{each.lower()}": value for each, value in share.items()}
    found = {"accounts": len(part), **shares, "share_top": float(top) / total if total else None, "step": _step(share)}
    return found | {"territory": kind, "weight": WEIGHT_OF_SALES[kind]}


def _is_mature(share: dict[str, float | None]) -> bool:
    a, b, c = (share[each] or 0.0 for each in SHARES)
    # the step as a product, as nothing may be left for C
    return a >= LEAST_SHARE_OF_A and b / SHARES["B"] >= LEAST_STEP_FROM_C_TO_B * c / SHARES["C"]


def _step(share: dict[str, float | None]) -> float | None:
    b, c = share["B"], share["C"]
    return (b / SHARES["B"]) / (c / SHARES["C"]) if b is not None and c else None


def _classed(part: pd.DataFrame) -> pd.DataFrame:
    settled = part[~part["in_year"]]
    kind = str(_territory(settled)["territory"])
    weight = WEIGHT_OF_SALES[kind]
    sales, profile = _percentile(settled["sales"].fillna(0.0)), _percentile(settled["profile"].fillna(float("-inf")))
    score = weight * sales + (1 - weight) * profile
    classes = _cut(score, settled["account_id"]).reindex(part.index).fillna("C")
    found = {"pareto": classes, "pareto_score": score.reindex(part.index), "territory": kind, "watched": part["in_year"]}
    return pd.DataFrame(found, index=part.index)


def _percentile(values: pd.Series) -> pd.Series:
    return 100 * values.rank(pct=True)


def _cut(score: pd.Series, account_id: pd.Series) -> pd.Series:
    """A, B, C from the top; of equal scores the lesser account_id stands first."""
    order = pd.DataFrame({"score": score, "account_id": account_id}).sort_values(["score", "account_id"], ascending=[False, True])
    place = pd.Series(range(len(order)), index=order.index) / max(1, len(order))
    borders = (SHARES["A"], SHARES["A"] + SHARES["B"])
    return pd.Series("C", score.index, dtype="str").mask(place < borders[1], "B").mask(place < borders[0], "A")
