"""Why the plan and the model give what they give, on one scale of points: the rows of reasons.parquet, a batch at a time."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    import pyarrow as pa

    from features.catalog import Feature
    from lastword.ground import Ground
    from models.scorecard import PlanScores
    from models.served import Explained, Served
    from models.sides import Side


def sides_of(
    ground: "Ground",
    scores: "pd.DataFrame",
    features: "pd.DataFrame",
    values: "pd.DataFrame",
    plan: "PlanScores",
    explained: "Explained | None",
) -> "tuple[Side, ...]":
    """What the model (where one serves) and the plan say of each account of a batch, attribute by attribute, in points."""
    plans = plan_side_of(ground, plan, values)
    if ground.served is None or explained is None:
        return (plans,)
    return model_side_of(ground.served, features, scores, explained), plans


def rows_of(sides: "Sequence[Side]", plan: "PlanScores") -> "pa.Table":
    """The rows of reasons.parquet: account by account as the batch has them, the model's before the plan's, with their cause."""
    from models.sides import reason_rows

    return reason_rows(sides, set(plan.shares.columns))


def whys_of(sides: "Sequence[Side]", chosen: "pd.Series") -> "pd.DataFrame":
    """why and why_family by account_id, of the accounts chosen on which both opinions are known."""
    import pandas as pd

    from models.sides import whys

    if len(sides) < 2:
        return pd.DataFrame({"why": [], "why_family": []}, index=pd.Index([], name="account_id", dtype="str"), dtype="str")
    model, plan = sides
    return whys(model, plan, chosen.to_numpy(dtype=bool))


def whys_of_rows(reasons: "pd.DataFrame") -> "pd.DataFrame":
    """The same of rows of reasons.parquet."""
    import pandas as pd

    from models.explain import why_each
    from models.gap import widest_families

    return pd.DataFrame({"why": why_each(reasons), "why_family": widest_families(reasons)}, dtype="str")


def plan_side_of(ground: "Ground", plan: "PlanScores", values: "pd.DataFrame") -> "Side":
    """Each attribute's share of the plan's points, against its mean among the reference population."""
    from models.explain import plan_side

    by_rank = ground.settings.disparity.measure == "rank"
    return plan_side(
        plan.shares,
        plan.points,
        ground.reference.mean_shares,
        values,
        plan_percentile=ground.reference.percentiles.points(plan.points) if by_rank else None,
    )


def model_side_of(model: "Served", features: "pd.DataFrame", scores: "pd.DataFrame", explained: "Explained") -> "Side":
    """Each feature's part in the model's points."""
    import numpy as np

    from features.catalog import catalog
    from models.explain import model_side

    contributions, base = explained.contributions, explained.base
    logit = base + contributions.to_numpy().sum(axis=1)
    listed = {feature.name: feature for feature in catalog(model.vocabulary)}
    logged = {name: listed[name].logarithm_of for name in contributions if name in listed and listed[name].logarithm_of}
    shown = features.assign(**{name: np.expm1(features[name]) for name in logged}).rename(columns=logged)
    families = {logged.get(name, name): listed[name].family if name in listed else "firmographic" for name in contributions}
    return model_side(
        contributions.rename(columns=logged),
        base,
        logit,
        scores["model_points"].reindex(features.index),
        model.reference,
        families,
        shown,
        kinds=dict(model.recipe.features),
        nulls=none_seen([listed[name] for name in contributions if name in listed], features),
    )


def none_seen(listed: "Sequence[Feature]", features: "pd.DataFrame") -> dict[str, str]:
    """Features whose null says that nothing was seen, rather than that data are missing: read as "none".

    Those of technologies and signals, where the project gives such a table: its counts are then 0 and not null.
    """
    counts = [feature for feature in listed if feature.absent is not None]
    given = {feature.family for feature in counts if features[feature.name].notna().any()}
    return {feature.name: "none" for feature in listed if feature.absent is None and feature.family in given}
