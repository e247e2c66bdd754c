"""The scorecard against the contract's formula, written out row by row."""

import math

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from lastword.bands import Band
from lastword.contracts import GRADES
from lastword.plan import Attribute, Plan, Rule, Segment
from models.scorecard import score_plan

points = st.floats(0, 1000).map(lambda value: round(value, 3))
missing = st.sampled_from(["zero", "reweight"]) | points
values_of_text = st.sampled_from(["a", "b", "c", "", None])
values_of_number = st.floats(-100, 100).map(lambda value: round(value, 1)) | st.sampled_from([None, -10.0, 0.0, 10.0])


@st.composite
def quantitative(draw, name):
    borders = sorted(draw(st.sets(st.integers(-10, 10).map(float), max_size=4)))
    starts, ends = [None, *borders], [*borders, None]
    bands = [Band(min=start, max=end, points=draw(points)) for start, end in zip(starts, ends, strict=True)]
    bands[0] = bands[0].model_copy(update={"points": 1.0 + bands[0].points})
    return Attribute(
        name=name,
        kind="quantitative",
        weight=draw(st.integers(0, 50)),
        missing=draw(missing),
        bands=tuple(draw(st.permutations(bands))),
    )


@st.composite
def qualitative(draw, name):
    given_points = draw(st.dictionaries(st.sampled_from(["a", "b", "z"]), points, max_size=3)) | {"a": 1.0 + draw(points)}
    weight, otherwise = draw(st.integers(0, 50)), draw(points)
    return Attribute(name=name, kind="qualitative", weight=weight, missing=draw(missing), points=given_points, default=otherwise)


@st.composite
def plans(draw):
    names = [f"n{i}" for i in range(draw(st.integers(0, 3)))], [f"t{i}" for i in range(draw(st.integers(1, 3)))]
    attributes = [draw(quantitative(name)) for name in names[0]] + [draw(qualitative(name)) for name in names[1]]
    attributes[-1] = attributes[-1].model_copy(update={"weight": 1.0 + attributes[-1].weight})
    cuts = sorted(draw(st.sets(st.integers(1, 100).map(float), max_size=4)), reverse=True)
    segments = [Segment(name=f"S{i}", grade=draw(st.sampled_from(GRADES)), min_points=cut) for i, cut in enumerate([*cuts, 0.0])]
    return Plan(version="1", segments=tuple(segments), attributes=tuple(attributes))


@st.composite
def plans_and_values(draw):
    plan, rows = draw(plans()), draw(st.integers(1, 6))
    kinds = {
        attribute.name: values_of_number if attribute.kind == "quantitative" else values_of_text for attribute in plan.attributes
    }
    columns = {name: draw(st.lists(kind, min_size=rows, max_size=rows)) for name, kind in kinds.items()}
    frame = pd.DataFrame(
        {name: pd.Series(column, dtype="float64" if name[0] == "n" else "str") for name, column in columns.items()}
    )
    return plan, frame


def by_hand(attribute, value):
    """(points, weight) of one value as the contract has it."""
    if value == "" or value is None or (isinstance(value, float) and math.isnan(value)):
        if attribute.missing == "reweight":
            return 0.0, 0.0
        return (0.0 if attribute.missing == "zero" else attribute.missing), attribute.weight
    if attribute.kind == "qualitative":
        return attribute.points.get(value, attribute.default), attribute.weight
    (band,) = [band for band in attribute.bands if band.start <= value < band.end]
    return band.points, attribute.weight


@given(plans_and_values())
@settings(deadline=None, max_examples=50)
def test_points_follow_the_formula(case):
    plan, values = case
    scores = score_plan(plan, values)
    for row in range(len(values)):
        given_points = [by_hand(attribute, values[attribute.name].iloc[row]) for attribute in plan.attributes]
        weight = sum(w for _, w in given_points)
        most = [attribute.max_points for attribute in plan.attributes]
        expected = 100 * sum(w * p / m for (p, w), m in zip(given_points, most, strict=True)) / weight if weight else 0.0
        assert math.isclose(scores.points.iloc[row], expected, abs_tol=1e-8)


@given(plans_and_values())
@settings(deadline=None, max_examples=50)
def test_points_are_within_bounds_shares_add_up_and_one_segment_holds_each_account(case):
    plan, values = case
    scores = score_plan(plan, values)
    assert scores.points.between(0, 100).all()
    assert (scores.shares >= 0).all(axis=None)
    assert ((scores.shares.sum(axis=1) - scores.points).abs() < 1e-8).all()
    tops = [math.inf, *[segment.min_points for segment in plan.segments]]
    for value, name, grade in zip(scores.points, scores.segment, scores.grade, strict=True):
        (segment,) = [s for s, top in zip(plan.segments, tops, strict=False) if s.min_points <= value < top]
        assert (name, grade) == (segment.name, segment.grade)


@given(plans_and_values(), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=50)
def test_order_and_company_of_rows_do_not_matter(case, random):
    plan, values = case
    scores = score_plan(plan, values)
    order = random.sample(range(len(values)), len(values))
    shuffled = score_plan(plan, values.iloc[order])
    alone = score_plan(plan, values.iloc[[0]])
    assert shuffled.points.sort_index().equals(scores.points)
    assert shuffled.segment.sort_index().equals(scores.segment)
    assert alone.points.iloc[0] == scores.points.iloc[0]


@given(plans_and_values(), st.sampled_from(["a", "b"]), st.integers(0, 4))
@settings(deadline=None, max_examples=50)
def test_a_segment_rule_wins_over_the_points_and_leaves_them(case, value, which):
    plan, values = case
    name = plan.attributes[-1].name
    segment = plan.segments[which % len(plan.segments)]
    ruled = plan.model_copy(update={"rules": (Rule(when={name: (value,)}, segment=segment.name, reason="ruled"),)})
    before, after = score_plan(plan, values), score_plan(ruled, values)
    fits = values[name] == value
    assert after.points.equals(before.points)
    assert (after.segment[fits] == segment.name).all()
    assert (after.grade[fits] == segment.grade).all()
    assert after.segment[~fits].equals(before.segment[~fits])
    assert after.rule_reason.notna().equals(fits.astype(bool))
