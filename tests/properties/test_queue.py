from types import SimpleNamespace

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st

from overrides.queue import review

POINTS = st.one_of(st.none(), st.floats(0, 100))
ACCOUNT = st.fixed_dictionaries(
    {
        "disparity": st.one_of(st.none(), st.floats(-100, 100)),
        "model_points": POINTS,
        "plan_points": st.floats(0, 100),
        "model_grade": st.sampled_from(["A", "B", "C", "D", "F", None]),
        "account_status": st.sampled_from(["prospect", "customer", "other"]),
        "coverage": st.booleans(),
        "review_value": st.one_of(st.none(), st.floats(0, 1e6)),
        "review_gain": st.one_of(st.none(), st.floats(0, 1e6)),
        "override": st.sampled_from(["A", "F", None]),
        "seen_model_points": POINTS,
        "seen_plan_points": st.floats(0, 100),
        "seen_model_grade": st.sampled_from(["A", "F", None]),
        "aside": st.booleans(),
    }
)
SETTINGS = st.builds(
    SimpleNamespace,
    threshold=st.floats(0, 100),
    capacity=st.integers(0, 12),
    order=st.sampled_from(["value_of_information", "disparity"]),
    audit_share=st.floats(0, 1),
    customers=st.booleans(),
)
NUMBERS = ["disparity", "model_points", "plan_points", "review_value", "review_gain", "seen_model_points", "seen_plan_points"]


def run(rows: pd.DataFrame, settings: SimpleNamespace) -> pd.DataFrame:
    in_force = rows[rows["override"].notna()].assign(grade=lambda frame: frame["override"])
    return review(rows, in_force, rows[rows["aside"]], settings, seed=3)


@tried(deadline=None, max_examples=60)
@given(st.lists(ACCOUNT, max_size=25), SETTINGS, st.randoms(use_true_random=False))
def test_the_queue_keeps_its_promises(accounts, settings, random):
    index = pd.Index([f"account {k}" for k in range(len(accounts))], name="account_id")
    rows = pd.DataFrame(accounts, index=index, columns=list(ACCOUNT.wrapped_strategy.mapping) if not accounts else None)
    rows = rows.astype(dict.fromkeys(NUMBERS, float) | {"aside": bool, "coverage": bool})
    found = run(rows, settings)
    decided = rows["override"].notna()
    shown = found["open_reason"].where(~decided, found["override_review"])
    if settings.capacity:
        assert shown.notna().sum() <= settings.capacity
    assert not shown[~rows["coverage"]].notna().any()
    assert settings.customers or not shown[rows["account_status"] == "customer"].notna().any()
    assert found.loc[~decided, "override_review"].isna().all()
    assert (rows.loc[found["open_reason"] == "disparity", "disparity"].abs() >= settings.threshold).all()
    assert (rows.loc[found["open_reason"] == "audit", "disparity"].abs() < settings.threshold).all()
    shuffled = random.sample(range(len(rows)), len(rows))
    pd.testing.assert_frame_equal(run(rows.iloc[shuffled], settings).reindex(rows.index), found)
    assert np.isin(found["open_reason"].dropna(), ["disparity", "audit"]).all()
