from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from overrides.queue import may_be_audited, order, review

NAN = float("nan")
BY_GAIN = "value_of_information"
NO_OVERRIDES = pd.DataFrame(columns=["grade", "seen_model_points", "seen_plan_points", "seen_model_grade"])


def settings(**changed):
    return SimpleNamespace(
        **{"threshold": 40, "capacity": 0, "order": BY_GAIN, "audit_share": 0.0, "customers": False, **changed}
    )


def scores(disparity, **columns) -> pd.DataFrame:
    n = len(disparity)
    given = {
        "disparity": disparity,
        "model_points": [50.0] * n,
        "plan_points": [50.0] * n,
        "model_grade": ["C"] * n,
        "account_status": ["prospect"] * n,
        "coverage": [True] * n,
        "review_value": [1.0] * n,
        "review_gain": [NAN] * n,
        **columns,
    }
    return pd.DataFrame(given, index=pd.Index([f"{k:03d}" for k in range(n)], name="account_id"))


def override(grade="C", model=50.0, plan=50.0, model_grade="C", account="000") -> pd.DataFrame:
    row = {"grade": grade, "seen_model_points": model, "seen_plan_points": plan, "seen_model_grade": model_grade}
    return pd.DataFrame(row, index=pd.Index([account], name="account_id"))


def reasons(found: pd.DataFrame, column="open_reason") -> list[str | None]:
    return [None if pd.isna(reason) else reason for reason in found[column]]


def test_accounts_at_or_over_the_threshold_are_under_review():
    found = review(scores([40.0, -40.0, 39.9, NAN]), NO_OVERRIDES, None, settings(), seed=7)
    assert reasons(found) == ["disparity", "disparity", None, None]
    assert reasons(found, "override_review") == [None] * 4
    assert found.dtypes.tolist() == ["str", "str"]


def test_excluded_accounts_never_customers_by_setting_others_always():
    table = scores([90.0] * 4, account_status=["prospect", "customer", "other", "prospect"], coverage=[True, True, True, False])
    assert reasons(review(table, NO_OVERRIDES, None, settings(), seed=7)) == ["disparity", None, "disparity", None]
    with_customers = review(table, NO_OVERRIDES, None, settings(customers=True), seed=7)
    assert reasons(with_customers) == ["disparity", "disparity", "disparity", None]


@pytest.mark.parametrize(
    ("entry", "now", "expected"),
    [
        (override("A", model=50, plan=50, model_grade="C"), {}, None),
        (override("A", model=11, plan=50), {}, None),
        (override("A", model=10, plan=50), {}, "stale"),
        (override("A", model=50, plan=90), {}, "stale"),
        (override("C", model=50, plan=50, model_grade="F"), {}, "redundant"),
        (override("C", model=1, plan=50, model_grade="F"), {}, "redundant"),  # moved, and to the same end
        (override("C", model=50, plan=50, model_grade="C"), {}, None),  # agreed from the beginning
        (override("C", model=NAN, plan=50, model_grade=None), {}, "redundant"),  # there was no model then
        (override("A", model=NAN, plan=50, model_grade=None), {}, None),
        (override("A", model=0, plan=50), {"coverage": [False]}, None),
        (override("A", model=0, plan=50), {"account_status": ["customer"]}, None),
        (override("C", model=50, plan=50), {"model_grade": [None], "model_points": [NAN], "disparity": [NAN]}, None),
    ],
)
def test_an_override_in_force_comes_back_when_stale_or_redundant(entry, now, expected):
    found = review(scores([80.0]).assign(**now), entry, None, settings(), seed=7)
    assert reasons(found, "override_review") == [expected]


def test_open_reason_tells_what_would_be_with_no_override_in_force():
    assert reasons(review(scores([80.0, 10.0]), override("A"), None, settings(), seed=7)) == ["disparity", None]


def test_an_account_set_aside_stays_out_until_its_evidence_moves():
    table = scores([80.0, 80.0, 80.0])
    aside = pd.DataFrame({"seen_model_points": [50.0, 5.0], "seen_plan_points": [50.0, 50.0]}, index=["000", "001"])
    assert reasons(review(table, NO_OVERRIDES, aside, settings(), seed=7)) == [None, "disparity", "disparity"]


def test_a_stale_override_that_was_set_aside_stays_out_too():
    aside = pd.DataFrame({"seen_model_points": [50.0], "seen_plan_points": [50.0]}, index=["000"])
    found = review(scores([80.0]), override("A", model=0), aside, settings(), seed=7)
    assert reasons(found, "override_review") == [None]


def test_order_without_gains_is_by_disparity_times_value_then_account():
    table = scores([50.0, -90.0, 50.0, 60.0, NAN], review_value=[2.0, 1.0, 2.0, NAN, 9.0])
    assert order(table).index.tolist() == ["000", "002", "001", "003", "004"]
    assert order(table.reset_index())["account_id"].tolist() == ["000", "002", "001", "003", "004"]


def test_order_is_by_gain_and_without_one_behind_those_that_have_one():
    table = scores([50.0, -90.0, 41.0, 60.0, NAN], review_gain=[0.0, NAN, 3.0, NAN, 0.0], review_value=[1.0, 1.0, 1.0, 9.0, 1.0])
    assert order(table).index.tolist() == ["002", "000", "004", "003", "001"]


def test_order_by_disparity_is_the_widest_gap_first_whatever_the_value():
    table = scores([50.0, -90.0, 50.0, 60.0, NAN], review_value=[2.0, 1.0, 9.0, NAN, 9.0], review_gain=[5.0, 0.1, NAN, 1.0, 9.0])
    assert order(table, "disparity").index.tolist() == ["001", "003", "002", "000", "004"]


