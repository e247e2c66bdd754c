"""How far the model's opinion lies above (or below) the plan's."""

from typing import Literal

import pandas as pd

from models.grades import Reference, grade_numbers

type Measure = Literal["rank", "points", "grade"]

MEASURES: tuple[Measure, ...] = ("rank", "points", "grade")
POINTS_PER_STEP = 25


def disparity(
    measure: Measure,
    model_points: pd.Series,
    plan_points: pd.Series,
    model_grade: pd.Series,
    plan_grade: pd.Series,
    plan_reference: Reference,
) -> pd.Series:
    """Model minus plan for each account, −100 to 100; null where either has no opinion.

    rank : model_points minus the plan's midrank percentile in its reference population.
    points : model_points minus plan_points as they are.
    grade : 25 for each step between the two grades.
    All Series share one index.
    """
    if measure == "rank":
        difference = model_points.astype(float) - plan_reference.points(plan_points.astype(float))
    elif measure == "points":
        difference = model_points.astype(float) - plan_points.astype(float)
    elif measure == "grade":
        steps = grade_numbers(model_grade) - grade_numbers(plan_grade)
        difference = pd.Series(POINTS_PER_STEP * steps, index=model_grade.index)
    else:
        raise ValueError(f'disparity measure "{measure}" is not known: expected rank, points or grade')
    return difference.clip(-100, 100).rename("disparity")
