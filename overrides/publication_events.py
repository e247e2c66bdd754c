"""What a publication changes beside the scores: another plan, another model. Told in the record of events."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from overrides.events import PLAN_CHANGE, PROMOTION, new_event
from overrides.timeline_lines import SYSTEM

if TYPE_CHECKING:
    from overrides.publish import RunRecord

_COMPARED = ("run_id", "plan_version", "model_version", "reference__scored_by", "reference__plan_used")


def tell_changes(run: "RunRecord", now: datetime) -> None:
    """Record how a run about to become current differs from the one before it in plan and model; nothing before the first.

    A plan that changed under the same version shows by its fingerprint, reference["plan_used"]; where a run kept none, by the
    file's, reference["scored_by"]["plan.toml"].
    """
    from overrides.models import Current, Event

    found = Current.objects.values_list(*(f"publication__{name}" for name in _COMPARED)).first()
    if found is None:
        return
    before = dict(zip(_COMPARED, found, strict=True))
    told = {PLAN_CHANGE: _plan_change(before, run), PROMOTION: _promotion(before, run)}
    details = {"run_before": before["run_id"], "plan_before": before["plan_version"], "model_before": before["model_version"]}
    details |= {"plan_version": run.plan_version, "model_version": run.model_version}
    details |= {"plan_used_before": before["reference__plan_used"], "plan_used": run.reference.get("plan_used")}
    Event.objects.bulk_create(
        [new_event(kind, SYSTEM, run.run_id, said, now, details) for kind, said in told.items() if said is not None]
    )


def _plan_change(before: Mapping[str, Any], run: "RunRecord") -> str | None:
    if before["plan_version"] != run.plan_version:
        return f"Plan {run.plan_version} makes the scores, where plan {before['plan_version']} did"
    then, now = before["reference__plan_used"], run.reference.get("plan_used")
    if then and now:
        if then["fingerprint"] == now["fingerprint"]:
            return None
        return f"Plan {run.plan_version} has changed and kept its version: it is stored as {now['version']}"
    then, now = before["reference__scored_by"] or {}, run.reference.get("scored_by") or {}
    if "plan.toml" in then and "plan.toml" in now and then["plan.toml"] != now["plan.toml"]:
        return f"Plan {run.plan_version} has changed and kept its version"
    return None


def _promotion(before: Mapping[str, Any], run: "RunRecord") -> str | None:
    if before["model_version"] == run.model_version:
        return None
    until_now = f"version {before['model_version']} did" if before["model_version"] else "none did"
    if run.model_version is None:
        return f"No model makes the scores, where {until_now}"
    return f"Model version {run.model_version} makes the scores, where {until_now}"
