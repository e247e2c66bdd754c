"""The stage behind `indicators --recommend`: gathers a sample of the past and writes recommendations.json."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from lastword.contracts import Counts
from lastword.errors import Refusal
from lastword.reports import write_json
from lastword.run import Run
from lastword.scoring import choose_model

if TYPE_CHECKING:
    import pandas as pd

    from features.build import Tables
    from features.catalog import Feature
    from lastword.plan import Attribute, Plan
    from lastword.planning.recommend import Sample
    from models.served import Served

REPORT = "recommendations.json"


def write_recommendations(run: Run) -> Counts:
    """Write recommendations.json: what to change in plan.toml, as `lastword.planning.recommend.recommend` gives it.

    Beside that: run_id, as_of, plan_version, plan (SHA-256 of plan.toml), learnt_on and measured_on (landmarks, rows, wins).

    Raises
    ------
    Refusal
        No model serves: only what passed its leakage gate and that it uses is recommended.
    """
    from features.build import read_tables
    from features.engine import connect
    from lastword.planning.recommend import recommend

    served = choose_model(run)
    if served is None:
        raise Refusal(
            "recommendations rest on the columns that the model uses, and no model serves: run `lastword train`, and see why "
            "it promoted none"
        )
    tables = read_tables(connect(run.project, run.folder), run.inputs)
    plan = run.project.load_plan()
    sample = gather(run, tables, plan, served.model)
    found = recommend(plan, sample, run.project.settings.seed)
    noted = {
        "run_id": run.run_id,
        "as_of": str(run.as_of),
        "plan_version": plan.version,
        "plan": plan_print(run.project.plan_path.read_bytes()),
        "learnt_on": described(sample.learn),
        "measured_on": described(sample.later),
    }
    write_json(run, REPORT, noted | found)
    return {"candidates": len(sample.kinds), "tried": found["tried"], "recommended": len(found["changes"])}


def gather(run: Run, tables: "Tables", plan: "Plan", served: "Served") -> "Sample":
    """Values of the plan's and of candidate attributes at past landmarks, older ones to learn from, and as of today.

    Where wins have no dates: won accounts against the house list as of today, a third of the groups held back.
    """
    from features.catalog import catalog
    from features.plan_values import build_plan_values
    from lastword.planning.recommend import Sample
    from models.landmarks import at_risk, look_alikes, usable_landmarks

    settings, policy = run.project.settings, run.intent_policy()
    dates = usable_landmarks(tables, run.as_of, settings.model.horizon_days, policy)
    listed = [each for each in catalog(served.vocabulary, settings.features.columns) if each.name in served.recipe.names]
    kinds = candidates(listed, tables.accounts.columns, with_signals=bool(dates))
    wide = plan.model_copy(update={"attributes": (*plan.attributes, *probes(kinds, plan))})
    population = at_risk(tables, dates, settings.model.horizon_days) if dates else look_alikes(tables, run.as_of)
    hidden = [] if not dates else [each.name for each in catalog_of_customers(settings.features.columns)]
    values = build_plan_values(tables, dates or run.as_of, wide, policy, unknown_then=hidden)
    rows = population.join(values, ["account_id", "as_of"]).order_by(["as_of", "account_id"]).to_pandas()
    today = build_plan_values(tables, run.as_of, wide, policy).order_by("account_id").to_pandas()
    learns, tests = split(run, tables, rows, kinds, dated=bool(dates))
    return Sample(rows[learns].reset_index(drop=True), rows[tests].reset_index(drop=True), today, kinds)


def candidates(features: "Sequence[Feature]", columns: Sequence[str], *, with_signals: bool) -> dict[str, str]:
    """What a plan can look at among these features, by the plan's name for it: quantitative or qualitative."""
    from models.gap import PLAN_NAMES

    found = {}
    for feature in features:
        own = feature.column or feature.logarithm_of or PLAN_NAMES.get(feature.name)
        is_topic = feature.name == "intent" or feature.name.startswith("intent:")
        name = own if own in columns else feature.name if is_topic or feature.name.startswith("technology:") else None
        if name is None or feature.known == "after_win" or (feature.family == "intent" and not with_signals):
            continue
        found[name] = "quantitative" if feature.kind == "numeric" else "qualitative"
    return found


def catalog_of_customers(columns: Mapping[str, object]) -> "list[Feature]":
    """The features that only customers have."""
    from features.catalog import Vocabulary, catalog

    return [feature for feature in catalog(Vocabulary(), columns) if feature.known == "after_win"]


def probes(kinds: Mapping[str, str], plan: "Plan") -> "list[Attribute]":
    """Attributes of weight 0 that make a plan look at candidates it lacks."""
    from lastword.bands import Band
    from lastword.plan import Attribute

    lacking = [(name, kind) for name, kind in kinds.items() if name not in plan.names]
    return [
        Attribute.model_construct(name=name, kind=kind, weight=0.0, bands=(Band(points=1),), points={}) for name, kind in lacking
    ]


def split(run: Run, tables: "Tables", rows: "pd.DataFrame", kinds: Mapping[str, str], *, dated: bool) -> tuple:
    """Rows to learn from and rows to measure on (boolean masks): the split in time that training reports on, else by groups."""
    import pandas as pd

    from models.folds import grouped_folds
    from models.groups import account_groups
    from models.landmarks import temporal_split

    if dated:
        return temporal_split(pd.to_datetime(rows["as_of"]), run.project.settings.model.horizon_days)
    settings = run.project.settings
    group = account_groups(rows, tables.accounts, settings.model.group_by, list(kinds))
    held_back = grouped_folds(rows["won"].to_numpy(), group, settings.seed) == 0
    return ~held_back, held_back


def described(rows: "pd.DataFrame") -> dict[str, object]:
    """Landmarks, rows and wins of a sample."""
    landmarks = sorted({str(stamp)[:10] for stamp in rows["as_of"]})
    return {"landmarks": landmarks, "rows": len(rows), "wins": int(rows["won"].sum())}


def plan_print(plan: bytes) -> str:
    """By which one sees whether plan.toml has changed since."""
    return hashlib.sha256(plan).hexdigest()
