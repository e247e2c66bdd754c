"""Changes of a plan in its text: what isn't changed stays as it was written."""

import pytest

from lastword.errors import ConfigurationError, Refusal
from lastword.plan import parse_plan
from lastword.planning.plan_edits import with_attribute, with_starts, with_version, without_attribute
from lastword.planning.recommended_changes import with_all, with_change

PLAN = """\
# ours
version = "2026"  # the year

[[segments]]
name = "A"
min_points = 50  # half

[[segments]]
name = "F"
min_points = 0

# what they sell
[[attributes]]
name = "industry"
kind = "qualitative"
weight = 20   # much
points = { Software = 100, Energy = 60 }

# how large
# they are
[[attributes]]
name = "employee_count"
kind = "quantitative"
weight = 10
bands = [
  { max = 50, points = 0 },   # small
  { min = 50, points = 100 },
]  # no more

# who is in anyway
[[rules]]
when = { country = "DE" }
segment = "A"
"""


def attribute(toml):
    return parse_plan(f'version = "x"\n[[segments]]\nname = "A"\nmin_points = 0\n{toml}').attributes[0]


REGION = """[[attributes]]
name = "region"
kind = "qualitative"
weight = 5
missing = "zero"
points = { "EMEA" = 100 }
default = 0
"""
BANDS = """[[attributes]]
name = "employee_count"
kind = "quantitative"
weight = 33
missing = "reweight"
bands = [
  { max = 200, points = 10 },
  { min = 200, points = 90 },
]
"""


def named(text, name):
    return next(each for each in parse_plan(text).attributes if each.name == name)


def test_a_version_is_changed_where_it_stands():
    assert with_version(PLAN, '20"27') == PLAN.replace('"2026"', '"20\\"27"')
    assert with_version(PLAN, "2026") is PLAN


def test_a_weight_is_changed_and_nothing_else():
    change = {"kind": "reweight", "toml": BANDS}
    assert with_change(PLAN, change) == PLAN.replace("weight = 10", "weight = 33")


def test_bands_are_changed_with_what_an_unknown_value_gives_and_the_weight_stays():
    found = with_change(PLAN, {"kind": "rebands", "toml": BANDS})
    assert named(found, "employee_count") == attribute(BANDS).model_copy(update={"weight": 10.0})
    assert ']  # no more\nmissing = "reweight"\n\n# who is in anyway' in found
    assert found.startswith(PLAN.partition("bands")[0])


def test_an_attribute_may_change_its_kind():
    other = REGION.replace("region", "employee_count")
    found = with_attribute(PLAN, attribute(other))
    assert named(found, "employee_count") == attribute(other)
    assert "bands" not in found
    assert "# how large\n# they are\n[[attributes]]" in found


def test_an_attribute_is_added_after_the_others():
    found = with_change(PLAN, {"kind": "add", "toml": REGION})
    assert found == PLAN.replace("]  # no more\n", f"]  # no more\n\n{REGION}")


def test_an_attribute_is_added_at_the_end_of_a_file_without_a_last_newline():
    text = PLAN.partition("\n\n# who is in")[0]
    assert with_attribute(text, attribute(REGION)) == f"{text}\n\n{REGION}"


def test_an_attribute_is_left_out_with_its_comment():
    found = without_attribute(PLAN, "employee_count")
    assert found == PLAN.partition("\n# how large")[0] + PLAN.partition("]  # no more\n")[2]


def test_segments_start_elsewhere():
    segments = [
        each.model_copy(update={"min_points": points}) for each, points in zip(parse_plan(PLAN).segments, (61.5, 0), strict=True)
    ]
    assert with_starts(PLAN, segments) == PLAN.replace("min_points = 50", "min_points = 61.5")


@pytest.mark.parametrize(
    ("kind", "toml", "said"),
    [
        ("add", BANDS, "looks at employee_count by now, with a weight of 10"),
        ("reweight", REGION, "no longer looks at region"),
        ("rebands", REGION, "no longer looks at region"),
        ("reweight", BANDS.replace("33", "10"), "says so already"),
    ],
)
def test_a_change_that_no_longer_applies_is_refused(kind, toml, said):
    with pytest.raises(Refusal, match=said):
        with_change(PLAN, {"kind": kind, "toml": toml})


def together(**given):
    segments = '[[segments]]\nname = "A"\nmin_points = 44\n[[segments]]\nname = "F"\nmin_points = 0\n'
    weights = {"industry": (20, 0), "employee_count": (10, 33), "region": (None, 5)} | given
    return {
        "weights": {name: {"current": now, "recommended": then} for name, (now, then) in weights.items()},
        "toml": f"{segments}{BANDS}{REGION}",
    }


def test_all_together():
    plan = parse_plan(with_all(PLAN, together()))
    assert [(each.name, each.weight) for each in plan.attributes] == [("employee_count", 33), ("region", 5)]
    assert [each.min_points for each in plan.segments] == [44, 0]
    assert plan.rules == parse_plan(PLAN).rules
    assert plan.version == "2026"


def test_all_together_on_another_plan_is_refused():
    with pytest.raises(Refusal, match="looks at region, which wasn't so"):
        with_all(with_attribute(PLAN, attribute(REGION)), together())
    with pytest.raises(Refusal, match="no longer looks at country"):
        with_all(PLAN, together(country=(5, 5)))
    with pytest.raises(Refusal, match="has the segments Top, F"):
        with_all(PLAN.replace('name = "A"', 'name = "Top"\ngrade = "A"').replace('segment = "A"', 'segment = "Top"'), together())
    with pytest.raises(Refusal, match="says so already"):
        with_all(with_all(PLAN, together()), together(industry=(None, 0), region=(5, 5)))


def test_a_text_in_another_form_is_refused_not_rewritten():
    other = PLAN.partition("[[segments]]")[0] + (
        'segments = [{ name = "A", min_points = 0 }]\n'
        'attributes = [{ name = "industry", kind = "qualitative", weight = 1, points = { x = 1 } }]\n'
    )
    assert with_version(other, "2").startswith('# ours\nversion = "2"')
    with pytest.raises(Refusal, match="attributes is written in plan.toml in a way"):
        with_change(other, {"kind": "reweight", "toml": REGION.replace("region", "industry")})
    table = PLAN.replace("points = { Software = 100, Energy = 60 }", "default = 1\n[attributes.points]\nSoftware = 100")
    with pytest.raises((Refusal, ConfigurationError)):
        with_attribute(table, named(table, "industry").model_copy(update={"points": {"Energy": 5.0}}))
    assert named(with_attribute(table, named(table, "industry").model_copy(update={"weight": 7.0})), "industry").weight == 7
