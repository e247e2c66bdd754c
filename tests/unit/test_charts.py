"""Charts of a model's figures: what is missing has no picture, what is there is drawn the same every time."""

import json
import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from lastword import charts
from lastword.charts.explanations import family_shares, most_important
from lastword.charts.quality import MOST_POINTS
from tests.sample_figures import FIGURES, LOOK_ALIKE, part

TITLES = {
    "calibration": "Calibration",
    "gains": "Wins found",
    "lift": "Lift",
    "grades": "Won",
    "score_distribution": "Distribution",
    "auc_by_landmark": "AUC over time",
    "splits": "The same model, tested three ways",
    "slices": "Where it is strong and weak",
    "drift": "Drift",
}


@pytest.fixture(scope="module")
def pictures():
    return charts.draw_figures(FIGURES)


def explained(rows=60):
    rng = np.random.default_rng(1)
    values = pd.DataFrame(
        {
            "log_employees": rng.normal(5, 1, rows),
            "industry": rng.choice(["Software", "Banking", None], rows),
            "technology:Rivalscore": (rng.random(rows) < 0.4).astype(float),
            "intent:<b>backup</b>": rng.exponential(1, rows),
            "idle": np.zeros(rows),
        }
    )
    values.loc[0, "log_employees"] = np.nan
    contributions = pd.DataFrame(
        {
            "log_employees": -(values["log_employees"].fillna(5) - 5),
            "industry": values["industry"].map({"Software": 0.4, "Banking": -0.1}).fillna(-0.2),
            "technology:Rivalscore": 0.5 * (values["technology:Rivalscore"] - 0.4),
            "intent:<b>backup</b>": 0.2 * (values["intent:<b>backup</b>"] - 1),
            "idle": np.zeros(rows),
        }
    )
    return charts.Explained(
        contributions,
        values,
        kinds=dict(zip(values, ["numeric", "category", "flag", "numeric", "numeric"], strict=True)),
        families=dict(zip(values, ["firmographic", "firmographic", "technographic", "intent", "intent"], strict=True)),
        names={"log_employees": "employee count"},
        logarithms=frozenset({"log_employees"}),
    )


def rows_of(chart, *path):
    """The rows that a part of a chart is drawn from; `path` leads to it."""
    whole = chart.to_dict()
    part_of_it = whole
    for step in path:
        part_of_it = part_of_it[step]
    return json.loads(whole["datasets"][part_of_it["data"]["name"]])


