"""Whatever the plans: the same plan moves nobody, every account is counted once, and places are those of the scorecard."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from lastword.plan import parse_plan
from lastword.planning.whatif import what_if
from models.scorecard import place_rows, score_plan

NO_OVERRIDES = pd.DataFrame({"seen_plan_points": pd.Series(dtype=float)}, index=pd.Index([], name="account_id", dtype="str"))


@st.composite
def plans(draw):
    cut, top = draw(st.integers(1, 60)), draw(st.integers(61, 100))
    border, weight = draw(st.integers(1, 1000)), draw(st.integers(1, 50))
    missing = draw(st.sampled_from(['"zero"', '"reweight"', "30"]))
    rule = draw(st.sampled_from(["", '[[rules]]\nwhen = { region = "EMEA" }\nsegment = "A"\n']))
    return parse_plan(f"""version = "1"
[[segments]]
name = "A"
min_points = {top}
[[segments]]
name = "C"
min_points = {cut}
[[segments]]
name = "F"
min_points = 0
[[attributes]]
name = "employee_count"
kind = "quantitative"
weight = {weight}
missing = {missing}
bands = [ {{ max = {border}, points = 0 }}, {{ min = {border}, points = 70 }} ]
[[attributes]]
name = "industry"
kind = "qualitative"
weight = {draw(st.integers(0, 50))}
missing = {missing}
points = {{ Software = 100, Energy = 35 }}
default = {draw(st.integers(0, 100))}
{rule}""")


@st.composite
def tables(draw):
    number = st.one_of(st.none(), st.integers(0, 2000))
    text = st.sampled_from([None, "Software", "Energy", "Retail", " "])
    region = st.sampled_from([None, "EMEA", "APAC"])
    rows = draw(st.lists(st.tuples(number, text, region), min_size=1, max_size=30))
    frame = pd.DataFrame(rows, columns=["employee_count", "industry", "region"])
    return frame.assign(employee_count=frame["employee_count"].astype(float))


def tried(before, after, values):
    accounts = values[["region", "industry"]].assign(account_id=[f"a{n}" for n in range(len(values))], model_grade="B")
    return what_if(before, after, accounts, values, NO_OVERRIDES, None, 40, 7)


@given(plans(), tables())
def test_the_same_plan_moves_nobody(plan, values):
    found = tried(plan, plan, values)
    assert found.moved == len(found.moves) == 0
    assert (found.regions["before"] == found.regions["after"]).all()
    assert found.agreement_before == found.agreement_after


@given(plans(), plans(), tables())
def test_rows_and_columns_add_up_to_the_segments(before, after, values):
    found = tried(before, after, values)
    for plan, sums in ((before, found.matrix.sum(axis=1)), (after, found.matrix.sum(axis=0))):
        counted = score_plan(plan, values).segment.value_counts()
        assert sums.to_dict() == {name: int(counted.get(name, 0)) for name in sums.index}
    assert found.moved == found.matrix.to_numpy().sum() - np.trace(found.matrix.to_numpy())
    assert found.moved == found.up + found.down == len(found.moves)


@given(plans(), tables())
def test_places_are_those_of_the_scorecard_for_categories_too(plan, values):
    scored = score_plan(plan, values)
    for rows in (values, values.astype({"industry": "category", "region": "category"})):
        places = place_rows(plan, rows)
        assert places.points.tolist() == scored.points.tolist()
        assert [plan.segments[place].name for place in places.segment] == scored.segment.tolist()
        assert places.covered.tolist() == scored.covered.tolist()
