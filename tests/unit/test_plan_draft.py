"""A plan in the making: read from and written as plan.toml, filled in and changed step by step, its mistakes at their fields."""

import dataclasses

import pytest

from lastword.errors import ConfigurationError
from lastword.plan import fingerprint, parse_plan
from lastword.planning.draft_fields import filled, stepped
from lastword.planning.draft_text import checked, plan_toml
from lastword.planning.plan_draft import amount, draft_of, from_json, scalar_of, scalar_text, shown_number, to_json

TEXT = """# Who made it
#   and why

version = "2026"
[[segments]]
name = "Top \\"1\\""
grade = "A"
min_points = 62.5
[[segments]]
name = "C"
min_points = 0
[[attributes]]
name = "annual_revenue"
kind = "quantitative"
weight = 25
missing = 40
bands = [ { min = 5e6, max = 2.5e7, points = 30 }, { max = 5e6, points = 0 }, { min = 2.5e7, points = 100 } ]
[[attributes]]
name = "industry"
kind = "qualitative"
weight = 12.5
missing = "reweight"
points = { Software = 70, "Oil & gas" = 100 }
default = 10
[[rules]]
when = { country = ["DE", "AT"], size = 5, code = "5", open = true, employee_count = { min = 5000 } }
segment = "Top \\"1\\""
reason = "home market"
[[rules]]
when = { "technology:Kafka" = "yes" }
exclude = true
"""
DRAFT = draft_of(parse_plan(TEXT), TEXT)


def mistakes(draft, available=None):
    return [(each.field, each.text) for each in checked(draft, available).mistakes]


def typed(**fields):
    """The draft with fields filled in; __ stands for a dot."""
    return filled(DRAFT, {name.replace("__", "."): value for name, value in fields.items()})


def test_a_plan_goes_through_draft_and_json_and_comes_out_the_same():
    again = from_json(to_json(DRAFT))
    assert again == DRAFT
    written = plan_toml(checked(again).plan, again.header)
    assert written.startswith("# Who made it\n#   and why\n\nversion = ")
    assert fingerprint(parse_plan(written)) == fingerprint(parse_plan(TEXT))
    assert plan_toml(parse_plan(written), again.header) == written
    assert [band.min for band in DRAFT.attributes[0].bands] == ["", "5,000,000", "25,000,000"]


@pytest.mark.parametrize(
    "text", ["", "null", "[]", '{"version": 1}', "{" * 5000, to_json(DRAFT).replace('"weight":"25"', '"weight":25')]
)
def test_what_is_no_draft_is_refused_in_a_sentence(text):
    with pytest.raises(ConfigurationError, match="load the page again"):
        from_json(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("5000000", 5e6), ("5,000,000", 5e6), ("5 000 000", 5e6), ("2.5e6", 2.5e6), ("\u22123.5", -3.5), (" .5 ", 0.5)]
    + [(odd, None) for odd in ("", "x", "1,5", "1,2345", "1e999", "nan", "0x1f", "--1", "1 2")],
)
def test_numbers_as_people_type_them(text, expected):
    assert amount(text) == expected


@pytest.mark.parametrize("value", [0.0, 7.0, 1234.0, -5000.0, 2.5e9, 1e20, 1e-9, 0.1, 1234.5])
def test_numbers_are_read_back_as_they_are_shown(value):
    assert amount(shown_number(value)) == value


@pytest.mark.parametrize("value", ["DE", "5", 5, "true", True, 2.5, "2.5", '"', "a\nb", " x", "", "1e3", '"quoted"'])
def test_values_of_rules_keep_their_type(value):
    again = scalar_of(scalar_text(value))
    assert (type(again), again) == (type(value), value)


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"attributes__0__weight": "-1"}, "attributes.0.weight", "-1 is out of range; write a number from 0 up"),
        ({"attributes__0__weight": "much"}, "attributes.0.weight", '"much" is no number'),
        ({"attributes__0__bands__1__min": "3e7"}, "attributes.0.bands.1.min", "min 30000000 is not below max 25000000"),
        ({"attributes__0__bands__1__min": ""}, "attributes.0.bands.1.min", "a number is missing here"),
        ({"attributes__0__bands__0__min": "10"}, "attributes.0.bands.0.min", "a gap: values below 10 have no band"),
        ({"attributes__0__bands__2__points": "-3"}, "attributes.0.bands.2.points", "-3 is out of range"),
        ({"attributes__0__missing_points": "-3"}, "attributes.0.missing_points", 'write "zero"'),
        ({"attributes__1__values__1__value": "Software"}, "attributes.1.values.1.value", '"Software" is there twice'),
        ({"attributes__1__values__1__value": " "}, "attributes.1.values.1.value", "no value is named"),
        ({"attributes__1__values__0__points": "-70"}, "attributes.1.values.0.points", "-70 is out of range"),
        ({"segments__1__min_points": "5"}, "segments.1.min_points", "points from 0 to 5 fall in no segment"),
        ({"segments__0__min_points": "0"}, "segments.1.min_points", "no points reach"),
        ({"segments__0__min_points": "101"}, "segments.0.min_points", "at most 100"),
        ({"segments__1__name": 'Top "1"'}, "segments.1.name", "is there twice"),
        ({"segments__1__name": ""}, "segments.1.name", "is blank"),
        ({"rules__0__conditions__0__values": " \n "}, "rules.0.conditions.0.values", "no value is written"),
        ({"rules__0__conditions__4__min": ""}, "rules.0.conditions.4.min", "both ends are open"),
        ({"rules__0__conditions__4__max": "10"}, "rules.0.conditions.4.min", "is not below max 10"),
        ({"rules__0__conditions__1__name": "country"}, "rules.0.conditions.1.name", "two conditions"),
        ({"rules__0__segment": ""}, "rules.0.segment", "no segment is chosen"),
        ({"rules__1__conditions__0__values": "maybe"}, "rules.1.conditions.0.values", "write yes or no"),
    ],
)
def test_every_mistake_stands_at_its_field(fields, field, said):
    found = mistakes(typed(**fields))
    assert [name for name, _ in found] == [field]
    assert said in found[0][1]


