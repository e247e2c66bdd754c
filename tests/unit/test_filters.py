"""Filters as values, as a link and as SQL: what a link says comes back, what can't be read is named."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lastword.errors import ConfigurationError
from overrides.filters import _NUMBERS, _POSSIBLE, _TEXTS, Filters, Range

WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)
NAMES = WORDS.filter(str.strip)


def several(values):
    return st.lists(values, unique=True, max_size=4).map(tuple)


@st.composite
def ranges(draw):
    numbers = st.floats(allow_nan=False, allow_infinity=False)
    low, high = sorted([draw(numbers), draw(numbers)])
    return draw(st.sampled_from([None, Range(low, None), Range(None, high), Range(low, high)]))


FILTERS = st.builds(
    Filters,
    **{name: several(st.sampled_from(_POSSIBLE[name]) if name in _POSSIBLE else NAMES) for name in _TEXTS},
    **{name: ranges() for name in [*_NUMBERS, "queued_days"]},
    owner=several(NAMES | st.just("")),
    key_account=st.sampled_from([None, True, False]),
    search=WORDS.map(str.strip),
)


def as_query(pairs):
    query = {}
    for name, value in pairs:
        query.setdefault(name, []).append(value)
    return query


@settings(suppress_health_check=[HealthCheck.too_slow])  # twenty fields to draw
@given(FILTERS)
def test_filters_survive_their_link(filters):
    assert Filters.from_query(as_query(filters.to_query())) == filters


def test_a_link_is_read_field_by_field():
    query = {
        "region": ["EMEA", "APAC", "EMEA"],
        "plan_points": ["20..80"],
        "gap": ["40.."],
        "disparity": ["..-12.5"],
        "key_account": ["yes"],
        "search": [" globex "],
        "owner": ["", "ann"],
        "tier": ["1", "none"],
    }
    expected = Filters(
        region=("EMEA", "APAC"),
        plan_points=Range(20, 80),
        gap=Range(40, None),
        disparity=Range(None, -12.5),
        key_account=True,
        search="globex",
        owner=("", "ann"),
        tier=("1", "none"),
    )
    assert Filters.from_query(query) == expected
    assert expected.to_query() == [
        ("region", "EMEA"),
        ("region", "APAC"),
        ("tier", "1"),
        ("tier", "none"),
        ("owner", ""),
        ("owner", "ann"),
        ("plan_points", "20..80"),
        ("disparity", "..-12.5"),
        ("gap", "40.."),
        ("key_account", "yes"),
        ("search", "globex"),
    ]


def test_other_parameters_and_empty_values_ask_for_nothing():
    query = {
        "order": ["disparity"],
        "after": ["x"],
        "region": [""],
        "plan_points": [".."],
        "gap": [""],
        "search": [" "],
        "tier": [],
    }
    assert Filters.from_query(query | {"key_account": [""], "model_grade": ["", "A"]}) == Filters(model_grade=("A",))
    assert Filters().to_query() == []
    assert Filters().conditions() == ("TRUE", [])


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"plan_points": ["20-80"]}, "filter plan_points: '20-80' is no range: expected LOW..HIGH, LOW.. or ..HIGH in numbers"),
        ({"gap": ["80..20"]}, "filter gap: '80..20' is no range"),
        ({"gap": ["40"]}, "filter gap: '40' is no range"),
        ({"gap": ["nan.."]}, "filter gap: 'nan..' is no range"),
        ({"propensity": ["..inf"]}, "filter propensity: '..inf' is no range"),
        ({"queued_days": ["a..b"]}, "filter queued_days: 'a..b' is no range"),
        ({"gap": ["1..2..3"]}, "filter gap: '1..2..3' is no range"),
        ({"key_account": ["true"]}, "filter key_account: 'true' is unknown: expected yes or no"),
        ({"model_grade": ["A", "E"]}, "filter model_grade: 'E' is unknown: expected one of A, B, C, D, F, none"),
        ({"account_status": ["won"]}, "filter account_status: 'won' is unknown: expected one of prospect, customer, other"),
        ({"tier": ["0"]}, "filter tier: '0' is unknown"),
        ({"decided_by": ["me"]}, "filter decided_by: 'me' is unknown"),
        ({"region": ["x" * 501]}, "filter region with a value of 501 characters: expected at most 500"),
        ({"search": ["a\0b"]}, "filter search with a value of 3 characters"),
        ({"owner": ["\ud800"]}, "filter owner with a value of 1 characters"),
    ],
)
def test_what_cannot_be_read_is_named(query, said):
    with pytest.raises(ConfigurationError) as raised:
        Filters.from_query(query)
    assert str(raised.value).startswith(said)
    assert "\n" not in str(raised.value)


def test_one_field_can_be_left_out():
    filters = Filters(region=("EMEA",), country=("DE",), search="x")
    assert filters.without("region", "search") == Filters(country=("DE",))
