"""Scenarios: plans that people work on before anybody adopts them. Each save is a revision, and every revision stays.

Every function works on the open store (store.open_store). A scenario is open until it is adopted or dropped; one that was
dropped can be revived.
"""

from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from lastword.errors import ConfigurationError, Conflict, Refusal
from lastword.plan import parse_plan
from lastword.planning.plan_edits import with_version
from overrides import plan_file, plan_versions
from overrides.decisions import checked_author, checked_note
from overrides.events import SCENARIO, new_event
from overrides.store import reading, transaction

if TYPE_CHECKING:
    from lastword.project import Project
    from overrides.models import Scenario as Row
    from overrides.plan_versions import Adoption

OPEN, ADOPTED, DROPPED = "open", "adopted", "dropped"
STATES = (OPEN, ADOPTED, DROPPED)
LONGEST_NAME = 120
LONGEST_TEXT = 500_000
"""Characters of a plan.toml: thousands of bands and values; more is another file taken for one."""


@dataclass(frozen=True)
class Scenario:
    """A scenario as of its latest revision. `text` is plan.toml whole, `based_on` what people call the version it began from.

    state: open, adopted or dropped. changed_by and changed_at: who saved, renamed, dropped, revived or adopted it last.
    """

    scenario_id: int
    name: str
    text: str
    based_on: str
    revision: int
    state: str
    made_by: str
    made_at: datetime
    changed_by: str
    changed_at: datetime
    note: str


def create(name: str, text: str, based_on: str, by: str, note: str, now: datetime) -> Scenario:
    """Begin a scenario with this text as revision 1.

    Raises
    ------
    ConfigurationError
        The text is no plan (the message names the line), or name, author or note can't be.
    Refusal
        An open scenario has this name.
    """
    from overrides.models import Scenario as Row

    name, by, note = checked_name(name), checked_author(by), checked_note(note)
    text = checked_text(text)
    with transaction() as cursor:
        _lock(cursor)
        _refuse_taken(name)
        made = Row(name=name, based_on=based_on, revision=1, state=OPEN, made_by=by, made_at=now, note=note)
        made.changed_by, made.changed_at = by, now
        made.save(force_insert=True)
        _add_revision(made, text)
        from_ = f" from plan {based_on}" if based_on else ""
        _tell(made, f"Makes scenario {name}{from_}{f': {note}' if note else ''}")
    return _scenario(made, text)


def find(scenario_id: int) -> Scenario:
    """The scenario with its text; Refusal where there is none."""
    with reading():
        row = _row(scenario_id)
        return _scenario(row, _text_of(row))


def scenarios(state: str | None = None) -> tuple[Scenario, ...]:
    """Those of a state, None: all; the newest change first, each without its text ("")."""
    from overrides.models import Scenario as Row

    with reading():
        rows = Row.objects.all() if state is None else Row.objects.filter(state=state)
        return tuple(_scenario(row, "") for row in rows.order_by("-changed_at", "-scenario_id"))


def named_text(name: str) -> tuple[str, str]:
    """("version", text) or ("scenario", text) of the version that is called so, else of the open scenario.

    Refusal where there is neither, naming the nearest of both.
    """
    versions = {each.version: each.version_id for each in plan_versions.versions()}
    open_ones = {each.name: each.scenario_id for each in scenarios(OPEN)}
    if name in versions:
        return "version", plan_versions.version_text(versions[name])
    if name in open_ones:
        return "scenario", find(open_ones[name]).text
    near = get_close_matches(name, [*versions, *open_ones], n=1)
    said = f"; did you mean {near[0]!r}?" if near else ":"
    raise Refusal(f"no plan version and no open scenario {name!r}{said} See `lastword plan list` and `lastword plan scenarios`")


def save(scenario_id: int, text: str, expected_revision: int, by: str, now: datetime) -> Scenario:
    """Keep a text as the next revision. The text that stands already gives the scenario as it is; nothing is added then.

    Raises
    ------
    ConfigurationError
        The text is no plan; the message names the line.
    Conflict
        Somebody saved since `expected_revision`; nothing of theirs is lost.
    Refusal
        There is no such scenario, or it isn't open.
    """
    by, text = checked_author(by), checked_text(text)
    with transaction() as cursor:
        _lock(cursor)
        row = _open_row(scenario_id)
        _refuse_moved(row, expected_revision)
        if text != _text_of(row):
            row.revision += 1
            _change(row, by, now)
            _add_revision(row, text)
        return _scenario(row, text)


def rename(scenario_id: int, name: str, by: str, now: datetime) -> Scenario:
    """Give an open scenario another name. Refusal where an open one has it."""
    name, by = checked_name(name), checked_author(by)
    with transaction() as cursor:
        _lock(cursor)
        row = _open_row(scenario_id)
        before = row.name
        if name != before:
            _refuse_taken(name)
            row.name = name
            _change(row, by, now)
            _tell(row, f"Renames scenario {before} to {name}")
        return _scenario(row, _text_of(row))


def drop(scenario_id: int, by: str, now: datetime) -> Scenario:
    """Put an open scenario away; its revisions stay."""
    by = checked_author(by)
    with transaction() as cursor:
        _lock(cursor)
        row = _open_row(scenario_id)
        row.state = DROPPED
        _change(row, by, now)
        _tell(row, f"Drops scenario {row.name}")
        return _scenario(row, _text_of(row))


