"""The current run, and what speaks against relying on its figures as they stand."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lastword.errors import ConfigurationError

if TYPE_CHECKING:
    from lastword.plan import Plan
    from lastword.project import Project
    from overrides.publish import RunRecord

OLD = timedelta(days=7)
PLAN_FILE = "plan.toml"


@dataclass(frozen=True)
class PlanNow:
    """plan.toml as it is now: the plan, or what is wrong with it. `digest` tells one text
    from another, "" where it can't be read."""

    plan: "Plan | None"
    mistake: str
    digest: str


def plan_now(project: "Project") -> PlanNow:
    """Read plan.toml; a mistake in it is told, not raised: the figures of the run stand without it."""
    try:
        plan = project.load_plan()
        return PlanNow(plan, "", hashlib.sha256(project.plan_path.read_bytes()).hexdigest())
    except (ConfigurationError, OSError) as error:
        return PlanNow(None, str(error), "")


def warnings(run: "RunRecord", plan: PlanNow, has_propensities: bool, now: datetime) -> tuple[str, ...]:
    """A sentence for each thing that one should know before relying on the run."""
    return tuple(filter(None, (_age(run, now), _plan(run, plan), _model(run, has_propensities))))


def _age(run: "RunRecord", now: datetime) -> str:
    if run.published_at is None or now - run.published_at <= OLD:
        return ""
    return f"The run is {(now - run.published_at).days} days old: `lastword run` takes in what happened since."


def _plan(run: "RunRecord", plan: PlanNow) -> str:
    if plan.mistake:
        return f"The plan can't be read, so its ranges and weights aren't shown: {plan.mistake}"
    kept = run.reference.get("scored_by", {}).get(PLAN_FILE)
    version = plan.plan.version if plan.plan else ""
    if (kept is not None and kept != plan.digest) or (kept is None and version != run.plan_version):
        return (
            f"plan.toml was changed since the run, which scored by version {run.plan_version}: ranges and weights are those of "
            f"today's version {version}, all other figures the run's. `lastword score` brings them together."
        )
    return ""


def _model(run: "RunRecord", has_propensities: bool) -> str:
    if run.model_version is None:
        return "No model serves: the plan decides alone, and there is nothing to compare it with. `lastword train` makes a model."
    if not has_propensities:
        return (
            "The model tells who looks like a customer, not how likely a win is: it has no propensity until [model] class_prior "
            "is given in lastword.toml, or wins have dates."
        )
    return ""