def texts(svg):
    return [each.text or "" for each in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_every_part_of_complete_figures_has_a_picture_with_its_title(pictures):
    assert set(pictures) == set(TITLES)
    for name, title in TITLES.items():
        assert any(text.startswith(title) for text in texts(pictures[name])), name


def test_every_chart_is_valid():
    drawn = (charts.importance(explained()), charts.summary(explained()), charts.dependence(explained()))
    figures = (
        charts.calibration(FIGURES["curves"]["calibration"]),
        charts.captured_wins(FIGURES["curves"]["gains"]),
        charts.lift(FIGURES["temporal"]),
        charts.score_distribution(FIGURES["curves"]["distribution"]),
        charts.drift(FIGURES["drift"]),
        charts.auc_by_landmark(FIGURES["rolling"]),
        charts.splits(FIGURES),
        charts.slices(FIGURES["slices"], FIGURES["worst_slice"]),
    )
    for chart in (*drawn, *figures):
        assert chart.to_dict(validate=True)["description"]


def test_the_rows_are_drawn():
    dots = charts.to_svg(charts.calibration(FIGURES["curves"]["calibration"]))
    assert dots.count('fill="#0b62a8"') == len(FIGURES["curves"]["calibration"])


def test_a_picture_tells_a_screen_reader_what_it_shows(pictures):
    spoken = ElementTree.fromstring(pictures["splits"])
    assert spoken.get("role") == "img"
    assert "on later time 0.781 (0.741 to 0.821)" in spoken.get("aria-label")


def test_a_picture_refers_to_nothing_outside_itself(pictures):
    for svg in pictures.values():
        assert set(re.findall(r"https?://[^\"'\s]*", svg)) <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
        assert "url(" not in svg


def test_the_same_figures_give_the_same_bytes(pictures):
    assert charts.draw_figures(FIGURES) == pictures
    assert charts.draw_explanations(explained()) == charts.draw_explanations(explained())


@pytest.mark.parametrize("missing", [None, [], {}])
def test_what_is_missing_has_no_chart(missing):
    drawing = (charts.calibration, charts.captured_wins, charts.lift, charts.grade_rates, charts.score_distribution)
    for draw in (*drawing, charts.drift, charts.auc_by_landmark, charts.splits, charts.slices):
        assert draw(missing) is None
    for draw in (charts.importance, charts.summary, charts.dependence):
        assert draw(None) is None


def test_what_could_not_be_measured_has_no_chart():
    unknown = {"estimate": None, "low": None, "high": None}
    assert charts.lift({"model": {"lift_at_15": unknown}}) is None
    assert charts.splits({"random": {"auc": unknown}}) is None
    assert charts.calibration([{"propensity": None, "observed": None, "low": None, "high": None, "rows": 0}]) is None
    assert charts.grade_rates([{"grade": "A", "accounts": 0, "wins": 0, "rate": None}]) is None
    assert charts.drift([{"feature": "a", "psi": None, "bound": None, "drifted": False}]) is None


def test_partial_figures_draw_what_they_have():
    assert set(charts.draw_figures({"grades": FIGURES["grades"], "random": {"auc": None}})) == {"grades"}


def test_look_alike_figures_say_so_in_every_picture():
    label = "look-alike: not a forecast"
    pictures = charts.draw_figures(LOOK_ALIKE, label) | charts.draw_explanations(explained(), label)
    assert {"lift", "splits", "importance", "shap_summary", "shap_dependence"} == set(pictures)
    assert all(label in texts(svg) for svg in pictures.values())


def test_names_from_data_are_text_in_a_picture():
    sliced = {"industry": [part("<script>alert(1)</script>", 10, 2, 0.7), part('"日本" & Söhne', 9, 2, 0.6)]}
    svg = charts.to_svg(charts.slices(sliced, {"attribute": "industry", "slice": "<script>alert(1)</script>"}))
    assert "<script" not in svg
    assert '"日本" & Söhne' in texts(svg)
    assert "<script>alert(1)</script> 0.70 (weakest)" in ElementTree.fromstring(svg).get("aria-label")


def test_of_many_slices_the_largest_and_the_weakest_are_drawn():
    sliced = {"industry": [part(f"Industry {k}", 100 - k, 5, 0.7) for k in range(30)]}
    drawn = texts(charts.to_svg(charts.slices(sliced, {"attribute": "industry", "slice": "Industry 29"})))
    assert [text for text in drawn if text.startswith("Industry")] == [*(f"Industry {k}" for k in range(8)), "Industry 29"]


def test_a_long_curve_is_thinned_and_keeps_its_ends():
    points = [[k / 5000, (k / 5000) ** 0.5] for k in range(5001)]
    values = rows_of(charts.captured_wins({"model": points}))
    curve = [row for row in values if row["opinion"] == "model"]
    assert len(curve) == MOST_POINTS
    assert (curve[0]["share"], curve[-1]["share"]) == (0, 1)


def test_grades_are_labelled_with_observed_over_expected():
    assert {"1.0 ×", "1.1 ×", "0.9 ×", "0.3 ×"} <= set(texts(charts.to_svg(charts.grade_rates(FIGURES["grades"]))))


def test_features_are_ordered_by_their_push_and_told_their_direction():
    found = {row["name"]: row["direction"] for row in most_important(explained())}
    assert next(iter(found)) == "employee count"
    assert found == {
        "employee count": "less helps",
        "industry": "most for Software",
        "technology:Rivalscore": "having it helps",
        "intent:<b>backup</b>": "more helps",
    }
    assert sum(row["share"] for row in most_important(explained())) == pytest.approx(1)


def test_shares_of_families_add_up():
    shares = family_shares(explained())
    assert next(iter(shares)) == "firmographic"
    assert sum(shares.values()) == pytest.approx(1)


def test_an_unknown_value_is_drawn_in_the_summary_and_left_out_of_the_dependence():
    grey = rows_of(charts.summary(explained()), "layer", 0)
    assert [row["name"] for row in grey].count("employee count") == 1
    assert len(rows_of(charts.dependence(explained()), "concat", 0, "layer", 1)) == 59


def test_a_logarithm_is_shown_as_what_it_is_the_logarithm_of():
    rows = rows_of(charts.dependence(explained()), "concat", 0, "layer", 1)
    assert max(row["x"] for row in rows) > 100
