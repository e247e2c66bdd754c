"""Writes reasons.parquet: why the plan and the model give what they give, on one scale of points."""

from typing import TYPE_CHECKING

from lastword.run import Run
from lastword.run_rows import ROWS_PER_GROUP

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from features.catalog import Feature
    from lastword.rescoring import Frozen
    from models.scorecard import PlanReference, PlanScores
    from models.served import Served


def write_reasons(
    run: Run,
    scores: "pd.DataFrame",
    features: "pd.DataFrame",
    values: "pd.DataFrame",
    plan: "PlanScores",
    reference: "PlanReference",
    served: "Served | None",
    frozen: "Frozen | None",
) -> "pd.DataFrame":
    """Write reasons.parquet and give it back. Grain: account × source × attribute.

    Reasons of accounts carried over come from their own run. Every row has its cause, carried over ones too: a rescore keeps
    the plan, so the same attributes are the plan's.
    """
    import pandas as pd

    from models.gap import causes

    reasons = plan_side(run, plan, values, reference)
    if served is not None:
        reasons = pd.concat([model_side(served, features, scores), reasons], ignore_index=True)
    if frozen is not None:
        reasons = pd.concat([reasons, frozen.reasons_of(scores.index.difference(features.index))], ignore_index=True)
    ordered = reasons.sort_values(["account_id", "source"], kind="stable", ignore_index=True)
    ordered["cause"] = causes(ordered, set(plan.shares.columns))
    ordered.to_parquet(run.folder / "reasons.parquet", index=False, row_group_size=ROWS_PER_GROUP)
    return ordered


def with_why(scores: "pd.DataFrame", reasons: "pd.DataFrame") -> "pd.DataFrame":
    """Adds why and why_family of the accounts under review (open_reason or override_review set); null of all others."""
    from models.explain import why_each
    from models.gap import widest_families

    queued = scores.index[scores["open_reason"].notna() | scores["override_review"].notna()]
    theirs = reasons[reasons["account_id"].isin(queued)]
    return scores.assign(
        why=why_each(theirs).reindex(scores.index).astype("str"),
        why_family=widest_families(theirs).reindex(scores.index).astype("str"),
    )


def plan_side(run: Run, plan: "PlanScores", values: "pd.DataFrame", reference: "PlanReference") -> "pd.DataFrame":
    """Each attribute's share of the plan's points, against its mean among the reference population."""
    from models.explain import plan_reasons

    by_rank = run.project.settings.disparity.measure == "rank"
    return plan_reasons(
        plan.shares,
        plan.points,
        reference.mean_shares,
        values,
        plan_percentile=reference.percentiles.points(plan.points) if by_rank else None,
    )


def model_side(model: "Served", features: "pd.DataFrame", scores: "pd.DataFrame") -> "pd.DataFrame":
    """Each feature's part in the model's points."""
    import numpy as np

    from features.catalog import catalog
    from models.explain import model_reasons

    contributions, base = model.model.contributions(features)
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
