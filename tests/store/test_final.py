"""final_scores: an override shows at once, lapses by its date, and wins under every policy; the view and pandas agree."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from lastword.contracts import FINAL_COLUMNS
from lastword.errors import Refusal
from overrides import ledger
from overrides.final import QUEUE_FACTORS, current_scores, final_as_of, final_table, queue_table
from tests.stores import scores_of, settings_of

DAY = timedelta(days=1)
SETTINGS = settings_of()


@pytest.fixture
def now():
    return datetime.now(UTC)


def override(account, grade, now, **given):
    given = {"reason": "other", "note": "", "by": "ann", "expires_on": None} | given
    return ledger.add(account, grade, now=now, settings=SETTINGS, **given)


def row(account):
    return final_table([account]).iloc[0]


def test_an_override_shows_in_the_view_at_once_and_goes_with_its_revocation(project, now):
    project.publish(scores_of(["a", "b", "c"]))
    override("c", "A", now)
    assert row("c")[["final_grade", "decided_by", "override_reason", "override_by"]].tolist() == ["A", "override", "other", "ann"]
    assert row("c")["override_at"] == pd.Timestamp(now)
    assert row("c")["override_expires_on"] == pd.Timestamp(now.date() + 180 * DAY)
    assert row("b")[["final_grade", "decided_by"]].tolist() == ["B", "model"]
    assert row("b")[["override_reason", "override_by", "override_at", "override_expires_on"]].isna().all()
    ledger.revoke("c", "", "ann", now)
    assert row("c")[["final_grade", "decided_by"]].tolist() == ["C", "model"]
    assert row("c")[["override_reason", "override_by", "override_at", "override_expires_on"]].isna().all()


def test_an_override_lapses_by_the_utc_date_of_the_clock(project, now):
    project.publish(scores_of(["a", "b", "c"]))
    then = now - 10 * DAY
    override("a", "F", then, expires_on=(now - DAY).date())
    override("b", "F", then, expires_on=now.date() + DAY)
    override("c", "F", then, expires_on=(now - DAY).date())
    override("c", "D", now)
    assert final_table()["final_grade"].tolist() == ["A", "F", "D"]


def test_a_held_out_override_is_not_in_force(project, now):
    project.publish(scores_of(["a", "b", "c"]))
    ledger.add("c", "A", "other", "", "ann", None, now, settings_of(holdout=1.0))
    assert row("c")["decided_by"] == "model"
    override("c", "D", now)
    ledger.add("c", "A", "other", "", "ann", None, now, settings_of(holdout=1.0))
    assert row("c")[["final_grade", "decided_by"]].tolist() == ["D", "override"]


@pytest.mark.parametrize("decided_by", ["model", "plan", "blend"])
def test_an_override_wins_under_every_policy(project, now, decided_by):
    project.publish(scores_of(["a"], policy_grade="F", policy_decided_by=decided_by))
    override("a", "B", now)
    assert row("a")[["final_grade", "decided_by"]].tolist() == ["B", "override"]


def test_an_account_without_coverage_has_no_grade_unless_somebody_gives_one(project, now):
    project.publish(scores_of(["a"], coverage=False, policy_grade=None, policy_decided_by="plan"))
    assert pd.isna(row("a")["final_grade"])
    assert row("a")["decided_by"] == "plan"
    override("a", "C", now)
    assert row("a")[["final_grade", "decided_by", "coverage"]].tolist() == ["C", "override", False]


def test_the_queue_reason_depends_on_the_override_and_when_it_was_made(project, now):
    columns = {"open_reason": ["disparity", None, "disparity", "audit"], "override_review": [None, "stale", "stale", "redundant"]}
    project.publish(scores_of(["open", "before", "after", "lapsed"], scored_at=now, **columns))
    override("before", "A", now - DAY)
    override("after", "A", now + timedelta(seconds=1))
    override("lapsed", "A", now - 9 * DAY, expires_on=(now - DAY).date())
    table = final_table().set_index("account_id")
    assert table["queue_reason"].dropna().to_dict() == {"open": "disparity", "before": "stale", "lapsed": "audit"}
    assert table["under_review"].to_dict() == {"open": True, "before": True, "after": False, "lapsed": True}


def test_the_queue_is_what_is_under_review_now_with_every_factor(project, now):
    project.publish(scores_of(["a", "b", "c"], scored_at=now, open_reason="disparity", review_gain=[1.5, 2.5, None]), "r1")
    project.publish(scores_of(["a", "b", "c"], scored_at=now, open_reason="disparity", review_gain=[3.5, 4.5, None]), "r2")
    override("b", "A", now + timedelta(seconds=1))
    queue = queue_table()
    assert tuple(queue.columns) == (*FINAL_COLUMNS, *QUEUE_FACTORS, "trigger_said")
    assert queue["account_id"].tolist() == ["a", "c"]
    assert queue["review_gain"].tolist() == [3.5, pytest.approx(float("nan"), nan_ok=True)]
    assert queue["run_id"].tolist() == ["r2", "r2"]


def test_tiers_are_fit_times_value(project):
    grades, value = ["A", "B", "C", "F", "A", None], [True, False, True, False, None, True]
    project.publish(scores_of(list("123456"), policy_grade=grades, high_value=value))
    assert final_table()["tier"].tolist() == [1, 2, 2, 3, pd.NA, pd.NA]


def test_the_final_table_has_the_contracts_columns_and_their_types(project, now):
    project.publish(scores_of(["007", "8"], scored_at=now, region=["EMEA", None]))
    for table in (final_table(), final_table([])):
        assert tuple(table.columns) == FINAL_COLUMNS
        types = table.dtypes.astype("str")
        assert set(types) == {"str", "float64", "bool", "Int64", "datetime64[us]", "datetime64[us, UTC]"}
        assert list(types.index[types == "bool"]) == ["coverage", "under_review", "key_account"]
        assert list(types.index[types == "datetime64[us]"]) == ["override_expires_on", "as_of"]
        assert list(types.index[types == "datetime64[us, UTC]"]) == ["override_at", "scored_at"]
    assert final_table()["account_id"].tolist() == ["007", "8"]
    assert final_table()["scored_at"].tolist() == [pd.Timestamp(now)] * 2
    assert final_table()["propensity"].tolist() == [0.25, 0.25]


def test_ids_and_names_come_back_as_they_were(project):
    ids = ["007", "7", " a b ", "Ünïcödé 漢字", "=1+1", "1e5", "a'b\"c", "NULL", "null", "nan", "\\N", "%s", "a\tb"]
    project.publish(scores_of(ids, name=ids))
    table = final_table()
    assert sorted(table["account_id"]) == sorted(ids)
    assert table["name"].tolist() == table["account_id"].tolist()
    assert len(final_table(ids)) == len(ids)


def test_the_current_scores_come_back_as_they_were_given(project, now):
    scores = scores_of(["a", "b"], scored_at=now, high_value=[True, None], region=["x", None], plan_points=[0.1 + 0.2, 1e-300])
    project.publish(scores)
    back = current_scores()
    project.publish(back, "r2")
    pd.testing.assert_frame_equal(current_scores().drop(columns="run_id"), back.drop(columns="run_id"))
    assert back["plan_points"].tolist() == [0.1 + 0.2, 1e-300]
    assert back["high_value"].tolist() == [True, pd.NA]


def test_the_table_of_any_moment_is_a_query(project, now):
    project.publish(scores_of(["a", "b"]), "r1", now=now - 9 * DAY)
    override("a", "F", now - 8 * DAY, expires_on=(now - 6 * DAY).date())
    override("b", "C", now - 4 * DAY)
    project.publish(scores_of(["a", "b"], policy_grade="D"), "r2", now=now - 2 * DAY)
    grades = {days: final_as_of(now - days * DAY)["final_grade"].tolist() for days in (9, 8, 5, 3, 1)}
    assert grades == {9: ["A", "B"], 8: ["F", "B"], 5: ["A", "B"], 3: ["A", "C"], 1: ["D", "C"]}
    with pytest.raises(Refusal, match="nothing had been published by"):
        final_as_of(now - 10 * DAY)


def test_the_view_and_pandas_agree_on_a_mixed_ledger(project, now):
    ids = [f"a{number:02}" for number in range(40)]
    columns = {
        "open_reason": ["disparity", None, "audit", None] * 10,
        "override_review": [None, "stale", None, "redundant", None] * 8,
        "high_value": [True, False, None, True, False] * 8,
        "policy_grade": ["A", "B", "C", None] * 10,
    }
    project.publish(scores_of(ids, scored_at=now - 3 * DAY, **columns))
    for place, account in enumerate(ids[:24]):
        made = now - (1 + place % 6) * DAY
        override(account, "ABCDF"[place % 5], made, expires_on=(made + place % 4 * 2 * DAY).date())
        if place % 5 == 0:
            override(account, "F", made + DAY / 2)
        if place % 7 == 0:
            ledger.revoke(account, "", "bob", made + DAY)
    table = final_table()
    assert set(table["decided_by"]) == {"model", "override"}
    pd.testing.assert_frame_equal(table, final_as_of(datetime.now(UTC)))
