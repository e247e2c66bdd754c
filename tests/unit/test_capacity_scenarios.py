"""Scenarios of capacity: as a word of an address and back, and what is said of a form that can't be."""

import base64
import json
import zlib

import pytest
from django.http import QueryDict

from lastword.errors import ConfigurationError
from lastword.planning_settings import Role
from lastword.web.capacity_scenarios import Scenario, ScenarioForm, checked, form_of, form_sent, read, regions_of, written

REGIONS = ["APAC", "EMEA"]
SEGMENTS = ["Gold", "Iron"]
MORE = Scenario(
    "More, Łódź & co",
    (Role(name="strategic", tiers=(1,), segments=("Gold",), accounts_per_seller=12.5, sellers={"EMEA": 4.0, "APAC": 0.5}),),
)


def word_of(content: object) -> str:
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(content).encode())).decode().rstrip("=")


def sent(**fields: str) -> ScenarioForm:
    names = {"name": "S", "roles": "1", "role-0-name": "one", "role-0-per-seller": "12"}
    given = {**names, **{name.replace("_", "-"): value for name, value in fields.items()}}
    query = QueryDict(mutable=True)
    for name, value in given.items():
        query.setlist(name, value.split("|"))
    return form_sent(query, REGIONS)


def test_a_scenario_survives_its_address():
    assert read(written(MORE)) == MORE
    assert set(written(MORE)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@pytest.mark.parametrize(
    "word",
    [
        "",
        "x",
        "é",
        written(MORE)[:-9],
        word_of(["", []]),
        word_of(["n", []]),
        word_of(["n", [{"name": "a"}]]),
        word_of(["n", [{"name": "a", "accounts_per_seller": -1}]]),
        word_of(["n", [{"name": "a", "accounts_per_seller": 1, "command": "x"}]]),
        word_of({"n": 1}),
        word_of([1, 2]),
        word_of(["n", [{"name": "x" * 60_000, "accounts_per_seller": 1}]]),
    ],
)
def test_a_broken_address_is_said_to_be_one(word):
    with pytest.raises(ConfigurationError, match="cut off or changed"):
        read(word)


def test_a_form_gives_the_scenario_that_filled_it():
    fields = {
        "name": MORE.name,
        "role_0_name": "strategic",
        "role_0_per_seller": "12.5",
        "role_0_tier": "1",
        "role_0_segment": "Gold",
        "role_0_sellers_0": "0.5",
        "role_0_sellers_1": "4",
    }
    assert checked(sent(**fields), REGIONS, SEGMENTS) == MORE
    assert form_of(MORE).roles[0].sellers == {"EMEA": "4", "APAC": "0.5"}


@pytest.mark.parametrize(
    ("fields", "at", "said"),
    [
        ({"name": " "}, "name", "the scenario has no name"),
        ({"name": "x" * 61}, "name", "61 characters"),
        ({"name": "taken"}, "name", "is there already"),
        ({"role_0_name": ""}, "role-0-name", "the role has no name"),
        ({"role_0_per_seller": ""}, "role-0-per-seller", "write a number above 0"),
        ({"role_0_per_seller": "0"}, "role-0-per-seller", "'0' accounts per seller can't be"),
        ({"role_0_per_seller": "nan"}, "role-0-per-seller", "write a number above 0"),
        ({"role_0_per_seller": "1e999"}, "role-0-per-seller", "write a number above 0"),
        ({"role_0_tier": "4"}, "role-0-tier", "a tier is 1, 2 or 3"),
        ({"role_0_segment": "Lead"}, "role-0-segment", "one of the plan's: Gold, Iron"),
        ({"role_0_sellers_1": "-2"}, "role-0-sellers-1", "'-2' sellers in EMEA can't be: write a number from 0 up"),
        ({"role_0_removed": "yes"}, "roles", "no role is left"),
        ({"roles": "2", "role_1_name": "one", "role_1_per_seller": "3"}, "role-1-name", "there twice"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(fields, at, said):
    found = checked(sent(**fields), REGIONS, SEGMENTS, taken=["taken"])
    assert isinstance(found, ScenarioForm)
    assert list(found.errors) == [at]
    assert said in found.errors[at]


def test_an_empty_role_is_none_and_thousands_may_be_marked():
    found = checked(sent(roles="2", role_0_per_seller="1,200"), REGIONS, SEGMENTS)
    assert isinstance(found, Scenario)
    assert [(role.name, role.accounts_per_seller) for role in found.roles] == [("one", 1200)]


def test_regions_of_the_accounts_and_those_that_roles_name():
    assert regions_of(["APAC"], [MORE]) == ["APAC", "EMEA"]
    assert regions_of([], [Scenario("x", (Role(name="a", accounts_per_seller=1),))]) == ["no region"]
