"""The record of events and the timeline: everything that happened, newest first, page by page, none twice and none left out."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lastword.errors import ConfigurationError
from overrides import events, ledger, reviewing, spend_entries
from overrides.imports import DecisionRow, apply_import
from tests.stores import scores_of, settings_of

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SETTINGS = settings_of()


@pytest.fixture
def busy(project):
    """A publication, and on the days after it one thing of every sort."""
    project.publish(scores_of(["a", "b"]), now=NOW)
    reviewing.decide("a", "grade", "other", "so", "ann", NOW + HOUR, SETTINGS, grade="B", expires_on=date(2026, 6, 3))
    reviewing.snooze("b", date(2026, 6, 9), "bob", NOW + 2 * HOUR)
    events.record("sign_in", "cleo", "cleo", "Signs in", NOW + 3 * HOUR, {"address": "10.0.0.1"})
    entry = reviewing.decide("b", "accept_plan", "other", "", "cleo", NOW + 4 * HOUR, SETTINGS).entry
    ledger.revoke("b", "", "ann", NOW + 5 * HOUR, expected_entry_id=entry.entry_id)
    reviewing.bring_back("b", "ann", NOW + 5 * HOUR)
    return project


def lines(**asked):
    return events.timeline(**{"now": NOW + 30 * DAY} | asked).lines


def kinds(**asked):
    return [line.kind for line in lines(**asked)]


def test_everything_is_in_it_newest_first_in_words(busy):
    assert [(line.at, line.by, line.subject, line.kind, line.said) for line in lines()] == [
        (datetime(2026, 6, 4, tzinfo=UTC), "system", "a", "expire", "B (other) by ann lapses after 2026-06-03"),
        (NOW + 5 * HOUR, "ann", "b", "revoke", "Takes the override back; the plan said D, the model B"),
        (NOW + 5 * HOUR, "ann", "b", "return", "Brings it back to the queue"),
        (
            NOW + 4 * HOUR,
            "cleo",
            "b",
            "add",
            "Decides D (other) through 2026-11-28; the plan said D, the model B",
        ),
        (NOW + 3 * HOUR, "cleo", "cleo", "sign_in", "Signs in"),
        (NOW + 2 * HOUR, "bob", "b", "snooze", "Snoozes it until 2026-06-09"),
        (NOW + HOUR, "ann", "a", "add", "Decides B (other) through 2026-06-03; the plan said D, the model A"),
        (
            NOW,
            "system",
            "r1",
            "publication",
            "A run becomes current: plan 2026, model version 3, policy model, as of 2026-06-01",
        ),
    ]
    assert lines()[4].details == {"address": "10.0.0.1"}
    assert {name: lines()[6].details[name] for name in ("grade", "note", "override_kind", "expires_on", "seen_run_id")} == {
        "grade": "B",
        "note": "so",
        "override_kind": "other",
        "expires_on": "2026-06-03",
        "seen_run_id": "r1",
    }


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"kinds": ["add", "sign_in"]}, ["add", "sign_in", "add"]),
        ({"kinds": ["expire"]}, ["expire"]),
        ({"by": "ann"}, ["revoke", "return", "add"]),
        ({"by": "system"}, ["expire", "publication"]),
        ({"subject": "b"}, ["revoke", "return", "add", "snooze"]),
        ({"subject": "r1"}, ["publication"]),
        ({"subject": "b", "by": "cleo"}, ["add"]),
        ({"since": NOW + 4 * HOUR}, ["expire", "revoke", "return", "add"]),
        ({"since": NOW + HOUR, "until": NOW + 3 * HOUR}, ["snooze", "add"]),
        ({"since": datetime(2026, 6, 4, tzinfo=UTC)}, ["expire"]),
        ({"since": datetime(2026, 6, 4, 0, 0, 1, tzinfo=UTC)}, []),
        ({"until": datetime(2026, 6, 4, tzinfo=UTC), "kinds": ["expire"]}, []),
        ({"now": NOW + 3 * HOUR}, ["sign_in", "snooze", "add", "publication"]),
        ({"subject": "nobody"}, []),
    ],
)
def test_it_is_filtered_by_kind_person_subject_and_time(busy, asked, found):
    assert kinds(**asked) == found


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_its_pages_are_the_whole_none_twice_and_none_left_out(busy, limit):
    whole, paged, before = lines(), [], None
    while True:
        page = events.timeline(now=NOW + 30 * DAY, before=before, limit=limit)
        paged += page.lines
        if page.before is None:
            break
        assert len(page.lines) == limit
        before = page.before
    assert tuple(paged) == whole


def test_things_of_one_instant_are_paged_through_too(project):
    project.publish(scores_of(["a", "b"]), now=datetime(2026, 6, 4, tzinfo=UTC))
    reviewing.decide("a", "grade", "other", "", "ann", NOW, SETTINGS, grade="B", expires_on=date(2026, 6, 3))
    reviewing.decide("b", "grade", "other", "", "ann", NOW, SETTINGS, grade="B", expires_on=date(2026, 6, 3))
    for number in range(12):
        events.record("export", "ann", "file", f"Export {number}", datetime(2026, 6, 4, tzinfo=UTC))
    paged, before = [], None
    for _ in range(20):
        page = events.timeline(now=NOW + 30 * DAY, before=before, limit=1)
        paged += page.lines
        before = page.before
        if before is None:
            break
    assert [line.said for line in paged[:12]] == [f"Export {number}" for number in reversed(range(12))]
    assert [line.kind for line in paged[12:]] == ["expire", "expire", "publication", "add", "add"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"kinds": ["sign-in"]}, "kind 'sign-in' is unknown; nearest is 'sign_in'"),
        ({"limit": 0}, "a page of 0 lines: expected 1 to 1000"),
        ({"before": "yesterday"}, "'yesterday' is no place in the timeline"),
        ({"before": "2026-06-01T12:00:00Z~9~1"}, "no place"),
        ({"before": "2026-06-01T12:00:00Z~3~x"}, "no place"),
        ({"before": "2026-06-01T12:00:00~3~1"}, "no place"),
    ],
)
def test_what_cannot_be_asked_for_is_said(project, asked, said):
    with pytest.raises(ConfigurationError, match=said):
        lines(**asked)


def test_what_cannot_be_recorded_is_said_and_what_a_stranger_types_is_kept(project):
    with pytest.raises(ConfigurationError, match="event 'signin' is unknown; nearest is 'sign_in'"):
        events.record("signin", "ann", "ann", "Signs in", NOW)
    with pytest.raises(ConfigurationError, match="the author is empty"):
        events.record("sign_in", "", "ann", "Signs in", NOW)
    events.record("sign_in_failed", "a\0'); --", "x" * 10_000, "漢字", NOW)
    (line,) = lines()
    assert (line.by, len(line.subject), line.said, line.details) == ("a'); --", 10_000, "漢字", {})


def test_a_publication_tells_what_changed_in_plan_and_model(project):
    prints = [{"scored_by": {"plan.toml": print_, "model": "3"}} for print_ in ("x", "y")]
    scores = scores_of(["a"])
    project.publish(scores, "r1", NOW, reference=prints[0])
    project.publish(scores, "r2", NOW + HOUR, reference=prints[0])
    assert kinds() == ["publication", "publication"], "nothing changed"
    project.publish(scores, "r3", NOW + 2 * HOUR, reference=prints[1])
    project.publish(scores, "r4", NOW + 3 * HOUR, reference=prints[1], plan_version="2027", model_version="4")
    project.publish(scores, "r5", NOW + 4 * HOUR, plan_version="2027", model_version=None)
    project.publish(scores, "r6", NOW + 5 * HOUR, plan_version="2027", model_version="4")
    told = lines(kinds=["plan_change", "promotion"])
    assert [(line.subject, line.by, line.said) for line in reversed(told)] == [
        ("r3", "system", "Plan 2026 has changed and kept its version"),
        ("r4", "system", "Plan 2027 makes the scores, where plan 2026 did"),
        ("r4", "system", "Model version 4 makes the scores, where version 3 did"),
        ("r5", "system", "No model makes the scores, where version 4 did"),
        ("r6", "system", "Model version 4 makes the scores, where none did"),
    ]
    assert told[0].details["run_before"] == "r5"


def test_an_import_is_told_with_its_counts(project):
    project.publish(scores_of(["a", "b"]), now=NOW)
    rows = [DecisionRow(2, "a", "B", "other", None, None, None, None), DecisionRow(3, "b", "E", "other", None, None, None, None)]
    apply_import(rows, NOW, SETTINGS, "ann", only_clean=True, source="decisions.xlsx")
    (line,) = lines(kinds=["import"])
    assert (line.by, line.subject, line.said) == ("ann", "decisions.xlsx", "Imports decisions.xlsx: 1 new, 1 error")
    assert line.details == {"new": 1, "error": 1}
    apply_import(rows, NOW, SETTINGS, "ann", only_clean=True)
    assert kinds(kinds=["import"]) == ["import"], "an import that changes nothing is none"


@pytest.mark.parametrize("asked", [{}, {"by": "ann"}, {"subject": "a"}])
@pytest.mark.parametrize("project", ["sqlite"], indirect=True)
def test_a_page_is_read_along_an_index_and_never_sorts_the_ledger(busy, asked):
    cursor_of_a_page = events.timeline(now=NOW + 30 * DAY, limit=2).before
    with CaptureQueriesContext(
        connection,
    ) as captured:
        lines(limit=2, before=cursor_of_a_page, **asked)
    ledger_reads = [query["sql"] for query in captured if 'FROM "lastword_override_entry"' in query["sql"]]
    assert len(ledger_reads) == (1 if "by" in asked else 2)
    for sql in ledger_reads:
        assert "LIMIT 3" in sql
        with connection.cursor() as cursor:
            steps = [row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()]
        assert "USING INDEX lastword_entry" in steps[0] or "USING COVERING INDEX lastword_entry" in steps[0]
        if "subject" not in asked:
            assert not [step for step in steps if "TEMP B-TREE" in step]


@pytest.fixture
def entered(busy):
    """The same, and three entries on potential spend."""
    spend_entries.add("a", "value", 120_000, "they told us", "by telephone", "ann", NOW + 3 * HOUR)
    spend_entries.add("b", "growth", -0.125, "lost a site", "", "bob", NOW + 4 * HOUR)
    spend_entries.clear("a", "was another company", "cleo", NOW + 6 * HOUR)
    return busy


def test_what_is_entered_on_potential_spend_is_in_it_in_words(entered):
    found = lines(kinds=["spend_value", "spend_growth", "spend_clear"])
    after = "; it counts from the next scoring on"
    assert [(line.kind, line.by, line.subject, line.said.removesuffix(after)) for line in found] == [
        ("spend_clear", "cleo", "a", "Takes back what was entered on its potential spend"),
        ("spend_growth", "bob", "b", "Enters a growth of spend of −12.5 % (lost a site)"),
        ("spend_value", "ann", "a", "Enters a potential spend of 120,000 a year (they told us)"),
    ]
    assert {name: found[2].details[name] for name in ("amount", "reason", "note")} == {
        "amount": 120_000,
        "reason": "they told us",
        "note": "by telephone",
    }


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"kinds": ["spend_growth"]}, ["spend_growth"]),
        ({"kinds": ["spend_growth", "revoke"]}, ["revoke", "spend_growth"]),
        ({"subject": "a"}, ["expire", "spend_clear", "spend_value", "add"]),
        ({"by": "bob"}, ["spend_growth", "snooze"]),
        ({"by": "system"}, ["expire", "publication"]),
        ({"since": NOW + 6 * HOUR, "until": NOW + DAY}, ["spend_clear"]),
    ],
)
def test_entries_on_spend_are_filtered_as_all_else(entered, asked, found):
    assert kinds(**asked) == found


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_entries_on_spend_are_paged_with_all_else(entered, limit):
    whole, paged, before = lines(), [], None
    while True:
        page = events.timeline(now=NOW + 30 * DAY, before=before, limit=limit)
        paged += page.lines
        if (before := page.before) is None:
            break
    assert tuple(paged) == whole
    assert sum(line.kind.startswith("spend_") for line in paged) == 3
