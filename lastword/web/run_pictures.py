"""The pictures of a run, drawn from the figures that it kept: a name is one of these, so that none leads to a file."""

from typing import Any

from lastword.web.run_folder import RunFolder, mapping

TITLES = {
    "gains": "Wins found, account by account",
    "lift": "Lift over chance",
    "calibration": "Calibration: said against happened",
    "grades": "Rate of wins per grade",
    "auc_by_landmark": "AUC over time",
    "splits": "The same model, tested three ways",
    "slices": "Where it is strong and weak",
    "score_distribution": "How the propensities are spread",
    "drift": "What moved since training",
}
"""Every picture that can be drawn, in the order of the page."""

_NEEDS = {
    "gains": ("curves", "gains"),
    "lift": ("temporal",),
    "calibration": ("curves", "calibration"),
    "grades": ("grades",),
    "auc_by_landmark": ("rolling",),
    "splits": ("temporal",),
    "slices": ("slices",),
    "score_distribution": ("curves", "distribution"),
    "drift": ("drift",),
}


def picture_names(folder: RunFolder) -> list[str]:
    """The pictures for which the run kept figures."""
    return [name for name in TITLES if _figure(folder.figures, _NEEDS[name])]


def drawn(folder: RunFolder) -> dict[str, str]:
    """SVG texts by name."""
    from lastword.charts import draw_figures

    label = "look-alike: not a forecast" if folder.reports["metrics"].get("mode") == "look-alike" else ""
    return draw_figures(folder.figures, label)


def _figure(figures: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        figures = mapping(figures).get(name)
    return figures
