"""The plan editor in a browser: a border dragged, pushed and typed is one value, and what it would do follows at once."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from lastword.plan import parse_plan
from overrides import scenarios
from tests.browser.conftest import AT_REST, SHIFTS_AFTER_LOAD, accessibility_violations

pytestmark = pytest.mark.browser
NOW = datetime(2026, 6, 2, 12, tzinfo=UTC)


@pytest.fixture
def scenario(site: Any) -> scenarios.Scenario:
    return scenarios.create("Other weights", site.plan_path.read_text(encoding="utf-8"), "2026", "rita", "", NOW)


def opened(page: Any, scenario: scenarios.Scenario) -> Any:
    page.goto(f"/plans/edit?scenario={scenario.scenario_id}")
    page.locator(".plan-headline", has_text="None of 700").wait_for()
    return page


def number(page: Any, name: str) -> float:
    return float(page.locator(f'[id="{name}"]').input_value().replace(",", ""))


def test_dragging_pushing_and_typing_a_border_are_one_value(page_of: Callable[..., Any], scenario: Any):
    page = opened(page_of("rita"), scenario)
    edge, handle = "attributes.0.bands.2.min", page.locator('.handle[data-border="2"]')
    grip = handle.locator(".grip").bounding_box()
    page.mouse.move(grip["x"] + 5, grip["y"] + 8)
    page.mouse.down()
    page.mouse.move(grip["x"] + 40, grip["y"] + 8, steps=4)
    page.mouse.up()
    dragged = number(page, edge)
    assert 2.5e7 < dragged < 2.5e8
    page.locator(".plan-headline", has_text="of 700 accounts would move").wait_for()
    assert page.locator("#said").inner_text() == page.locator(".plan-headline").inner_text()
    handle.focus()
    page.keyboard.press("ArrowRight")
    assert number(page, edge) > dragged
    assert float(handle.get_attribute("aria-valuenow")) == number(page, edge)
    before, pushed = handle.get_attribute("transform"), page.locator(f'[id="{edge}"]').input_value()
    page.locator(f'[id="{edge}"]').fill("6,000,000")
    assert handle.get_attribute("transform") != before
    assert handle.get_attribute("aria-valuenow") == "6000000"
    page.get_by_role("button", name="Undo last change").click()
    page.locator(f'[id="{edge}"][value="{pushed}"]').wait_for()
    assert handle.get_attribute("transform") == before


def test_a_weight_by_keyboard_a_mistake_at_its_field_and_saving(page_of: Callable[..., Any], scenario: Any):
    page = opened(page_of("rita"), scenario)
    page.get_by_role("slider", name="Weight of annual_revenue").focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    assert number(page, "attributes.0.weight") == 30
    assert page.locator("#share-0").inner_text() == "28.6 %"
    page.get_by_label("Segment B from points").fill("90")
    wrong = page.locator('[data-error~="segments.1.min_points"]', has_text="90 is not below 65")
    wrong.wait_for()
    assert page.get_by_label("Segment B from points").get_attribute("aria-invalid") == "true"
    assert not accessibility_violations(page)
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#plan-answer", has_text="Not saved: 1 mistake").wait_for()
    page.get_by_label("Segment B from points").fill("52")
    page.locator(".plan-headline", has_text="would move").wait_for()
    assert page.locator("[aria-invalid]").count() == 0
    page.get_by_role("button", name="Save", exact=True).click()
    page.locator("#plan-saved", has_text="Revision 2").wait_for()
    kept = parse_plan(scenarios.find(scenario.scenario_id).text)
    assert (kept.attributes[0].weight, kept.segments[1].min_points) == (30.0, 52.0)


def test_what_somebody_saved_meanwhile_is_told_and_mine_is_still_there(page_of: Callable[..., Any], scenario: Any):
    page = opened(page_of("rita"), scenario)
    scenarios.save(scenario.scenario_id, scenario.text.replace("weight = 25", "weight = 55"), 1, "rolf", NOW)
    page.locator('[id="attributes.1.weight"]').fill("44")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("heading", name="rolf saved this scenario since you opened it").wait_for()
    assert "weight of annual_revenue 25 → 55" in page.locator("#plan-answer").inner_text()
    assert number(page, "attributes.1.weight") == 44
    assert not accessibility_violations(page)
    page.get_by_role("button", name="Save mine as the next revision").click()
    page.locator("#plan-saved", has_text="Revision 3").wait_for()
    assert parse_plan(scenarios.find(scenario.scenario_id).text).attributes[1].weight == 44.0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_technology_becomes_an_attribute_and_nothing_jumps(page_of: Callable[..., Any], scenario: Any, scheme):
    page = opened(page_of("rita", scheme=scheme), scenario)
    assert page.evaluate(SHIFTS_AFTER_LOAD) < AT_REST
    page.get_by_text("Add an attribute").click()
    page.get_by_label("Search columns").fill("kubern")
    page.get_by_role("button", name="technology:Kubernetes").click()
    page.get_by_role("heading", name="technology:Kubernetes").wait_for()
    page.locator(".plan-headline", has_text="of 700 accounts would move").wait_for()
    assert not accessibility_violations(page)
    page.get_by_role("button", name="Take out of the plan").click()
    page.locator(".plan-headline", has_text="None of 700").wait_for()


def test_a_viewer_looks_and_changes_nothing(page_of: Callable[..., Any], scenario: Any):
    page = opened(page_of("vera"), scenario)
    assert page.get_by_role("button", name="Save", exact=True).count() == 0
    assert page.locator('[id="attributes.0.weight"]').is_disabled()
    page.get_by_role("link", name="industry").click()
    page.get_by_role("heading", name="industry").wait_for()
    assert not accessibility_violations(page)
