"""plan.toml and the versions in the store: what of it no version holds, and writing it without losing that unasked."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime

from lastword.configuration import shown_path
from lastword.errors import ConfigurationError, Refusal, refuse_os_error
from lastword.plan import fingerprint, parse_plan
from lastword.plan_diff import differences, summary
from lastword.planning.plan_edits import with_version
from lastword.project import Project
from overrides import plan_versions
from overrides.spreadsheet import replacing
from overrides.store import transaction


def plan_text(project: Project) -> str:
    """plan.toml as it stands; its line ends are newlines."""
    return project.plan_path.read_text(encoding="utf-8-sig")


def refuse_loss(project: Project, text: str) -> None:
    """Refuse to write `text` over a plan.toml that no version holds, naming what would be lost."""
    if lost := unsaved(project, text):
        raise Refusal(f"{shown_path(project.plan_path)} {lost}")


def unsaved(project: Project, text: str) -> str | None:
    """What of plan.toml is in no version and would go where `text` took its place, in words; None where nothing would."""
    if not project.plan_path.exists() or plan_text(project) == text:
        return None
    try:
        plan = project.load_plan()
    except ConfigurationError as error:
        return f"has a mistake, so no version holds it ({error})"
    same = plan_versions.with_fingerprint(fingerprint(plan))
    if same is None:
        different = differences(parse_plan(text), plan) or (f"version {plan.version!r}",)
        return f"has changes that no version holds ({summary(different)}): `lastword plan push` keeps them"
    if plan_versions.version_text(same.version_id) != plan_text(project):
        return f"says what version {same.version} says, but comments or spelling differ and no version holds those"
    return None


def keep(
    project: Project,
    version: str,
    by: str,
    note: str,
    now: datetime,
    effective_from: date | None = None,
    effective_to: date | None = None,
) -> plan_versions.StoredPlan:
    """Keep plan.toml as a version that is called so; where plan.toml itself calls it otherwise, that is changed in it too.

    Raises
    ------
    ConfigurationError
        plan.toml has a mistake, or the version or a date can't be.
    Refusal
        The version is that of another plan.
    """
    project.load_plan()  # so that a mistake is named by its file
    text = plan_text(project)
    named = with_version(text, checked_version(version))
    with put_back_on_failure(project), transaction():
        stored = plan_versions.save(named, by, note, now, effective_from=effective_from, effective_to=effective_to)
        if named != text:
            write(project, named)
    return stored


def checked_version(version: str) -> str:
    """What people are to call a version, without blanks around it; ConfigurationError where it can't be that."""
    version = version.strip()
    if not version or len(version) > plan_versions.LONGEST_VERSION or not version.isprintable():
        most = plan_versions.LONGEST_VERSION
        raise ConfigurationError(f"the version is {version[:20]!r}: expected 1 to {most} characters on one line, such as 2027")
    return version


def write(project: Project, text: str) -> None:
    """Write plan.toml whole or not at all."""
    with replacing(project.plan_path) as temporary:
        temporary.write_text(text, encoding="utf-8")


@contextmanager
def put_back_on_failure(project: Project) -> Iterator[None]:
    """Where what is done within fails, a commit of the store included, plan.toml is as it was before."""
    path = project.plan_path
    before = path.read_bytes() if path.exists() else None
    try:
        yield
    except BaseException:
        _put_back(project, before)
        raise


def _put_back(project: Project, before: bytes | None) -> None:
    path = project.plan_path
    try:
        if before is None:
            path.unlink(missing_ok=True)
        elif path.read_bytes() != before:
            with replacing(path) as temporary:
                temporary.write_bytes(before)
    except OSError as error:
        raise refuse_os_error(error, path) from error
