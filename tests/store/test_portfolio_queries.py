"""What the overview asks of the store: the same on SQLite and PostgreSQL."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from overrides.crossing import crossed_by
from overrides.filters import NONE, Filters
from overrides.final_pages import cross_table
from overrides.hierarchy import hierarchy_table, values_of
from overrides.ledger import add
from overrides.state import store_state
from overrides.waiting import expiring, has_propensities, waiting
from overrides.worklist import View, queue_count
from tests.stores import scores_of

NOW = datetime.now(UTC)
ACCOUNTS = [f"a{number}" for number in range(7)]
REGIONS = ["EMEA", "EMEA", "EMEA", "APAC", "APAC", None, None]


def published(project: Any) -> None:
    reasons = ["disparity", "disparity", "audit", None, None, None, "disparity"]
    project.publish(
        scores_of(
            ACCOUNTS,
            NOW,
            region=REGIONS,
            country=["DE", "FR", "FR", "JP", "JP", None, None],
            open_reason=reasons,
            potential_spend=[1.0, 2.0, None, None, 5.0, None, None],
        ),
        now=NOW,
    )


def test_an_attribute_given_account_by_account_crosses_as_a_column_does(project):
    published(project)
    values = pd.Series(REGIONS, index=ACCOUNTS, dtype="str")
    for filters in (Filters(), Filters(region=("EMEA",)), Filters(region=("nowhere",))):
        expected = cross_table(filters, "region").rename(columns={"region": "value"})
        for stretch in (2, 3, 100):
            found = crossed_by(filters, values, NOW, stretch)
            order = ["value", "final_grade"]
            pd.testing.assert_frame_equal(
                found.sort_values(order, ignore_index=True),
                expected.sort_values(order, ignore_index=True),
                check_dtype=False,
                check_like=True,
            )


def test_a_level_counts_under_the_levels_above_it(project):
    assert hierarchy_table().empty
    published(project)
    table = hierarchy_table()
    assert values_of("region", table, Filters(country=("JP",))) == [("APAC", 2), ("EMEA", 3), (NONE, 2)]
    assert values_of("country", table, Filters(region=("EMEA",))) == [("DE", 1), ("FR", 2)]
    assert values_of("country", table, Filters(region=(NONE,), country=("JP",))) == [("JP", 0), (NONE, 2)]
    segments = dict(values_of("plan_segment", table, Filters(region=("EMEA",), search="nobody")))
    assert sum(segments.values()) == 3


def test_the_queue_in_figures_is_as_large_as_the_queue(project):
    assert waiting(View(), NOW, project.settings).accounts == 0
    published(project)
    found = waiting(View(), NOW, project.settings)
    assert dict(found.by_reason) == {"disparity": 3, "audit": 1}
    assert queue_count(View(), NOW, project.settings) == (found.accounts, True)
    assert found.oldest is not None
    assert abs(found.oldest - NOW) < timedelta(seconds=1)
    assert waiting(View(Filters(region=("EMEA",))), NOW, project.settings).accounts == 3


def test_a_decision_leaves_the_queue_and_changes_how_things_stand(project):
    published(project)
    before = store_state(NOW)
    assert before.run_id == "r1"
    decided(project, "a0")
    assert store_state(NOW) != before
    assert waiting(View(), datetime.now(UTC), project.settings).accounts == 3


def test_overrides_that_end_soon_are_counted(project):
    published(project)
    decided(project, "a0")
    assert expiring(Filters(), NOW, 30) == 0
    assert expiring(Filters(), NOW, 180) == 1
    assert expiring(Filters(region=("APAC",)), NOW, 180) == 0


def test_whether_anybody_has_a_propensity(project):
    project.publish(scores_of(["a"], propensity=float("nan")), "r1")
    assert not has_propensities()
    project.publish(scores_of(["a"]), "r2")
    assert has_propensities()


def decided(project: Any, account_id: str) -> None:
    settings = project.settings
    now = datetime.now(UTC)
    add(account_id, "A", reason="other", note="", by="rita", expires_on=None, now=now, settings=settings)
