"""Publications one after the other, and the final grades of an instant beside those of now."""

from datetime import UTC, datetime, timedelta

import pytest

from lastword.errors import Refusal
from overrides import ledger
from overrides.filters import Filters
from overrides.publications import first_published_at, graded, publication, publications, published_by
from overrides.then_and_now import grades_then_and_now
from tests.stores import scores_of, settings_of

DAY = timedelta(days=1)


@pytest.fixture
def now():
    return datetime.now(UTC)


@pytest.fixture
def published(project, now):
    """Three runs: the grades of three accounts are A B -, then A A -, twice."""
    for place, grades in enumerate((["A", "B", None], ["A", "A", None], ["A", "A", None])):
        at = now - (9 - place) * DAY
        project.publish(scores_of(["a", "b", "c"], scored_at=at, policy_grade=grades), f"r{place + 1}", now=at)
    return project


def test_publications_are_newest_first_and_go_on_after_a_place(published, now):
    found = publications(limit=2)
    assert [run.run_id for run in found] == ["r3", "r2"]
    assert [run.run_id for run in publications((found[-1].published_at, "r2"))] == ["r1"]
    assert publication("r2").run_id == "r2" and publication("r9") is None


def test_what_was_current_at_an_instant(published, now):
    assert published_by(now - 8 * DAY).run_id == "r2"
    assert published_by(now - 8 * DAY - timedelta(seconds=1)).run_id == "r1"
    assert published_by(now - 10 * DAY) is None
    assert first_published_at() == now - 9 * DAY


def test_accounts_per_grade_of_a_publication_leave_overrides_out(published, now):
    ledger.add("a", "F", "other", "", "ann", None, now - DAY, settings_of())
    assert {grade: counts["policy"] for grade, counts in graded("r1").items() if counts["policy"]} == {"A": 1, "B": 1, "none": 1}


def test_final_grades_then_and_now(published, now):
    ledger.add("a", "F", "other", "", "ann", None, now - DAY, settings_of())
    found = {each.grade: (each.then, each.now, each.difference) for each in grades_then_and_now(Filters(), now - 9 * DAY, now)}
    assert found == {"A": (1, 1, 0), "B": (1, 0, -1), "C": (0, 0, 0), "D": (0, 0, 0), "F": (0, 1, 1), "none": (1, 1, 0)}
    of_one = grades_then_and_now(Filters(search="b"), now - 9 * DAY, now)
    assert [(each.grade, each.then, each.now) for each in of_one if each.then or each.now] == [("A", 0, 1), ("B", 1, 0)]
    with pytest.raises(Refusal, match="nothing had been published by"):
        grades_then_and_now(Filters(), now - 10 * DAY, now)


def test_before_anything_was_published(project):
    assert publications() == [] and first_published_at() is None
