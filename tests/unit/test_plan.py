import pytest

from lastword.bands import Band, Between
from lastword.configuration import read_toml
from lastword.errors import ConfigurationError
from lastword.plan import Attribute, Plan, Segment, load_plan

SEGMENTS = """\
version = "2026"
[[segments]]
name = "Key accounts"
grade = "A"
min_points = 80
[[segments]]
name = "B"
min_points = 40
[[segments]]
name = "F"
min_points = 0
"""
ATTRIBUTES = """\
[[attributes]]
name = "annual_revenue"
kind = "quantitative"
weight = 25
bands = [ { max = 1e6, points = 0 },
          { min = 1e6, max = 5e7, points = 60 },
          { min = 5e7, points = 100 } ]
[[attributes]]
name = "industry"
kind = "qualitative"
weight = 20
points = { Software = 100, Manufacturing = 60 }
default = 10
"""


@pytest.fixture
def load(tmp_path):
    def load(text: str) -> Plan:
        path = tmp_path / "plan.toml"
        path.write_text(text, encoding="utf-8")
        return load_plan(path)

    return load


@pytest.fixture
def message(load):
    """The error on a plan, from the line number on: segments take lines 1 to 11, attributes lines 12 to 24."""

    def message(text: str) -> str:
        with pytest.raises(ConfigurationError) as caught:
            load(text)
        return str(caught.value).split("plan.toml:")[1]

    return message


def test_a_plan_is_read_as_it_stands(load):
    plan = load(SEGMENTS + ATTRIBUTES)
    assert plan.version == "2026"
    assert plan.segments[:2] == (
        Segment(name="Key accounts", grade="A", min_points=80),
        Segment(name="B", grade="B", min_points=40),
    )
    revenue, industry = plan.attributes
    assert revenue.bands[1] == Band(min=1e6, max=5e7, points=60)
    assert (revenue.missing, revenue.max_points) == ("zero", 100)
    assert (industry.points, industry.default) == ({"Software": 100, "Manufacturing": 60}, 10)


@pytest.mark.parametrize(
    ("attribute", "most"),
    [
        (Attribute(name="x", kind="quantitative", weight=1, bands=(Band(max=1, points=3), Band(min=1, points=2))), 3),
        (Attribute(name="x", kind="quantitative", weight=1, bands=(Band(points=3),), missing=7.0), 7),
        (Attribute(name="x", kind="qualitative", weight=1, points={"a": 3}, default=4), 4),
        (Attribute(name="x", kind="qualitative", weight=1, points={"a": 3}, missing="reweight"), 3),
    ],
)
def test_the_most_that_an_attribute_can_give(attribute, most):
    assert attribute.max_points == most


def test_rules_take_a_value_a_list_or_a_range(load):
    rule = (
        '[[rules]]\nwhen = { country = "DE", region = ["N", "S"], founded_year = { min = 1990 }, flag = true }\nexclude = true\n'
    )
    (rule,) = load(SEGMENTS + ATTRIBUTES + rule).rules
    assert rule.when == {"country": ("DE",), "region": ("N", "S"), "founded_year": Between(min=1990.0), "flag": (True,)}
    assert (rule.effect, rule.reason) == ("exclude", None)


def test_a_rule_names_a_segment_or_the_grade_of_one(load):
    plan = load(SEGMENTS + ATTRIBUTES + '[[rules]]\nwhen = { country = "DE" }\nsegment = "A"\n')
    assert plan.segment_named("A") == plan.segment_named("Key accounts") == plan.segments[0]
    assert plan.segment_named("C") is None


def test_what_a_plan_looks_at(load):
    more = """\
[[attributes]]
name = "technology:Kubernetes"
kind = "qualitative"
weight = 5
points = { yes = 1 }
[[attributes]]
name = "intent:cloud security"
kind = "quantitative"
weight = 5
bands = [ { min = 0, max = 9, points = 0 }, { min = 9, points = 1 } ]
[[rules]]
when = { "technology:SAP" = "yes", country = "DE", industry = "Software" }
key_account = true
"""
    plan = load(SEGMENTS + ATTRIBUTES + more)
    assert plan.columns == ("annual_revenue", "industry", "country")
    assert plan.technologies == ("Kubernetes", "SAP")
    assert plan.topics == ("cloud security",)
    assert plan.uses_intent
    assert not load(SEGMENTS + ATTRIBUTES).uses_intent


def test_bands_may_stand_in_any_order(load):
    turned = ATTRIBUTES.replace("{ max = 1e6, points = 0 }", "{ min = 5e7, points = 9 }").replace(
        "{ min = 5e7, points = 100 }", "{ max = 1e6, points = 0 }"
    )
    assert load(SEGMENTS + turned).attributes[0].max_points == 60