def revive(scenario_id: int, by: str, now: datetime) -> Scenario:
    """Open a dropped scenario again. Refusal where it wasn't dropped, or an open one has its name by now."""
    by = checked_author(by)
    with transaction() as cursor:
        _lock(cursor)
        row = _row(scenario_id)
        if row.state != DROPPED:
            raise Refusal(f"scenario {row.name!r} is {row.state}: only a dropped one is revived")
        _refuse_taken(row.name)
        row.state = OPEN
        _change(row, by, now)
        _tell(row, f"Revives scenario {row.name}")
        return _scenario(row, _text_of(row))


def adopt(
    project: "Project",
    scenario_id: int,
    version: str,
    by: str,
    note: str,
    now: datetime,
    *,
    expected_revision: int | None = None,
) -> "Adoption":
    """Keep a scenario's text, with this version in it, as a plan version, adopt that and write plan.toml: all or nothing.

    Raises
    ------
    ConfigurationError
        The version, author or note can't be.
    Conflict
        Somebody saved since `expected_revision`.
    Refusal
        The scenario isn't open, the version is that of another plan, or plan.toml has changes that no version holds.
    """
    by = checked_author(by)
    with plan_file.put_back_on_failure(project), transaction() as cursor:
        plan_versions.lock(cursor)
        _lock(cursor)
        row = _open_row(scenario_id)
        if expected_revision is not None:
            _refuse_moved(row, expected_revision)
        text = with_version(_text_of(row), plan_file.checked_version(version))
        stored = plan_versions.save(text, by, note, now)
        whole = plan_versions.version_text(stored.version_id)
        plan_file.refuse_loss(project, whole)
        made = plan_versions.adopt(stored.version_id, by, note, now)
        row.state = ADOPTED
        _change(row, by, now)
        _tell(row, f"Adopts scenario {row.name} as plan {stored.version}", version_id=stored.version_id)
        plan_file.write(project, whole)
    return made


def checked_name(name: str) -> str:
    """A scenario's name without blanks around it; ConfigurationError where it can't be one."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        said = f"{len(name)} characters" if name else "empty"
        raise ConfigurationError(f"the scenario's name is {said}: expected 1 to {LONGEST_NAME} characters on one line")
    return name


def checked_text(text: str) -> str:
    """The text with newlines for line ends, as forms and files of other systems don't have; ConfigurationError: it is no plan."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if len(text) > LONGEST_TEXT:
        raise ConfigurationError(f"plan.toml has {len(text):,} characters: expected at most {LONGEST_TEXT:,}")
    parse_plan(text)
    return text


def _lock(cursor: Any) -> None:
    """Let nobody else change a scenario until the transaction ends. SQLite has only one writer anyway."""
    if cursor.db.vendor == "postgresql":
        cursor.execute("LOCK TABLE lastword_scenario IN SHARE ROW EXCLUSIVE MODE")


def _row(scenario_id: int) -> "Row":
    from overrides.models import Scenario as Row

    row = Row.objects.filter(scenario_id=scenario_id).first()
    if row is None:
        raise Refusal(f"the store has no scenario with the id {scenario_id}: see `lastword plan scenarios`")
    return row


def _open_row(scenario_id: int) -> "Row":
    row = _row(scenario_id)
    if row.state != OPEN:
        later = "revive it first" if row.state == DROPPED else "make a new one from the version it became"
        raise Refusal(f"scenario {row.name!r} is {row.state}, so it no longer changes: {later}")
    return row


def _text_of(row: "Row") -> str:
    from overrides.models import ScenarioRevision

    return ScenarioRevision.objects.get(scenario=row, revision=row.revision).text


def _refuse_taken(name: str) -> None:
    from overrides.models import Scenario as Row

    taken = Row.objects.filter(name=name, state=OPEN).first()
    if taken is not None:
        raise Refusal(f"{taken.made_by}'s open scenario has the name {name!r}: give this one another")


def _refuse_moved(row: "Row", expected_revision: int) -> None:
    if row.revision != expected_revision:
        raise Conflict(
            f"{row.changed_by} saved scenario {row.name!r} since you looked (revision {row.revision}, yours "
            f"{expected_revision}): look at theirs and save again"
        )


def _change(row: "Row", by: str, now: datetime) -> None:
    row.changed_by, row.changed_at = by, now
    row.save(force_update=True)


def _add_revision(row: "Row", text: str) -> None:
    from overrides.models import ScenarioRevision

    ScenarioRevision.objects.create(scenario=row, revision=row.revision, text=text, by=row.changed_by, made_at=row.changed_at)


def _tell(row: "Row", said: str, **details: Any) -> None:
    details |= {"scenario_id": row.scenario_id, "revision": row.revision, "based_on": row.based_on}
    new_event(SCENARIO, row.changed_by, row.name, said, row.changed_at, details).save(force_insert=True)


def _scenario(row: "Row", text: str) -> Scenario:
    return Scenario(text=text, **{name: getattr(row, name) for name in Scenario.__dataclass_fields__ if name != "text"})
