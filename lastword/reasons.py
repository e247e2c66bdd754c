"""Why the plan and the model give what they give, on one scale of points: the rows of reasons.parquet, a batch at a time."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from features.catalog import Feature
    from lastword.ground import Ground
    from models.scorecard import PlanScores
    from models.served import Explained, Served


def batch_reasons(
    ground: "Ground",
    scores: "pd.DataFrame",
    features: "pd.DataFrame",
    values: "pd.DataFrame",
    plan: "PlanScores",
    explained: "Explained | None",
) -> "pd.DataFrame":
    """The reasons of a batch of accounts, in its order. Grain: account × source × attribute, with its cause.

    An account's rows are the same whichever others are in the batch.
    """
    import pandas as pd

    from models.gap import causes

    reasons = plan_side(ground, plan, values)
    if ground.served is not None and explained is not None:
        reasons = pd.concat([model_side(ground.served, features, scores, explained), reasons], ignore_index=True)
    ordered = reasons.sort_values(["account_id", "source"], kind="stable", ignore_index=True)
    ordered["cause"] = causes(ordered, set(plan.shares.columns))
    return ordered


def whys(reasons: "pd.DataFrame", accounts: "pd.Index") -> "pd.DataFrame":
    """why and why_family by account_id, of those of the accounts that both opinions are known of."""
    import pandas as pd

    from models.explain import why_each
    from models.gap import widest_families

    theirs = reasons[reasons["account_id"].isin(accounts)]
    return pd.DataFrame({"why": why_each(theirs), "why_family": widest_families(theirs)}, dtype="str")


def plan_side(ground: "Ground", plan: "PlanScores", values: "pd.DataFrame") -> "pd.DataFrame":
    """Each attribute's share of the plan's points, against its mean among the reference population."""
    from models.explain import plan_reasons

    by_rank = ground.settings.disparity.measure == "rank"
    return plan_reasons(
        plan.shares,
        plan.points,
        ground.reference.mean_shares,
        values,
        plan_percentile=ground.reference.percentiles.points(plan.points) if by_rank else None,
    )


def model_side(model: "Served", features: "pd.DataFrame", scores: "pd.DataFrame", explained: "Explained") -> "pd.DataFrame":
    """Each feature's part in the model's points."""
    import numpy as np

    from features.catalog import catalog
    from models.explain import model_reasons

    contributions, base = explained.contributions, explained.base
    logit = base + contributions.sum(axis=1).to_numpy()
    listed = {feature.name: feature for feature in catalog(model.vocabulary)}
    logged = {name: listed[name].logarithm_of for name in contributions if name in listed and listed[name].logarithm_of}
    shown = features.assign(**{name: np.expm1(features[name]) for name in logged}).rename(columns=logged)
    families = {logged.get(name, name): listed[name].family if name in listed else "firmographic" for name in contributions}
    return model_reasons(
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