def test_bands_of_what_is_never_negative_may_start_at_its_least(load):
    assert load(SEGMENTS + ATTRIBUTES.replace("{ max = 1e6", "{ min = 0, max = 1e6"))
    assert load(SEGMENTS + ATTRIBUTES.replace("{ max = 1e6", "{ min = -5, max = 1e6"))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "min = 5e7",
            "min = 6e7",
            "18: [[attributes]] #1 bands #3: a gap: values from 50000000 to 60000000 have no band; write min = 50000000",
        ),
        ("min = 5e7", "min = 4e7", "18: [[attributes]] #1 bands #3: an overlap: values from 40000000 to 50000000 have two bands"),
        (
            "{ max = 1e6",
            "{ min = 1, max = 1e6",
            "16: [[attributes]] #1 bands #1: a gap: values below 1 have no band; take min out",
        ),
        (
            "{ min = 5e7,",
            "{ min = 5e7, max = 1e9,",
            "18: [[attributes]] #1 bands #3: a gap: values from 1000000000 up have no band; take max out",
        ),
        (
            "{ min = 1e6, max = 5e7",
            "{ min = 5e7, max = 1e6",
            "17: [[attributes]] #1 bands #2: min 50000000 is not below max 1000000",
        ),
        (
            "points = 60 }",
            "points = -60 }",
            "17: [[attributes]] #1 bands #2.points: -60 is out of range; write a number from 0 up",
        ),
        ("points = 60 }", "point = 60 }", "17: [[attributes]] #1 bands #2.point: unknown key; did you mean points?"),
        ("points = 60 }", "points = nan }", "17: [[attributes]] #1 bands #2.points: nan is not a finite number"),
        ("weight = 25", "weight = -1", "15: [[attributes]] #1 weight: -1 is out of range; write a number from 0 up"),
        ("weight = 25", "wieght = 25", "15: [[attributes]] #1 wieght: unknown key; did you mean weight?"),
        ("weight = 25", "weight = 25\ndefault = 1", "16: [[attributes]] #1 default: a quantitative attribute has bands instead"),
        (
            "weight = 25",
            'weight = 25\nmissing = "none"',
            '16: [[attributes]] #1 missing: "none" is unknown; write "zero", "reweight" or a number',
        ),
        ("weight = 25", "weight = 25\nmissing = -1", "16: [[attributes]] #1 missing: -1 is unknown"),
        ('"annual_revenue"', '"country"', '14: [[attributes]] #1 kind: country is no number; write kind = "qualitative"'),
        ('"annual_revenue"', '"technology:SAP"', "14: [[attributes]] #1 kind: technology:SAP is no number"),
        ('"annual_revenue"', '"intent:"', '13: [[attributes]] #1 name: "intent:" names nothing'),
        ('"annual_revenue"', '"industry"', "14: [[attributes]] #1 kind: industry is no number"),
        ('"industry"', '"annual_revenue"', '20: [[attributes]] #2 name: "annual_revenue" is there twice'),
        ('"industry"', '"intent"', '21: [[attributes]] #2 kind: intent is a number; write kind = "quantitative"'),
        (
            '"industry"',
            '"technology:SAP"',
            '23: [[attributes]] #2 points.Software: technology:SAP is never "Software"; write yes or no (and 1 more)',
        ),
        ("points = { Software = 100, Manufacturing = 60 }\n", "", "19: [[attributes]] #2 points: missing; write points = {"),
        (
            "points = { Software = 100, Manufacturing = 60 }\ndefault = 10",
            "points = { Software = 0 }",
            "23: [[attributes]] #2 points: no value gives any points",
        ),
        ("Software = 100", "Software = -1", "23: [[attributes]] #2 points.Software: -1 is out of range"),
        ('"qualitative"', '"quantitive"', '21: [[attributes]] #2 kind: "quantitive" is unknown; did you mean "quantitative"?'),
        ('grade = "A"\n', "", '2: [[segments]] #1 grade: missing; write grade = "A" or "B"'),
        ('grade = "A"', 'grade = "E"', '4: [[segments]] #1 grade: "E" is unknown; write "A", "B", "C", "D" or "F"'),
        (
            "min_points = 40",
            "min_points = 80",
            '8: [[segments]] #2 min_points: 80 is not below 80, where "Key accounts" starts, so no points reach "B"',
        ),
        ("min_points = 40", "min_points = 90", "8: [[segments]] #2 min_points: 90 is not below 80"),
        (
            "min_points = 0",
            "min_points = 10",
            "11: [[segments]] #3 min_points: points from 0 to 10 fall in no segment; write min_points = 0",
        ),
        (
            "min_points = 80",
            "min_points = 101",
            "5: [[segments]] #1 min_points: 101 is out of range; write a number of at most 100",
        ),
        ('name = "F"', 'name = "B"', '10: [[segments]] #3 name: "B" is there twice'),
        ('version = "2026"', "version = 2026", '1: version: 2026 is not text in quotes; write version = "2026"'),
    ],
)
def test_what_does_not_hold_together_is_named_with_its_line(message, old, new, expected):
    text = SEGMENTS + ATTRIBUTES
    assert old in text
    assert message(text.replace(old, new, 1)).startswith(expected)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('when = { country = "DE" }', '25: [[rules]] #1: the rule does nothing; write one of segment = "A"'),
        ('when = { country = "DE" }\nexclude = false', "27: [[rules]] #1 exclude: false does nothing; write exclude = true"),
        (
            'when = { country = "DE" }\nexclude = true\nkey_account = true',
            "28: [[rules]] #1 key_account: the rule has 2 effects, exclude and key_account",
        ),
        (
            'when = { country = "DE" }\nsegment = "Key acounts"',
            '27: [[rules]] #1 segment: "Key acounts" is no segment; did you mean "Key accounts"?',
        ),
        (
            'when = { country = "DE" }\nsegment = "C"',
            "27: [[rules]] #1 segment: no segment or several have the grade C; write one of the segments' names",
        ),
        ("when = {}\nexclude = true", "26: [[rules]] #1 when: an empty table fits every account"),
        ("exclude = true", "25: [[rules]] #1 when: missing; write when = {"),
        ('when = "DE"\nexclude = true', '26: [[rules]] #1 when: "DE" is not a table; write when = {'),
        ("when = { country = [] }\nexclude = true", "26: [[rules]] #1 when.country: an empty list fits no account"),
        ("when = { country = {} }\nexclude = true", "26: [[rules]] #1 when.country: an empty table fits every account"),
        (
            'when = { country = ["DE",\n2026-01-01] }\nexclude = true',
            "27: [[rules]] #1 when.country #2: 2026-01-01 is no value to compare with",
        ),
        (
            "when = { employee_count = { mn = 1 } }\nexclude = true",
            "26: [[rules]] #1 when.employee_count.mn: unknown key; did you mean min?",
        ),
        (
            'when = { employee_count = { min = "1" } }\nexclude = true',
            '26: [[rules]] #1 when.employee_count.min: "1" is not a number; write min = 1000',
        ),
        (
            "when = { employee_count = { min = 2, max = 1 } }\nexclude = true",
            "26: [[rules]] #1 when.employee_count: min 2 is not below max 1",
        ),
        (
            "when = { country = { min = 2 } }\nexclude = true",
            "26: [[rules]] #1 when.country: country is no number; write the values that fit",
        ),
        (
            'when = { "technology:SAP" = [true, 1] }\nexclude = true',
            "26: [[rules]] #1 when.technology:SAP: technology:SAP is never 1",
        ),
        (
            'when = { "technology:SAP" = "Yes" }\nexclude = true',
            '26: [[rules]] #1 when.technology:SAP: technology:SAP is never "Yes"; write yes or no',
        ),
        ('when = { country = "DE" }\nexclude = true\nreason = ""', '28: [[rules]] #1 reason: "" is blank; write reason ='),
        ('whne = { country = "DE" }\nexclude = true', "26: [[rules]] #1 whne: unknown key; did you mean when?"),
    ],
)
def test_rules_that_cannot_work_are_named_with_their_line(message, rule, expected):
    assert message(f"{SEGMENTS}{ATTRIBUTES}[[rules]]\n{rule}\n").startswith(expected)


