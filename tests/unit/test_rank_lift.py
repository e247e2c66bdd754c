import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rank_lift import compressed, rank_lift, rank_lift_figures


def graded(counts):
    """won and grade of accounts of which, per grade, so many won and so many did not."""
    grade = np.concatenate([[name] * (wins + others) for name, (wins, others) in counts.items()])
    won = np.concatenate([np.arange(wins + others) < wins for wins, others in counts.values()]).astype(int)
    return won, grade


def test_rank_lift_is_the_grades_win_rate_over_that_of_all():
    found = rank_lift(*graded({"A": (30, 70), "B": (20, 180), "F": (0, 200)})).set_index("grade")
    assert found["wins"].tolist() == [30, 20, 0] and found["others"].tolist() == [70, 180, 200]
    assert found["rank_lift"].tolist() == pytest.approx([0.30 / 0.10, 0.10 / 0.10, 0.0])
    assert found.loc["A", "lift"] == pytest.approx((30.5 / 51) / (70.5 / 451))
    assert found.loc["A", "rank_lift_low"] < 3 < found.loc["A", "rank_lift_high"] < 10
    assert (found["lift_low"] < found["lift"]).all() and (found["lift"] < found["lift_high"]).all()


@given(st.integers(1, 50), st.integers(0, 500), st.integers(1, 50), st.integers(1, 500))
def test_lift_and_rank_lift_are_one_by_the_formula(a, b, other_wins, other_house):
    won, grade = graded({"A": (a, b), "B": (other_wins, other_house)})
    P, H = a + other_wins, b + other_house
    raw = np.inf if b == 0 else (a / P) / (b / H)
    expected = (P + H) / P if b == 0 else compressed(raw, P / (P + H))
    assert rank_lift(won, grade).set_index("grade").loc["A", "rank_lift"] == pytest.approx(expected)


def test_the_more_wins_beside_the_house_list_the_more_it_is_pressed():
    assert [compressed(4.0, share) for share in (0.0, 0.1, 0.5)] == pytest.approx([4.0, 4 / 1.3, 1.6])


@pytest.mark.parametrize("won", [[0, 0], [1, 1]])
def test_without_wins_or_without_others_there_is_none(won):
    assert rank_lift(won, ["A", "B"])[["rank_lift", "lift"]].isna().all().all()


def test_of_many_landmarks_the_newest_counts_and_the_plan_where_it_is_known():
    rows = pd.DataFrame(
        {
            "landmark": pd.to_datetime(["2026-05-27", "2026-05-27", "2026-02-26"]),
            "won": [1, 0, 1],
            "plan_segment": ["Key", "Rest", "Key"],
        }
    )
    found = rank_lift_figures(rows, ["A", "F", "A"], "earlier windows")
    assert (found["landmark"], found["wins"], found["others"]) == ("2026-05-27", 1, 1)
    assert [row["grade"] for row in found["plan"]] == ["Key", "Rest"]
    assert "plan" not in rank_lift_figures(rows.drop(columns="plan_segment"), ["A", "F", "A"], "")
