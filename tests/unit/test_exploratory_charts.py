"""Charts of the notebooks: what is there is drawn where it belongs, what is missing has no picture."""

from datetime import date

import pandas as pd
import pytest

from lastword import charts
from tests.unit.test_charts import rows_of, texts

FIGURE = {"estimate": 0.7, "low": 0.6, "high": 0.8}
FINAL = pd.DataFrame(
    {
        "account_id": ["1", "2", "3", "4"],
        "model_points": [90.0, 20.0, 50.0, None],
        "disparity": [60.0, -50.0, 5.0, None],
        "under_review": [True, True, False, False],
    }
)


def indicators(**columns):
    rows = {
        "indicator": ["a", "b"],
        "lift": [2.0, 1.5],
        "lift_low": [1.4, 0.8],
        "lift_high": [3.0, 2.5],
        "significant": [True, False],
    }
    return pd.DataFrame(rows | columns)


def test_intervals_show_what_was_measured_and_leave_out_the_rest():
    chart = charts.intervals([{"name": "one", **FIGURE}, {"name": "two", "estimate": None}], "Two", "AUC", chance=0.5)
    assert [row["name"] for row in rows_of(chart, "layer", 1)] == ["one"]
    assert rows_of(chart, "layer", 0) == [{"x": 0.5}]
    assert {"Two", "one"} <= set(texts(charts.to_svg(chart)))
    assert "AUC: one 0.7 (0.6 to 0.8)" in chart.to_dict()["description"]


def test_opinions_have_their_colours():
    rows = [{"name": name, "opinion": name, **FIGURE} for name in ("model", "final")]
    scale = charts.intervals(rows, "Both", "AUC").to_dict()["layer"][0]["encoding"]["color"]["scale"]
    assert scale["domain"] == ["model", "final"] and len(set(scale["range"])) == 2


def test_indicators_come_in_their_order_and_say_what_may_be_chance():
    chart = charts.indicator_lifts(indicators(), most=2)
    assert [row["indicator"] for row in rows_of(chart, "layer", 1)] == ["a", "b"]
    assert "b 1.5 (may be chance)" in chart.to_dict()["description"]
    assert charts.to_svg(chart)


def test_rank_lift_of_both_opinions():
    record = {"rank_lift": 2.0, "rank_lift_low": 1.5, "rank_lift_high": 2.5}
    chart = charts.rank_lift({"landmark": "2026-01-01", "model": [{"grade": "A", **record}], "plan": [{"grade": "B", **record}]})
    assert [(row["opinion"], row["grade"]) for row in rows_of(chart, "layer", 1)] == [("model", "A"), ("plan", "B")]
    assert charts.to_svg(chart)


def test_a_landmark_has_its_window_before_and_its_horizon_after():
    chart = charts.landmark_design([{"landmark": date(2026, 3, 1), "role": "tested on"}], 30, 60, date(2026, 6, 1))
    (row,) = rows_of(chart)
    assert (row["from"], row["landmark"], row["to"]) == ("2026-01-30", "2026-03-01", "2026-04-30")
    assert {"01 Mar 2026", "tested on"} <= set(texts(charts.to_svg(chart)))


def test_a_panel_per_input():
    counts = [{"what": name, "month": f"2026-0{month}-01", "rows": month} for name in ("intents", "won") for month in (1, 2)]
    chart = charts.history(counts)
    assert [panel["title"]["text"] for panel in chart.to_dict()["vconcat"]] == ["intents", "won"]
    assert charts.to_svg(chart)


def test_captures_at_each_landmark():
    opinions = {name: {"capture": FIGURE} for name in ("model", "plan", "blend", "final")}
    chart = charts.captures_over_time({"share": 0.15, "landmarks": [{"landmark": "2026-01-01", **opinions}]})
    assert rows_of(chart, "layer", 0) == [{"y": 0.15}]
    assert len(rows_of(chart, "layer", 1)) == 4
    assert any("first 15%" in text for text in texts(charts.to_svg(chart)))


def test_an_account_stands_where_both_opinions_put_it():
    chart = charts.opinion_map(FINAL, 40, marked=["1"])
    assert rows_of(chart, "layer", 3) == [{"account": "3", "plan": 45.0, "model": 50.0}]
    assert rows_of(chart, "layer", 4) == [
        {"account": "1", "plan": 30.0, "model": 90.0},
        {"account": "2", "plan": 70.0, "model": 20.0},
    ]
    assert rows_of(chart, "layer", 1) == [{"a": 0, "b": 40}, {"a": 60, "b": 100}]
    assert rows_of(chart, "layer", 2) == [{"a": 40, "b": 0}, {"a": 100, "b": 60}]
    assert "1" in texts(charts.to_svg(chart))


def test_the_gap_is_summed_by_cause():
    parts = pd.DataFrame(
        {
            "account_id": "1",
            "name": "Ann & Co",
            "cause": ["plan_ignores", "plan_ignores", "missing_data"],
            "gap": [10.0, 5.0, -2.0],
        }
    )
    chart = charts.gap_by_cause(parts)
    found = {row["cause"]: row["gap"] for row in rows_of(chart, "layer", 0)}
    assert found == {"the plan ignores it": 15.0, "missing data": -2.0}
    assert "1 Ann & Co" in texts(charts.to_svg(chart))


def test_what_a_look_is_worth_against_the_gap():
    chart = charts.review_gains(pd.DataFrame({"disparity": [-60.0, 45.0, None], "review_gain": [3.0, 9.0, 1.0]}))
    assert rows_of(chart) == [{"gap": 60.0, "gain": 3.0}, {"gap": 45.0, "gain": 9.0}]
    assert charts.to_svg(chart)


@pytest.mark.parametrize(
    "chart",
    [
        lambda: charts.intervals([], "", ""),
        lambda: charts.indicator_lifts(indicators(lift=[None, None])),
        lambda: charts.rank_lift(None),
        lambda: charts.history([]),
        lambda: charts.landmark_design([], 1, 1, date(2026, 1, 1)),
        lambda: charts.captures_over_time({"share": 0.15, "landmarks": []}),
        lambda: charts.opinion_map(FINAL.assign(disparity=None), 40),
        lambda: charts.gap_by_cause(pd.DataFrame(columns=["account_id", "name", "cause", "gap"])),
        lambda: charts.review_gains(pd.DataFrame(columns=["disparity", "review_gain"])),
    ],
)
def test_what_is_missing_has_no_picture(chart):
    assert chart() is None
