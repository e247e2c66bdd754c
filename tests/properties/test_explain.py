import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import expit

from models.explain import split_gap
from models.gap import CAUSES, causes, gap_parts, signed
from models.grades import Reference
from tests.reason_frames import model_reasons, plan_reasons

FAMILIES = {"a": "firmographic", "b": "firmographic", "technology:c": "technographic", "intent:d": "intent"}


@settings(deadline=None, max_examples=40)
@given(
    arrays(float, (5, 4), elements=st.floats(-3, 3)),
    st.floats(-5, 1),
    arrays(float, (5, 2), elements=st.floats(0, 50)),
    st.lists(st.floats(0, 1), min_size=1, max_size=30),
)
def test_reasons_and_the_split_of_the_gap_always_add_up(log_odds, base, shares, population):
    accounts = pd.Index([f"account {k}" for k in range(5)])
    reference = Reference.from_population(population)
    eta = base + log_odds.sum(axis=1)
    points = pd.Series(reference.points(expit(eta)), index=accounts)
    values = pd.DataFrame({name: [1.0, np.nan, 0.0, 2.5, 1e6] for name in FAMILIES}, index=accounts)
    contributions = pd.DataFrame(log_odds, index=accounts, columns=list(FAMILIES))
    model = model_reasons(contributions, base, eta, points, reference, FAMILIES, values)
    frame = pd.DataFrame(shares, index=accounts, columns=["a", "intent:d"])
    plan_points = frame.sum(axis=1)
    plan = plan_reasons(frame, plan_points, frame.mean(), values, plan_percentile=100 - plan_points)

    def total(rows: pd.DataFrame) -> np.ndarray:
        return rows.groupby("account_id")["contribution"].sum().reindex(accounts).to_numpy()

    np.testing.assert_allclose(total(model), points, atol=1e-6)
    np.testing.assert_allclose(total(plan), 100 - plan_points, atol=1e-6)
    gap = split_gap(model, plan).set_index("account_id").drop(columns="family").sum(axis=1).groupby("account_id").sum()
    np.testing.assert_allclose(gap.reindex(accounts), points - (100 - plan_points), atol=1e-6)

    both = pd.concat([model, plan], ignore_index=True)
    both["cause"] = causes(both, {"a", "intent:d"})
    by_cause = signed(both).groupby([both["account_id"], both["family"], both["cause"]]).sum().unstack("cause")
    split = split_gap(model, plan).set_index(["account_id", "family"])[list(CAUSES)]
    np.testing.assert_allclose(by_cause.reindex(columns=list(CAUSES)).fillna(0.0).sort_index(), split.sort_index(), atol=1e-9)
    parts = gap_parts(both).groupby("account_id")["gap"].sum()
    np.testing.assert_allclose(parts.reindex(accounts), points - (100 - plan_points), atol=1e-6)
