"""Plans as pages name them: a version, a scenario, or plan.toml, each with its text and how it came about."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from lastword.errors import ConfigurationError, Refusal
from lastword.plan import Plan, fingerprint, parse_plan
from overrides import plan_file, plan_versions, scenarios

if TYPE_CHECKING:
    from lastword.project import Project

VERSION, SCENARIO, FILE = "version", "scenario", "file"


@dataclass(frozen=True)
class NamedPlan:
    """One plan. `ref` is how an address names it ("version:3", "scenario:7", "file"), `id` the number in it.

    `by` and `at` say who made (a scenario: last changed) it, both unknown of plan.toml. `based_on` is what people call the
    version that a scenario made from this begins with.
    """

    ref: str
    kind: str
    id: int | None
    title: str
    text: str
    plan: Plan
    based_on: str
    by: str = ""
    at: datetime | None = None
    note: str = ""


def named_plan(project: "Project", ref: str) -> NamedPlan:
    """The plan that an address names.

    Raises
    ------
    ConfigurationError
        The address names none, or plan.toml has a mistake.
    Refusal
        There is no such version or scenario.
    """
    kind, _, number = ref.partition(":")
    if ref == FILE:
        return _of_file(project)
    if kind not in (VERSION, SCENARIO) or not number.isdecimal() or len(number) > 18:
        raise ConfigurationError(f"plan {ref[:40]!r} is unknown: expected version:ID, scenario:ID or file")
    return _of_version(int(number)) if kind == VERSION else _of_scenario(int(number))


def _of_file(project: "Project") -> NamedPlan:
    plan = project.load_plan()
    same = plan_versions.with_fingerprint(fingerprint(plan))
    return NamedPlan(
        FILE, FILE, None, "plan.toml", plan_file.plan_text(project), plan, "plan.toml" if same is None else same.version
    )


def _of_version(version_id: int) -> NamedPlan:
    stored = next((each for each in plan_versions.versions() if each.version_id == version_id), None)
    if stored is None:
        raise Refusal(f"the store has no plan version with the id {version_id}: the list of versions has those there are")
    text = plan_versions.version_text(version_id)
    plan = parse_plan(text, f"version {stored.version}")
    ref = f"{VERSION}:{version_id}"
    return NamedPlan(
        ref, VERSION, version_id, stored.version, text, plan, stored.version, stored.author, stored.made_at, stored.note
    )


def _of_scenario(scenario_id: int) -> NamedPlan:
    found = scenarios.find(scenario_id)
    plan = parse_plan(found.text, f"scenario {found.name}")
    return NamedPlan(
        f"{SCENARIO}:{scenario_id}",
        SCENARIO,
        scenario_id,
        found.name,
        found.text,
        plan,
        found.based_on,
        found.changed_by,
        found.changed_at,
        found.note,
    )
