import tomllib

import pytest

from lastword.toml_lines import line_numbers, line_of

TEXT = """\
name = "x"

[model]                      # a comment
group_by = [
  "domain",                  # another
  "parent",
]
leakage_waivers = { a = "1", "b c" = [1, { deep.er = 2 }] }
columns.fleet = { kind = "numeric" }

[model."quoted name"]
key = \"\"\"
three
lines\"\"\"
after = 1

[[rules]]
segment = "A"

[[rules.conditions]]
one = 1

[[rules.conditions]]
two = 2

[[rules]]
segment = "B"
[[rules.conditions]]
three = 3
"""


@pytest.mark.parametrize(
    ("at", "line"),
    [
        (("name",), 1),
        (("model",), 3),
        (("model", "group_by"), 4),
        (("model", "group_by", 0), 5),
        (("model", "group_by", 1), 6),
        (("model", "leakage_waivers", "a"), 8),
        (("model", "leakage_waivers", "b c", 1, "deep", "er"), 8),
        (("model", "columns", "fleet", "kind"), 9),
        (("model", "quoted name", "after"), 15),
        (("rules", 0, "segment"), 18),
        (("rules", 0, "conditions", 1, "two"), 24),
        (("rules", 1), 26),
        (("rules", 1, "conditions", 0, "three"), 29),
    ],
)
def test_every_key_and_element_has_its_line(at, line):
    assert line_of(TEXT, at) == line


@pytest.mark.parametrize(
    ("at", "line"), [(("model", "absent"), 3), (("rules", 1, "when", "x"), 26), (("absent", "key"), 1), ((), 1)]
)
def test_what_is_absent_has_the_line_of_what_is_around_it(at, line):
    assert line_of(TEXT, at) == line


def places(value, at=()):
    """Every place in a document that tomllib has read."""
    yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in items:
        yield from places(inner, (*at, step))


def test_nothing_that_tomllib_reads_is_without_a_line():
    assert set(places(tomllib.loads(TEXT))) - {()} == set(line_numbers(TEXT))


def test_windows_line_ends_count_once():
    assert line_of("a = 1\r\nb = 2\r\n", ("b",)) == 2
