"""The shared filters: from an address to conditions, to the form, to chips that take one back."""

from collections.abc import Callable
from typing import Any

import pytest

from lastword.errors import ConfigurationError
from lastword.project import Project
from lastword.web.pages.filtering import filter_form, filters_of, narrowed
from overrides.filters import Filters, Range
from tests.requests import request_of


@pytest.fixture
def asked(site: Project) -> Callable[[str], Any]:
    """A request of a page with this query."""
    return lambda query="": request_of(site, f"/accounts?{query}")


def test_a_range_is_read_as_a_link_has_it_and_as_a_form_sends_it(asked):
    assert filters_of(asked("plan_points=20..80")).plan_points == Range(20, 80)
    assert filters_of(asked("plan_points_from=20&plan_points_to=80")).plan_points == Range(20, 80)
    assert filters_of(asked("plan_points_from=&plan_points_to=80.5")).plan_points == Range(None, 80.5)
    assert filters_of(asked("plan_points_from=&plan_points_to=")).plan_points is None


def test_what_is_no_number_is_said(asked):
    with pytest.raises(ConfigurationError, match="plan_points"):
        filters_of(asked("plan_points_from=ten"))


def test_a_level_is_narrowed_by_those_above_it_and_not_by_those_below(asked):
    request = asked()
    fields = {field.name: field for field in filter_form(request, Filters()).fields}
    regions = {option.value for option in fields["region"].options}
    assert len(regions) > 1
    assert sum(option.accounts for option in fields["region"].options) == 700
    region, country = fields["region"].options[0].value, fields["country"].options[0].value
    chosen = {field.name: field for field in filter_form(request, Filters(region=(region,), country=(country,))).fields}
    assert {option.value for option in chosen["region"].options} == regions
    assert len(chosen["country"].options) < len(fields["country"].options)
    assert chosen["region"].said == region


def test_what_was_chosen_can_be_taken_back_where_nothing_is_left_of_it(asked):
    fields = {field.name: field for field in filter_form(asked(), Filters(country=("Atlantis",))).fields}
    (option,) = [option for option in fields["country"].options if option.value == "Atlantis"]
    assert (option.chosen, option.accounts) == (True, 0)


def test_every_condition_has_a_chip_whose_link_leaves_the_others_and_the_rest_of_the_page(asked):
    request = asked("region=EMEA&region=APAC&gap=40..&key_account=no&order=disparity&after=x&search=acme")
    form = filter_form(request, filters_of(request))
    assert [(chip.title, chip.said) for chip in form.chips] == [
        ("Region", "EMEA"),
        ("Region", "APAC"),
        ("Gap, either way", "40 or more"),
        ("Key account", "no"),
        ("Search", "acme"),
    ]
    assert form.chips[0].href == "/accounts?region=APAC&gap=40..&key_account=no&search=acme&order=disparity"
    assert form.clear_href == "/accounts?order=disparity"


def test_conditions_without_a_control_stay_in_the_form(asked):
    request = asked("gap=40..&region=EMEA&columns=a&columns=b")
    assert filter_form(request, filters_of(request)).hidden == (("columns", "a"), ("columns", "b"), ("gap", "40.."))
    assert filter_form(request, filters_of(request), further=("gap",)).hidden == (("columns", "a"), ("columns", "b"))


def test_further_fields_offer_their_values(asked):
    further = ("plan_grade", "why_family", "owner", "key_account", "plan_points", "search")
    form = filter_form(asked(), Filters(plan_points=Range(10), owner=("rolf",)), further, owners=("rita",))
    fields = {field.name: field for field in form.fields}
    assert [option.said for option in fields["plan_grade"].options] == ["A", "B", "C", "D", "F", "no grade"]
    assert [(option.value, option.chosen) for option in fields["owner"].options] == [("", False), ("rita", False), ("rolf", True)]
    assert fields["plan_points"].low == "10"
    assert fields["why_family"].options


def test_filters_are_narrowed_to_a_value_or_to_none():
    assert narrowed(Filters(region=("EMEA",)), final_grade="A", model_grade="").to_query() == [
        ("region", "EMEA"),
        ("model_grade", "none"),
        ("final_grade", "A"),
    ]