def test_an_audited_account_stands_where_its_gain_puts_it_and_is_marked():
    table = scores([90.0] * 20 + [0.0] * 30, review_gain=[1.0] * 20 + [0.5, 2.0] * 15)
    found = review(table, NO_OVERRIDES, None, settings(audit_share=0.1), seed=7)
    queue = order(table.join(found[found["open_reason"].notna()], how="inner"))
    assert queue.index[queue["open_reason"] == "audit"].tolist() == ["021", "022"]
    assert queue.index[0] == "021" and queue.index[-1] == "022"


def test_capacity_keeps_those_whose_review_gains_most():
    table = scores([50.0, -90.0, 60.0, 70.0], review_gain=[4.0, 1.0, 3.0, NAN])
    assert reasons(review(table, NO_OVERRIDES, None, settings(capacity=2), seed=7)) == ["disparity", None, "disparity", None]
    by_gap = review(table, NO_OVERRIDES, None, settings(capacity=2, order="disparity"), seed=7)
    assert reasons(by_gap) == [None, "disparity", None, "disparity"]


def test_capacity_keeps_the_first_in_order():
    found = review(scores([50.0, -90.0, 60.0, 70.0]), NO_OVERRIDES, None, settings(capacity=2), seed=7)
    assert reasons(found) == [None, "disparity", None, "disparity"]


def test_capacity_counts_overrides_that_came_back_and_audits():
    table = scores(np.linspace(100, 1, 100))
    found = review(table, override("A", model=0), None, settings(capacity=20, audit_share=0.2), seed=7)
    under_review = found["override_review"].where(found.index == "000", found["open_reason"])
    assert under_review.notna().sum() == 20
    assert under_review.value_counts().to_dict() == {"disparity": 16, "audit": 3, "stale": 1}


def test_a_decided_account_takes_no_place_and_keeps_its_reason_only_if_it_would_have_made_it():
    found = review(scores([50.0, 90.0, 60.0]), override("A", account="001"), None, settings(capacity=1), seed=7)
    assert reasons(found) == [None, "disparity", "disparity"]
    found = review(scores([50.0, 90.0, 60.0]), override("A", account="000"), None, settings(capacity=1), seed=7)
    assert reasons(found) == [None, "disparity", None]


def test_the_audit_is_a_share_of_the_queue_drawn_from_the_rest():
    table = scores([90.0] * 40 + [10.0] * 60 + [NAN] * 5, coverage=[True] * 95 + [False] * 10)
    found = review(table, override("A", account="050"), None, settings(audit_share=0.10), seed=7)
    audited = set(found.index[found["open_reason"] == "audit"])
    assert len(audited) == 4 and audited <= {f"{k:03d}" for k in range(40, 95)} - {"050"}
    other_seed = review(table, override("A", account="050"), None, settings(audit_share=0.10), seed=8)
    assert audited != set(other_seed.index[other_seed["open_reason"] == "audit"])


def test_without_a_queue_there_is_no_audit():
    found = review(scores([10.0] * 50), NO_OVERRIDES, None, settings(audit_share=0.5), seed=7)
    assert reasons(found) == [None] * 50


def test_no_accounts():
    found = review(scores([]), NO_OVERRIDES, None, settings(audit_share=0.1, capacity=5), seed=7)
    assert found.empty and list(found.columns) == ["open_reason", "override_review"]


def test_the_draw_is_the_same_everywhere():
    found = review(scores([90.0] * 20 + [0.0] * 30), NO_OVERRIDES, None, settings(audit_share=0.1), seed=7)
    assert found.index[found["open_reason"] == "audit"].tolist() == ["021", "022"]


def named(**triggers) -> pd.Series:
    """A trigger's name by account: _000="intent"."""
    return pd.Series({account.removeprefix("_"): name for account, name in triggers.items()}, dtype="str")


def test_a_trigger_is_why_before_the_gap_the_audit_and_the_override():
    table = scores([90.0, 0.0, 0.0, 90.0])
    found = review(table, override(account="001"), None, settings(audit_share=1.0), 7, named(_000="intent", _001="parent"))
    assert reasons(found) == ["intent", "parent", "audit", "disparity"]
    assert reasons(found, "override_review") == [None, "parent", None, None]


def test_a_trigger_brings_back_what_was_set_aside_and_nobody_who_is_never_under_review():
    table = scores([0.0] * 3, account_status=["prospect", "customer", "prospect"], coverage=[True, True, False])
    aside = pd.DataFrame({"seen_model_points": 50.0, "seen_plan_points": 50.0}, index=pd.Index(["000"], name="account_id"))
    triggers = named(_000="intent", _001="intent", _002="intent", _999="intent")
    assert reasons(review(table, NO_OVERRIDES, aside, settings(), 7, triggers)) == ["intent", None, None]
    assert reasons(review(table, NO_OVERRIDES, aside, settings(customers=True), 7, triggers)) == ["intent", "intent", None]


def test_with_a_capacity_those_with_a_trigger_get_their_places_first():
    table = scores([90.0, 80.0, 0.0, 70.0], review_gain=[9.0, 8.0, 0.1, 7.0])
    found = review(table, NO_OVERRIDES, None, settings(capacity=2), 7, named(_002="intent"))
    assert reasons(found) == ["disparity", None, "intent", None]


def test_an_audit_draws_from_those_that_may_be_audited():
    table = scores([90.0] * 300 + [0.0] * 700)
    found = review(table, NO_OVERRIDES, None, settings(audit_share=0.2), seed=7)
    audited = found["open_reason"].eq("audit").to_numpy()
    possible = may_be_audited(table.index, settings(audit_share=0.2), seed=7)
    assert audited.sum() == 60
    assert (audited & ~possible).sum() == 0
    assert 150 < possible.sum() < 250
