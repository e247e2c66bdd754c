import numpy as np
import pandas as pd
import pytest

from lastword.bands import Band, Between
from lastword.errors import ConfigurationError
from lastword.plan import Attribute, Plan, Rule, Segment
from models.scorecard import score_plan, unreadable_values

SEGMENTS = (
    Segment(name="Key", grade="A", min_points=80),
    Segment(name="Mid", grade="C", min_points=40),
    Segment(name="F", grade="F", min_points=0),
)
REVENUE = Attribute(
    name="annual_revenue",
    kind="quantitative",
    weight=30,
    bands=(Band(max=1e6, points=0), Band(min=1e6, max=5e7, points=60), Band(min=5e7, points=120)),
)
INDUSTRY = Attribute(name="industry", kind="qualitative", weight=10, points={"Software": 100, "Retail": 40}, default=10)


def plan_of(*attributes: Attribute, rules: tuple[Rule, ...] = ()) -> Plan:
    return Plan(version="1", segments=SEGMENTS, attributes=attributes, rules=rules)


def flag(name: str, **points: float) -> Plan:
    return plan_of(Attribute(name=name, kind="qualitative", weight=1, points=points))


def test_points_are_the_weighted_mean_of_what_each_attribute_gives_of_its_most():
    values = pd.DataFrame(
        {"annual_revenue": [6e7, 2e6, 10.0], "industry": ["Software", "Retail", "Farming"]}, index=["x", "y", "z"]
    )
    scores = score_plan(plan_of(REVENUE, INDUSTRY), values)
    # 100 × (30 × 120/120 + 10 × 100/100) / 40; 100 × (30 × 60/120 + 10 × 40/100) / 40; 100 × (0 + 10 × 10/100) / 40
    assert scores.points.to_dict() == {"x": 100.0, "y": 47.5, "z": 2.5}
    assert scores.shares.to_dict("list") == {"annual_revenue": [75.0, 37.5, 0.0], "industry": [25.0, 10.0, 2.5]}
    assert scores.attribute_points.to_dict("list") == {"annual_revenue": [120.0, 60.0, 0.0], "industry": [100.0, 40.0, 10.0]}
    assert scores.segment.to_list() == ["Key", "Mid", "F"]
    assert scores.grade.to_list() == ["A", "C", "F"]
    assert scores.covered.all()
    assert not scores.key_account.any()
    assert scores.rule_reason.to_list() == [None, None, None]


def test_a_band_holds_its_lower_border_and_not_its_upper_one():
    values = pd.DataFrame({"annual_revenue": [999_999.99, 1e6, 49_999_999, 5e7, -3.0, np.inf]})
    points = score_plan(plan_of(REVENUE), values).attribute_points["annual_revenue"]
    np.testing.assert_array_equal(points, [0, 60, 60, 120, 0, np.nan])


@pytest.mark.parametrize(
    ("missing", "points", "shares"),
    [("zero", 25.0, [0.0, 25.0]), ("reweight", 100.0, [0.0, 100.0]), (60.0, 62.5, [37.5, 25.0]), (240.0, 100.0, [75.0, 25.0])],
)
def test_what_an_unknown_value_does(missing, points, shares):
    revenue = REVENUE.model_copy(update={"missing": missing})
    scores = score_plan(plan_of(revenue, INDUSTRY), pd.DataFrame({"annual_revenue": [np.nan], "industry": ["Software"]}))
    assert scores.points.to_list() == [points]
    assert scores.shares.iloc[0].to_list() == shares
    assert scores.attribute_points.isna().iloc[0].to_list() == [True, False]


def test_a_number_for_what_is_missing_counts_towards_the_most():
    revenue = REVENUE.model_copy(update={"missing": 240.0})
    assert score_plan(plan_of(revenue), pd.DataFrame({"annual_revenue": [6e7]})).points.to_list() == [50.0]


def test_no_points_where_everything_is_reweighted_away():
    plan = plan_of(REVENUE.model_copy(update={"missing": "reweight"}), INDUSTRY.model_copy(update={"missing": "reweight"}))
    scores = score_plan(plan, pd.DataFrame({"annual_revenue": [None], "industry": [" "]}))
    assert scores.points.to_list() == [0.0]
    assert scores.shares.iloc[0].to_list() == [0.0, 0.0]
    assert scores.segment.to_list() == ["F"]


def test_blank_text_is_missing_and_another_value_is_not():
    plan = plan_of(INDUSTRY.model_copy(update={"missing": 55.0}))
    values = pd.DataFrame({"industry": ["", "  ", None, np.nan, "software", "Software"]}, dtype=object)
    assert score_plan(plan, values).points.to_list() == [55.0, 55.0, 55.0, 55.0, 10.0, 100.0]


@pytest.mark.parametrize(
    ("column", "points", "expected"),
    [
        ([True, False, None], {"yes": 8, "no": 4}, [100, 50, 0]),
        ([True, False, None], {"true": 8, "no": 4}, [100, 50, 0]),
        (pd.array([True, False, None], dtype="boolean"), {"True": 8}, [100, 0, 0]),
        (["true", "True", "yes"], {"true": 8, "yes": 4}, [100, 0, 50]),
        ([1999.0, 2000.5, np.nan], {"1999": 8, "2000.5": 4}, [100, 50, 0]),
        ([1999, 2000, 2001], {"1999": 8, "2000": 4}, [100, 50, 0]),
        (pd.array([7, None, 8], dtype="Int64"), {"7": 8, "8": 4}, [100, 0, 50]),
        (["007", "7", "7.0"], {"007": 8, "7": 4}, [100, 50, 0]),
        (pd.Categorical(["a", "b", None]), {"a": 8, "b": 4}, [100, 50, 0]),
    ],
)
def test_values_are_compared_as_text(column, points, expected):
    assert score_plan(flag("x", **points), pd.DataFrame({"x": column})).points.to_list() == expected