def test_a_grade_of_several_segments_names_none(message):
    segments = SEGMENTS.replace('name = "B"', 'name = "Next"\ngrade = "A"')
    rule = '[[rules]]\nwhen = { country = "DE" }\nsegment = "A"\n'
    assert "no segment or several have the grade A; write one of the segments' names: Key accounts, Next, F" in message(
        segments + ATTRIBUTES + rule
    )


def test_weights_that_sum_to_nothing(message):
    text = (SEGMENTS + ATTRIBUTES).replace("weight = 25", "weight = 0").replace("weight = 20", "weight = 0")
    assert message(text) == "12: attributes: the weights sum to nothing; give at least one attribute a weight above 0"
    assert message(SEGMENTS) == "1: attributes: missing; write a section [[attributes]]"
    assert message('version = "1"\nsegments = []\n' + ATTRIBUTES).startswith("2: segments: a plan needs segments")


def test_columns_that_accounts_lack_are_named_with_their_line(load):
    plan = load(SEGMENTS + ATTRIBUTES + '[[rules]]\nwhen = { contry = "DE", "technology:X" = "yes" }\nexclude = true\n')
    plan.check_columns(["annual_revenue", "industry", "contry"])
    with pytest.raises(
        ConfigurationError,
        match=r'plan.toml:20: \[\[attributes\]\] #2 name: accounts have no column "industry"; did you mean "industri"\?',
    ):
        plan.check_columns({"annual_revenue", "industri", "country"})
    with pytest.raises(
        ConfigurationError,
        match=r'plan.toml:26: \[\[rules\]\] #1 when.contry: accounts have no column "contry"; take it out, or map it',
    ):
        plan.check_columns(["annual_revenue", "industry"])


def test_a_plan_made_in_memory_checks_columns_too(load, tmp_path):
    plan = read_toml(load(SEGMENTS + ATTRIBUTES) and tmp_path / "plan.toml", Plan)
    with pytest.raises(ConfigurationError, match=r'^accounts have no column "industry"'):
        plan.check_columns(["annual_revenue"])
