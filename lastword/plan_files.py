"""plan.toml and the versions in the store, both ways: push, pull, adopt, compare. Nothing unsaved is written over unasked."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lastword.configuration import shown_path
from lastword.errors import LastwordError, Refusal
from lastword.plan import Plan, load_plan, parse_plan
from lastword.plan_diff import differences, summary
from lastword.project import PLAN_FILE, SQLITE, Project

if TYPE_CHECKING:
    from lastword.run import Run
    from overrides.plan_versions import Adoption, StoredPlan


@dataclass(frozen=True)
class Comparison:
    """Two plans by what they are called, and what the second says otherwise than the first; nothing where they say the same."""

    before: str
    after: str
    differences: tuple[str, ...]


def push(
    project: Project, by: str, note: str, now: datetime, effective_from: date | None = None, effective_to: date | None = None
) -> "StoredPlan":
    """Store plan.toml as a version; what is stored already gives the version that it is.

    Raises
    ------
    ConfigurationError
        plan.toml has a mistake.
    Refusal
        Its version is that of another plan: the message names what differs.
    """
    from overrides.plan_file import plan_text
    from overrides.plan_versions import save
    from overrides.store import open_store

    project.load_plan()  # so that a mistake is named by its file
    open_store(project.store_url)
    return save(plan_text(project), by, note, now, effective_from=effective_from, effective_to=effective_to)


def pull(project: Project, version: str | None, force: bool, now: datetime) -> "StoredPlan":
    """Write plan.toml from a version; None: from the adopted one. Refusal where that would lose what no version has."""
    from overrides.plan_file import write
    from overrides.plan_versions import find, version_text
    from overrides.store import open_store

    open_store(project.store_url)
    stored = find(version) if version is not None else adopted_plan(now).plan
    text = version_text(stored.version_id)
    _refuse_loss(text, project, force)
    write(project, text)
    return stored


def adopt(project: Project, version: str, by: str, note: str, force: bool, now: datetime) -> "Adoption":
    """Make a version the plan to use, and write plan.toml from it: both or neither."""
    from overrides import plan_file, plan_versions
    from overrides.store import open_store, transaction

    open_store(project.store_url)
    stored = plan_versions.find(version)
    text = plan_versions.version_text(stored.version_id)
    _refuse_loss(text, project, force)
    with plan_file.put_back_on_failure(project), transaction():
        made = plan_versions.adopt(stored.version_id, by, note, now)
        plan_file.write(project, text)
    return made


def compare(project: Project, before: str | None, after: str | None, now: datetime) -> Comparison:
    """What `after` says otherwise than `before`: versions, or files by their path.

    None: plan.toml as the later one, the adopted version as the earlier one.
    """
    from overrides.store import open_store

    open_store(project.store_url)
    first, then = _named_plan(before or adopted_plan(now).plan.version)
    second, now_said = (PLAN_FILE, project.load_plan()) if after is None else _named_plan(after)
    return Comparison(first, second, differences(then, now_said))


def adopted_plan(now: datetime) -> "Adoption":
    """The adoption in effect; Refusal where no version was ever adopted."""
    from overrides.plan_versions import adopted

    found = adopted(now)
    if found is None:
        raise Refusal("no plan version is adopted yet: name one of `lastword plan list`, or adopt one with `lastword plan adopt`")
    return found


def effective_warning(run: "Run") -> str | None:
    """One sentence where an adopted version is effective on the run's date and plan.toml says something else; None otherwise."""
    from overrides.plan_versions import adopted, version_text
    from overrides.store import open_store

    url = run.project.store_url
    if url.startswith(SQLITE) and not Path(url.removeprefix(SQLITE)).is_file():
        return None
    try:
        open_store(url)
        found = adopted(run.now, run.as_of)
        stored = None if found is None else parse_plan(version_text(found.plan.version_id))
    except LastwordError as error:
        return f"whether another plan is adopted for {run.as_of} isn't known: {error}"
    if found is None or stored is None or not (different := differences(stored, run.project.load_plan())):
        return None
    return (
        f"plan.toml differs from version {found.plan.version}, which {found.by} adopted and which is effective on {run.as_of}: "
        f"{summary(different)}"
    )


def _refuse_loss(text: str, project: Project, force: bool) -> None:
    """Refuse to write over a plan.toml that no version has, naming what would be lost."""
    from overrides.plan_file import unsaved

    if not force and (lost := unsaved(project, text)):
        raise Refusal(f"{shown_path(project.plan_path)} {lost}; --force writes over it")


def _named_plan(name: str) -> tuple[str, Plan]:
    """A version of the store, else a file."""
    from overrides.plan_versions import find, version_text, versions

    path = Path(name)
    if path.is_file() and name not in {each.version for each in versions()}:
        return shown_path(path.absolute()), load_plan(path)
    return name, parse_plan(version_text(find(name).version_id), f"version {name}")
