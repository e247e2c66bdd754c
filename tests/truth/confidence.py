"""Whether a grade's confidence is as good as its word, where the truth is known: frames in, figures out."""

from collections.abc import Mapping

import pandas as pd

from models.grades import Reference, assign_grades

SURE = 0.8


def true_grades(p_observable: pd.Series, cuts: Mapping[str, float]) -> pd.Series:
    """The grades that the truth would hand out at the same shares: its points among these accounts, by the same cuts."""
    return assign_grades(Reference.from_population(p_observable).points(p_observable), cuts)


def confidence_figures(grades: pd.Series, confidence: pd.Series, truth: pd.Series) -> dict[str, float]:
    """How often grades are right, in all and where they are said to be sure.

    Parameters
    ----------
    grades, confidence, truth
        One row per account at risk, same index: the grade it has, its grade_confidence, the grade of the truth.

    Returns
    -------
    accounts; right (share); confidence (mean); sure (share with confidence over .8); right_when_sure and confidence_when_sure,
    null where none is sure.
    """
    right, sure = grades == truth, confidence > SURE
    return {
        "accounts": len(grades),
        "right": float(right.mean()),
        "confidence": float(confidence.mean()),
        "sure": float(sure.mean()),
        "right_when_sure": float(right[sure].mean()),
        "confidence_when_sure": float(confidence[sure].mean()),
    }


def confidence_bins(grades: pd.Series, confidence: pd.Series, truth: pd.Series) -> pd.DataFrame:
    """Grain: tenth of confidence. Columns: accounts, confidence (mean), right (share). Parameters as in `confidence_figures`."""
    tenth = pd.cut(confidence, [number / 10 for number in range(11)], include_lowest=True)
    rows = pd.DataFrame({"confidence": confidence, "right": grades == truth})
    binned = rows.groupby(tenth, observed=True).agg(
        accounts=("right", "size"), confidence=("confidence", "mean"), right=("right", "mean")
    )
    return binned.rename_axis("tenth")
