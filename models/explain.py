"""Why the model and the plan give what they give, on one scale of points, and what makes the difference.

Reasons are long tables: account_id, source ("model", "plan"), attribute, family, contribution (points), value (text, null
where unknown). For every account the rows of a source add up to its points. Attributes in parentheses are no attributes:
"(base)" is where every account starts, "(other)" pools what is too small to matter, "(scale)" turns plan points into a
percentile.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from models.gap import BASE, CAUSES, OTHER, PLAN_NAMES, SCALE, causes, of_both, signed, trait
from models.grades import Reference
from models.sides import Side, side_of, signed_points

COLUMNS = ["account_id", "source", "attribute", "family", "contribution", "value"]
SMALLEST_CONTRIBUTION = 0.05
"""Points under which a model's contribution is pooled with its family's other small ones; the plan's are all kept."""

_NEAR, _SLOPE_REACH = 0.05, 0.25


def model_side(
    contributions: pd.DataFrame,
    base_logit: float,
    logit: Any,
    model_points: pd.Series,
    reference: Reference,
    families: Mapping[str, str],
    values: pd.DataFrame,
    *,
    kinds: Mapping[str, str] | None = None,
    nulls: Mapping[str, str] | None = None,
    base_points: float | None = None,
) -> Side:
    """What the model says, in points: log-odds × (model_points − base points) ÷ (η − η_base).

    An account's points, "(base)" included, add up to its model_points. "(base)" is the same for all accounts but those within
    0.05 of η_base, whose own also takes what the local slope leaves over.

    Parameters
    ----------
    contributions : log-odds per feature, index account_id; a row adds up to logit − base_logit.
    logit : η per account, in the rows' order.
    model_points : 0–100, same index; accounts without points have no reasons.
    reference : population of propensities 1/(1+exp(−η)), for the base points and the slope of points near η_base.
    families : feature → family.
    values : the features themselves, same index (null: unknown).
    kinds : feature → kind; a "flag" reads yes or no.
    nulls : feature → what null reads as where it is no missing data ("none": no signal was seen).
    base_points : points of η_base where `reference` holds something else than 1/(1+exp(−η)).
    """
    from scipy.special import expit

    points = model_points.to_numpy(dtype=float)
    base = float(reference.points(expit(base_logit))) if base_points is None else base_points
    factor = _points_per_log_odds(np.asarray(logit, dtype=float) - base_logit, points - base, _slope(reference, base_logit))
    in_points = contributions * factor[:, None]
    return side_of(
        "model",
        in_points,
        [families[name] for name in contributions.columns],
        values,
        {BASE: points - in_points.to_numpy().sum(axis=1)},
        kinds=kinds or {},
        nulls=nulls or {},
        smallest=SMALLEST_CONTRIBUTION,
        known=~np.isnan(points),
    )


def plan_side(
    shares: pd.DataFrame,
    plan_points: pd.Series,
    mean_shares: pd.Series,
    values: pd.DataFrame,
    *,
    families: Mapping[str, str] | None = None,
    plan_percentile: pd.Series | None = None,
) -> Side:
    """What the plan says, in points: each attribute's share of plan_points minus its mean in the reference population.

    An account's points add up to plan_points, with `plan_percentile` to that.

    Parameters
    ----------
    shares : points per attribute, index account_id, adding up to plan_points; null (does not apply) is 0.
    mean_shares : per attribute, the mean over the reference population.
    values : the attributes themselves, same index.
    families : attribute → family; by default from the name (technology:…, intent:… or intent, else firmographic).
    plan_percentile : under the rank measure the plan's percentile: a row "(scale)" then makes up the difference.
    """
    centred = shares.fillna(0.0) - mean_shares.reindex(shares.columns).fillna(0.0)
    closing = {BASE: plan_points.to_numpy(dtype=float) - centred.to_numpy().sum(axis=1)}
    if plan_percentile is not None:
        closing[SCALE] = (plan_percentile - plan_points).to_numpy(dtype=float)
    family = [(families or {}).get(name, attribute_family(name)) for name in shares.columns]
    return side_of("plan", centred, family, values, closing, kinds={}, nulls={}, smallest=0.0)


def attribute_family(name: str) -> str:
    """The family of a plan's attribute, by its name."""
    if name.startswith("technology:"):
        return "technographic"
    return "intent" if name == "intent" or name.startswith("intent:") else "firmographic"


def split_gap(model_long: pd.DataFrame, plan_long: pd.DataFrame, plan_names: Mapping[str, str] = PLAN_NAMES) -> pd.DataFrame:
    """What the gap between model and plan consists of, one row per account and family.

    Columns account_id, family, and in points one per cause of `models.gap.causes`: plan_ignores, weighted_differently,
    missing_data. An account's cells add up to its gap, which is the sum of its model rows minus that of its plan rows.
    Accounts that have only one source are left out. Reasons that have their `cause` keep it.
    """
    rows = of_both(pd.concat([model_long, plan_long], ignore_index=True))
    cause = rows["cause"] if "cause" in rows else causes(rows, set(plan_long["attribute"].unique()), plan_names)
    cells: dict[tuple[str, str], dict[str, float]] = {}
    for account, family, why, points in zip(rows["account_id"], rows["family"], cause, signed(rows), strict=True):
        cells.setdefault((account, family), dict.fromkeys(CAUSES, 0.0))[why] += points
    ordered = sorted(cells.items())
    keys = {name: pd.array([key[i] for key, _ in ordered], dtype="str") for i, name in enumerate(("account_id", "family"))}
    return pd.DataFrame(keys | {name: np.array([parts[name] for _, parts in ordered], dtype=float) for name in CAUSES})


