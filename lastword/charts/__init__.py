"""Charts of a model and its figures, in one style, for the model card, MLflow, notebooks and pages. The one door to Altair.

A function takes plain data (parts of metrics.json's `figures`, or small frames) and returns an Altair chart; None where
the part is missing or empty, so that a page leaves the section out. `to_svg` draws without a browser and without a network.
"""

from lastword.charts.drawing import draw_explanations, draw_figures, known_to_be_valid
from lastword.charts.explanations import Explained, dependence, importance, summary
from lastword.charts.intervals import indicator_lifts, intervals, rank_lift
from lastword.charts.linked import link_to, to_linked_svg
from lastword.charts.opinions import gap_by_cause, opinion_map, review_gains
from lastword.charts.past import captures_over_time, history, landmark_design
from lastword.charts.portfolio import accounts_by_opinion, attribute_weights, multiples
from lastword.charts.quality import calibration, captured_wins, drift, grade_rates, lift, score_distribution
from lastword.charts.stability import auc_by_landmark, slices, splits
from lastword.charts.theme import to_svg

__all__ = [
    "Explained",
    "accounts_by_opinion",
    "attribute_weights",
    "auc_by_landmark",
    "calibration",
    "captured_wins",
    "captures_over_time",
    "dependence",
    "draw_explanations",
    "draw_figures",
    "drift",
    "gap_by_cause",
    "grade_rates",
    "history",
    "importance",
    "indicator_lifts",
    "intervals",
    "known_to_be_valid",
    "landmark_design",
    "lift",
    "link_to",
    "multiples",
    "opinion_map",
    "rank_lift",
    "review_gains",
    "score_distribution",
    "slices",
    "splits",
    "summary",
    "to_linked_svg",
    "to_svg",
]
