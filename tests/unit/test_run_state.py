"""What speaks against relying on a run's figures."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

from lastword.web.run_state import PlanNow, warnings
from overrides.publish import RunRecord

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
RUN = RunRecord(
    "r1",
    "full",
    date(2026, 11, 20),
    "2026",
    "model",
    "propensity",
    "3",
    reference={"scored_by": {"plan.toml": "aa"}},
    published_at=NOW - timedelta(days=3),
)
PLAN = PlanNow(SimpleNamespace(version="2026"), "", "aa")


def test_a_fresh_run_of_this_plan_with_propensities_needs_no_warning():
    assert warnings(RUN, PLAN, True, NOW) == ()


def test_a_run_older_than_a_week_is_said_to_be():
    (said,) = warnings(replace(RUN, published_at=NOW - timedelta(days=8)), PLAN, True, NOW)
    assert "8 days old" in said
    assert warnings(replace(RUN, published_at=NOW - timedelta(days=7)), PLAN, True, NOW) == ()


def test_a_plan_changed_since_is_told_by_its_text_even_where_its_version_stayed():
    (said,) = warnings(RUN, replace(PLAN, digest="bb"), True, NOW)
    assert "changed since the run" in said
    (said,) = warnings(replace(RUN, reference={}, plan_version="2025"), PLAN, True, NOW)
    assert "version 2025" in said


def test_a_plan_that_cannot_be_read_is_told():
    (said,) = warnings(RUN, PlanNow(None, "plan.toml:3: no such key", ""), True, NOW)
    assert "plan.toml:3" in said


def test_no_model_and_a_model_without_propensities():
    (said,) = warnings(replace(RUN, model_version=None), PLAN, False, NOW)
    assert "No model serves" in said
    (said,) = warnings(RUN, PLAN, False, NOW)
    assert "class_prior" in said