def top_reasons(long: pd.DataFrame, n: int = 3, per_family: int = 1) -> pd.DataFrame:
    """The `n` strongest reasons for and the `n` against, per account and source, at most `per_family` of each family.

    The same columns and `direction` ("for", "against"); strongest first.
    """
    names = ("account_id", "source", "attribute", "family", "contribution")
    rows = [(*row, place) for place, row in enumerate(zip(*(long[name].to_list() for name in names), strict=True))]
    sides: dict[tuple[str, str, bool], list[tuple[int, str]]] = {}
    for account, source, attribute, family, points, place in sorted(rows, key=lambda row: (-abs(row[4]), row[2])):
        if points != 0 and attribute not in (BASE, OTHER, SCALE):
            side = sides.setdefault((account, source, points < 0), [])
            if len(side) < n and [each for _, each in side].count(family) < per_family:
                side.append((place, family))
    ordered = sorted(sides.items())
    places = [place for _, side in ordered for place, _ in side]
    direction = pd.array(["against" if against else "for" for (_, _, against), side in ordered for _ in side], dtype="str")
    return long[COLUMNS].take(places).reset_index(drop=True).assign(direction=direction)


def sentences(
    rows: pd.DataFrame,
    plan_points: float,
    model_points: float,
    *,
    shares: Mapping[str, float] | None = None,
    most: Mapping[str, float] | None = None,
    n: int = 3,
) -> list[str]:
    """One account's reasons in words, the plan's sentence first.

    Parameters
    ----------
    rows : the account's reasons, both sources.
    plan_points, model_points : null where there are none; then there is no sentence.
    shares, most : per attribute of the plan the points it gave and the most it can give: "annual_revenue 900000 (0 of 25)".
    """
    said = []
    for source, points in (("plan", plan_points), ("model", model_points)):
        if pd.isna(points):
            continue
        chosen = top_reasons(rows[rows["source"] == source], n, per_family=n if source == "plan" else 1)
        given = shares if source == "plan" else None
        parts = [_phrase(row, given, most or {}) for row in chosen.itertuples()]
        said.append(f"The {source} gives {points:.0f}: {', '.join(parts) or 'nothing stands out'}.")
    return said


def why(rows: pd.DataFrame, n: int = 3) -> str:
    """In a few words what drives one account's two opinions apart; "" where there is only one opinion."""
    return next(iter(why_each(rows, n)), "")


def why_each(long: pd.DataFrame, n: int = 3) -> pd.Series:
    """`why` for many accounts: text by account_id, for the accounts that have both sources.

    The `n` rows that push hardest towards the gap: "model: intent:storage +12, surge +6; plan: annual_revenue -9".
    """
    sided = np.where(long["source"] == "model", 1.0, -1.0)
    push = long["contribution"] * sided
    accounts = long.groupby("account_id")
    both = accounts["source"].transform("nunique") == 2
    rows = long.assign(push=push * np.sign(push.groupby(long["account_id"]).transform("sum")))
    rows = rows[both & ~_is_summary(rows) & (rows["push"] > 0)]
    rows = rows.sort_values(["push", "attribute"], ascending=[False, True], kind="stable")
    rows = rows[rows.groupby("account_id").cumcount() < n]
    said: dict[str, dict[str, list[str]]] = {account: {} for account in long.loc[both, "account_id"].unique()}
    for row in rows.itertuples():
        said[row.account_id].setdefault(row.source, []).append(_phrase(row, None, {}))
    texts = ["; ".join(f"{source}: {', '.join(each[source])}" for source in sorted(each)) for each in said.values()]
    return pd.Series(texts, index=pd.Index(list(said), name="account_id"), dtype="str", name="why")


def _points_per_log_odds(log_odds: np.ndarray, points: np.ndarray, slope: float) -> np.ndarray:
    near = np.abs(log_odds) < _NEAR
    return np.where(near, slope, np.divide(points, log_odds, out=np.zeros_like(points), where=~near))


def _slope(reference: Reference, base_logit: float) -> float:
    from scipy.special import expit

    reach = reference.points(expit(base_logit + np.array([-_SLOPE_REACH, _SLOPE_REACH])))
    return float(np.nan_to_num(reach[1] - reach[0]) / (2 * _SLOPE_REACH))


def _is_summary(rows: pd.DataFrame) -> pd.Series:
    return rows["attribute"].isin([BASE, OTHER, SCALE])


def _phrase(row: Any, shares: Mapping[str, float] | None, most: Mapping[str, float]) -> str:
    named = trait(row.attribute, row.value)
    if shares is None or row.attribute not in shares or row.attribute not in most:
        return f"{named} {signed_points(row.contribution)}"
    return f"{named} ({shares[row.attribute]:.0f} of {most[row.attribute]:.0f})"
