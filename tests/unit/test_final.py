"""What the final policy gives an account while no override is in force."""

from types import SimpleNamespace

import pandas as pd
import pytest

from overrides.final import policy_grades

ROWS = [  # plan, model, model points, covered
    ("A", "C", 50.0, True),
    ("D", "B", 80.0, True),
    ("C", "C", 55.0, True),
    ("B", None, None, True),
    ("A", "A", 95.0, False),
]
SCORES = pd.DataFrame(ROWS, columns=["plan_grade", "model_grade", "model_points", "coverage"], index=list("vwxyz"))
PLAN_PERCENTILE = pd.Series([95.0, 20.0, 25.0, 90.0, 99.0], index=SCORES.index)
CUTS = {"A": 85, "B": 70, "C": 40, "D": 20}


def settings(policy, weight=0.5):
    return SimpleNamespace(final=SimpleNamespace(policy=policy, blend_weight=weight))


@pytest.mark.parametrize(
    ("policy", "grades", "decided_by"),
    [
        ("model", "CBCB-", "model model model plan plan"),
        ("plan", "ADCB-", "plan plan plan plan plan"),
        ("higher", "ABCB-", "plan model model plan plan"),
        ("lower", "CDCB-", "model plan model plan plan"),
        ("blend", "BCCB-", "blend blend blend plan plan"),
    ],
)
def test_each_policy(policy, grades, decided_by):
    given = policy_grades(SCORES, settings(policy), PLAN_PERCENTILE, CUTS)
    assert "".join(given["policy_grade"].fillna("-")) == grades
    assert " ".join(given["policy_decided_by"]) == decided_by
    assert list(given.index) == list("vwxyz")


@pytest.mark.parametrize(("weight", "grades"), [(0.0, "ADDB-"), (1.0, "CBCB-")])
def test_the_weight_of_the_blend_is_the_models(weight, grades):
    given = policy_grades(SCORES, settings("blend", weight), PLAN_PERCENTILE, CUTS)
    assert "".join(given["policy_grade"].fillna("-")) == grades


@pytest.mark.parametrize("policy", ["model", "plan", "higher", "lower", "blend"])
def test_without_a_model_the_plan_decides_under_every_policy(policy):
    scores = SCORES.assign(model_grade=pd.Series([None] * 5, dtype="str", index=SCORES.index), model_points=float("nan"))
    given = policy_grades(scores, settings(policy))
    assert given["policy_grade"].fillna("-").tolist() == ["A", "D", "C", "B", "-"]
    assert set(given["policy_decided_by"]) == {"plan"}