def test_several_mistakes_are_told_at_once():
    fields = {"attributes__0__weight": "-1", "segments__1__min_points": "70"}
    assert {name for name, _ in mistakes(typed(**fields))} == {"attributes.0.weight", "segments.1.min_points"}


def test_columns_that_accounts_lack_are_told_at_their_names():
    found = mistakes(DRAFT, ["annual_revenues", "country", "size", "code", "open", "employee_count"])
    assert [name for name, _ in found] == ["attributes.0.name", "attributes.1.name"]
    assert 'did you mean "annual_revenues"?' in found[0][1]
    assert (
        mistakes(DRAFT, ["annual_revenue", "industry", "country", "size", "open", "employee_count"])[0][0]
        == "rules.0.conditions.2.name"
    )


def test_weights_that_sum_to_nothing():
    assert mistakes(typed(attributes__0__weight="0", attributes__1__weight="0"))[0][0] == "attributes"


def test_rules_follow_a_segment_that_gets_another_name():
    assert typed(segments__0__name="Best").rules[0].segment == "Best"


def test_a_form_fills_in_texts_and_never_what_an_attribute_looks_at():
    draft = typed(attributes__0__name="x", attributes__0__kind="qualitative", rules__0__conditions__0__between="yes")
    assert (draft.attributes[0].name, draft.attributes[0].kind) == ("annual_revenue", "quantitative")
    assert draft.rules[0].conditions[0].between


def bands(draft):
    return [(band.min, band.points) for band in draft.attributes[0].bands]


def test_bands_are_split_and_taken_out():
    assert bands(stepped(DRAFT, "split", "attributes.0.bands.1"))[1:3] == [("5,000,000", "30"), ("11,000,000", "30")]
    assert bands(stepped(DRAFT, "split", "attributes.0.bands.0"))[:2] == [("", "0"), ("2,500,000", "0")]
    assert bands(stepped(DRAFT, "split", "attributes.0.bands.2"))[2:] == [("25,000,000", "100"), ("50,000,000", "100")]
    assert bands(stepped(DRAFT, "remove", "attributes.0.bands.1")) == [("", "0"), ("25,000,000", "100")]
    assert bands(stepped(DRAFT, "remove", "attributes.0.bands.0")) == [("", "30"), ("25,000,000", "100")]
    for step in ("split", "remove"):
        assert not mistakes(stepped(DRAFT, step, "attributes.0.bands.0"))


def test_parts_are_added_moved_and_taken_out():
    assert [each.value for each in stepped(DRAFT, "add", "attributes.1.values.Food, drink.").attributes[1].values][
        -1
    ] == "Food, drink."
    assert len(stepped(DRAFT, "remove", "attributes.1.values.0").attributes[1].values) == 1
    assert not mistakes(stepped(DRAFT, "add", "segments"))
    assert [each.grade for each in stepped(DRAFT, "add", "segments").segments] == ["A", "B", "C"]
    assert stepped(DRAFT, "up", "rules.1").rules == DRAFT.rules[::-1]
    assert len(stepped(DRAFT, "add", "rules.1.conditions").rules[1].conditions) == 2
    assert len(stepped(DRAFT, "remove", "rules.0").rules) == 1
    assert stepped(DRAFT, "remove", "attributes.0").attributes == DRAFT.attributes[1:]
    assert mistakes(stepped(DRAFT, "add", "rules"))[0][0] == "rules.2.conditions.0.name"
    nothing = dataclasses.replace(DRAFT, segments=(), attributes=())
    assert {name for name, _ in mistakes(nothing)} >= {"segments", "attributes"}


@pytest.mark.parametrize(
    ("what", "where"),
    [("add", "nothing"), ("split", "attributes.7.bands.0"), ("remove", "segments.-1"), ("up", "rules.0"), ("fly", "")],
)
def test_steps_that_there_are_not(what, where):
    with pytest.raises(ConfigurationError, match="is no step in this plan"):
        stepped(DRAFT, what, where)
