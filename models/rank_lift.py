"""Rank lift of a grade: how much more often it wins than all, as Predictive Insights defines it, and what list sizes do to it."""

from typing import Any

import numpy as np
import pandas as pd

_Z = 1.96


def rank_lift(won: Any, grade: Any) -> pd.DataFrame:
    """Rank lift and lift of each grade among accounts that were graded before their outcome was known.

    rank lift = [wins_r ÷ (wins_r + others_r)] ÷ [P ÷ (P + H)] with P wins and H others in all. It can't exceed (P + H) ÷ P: the
    longer the list of wins beside the house list, the more it is pressed towards 1. The lift, (wins_r/P) ÷ (others_r/H), is
    free of that; one gives the other by L ↔ L/(1 + π(L − 1)) with π = P ÷ (P + H), see `compressed`.

    Parameters
    ----------
    won : 0 or 1, one row per account.
    grade : A to F, or a plan's segment; rows without one count in P and H alone.

    Returns
    -------
    One row per grade in alphabetical order: grade, wins, others, rank_lift with rank_lift_low and rank_lift_high, lift with
    lift_low and lift_high (95 %, from that of the lift, which counts half an account more in every cell, as
    `models.indicators` does). Null without a win or without others.
    """
    outcome, names = np.asarray(won, dtype=float) > 0, pd.Series(np.asarray(grade, dtype=object), dtype="str")
    P, H = int(outcome.sum()), int((~outcome).sum())
    counts = pd.DataFrame({"wins": outcome, "others": ~outcome}).groupby(names.to_numpy()).sum().astype("int64")
    counts.index.name = "grade"
    wins, others = counts["wins"], counts["others"]
    if not P or not H:
        return counts.assign(**dict.fromkeys(_FIGURES, np.nan)).reset_index()
    share, listed = (wins + 0.5) / (P + 1), (others + 0.5) / (H + 1)
    lift = share / listed
    reach = np.exp(_Z * np.sqrt(1 / (wins + 0.5) - 1 / (P + 1) + 1 / (others + 0.5) - 1 / (H + 1)))
    won_share = P / (P + H)
    figures = (
        wins / (wins + others) / won_share,
        compressed(lift / reach, won_share),
        compressed(lift * reach, won_share),
        lift,
        lift / reach,
        lift * reach,
    )
    return counts.assign(**dict(zip(_FIGURES, figures, strict=True))).reset_index()


def compressed(lift: Any, won_share: float) -> Any:
    """The rank lift of a lift where wins are this share of the accounts: L/(1 + π(L − 1))."""
    return lift / (1 + won_share * (lift - 1))


def rank_lift_figures(rows: pd.DataFrame, model_grade: Any, seen_from: str) -> dict[str, Any]:
    """The figure `rank_lift` of a training: of the model's grades and of the plan's segments on the same rows.

    Parameters
    ----------
    rows : landmark, won and, where the plan was applied, plan_segment; only those of the newest landmark count, one per
        account, which are the population of the indicator table.
    model_grade : per row, from a model that has not learnt from it.
    seen_from : how the grades came about, in words.

    Returns
    -------
    landmark, wins, others, seen_from, and model and plan: records of `rank_lift`.
    """
    newest = (rows["landmark"] == rows["landmark"].max()).to_numpy()
    won = rows["won"].to_numpy()[newest]
    opinions = {"model": np.asarray(model_grade, dtype=object)}
    if "plan_segment" in rows:
        opinions["plan"] = rows["plan_segment"].to_numpy(dtype=object)
    return {
        "landmark": str(rows["landmark"].max().date()),
        "wins": int((won > 0).sum()),
        "others": int((won <= 0).sum()),
        "seen_from": seen_from,
        **{name: rank_lift(won, grades[newest]).to_dict("records") for name, grades in opinions.items()},
    }


_FIGURES = ("rank_lift", "rank_lift_low", "rank_lift_high", "lift", "lift_low", "lift_high")
