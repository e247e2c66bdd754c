import numpy as np
import pandas as pd
import pytest

from models.grades import Reference
from overrides.disparity import disparity

IDS = pd.Index(["a", "b", "c"])
MODEL = pd.Series([91.0, 20.0, np.nan], index=IDS)
PLAN = pd.Series([34.0, 80.0, 50.0], index=IDS)
MODEL_GRADE = pd.Series(["A", "D", None], index=IDS, dtype="str")
PLAN_GRADE = pd.Series(["F", "A", "C"], index=IDS, dtype="str")


@pytest.mark.parametrize(
    ("measure", "expected"),
    [("points", [57.0, -60.0]), ("grade", [100.0, -75.0]), ("rank", [91 - 16.666667, 20 - 83.333333])],
)
def test_each_measure(measure, expected):
    reference = Reference.from_population([34.0, 50.0, 80.0])
    found = disparity(measure, MODEL, PLAN, MODEL_GRADE, PLAN_GRADE, reference)
    assert found.index.equals(IDS) and found.name == "disparity"
    assert found.iloc[:2].tolist() == pytest.approx(expected)
    assert np.isnan(found["c"])


def test_rescoring_a_few_accounts_moves_no_others():
    reference = Reference.from_population(np.linspace(0, 100, 50))
    whole = disparity("rank", MODEL, PLAN, MODEL_GRADE, PLAN_GRADE, reference)
    one = disparity("rank", MODEL[["b"]], PLAN[["b"]], MODEL_GRADE[["b"]], PLAN_GRADE[["b"]], reference)
    assert one["b"] == whole["b"]


def test_an_unknown_measure_is_an_error():
    with pytest.raises(ValueError, match="rank, points or grade"):
        disparity("steps", MODEL, PLAN, MODEL_GRADE, PLAN_GRADE, Reference(()))
