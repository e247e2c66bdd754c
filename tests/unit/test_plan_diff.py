"""What one plan says otherwise than another, in words, and by which print a plan is known."""

import pytest

from lastword.plan import fingerprint, parse_plan
from lastword.plan_diff import differences, summary

PLAN = """version = "2026"
[[segments]]
name = "Key"
grade = "A"
min_points = 60
[[segments]]
name = "F"
min_points = 0
[[attributes]]
name = "annual_revenue"
kind = "quantitative"
weight = 25
bands = [ { max = 1e6, points = 0 }, { min = 1e6, points = 100 } ]
[[attributes]]
name = "industry"
kind = "qualitative"
weight = 20
points = { Software = 100, Energy = 60 }
default = 10
[[rules]]
when = { country = ["DE", "AT"], employee_count = { min = 5000 } }
segment = "Key"
reason = "DACH"
[[rules]]
when = { region = "LATAM" }
exclude = true
"""


def changed(*replacements):
    text = PLAN
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return differences(parse_plan(PLAN), parse_plan(text))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("min_points = 60", "min_points = 55", ("segment Key starts at 60 → 55 points",)),
        ('grade = "A"', 'grade = "B"', ("segment Key counts as grade A → B",)),
        ("weight = 25", "weight = 30.5", ("weight of annual_revenue 25 → 30.5",)),
        ("points = 100 } ]", "points = 90 } ]", ("annual_revenue 1,000,000 or more: 100 → 90 points",)),
        (
            "max = 1e6, points = 0 }, { min = 1e6",
            "max = 2e6, points = 0 }, { min = 2e6",
            ("bands of annual_revenue: under 1,000,000 0, 1,000,000 or more 100 → under 2,000,000 0, 2,000,000 or more 100",),
        ),
        (
            "Software = 100, Energy = 60",
            "Software = 90, Retail = 20",
            (
                "industry: Energy (60 points) is no longer listed",
                "industry: Software 100 → 90 points",
                "industry: Retail is listed with 20 points",
            ),
        ),
        ("default = 10", "default = 5", ("industry: any other value 10 → 5 points",)),
        (
            "default = 10",
            'default = 10\nmissing = "reweight"',
            ("industry: an unknown value gives no points → nothing, the others weigh more",),
        ),
        (
            'name = "industry"',
            'name = "ownership"',
            ("attribute industry (weight 20) is gone", "attribute ownership is new: qualitative, weight 20"),
        ),
        (
            "min = 5000 }",
            "min = 6000 }",
            (
                "rule is gone: country is DE or AT and employee_count 5,000 or more: segment Key (DACH)",
                "rule is new: country is DE or AT and employee_count 6,000 or more: segment Key (DACH)",
            ),
        ),
    ],
)
def test_a_difference_is_one_sentence(old, new, said):
    assert changed((old, new)) == said


def test_segments_come_and_go():
    more = '[[segments]]\nname = "C"\nmin_points = 30\n[[segments]]\nname = "F"'
    assert changed(('[[segments]]\nname = "F"', more)) == ("segment C is new: from 30 points, grade C",)
    assert differences(parse_plan(PLAN.replace('[[segments]]\nname = "F"', more)), parse_plan(PLAN)) == (
        "segment C (from 30 points, grade C) is gone",
    )


def test_rules_in_another_order_are_another_plan():
    first, second = PLAN[PLAN.index("[[rules]]") :].split("[[rules]]")[1:]
    swapped = PLAN[: PLAN.index("[[rules]]")] + f"[[rules]]{second}\n[[rules]]{first}"
    assert differences(parse_plan(PLAN), parse_plan(swapped)) == (
        "the rules stand in another order, and the first that fits decides",
    )
    assert fingerprint(parse_plan(swapped)) != fingerprint(parse_plan(PLAN))


def test_a_plan_is_known_whatever_its_spelling():
    spelt = PLAN.replace("1e6", "1_000_000.0").replace('["DE", "AT"]', '["AT", "DE"]').replace("version", "# ours\nversion")
    revenue, industry = PLAN[PLAN.index("[[attributes]]") : PLAN.index("[[rules]]")].split("[[attributes]]")[1:]
    turned = PLAN.replace(revenue, industry + "@").replace(industry + "[[rules]]", revenue + "[[rules]]").replace("@", "")
    prints = {fingerprint(parse_plan(text)) for text in (PLAN, spelt, turned)}
    assert len(prints) == 1
    assert turned != PLAN
    assert differences(parse_plan(PLAN), parse_plan(turned)) == ()


@pytest.mark.parametrize(("old", "new"), [("weight = 25", "weight = 26"), ('"2026"', '"2027"'), ("Energy = 60", "Energy = 61")])
def test_what_counts_changes_the_print(old, new):
    assert fingerprint(parse_plan(PLAN)) != fingerprint(parse_plan(PLAN.replace(old, new)))


def test_a_summary_names_the_first_and_counts_the_rest():
    assert summary(["a", "b"]) == "a; b"
    assert summary(["a", "b", "c", "d", "e"]) == "a; b; c and 2 more"
