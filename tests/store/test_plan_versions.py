"""Versions of the plan in the store: what is saved stays, what is adopted is told, and a run names what it scored by."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from lastword.errors import ConfigurationError, Refusal
from lastword.plan import fingerprint, parse_plan
from overrides import events, plan_versions
from overrides.publish import RunRecord, current_run, publish
from tests.stores import AS_OF, scores_of

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def plan_text(version="2026", weight="20", comment=""):
    return f"""{comment}version = "{version}"
[[segments]]
name = "A"
min_points = 50
[[segments]]
name = "F"
min_points = 0
[[attributes]]
name = "industry"
kind = "qualitative"
weight = {weight}
points = {{ Software = 100, Energy = 60 }}
"""


def save(text, now=NOW, **dates):
    return plan_versions.save(text, "ana", "why", now, **dates)


def test_a_version_keeps_the_text_whole_and_who_made_it(project):
    text = plan_text(comment="# ours, naïve\n")
    stored = save(text, effective_from=date(2026, 1, 1), effective_to=date(2026, 12, 31))
    assert plan_versions.version_text(stored.version_id) == text
    assert plan_versions.versions() == (stored,)
    assert stored == plan_versions.find("2026")
    assert (stored.author, stored.note, stored.made_at, stored.fingerprint) == ("ana", "why", NOW, fingerprint(parse_plan(text)))
    assert [stored.is_effective(date(2026, month, day)) for month, day in ((1, 1), (12, 31))] == [True, True]
    assert not stored.is_effective(date(2025, 12, 31))
    assert not stored.is_effective(date(2027, 1, 1))


def test_the_same_plan_again_is_the_version_that_it_was(project):
    first = save(plan_text())
    again = plan_versions.save(plan_text(weight="20.0", comment="# spelt otherwise\n"), "bob", "", NOW + HOUR)
    assert again == first
    assert len(plan_versions.versions()) == 1


def test_another_plan_under_the_same_version_is_refused_naming_what_differs(project):
    save(plan_text())
    with pytest.raises(Refusal, match=r"'2026', saved by ana on 2026-06-01, is another plan \(weight of industry 20 → 25\)"):
        save(plan_text(weight="25"))


def test_other_dates_of_a_stored_plan_are_refused(project):
    save(plan_text(), effective_from=date(2026, 1, 1))
    assert save(plan_text()).effective_from == date(2026, 1, 1)
    with pytest.raises(Refusal, match="effective from 2026-01-01 to any day, and a version never changes"):
        save(plan_text(), effective_from=date(2026, 2, 1))


@pytest.mark.parametrize(
    ("text", "author", "dates", "said"),
    [
        (plan_text(weight="-1"), "ana", {}, "plan.toml:11:"),
        (plan_text("v" * 201), "ana", {}, "201 characters"),
        (plan_text(), " ", {}, "author is empty"),
        (plan_text(), "ana", {"effective_from": date(2026, 2, 1), "effective_to": date(2026, 1, 1)}, "is before"),
    ],
)
def test_what_is_no_plan_version_is_told(project, text, author, dates, said):
    with pytest.raises(ConfigurationError, match=said):
        plan_versions.save(text, author, "", NOW, **dates)
    assert plan_versions.versions() == ()


def test_a_run_stores_a_plan_that_nobody_saved_and_numbers_one_that_kept_its_version(project):
    saved = save(plan_text())
    assert plan_versions.save_used(plan_text(), "r1", NOW) == saved
    other = plan_versions.save_used(plan_text(weight="25"), "r2", NOW)
    assert (other.version, other.author) == ("2026 (2)", "system (run r2)")
    assert plan_versions.save_used(plan_text(weight="30"), "r3", NOW).version == "2026 (3)"
    assert plan_versions.save_used(plan_text(weight="25"), "r4", NOW) == other
    assert save(plan_text(weight="25")) == other


def test_the_newest_adoption_holds_and_adopting_twice_adds_nothing(project):
    old, new = save(plan_text()), save(plan_text("2027", "25"))
    assert plan_versions.adopted(NOW) is None
    plan_versions.adopt(old.version_id, "ana", "", NOW)
    made = plan_versions.adopt(new.version_id, "bob", "board", NOW + HOUR)
    assert plan_versions.adopt(new.version_id, "cleo", "", NOW + 2 * HOUR) == made
    assert plan_versions.adopted(NOW).plan == old
    assert plan_versions.adopted(NOW + 3 * HOUR) == made
    assert [each.plan for each in plan_versions.adoptions(NOW + 3 * HOUR)] == [new, old]
    plan_versions.adopt(old.version_id, "bob", "back", NOW + 4 * HOUR)
    assert plan_versions.adopted(NOW + 4 * HOUR).plan == old


def test_which_adopted_version_is_effective_on_a_day(project):
    year = save(plan_text(), effective_from=date(2026, 1, 1), effective_to=date(2026, 12, 31))
    later = save(plan_text("2027", "25"), effective_from=date(2027, 1, 1))
    for version in (year, later):
        plan_versions.adopt(version.version_id, "ana", "", NOW)
    days = (date(2025, 12, 31), date(2026, 12, 31), date(2027, 1, 1))
    found = [plan_versions.adopted(NOW, day) for day in days]
    assert [each and each.plan.version for each in found] == [None, "2026", "2027"]


def test_an_adoption_is_in_the_audit(project):
    for version, weight in (("2026", "20"), ("2027", "25")):
        plan_versions.adopt(save(plan_text(version, weight)).version_id, "ana", "board", NOW)
    said = [(line.by, line.subject, line.said) for line in events.timeline(now=NOW, kinds=["plan_adoption"]).lines]
    assert said == [
        ("ana", "2027", "Adopts plan 2027 in place of 2026: board"),
        ("ana", "2026", "Adopts plan 2026: board"),
    ]


def test_what_is_not_there_is_refused(project):
    with pytest.raises(Refusal, match="nor any other"):
        plan_versions.find("2026")
    save(plan_text())
    with pytest.raises(Refusal, match="did you mean '2026'"):
        plan_versions.find("206")
    with pytest.raises(Refusal, match="id 99"):
        plan_versions.version_text(99)
    with pytest.raises(Refusal, match="id 99"):
        plan_versions.adopt(99, "ana", "", NOW)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE lastword_plan_version SET text = 'x'",
        "DELETE FROM lastword_plan_version",
        "UPDATE lastword_plan_adoption SET note = 'x'",
        "DELETE FROM lastword_plan_adoption",
    ],
)
def test_nothing_changes_a_version_or_an_adoption(project, statement):
    stored = save(plan_text())
    plan_versions.adopt(stored.version_id, "ana", "", NOW)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert plan_versions.versions() == (stored,)


def test_no_row_takes_the_place_of_another(project):
    save(plan_text())
    if connection.vendor != "sqlite":
        pytest.skip("INSERT OR REPLACE is SQLite's")
    values = "(version_id, version, fingerprint, text, author, note, made_at) VALUES (9, '2026', 'f', 't', 'a', '', '2026-06-01')"
    with pytest.raises(DatabaseError, match="stored already"), connection.cursor() as cursor:
        cursor.execute(f"INSERT OR REPLACE INTO lastword_plan_version {values}")
    assert [each.author for each in plan_versions.versions()] == ["ana"]


def published(project, run_id, text, now, version="2026"):
    folder = project.runs_folder / run_id
    folder.mkdir(parents=True)
    record = RunRecord(run_id, "full", AS_OF, version, "model", "propensity", "3")
    publish(project, scores_of(["a"]).assign(run_id=run_id), record, folder, now, plan=text)


def test_a_publication_names_the_version_it_used_and_the_change_is_told(project):
    published(project, "r1", plan_text(), NOW)
    used = current_run().reference["plan_used"]
    assert used == {"version_id": 1, "version": "2026", "fingerprint": fingerprint(parse_plan(plan_text()))}
    published(project, "r2", plan_text(comment="# only a comment\n"), NOW + HOUR)
    assert events.timeline(now=NOW + HOUR, kinds=["plan_change"]).lines == ()
    published(project, "r3", plan_text(weight="25"), NOW + 2 * HOUR)
    (line,) = events.timeline(now=NOW + 2 * HOUR, kinds=["plan_change"]).lines
    assert line.said == "Plan 2026 has changed and kept its version: it is stored as 2026 (2)"
    assert line.details["plan_used_before"] == used


def test_a_publication_that_fails_leaves_no_version(project):
    def fail(final):
        raise Refusal("no")

    folder = project.runs_folder / "r1"
    folder.mkdir(parents=True)
    record = RunRecord("r1", "full", AS_OF, "2026", "model")
    with pytest.raises(Refusal, match="no"):
        publish(project, scores_of(["a"]), record, folder, NOW, check=fail, plan=plan_text())
    assert plan_versions.versions() == ()