def test_numbers_written_as_text_are_numbers():
    values = pd.DataFrame({"annual_revenue": ["6e7", " 2000000 ", "2,000,000", "", None]})
    np.testing.assert_array_equal(
        score_plan(plan_of(REVENUE), values).attribute_points["annual_revenue"], [120, 60, np.nan, np.nan, np.nan]
    )
    assert unreadable_values(plan_of(REVENUE, INDUSTRY), values) == {"annual_revenue": 1}
    assert unreadable_values(plan_of(REVENUE), pd.DataFrame({"annual_revenue": [1.0, np.nan]})) == {}


def test_technologies_and_topics_without_a_table_are_missing():
    cloud = Attribute(name="technology:Cloud", kind="qualitative", weight=30, points={"yes": 1}, missing="reweight")
    security = Attribute(
        name="intent:security", kind="quantitative", weight=10, bands=(Band(max=1, points=0), Band(min=1, points=1))
    )
    values = pd.DataFrame({"technology:Cloud": ["yes", "no", None], "intent:security": [0.0, 4.0, 4.0]})
    plan = plan_of(cloud, security)
    assert score_plan(plan, values).points.to_list() == [75.0, 25.0, 100.0]
    assert score_plan(plan, values[["intent:security"]]).points.to_list() == [0.0, 100.0, 100.0]


def test_a_column_that_accounts_lack_is_an_error():
    with pytest.raises(ConfigurationError, match='accounts have no column "industry"; did you mean "industri"'):
        score_plan(plan_of(INDUSTRY), pd.DataFrame({"industri": ["Software"]}))


def test_exact_borders_reach_the_segment_whatever_the_weights():
    thirds = [Attribute(name=f"x{i}", kind="qualitative", weight=0.1 * i, points={"a": 7}, default=2.8) for i in range(1, 8)]
    scores = score_plan(plan_of(*thirds), pd.DataFrame({f"x{i}": ["b"] for i in range(1, 8)}))
    assert scores.points.to_list() == [40.0]
    assert scores.segment.to_list() == ["Mid"]


RULES = (
    Rule(when={"country": ("DE", "AT"), "annual_revenue": Between(min=1e6)}, segment="A", reason="strategic"),
    Rule(when={"country": ("DE",)}, segment="Mid", reason="home market"),
    Rule(when={"industry": ("Farming",)}, exclude=True, reason="not served"),
    Rule(when={"industry": ("Farming", "Software")}, exclude=True),
    Rule(when={"annual_revenue": Between(max=5.0)}, key_account=True, reason="strategic"),
)


def test_for_each_effect_the_first_rule_that_fits_wins():
    values = pd.DataFrame(
        {
            "country": ["DE", "AT", "DE", "FR", "DE", None],
            "annual_revenue": [1e6, 999_999.0, 4.0, 5.0, np.nan, np.nan],
            "industry": ["Retail", "Farming", "Farming", "Software", "Retail", ""],
        }
    )
    scores = score_plan(plan_of(INDUSTRY, rules=RULES), values)
    assert scores.points.to_list() == [40.0, 10.0, 10.0, 100.0, 40.0, 0.0]
    assert scores.segment.to_list() == ["Key", "F", "Mid", "Key", "Mid", "F"]
    assert scores.grade.to_list() == ["A", "F", "C", "A", "C", "F"]
    assert scores.covered.to_list() == [True, False, False, False, True, True]
    assert scores.key_account.to_list() == [False, False, True, False, False, False]
    reasons = ["strategic", "not served", "home market; not served; strategic", "rule 4 of the plan", "home market", None]
    assert scores.rule_reason.to_list() == reasons


def test_a_reason_is_told_once():
    rules = (Rule(when={"x": ("a",)}, segment="Key", reason="same"), Rule(when={"x": ("a",)}, key_account=True, reason="same"))
    plan = plan_of(Attribute(name="x", kind="qualitative", weight=1, points={"b": 1}), rules=rules)
    assert score_plan(plan, pd.DataFrame({"x": ["a"]})).rule_reason.to_list() == ["same"]


def test_values_of_rules_compare_as_text_too():
    rules = (Rule(when={"founded_year": (1999, 2001.0), "listed": (True,)}, key_account=True),)
    values = pd.DataFrame(
        {"founded_year": [1999.0, 2001.0, 2000.0, 1999.0], "listed": ["yes", "true", "yes", "no"], "industry": "Retail"}
    )
    assert score_plan(plan_of(INDUSTRY, rules=rules), values).key_account.to_list() == [True, True, False, False]


def test_no_rows_give_no_scores():
    scores = score_plan(
        plan_of(REVENUE, INDUSTRY, rules=RULES), pd.DataFrame({"annual_revenue": [], "industry": [], "country": []})
    )
    assert len(scores.points) == len(scores.segment) == len(scores.rule_reason) == 0
    assert scores.segment.dtype == scores.grade.dtype == "str"
    assert scores.covered.dtype == scores.key_account.dtype == bool


@pytest.mark.parametrize(
    ("effect", "covered", "key"), [("exclude", [False, True], [False, False]), ("key_account", [True, True], [True, False])]
)
def test_the_only_rule_of_a_plan_counts(effect, covered, key):
    plan = plan_of(INDUSTRY, rules=(Rule.model_validate({"when": {"industry": "Retail"}, effect: True}),))
    scores = score_plan(plan, pd.DataFrame({"industry": ["Retail", "Software"]}))
    assert scores.covered.to_list() == covered
    assert scores.key_account.to_list() == key
