"""Every picture of a training, by the name of its file. A figure that is missing has no picture."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from lastword.charts import explanations, quality, stability
from lastword.charts.explanations import Explained
from lastword.charts.theme import to_svg


def draw_figures(figures: Mapping[str, Any], label: str = "") -> dict[str, str]:
    """SVG texts by name, of metrics.json's figures."""
    with known_to_be_valid():
        charts = _charts_of_figures(figures, label)
        return {name: to_svg(chart) for name, chart in charts.items() if chart is not None}


def draw_explanations(explained: Explained | None, label: str = "") -> dict[str, str]:
    """SVG texts by name, of SHAP values."""
    with known_to_be_valid():
        charts = {
            "importance": explanations.importance(explained, label),
            "shap_summary": explanations.summary(explained, label),
            "shap_dependence": explanations.dependence(explained, label),
        }
        return {name: to_svg(chart) for name, chart in charts.items() if chart is not None}


def _charts_of_figures(figures: Mapping[str, Any], label: str) -> dict[str, Any]:
    curves = figures.get("curves") or {}
    opinions = figures.get("temporal") or figures.get("look_alike")
    return {
        "calibration": quality.calibration(curves.get("calibration"), label),
        "gains": quality.captured_wins(curves.get("gains"), label),
        "lift": quality.lift(opinions, label),
        "grades": quality.grade_rates(figures.get("grades"), label),
        "score_distribution": quality.score_distribution(curves.get("distribution"), label),
        "auc_by_landmark": stability.auc_by_landmark(figures.get("rolling"), label),
        "splits": stability.splits(figures, label),
        "slices": stability.slices(figures.get("slices"), figures.get("worst_slice"), label),
        "drift": quality.drift(figures.get("drift"), label),
    }


@contextmanager
def known_to_be_valid() -> Iterator[None]:
    """Altair checks every part of a chart against its schema, which takes as long as drawing. The tests do that instead."""
    from altair.utils.schemapi import debug_mode

    with debug_mode(False):
        yield
