"""Scenarios in the store: every revision stays, nobody's save is lost, and adopting one does all of it or nothing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from lastword.errors import ConfigurationError, Conflict, Refusal
from lastword.plan import parse_plan
from lastword.project import init_project
from overrides import events, plan_versions, scenarios
from overrides.models import ScenarioRevision
from overrides.store import open_store
from tests.store.test_plan_versions import plan_text

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def make(name="Bolder", text=None, **given):
    return scenarios.create(name, text or plan_text(comment="# ours\n"), given.get("based_on", "2026"), "ana", "why", NOW)


def told():
    return [(line.by, line.subject, line.said) for line in events.timeline(now=NOW + 9 * HOUR, kinds=["scenario"]).lines]


def revisions(scenario_id):
    rows = ScenarioRevision.objects.filter(scenario_id=scenario_id).order_by("revision")
    return [(row.revision, row.text, row.by) for row in rows]


def test_a_scenario_keeps_its_text_whole_and_is_found_again(project):
    made = make()
    assert made == scenarios.find(made.scenario_id)
    assert (made.name, made.text, made.based_on, made.revision) == ("Bolder", plan_text(comment="# ours\n"), "2026", 1)
    assert (made.state, made.made_by, made.made_at, made.changed_by, made.changed_at) == ("open", "ana", NOW, "ana", NOW)
    (listed,) = scenarios.scenarios()
    assert (listed.scenario_id, listed.text) == (made.scenario_id, "")


def test_each_save_is_a_revision_and_the_newest_change_is_listed_first(project):
    made, other = make(), make("Other")
    saved = scenarios.save(made.scenario_id, plan_text(weight="25"), 1, "bob", NOW + HOUR)
    assert (saved.revision, saved.changed_by, saved.changed_at) == (2, "bob", NOW + HOUR)
    assert scenarios.save(made.scenario_id, plan_text(weight="25"), 2, "cleo", NOW + 2 * HOUR) == saved
    assert revisions(made.scenario_id) == [(1, made.text, "ana"), (2, plan_text(weight="25"), "bob")]
    assert [each.scenario_id for each in scenarios.scenarios("open")] == [made.scenario_id, other.scenario_id]
    assert scenarios.scenarios("dropped") == ()


def test_a_form_s_line_ends_and_a_byte_order_mark_are_no_other_text(project):
    made = make()
    again = scenarios.save(made.scenario_id, "\ufeff" + made.text.replace("\n", "\r\n"), 1, "bob", NOW + HOUR)
    assert again.revision == 1


def test_who_saves_on_what_somebody_else_saved_since_is_told_and_nothing_is_lost(project):
    made = make()
    scenarios.save(made.scenario_id, plan_text(weight="25"), 1, "bob", NOW)
    with pytest.raises(Conflict, match=r"bob saved scenario 'Bolder' since you looked \(revision 2, yours 1\)"):
        scenarios.save(made.scenario_id, plan_text(weight="30"), 1, "cleo", NOW)
    assert scenarios.find(made.scenario_id).text == plan_text(weight="25")


def test_of_many_saves_at_once_one_stands_and_the_others_hear_of_it(project):
    made = make()

    def save(weight):
        try:
            return scenarios.save(made.scenario_id, plan_text(weight=str(weight)), 1, f"p{weight}", NOW).text
        except Conflict:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        found = [text for text in pool.map(save, range(30, 36)) if text]
    assert len(found) == 1
    assert [text for _, text, _ in revisions(made.scenario_id)] == [made.text, found[0]]


def test_names_are_unique_among_open_ones(project):
    made = make()
    with pytest.raises(Refusal, match="ana's open scenario has the name 'Bolder'"):
        make(" Bolder ")
    scenarios.drop(made.scenario_id, "ana", NOW)
    other = make()
    with pytest.raises(Refusal, match="give this one another"):
        scenarios.revive(made.scenario_id, "ana", NOW)
    scenarios.rename(other.scenario_id, "Braver", "bob", NOW)
    assert scenarios.revive(made.scenario_id, "ana", NOW).state == "open"
    with pytest.raises(Refusal, match="give this one another"):
        scenarios.rename(other.scenario_id, "Bolder", "bob", NOW)


@pytest.mark.parametrize("name", ["", "  ", "x" * 121, "a\nb", "a\0b"])
def test_what_is_no_name_is_told(project, name):
    with pytest.raises(ConfigurationError, match="name is"):
        make(name)


def test_a_text_that_is_no_plan_is_told_with_its_line(project):
    with pytest.raises(ConfigurationError, match=r"plan\.toml:11:"):
        make(text=plan_text(weight="-1"))
    made = make()
    with pytest.raises(ConfigurationError, match=r"plan\.toml:11:"):
        scenarios.save(made.scenario_id, plan_text(weight="-1"), 1, "ana", NOW)
    with pytest.raises(ConfigurationError, match="expected at most 500,000"):
        scenarios.save(made.scenario_id, "#" * 500_001, 1, "ana", NOW)
    assert revisions(made.scenario_id) == [(1, made.text, "ana")]


def test_what_is_dropped_no_longer_changes(project):
    made = make()
    with pytest.raises(Refusal, match="only a dropped one"):
        scenarios.revive(made.scenario_id, "ana", NOW)
    scenarios.drop(made.scenario_id, "ana", NOW)
    for change in (
        lambda: scenarios.save(made.scenario_id, plan_text(), 1, "ana", NOW),
        lambda: scenarios.rename(made.scenario_id, "x", "ana", NOW),
        lambda: scenarios.drop(made.scenario_id, "ana", NOW),
    ):
        with pytest.raises(Refusal, match="is dropped, so it no longer changes: revive it first"):
            change()
    with pytest.raises(Refusal, match="no scenario with the id 99"):
        scenarios.find(99)


def test_the_audit_has_a_line_for_each_thing_done_but_none_for_a_save(project):
    made = make()
    scenarios.save(made.scenario_id, plan_text(weight="25"), 1, "bob", NOW)
    scenarios.rename(made.scenario_id, "Braver", "bob", NOW + HOUR)
    scenarios.drop(made.scenario_id, "bob", NOW + 2 * HOUR)
    scenarios.revive(made.scenario_id, "cleo", NOW + 3 * HOUR)
    assert told() == [
        ("cleo", "Braver", "Revives scenario Braver"),
        ("bob", "Braver", "Drops scenario Braver"),
        ("bob", "Braver", "Renames scenario Bolder to Braver"),
        ("ana", "Bolder", "Makes scenario Bolder from plan 2026: why"),
    ]


@pytest.fixture
def planned(project, tmp_path):
    """A project with a plan.toml that a version holds, its store the one of `project`."""
    from types import SimpleNamespace

    made = init_project(tmp_path / "project")
    made.plan_path.write_text(plan_text(), encoding="utf-8")
    plan_versions.save(plan_text(), "ana", "", NOW)
    found = SimpleNamespace(store_url=project.store_url, plan_path=made.plan_path, load_plan=made.load_plan)
    open_store(project.store_url)
    return found


def test_adopting_saves_a_version_adopts_it_and_writes_the_plan(planned):
    made = make(text=plan_text(weight="25", comment="# ours\n"))
    adoption = scenarios.adopt(planned, made.scenario_id, "2027", "anna", "board", NOW + HOUR, expected_revision=1)
    assert (adoption.plan.version, adoption.by, adoption.note) == ("2027", "anna", "board")
    assert plan_versions.adopted(NOW + HOUR) == adoption
    assert planned.plan_path.read_text() == plan_text("2027", "25", comment="# ours\n")
    assert scenarios.find(made.scenario_id).state == "adopted"
    assert told()[0] == ("anna", "Bolder", "Adopts scenario Bolder as plan 2027")
    with pytest.raises(Refusal, match="is adopted, so it no longer changes"):
        scenarios.adopt(planned, made.scenario_id, "2028", "anna", "", NOW + HOUR)


def nothing_happened(project, scenario_id):
    assert project.plan_path.read_text() == project.text_before
    assert [each.version for each in plan_versions.versions()] == project.versions_before
    assert plan_versions.adopted(NOW + 9 * HOUR) is None
    assert scenarios.find(scenario_id).state == "open"


def remember(project):
    project.text_before = project.plan_path.read_text()
    project.versions_before = [each.version for each in plan_versions.versions()]


@pytest.mark.parametrize(
    ("version", "said", "error"),
    [
        ("2026", "plan version '2026', saved by ana on 2026-06-01, is another plan", Refusal),
        (" ", "the version is '': expected 1 to 200", ConfigurationError),
        ("a\nb", "one line", ConfigurationError),
    ],
)
def test_a_version_that_cannot_be_leaves_all_as_it_was(planned, version, said, error):
    made = make(text=plan_text(weight="25"))
    remember(planned)
    with pytest.raises(error, match=said):
        scenarios.adopt(planned, made.scenario_id, version, "anna", "", NOW)
    nothing_happened(planned, made.scenario_id)


def test_a_plan_with_changes_that_no_version_holds_is_not_written_over(planned):
    made = make(text=plan_text(weight="25"))
    planned.plan_path.write_text(plan_text("mine", "40"), encoding="utf-8")
    remember(planned)
    with pytest.raises(Refusal, match="has changes that no version holds"):
        scenarios.adopt(planned, made.scenario_id, "2027", "anna", "", NOW)
    nothing_happened(planned, made.scenario_id)


def test_a_revision_that_nobody_looked_at_is_not_adopted(planned):
    made = make()
    scenarios.save(made.scenario_id, plan_text(weight="25"), 1, "bob", NOW)
    remember(planned)
    with pytest.raises(Conflict, match="bob saved"):
        scenarios.adopt(planned, made.scenario_id, "2027", "anna", "", NOW, expected_revision=1)
    nothing_happened(planned, made.scenario_id)


def test_where_the_file_cannot_be_written_nothing_is_adopted(planned):
    made = make(text=plan_text(weight="25"))
    remember(planned)
    real, planned.plan_path = planned.plan_path, planned.plan_path.parent / "gone" / "plan.toml"
    with pytest.raises(Refusal, match="can't be written"):
        scenarios.adopt(planned, made.scenario_id, "2027", "anna", "", NOW)
    planned.plan_path = real
    nothing_happened(planned, made.scenario_id)


def test_where_the_store_fails_at_the_end_the_file_is_as_it_was(planned, monkeypatch):
    made = make(text=plan_text(weight="25"))
    remember(planned)
    from overrides import plan_file

    write = plan_file.write

    def written_and_failed(project, text):
        write(project, text)
        raise Refusal("the store is full")

    monkeypatch.setattr(plan_file, "write", written_and_failed)
    with pytest.raises(Refusal, match="full"):
        scenarios.adopt(planned, made.scenario_id, "2027", "anna", "", NOW)
    nothing_happened(planned, made.scenario_id)


@pytest.mark.parametrize(
    "statement", ["UPDATE lastword_scenario_revision SET text = 'x'", "DELETE FROM lastword_scenario_revision"]
)
def test_nothing_changes_a_revision(project, statement):
    made = make()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert scenarios.find(made.scenario_id).text == made.text


def test_no_revision_takes_the_place_of_another(project):
    made = make()
    if connection.vendor != "sqlite":
        pytest.skip("INSERT OR REPLACE is SQLite's")
    values = f"(revision_id, scenario_id, revision, text, by, made_at) VALUES (99, {made.scenario_id}, 1, 't', 'a', '2026-06-01')"
    with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
        cursor.execute(f"INSERT OR REPLACE INTO lastword_scenario_revision {values}")
    assert parse_plan(scenarios.find(made.scenario_id).text).version == "2026"
