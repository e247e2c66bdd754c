"""Tiers, A/B/C, agreement, capacity and hand-over as planners meet them: at rest, legible, by keyboard."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import AT_REST, SHIFTS_AFTER_LOAD, accessibility_violations

pytestmark = pytest.mark.browser

TABS = ("tiers", "pareto", "agreement", "capacity", "capacity?new=yes", "handover")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1920, "dark")])
def test_nothing_moves_nothing_is_cut_off_and_axe_is_content(page_of: Callable[..., Any], width: int, scheme: str):
    page = page_of("rita", width=width, height=800, scheme=scheme)
    for tab in TABS:
        page.goto(f"/planning/{tab}")
        assert page.evaluate(SHIFTS_AFTER_LOAD) < AT_REST, tab
        assert page.evaluate("document.documentElement.scrollWidth") == width, tab
        assert accessibility_violations(page) == [], tab


def test_a_bubble_leads_to_its_accounts_and_a_scenario_is_tried_by_keyboard_alone(page_of: Callable[..., Any]):
    page = page_of("rita")
    page.goto("/planning/tiers")
    page.get_by_role("link", name=re.compile(r"^Grade A, potential .*: \d+ accounts$")).first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts?final_grade=A&potential_spend=*")
    page.goto("/planning/capacity")
    page.get_by_role("link", name="Try a scenario").focus()
    page.keyboard.press("Enter")
    field = page.get_by_role("textbox", name="Accounts per seller, strategic")
    field.fill("none")
    page.keyboard.press("Enter")
    error = page.get_by_text("'none' accounts per seller can't be: write a number above 0, as in 12.")
    error.wait_for()
    assert field.get_attribute("aria-describedby") == error.get_attribute("id")
    assert accessibility_violations(page) == []
    field.fill("6")
    page.get_by_role("textbox", name="Sellers in EMEA, strategic").fill("3")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("scenario="))
    page.get_by_role("columnheader", name="Scenario 1").wait_for()
    page.get_by_text("Lines for lastword.toml").click()
    assert 'sellers = { "EMEA" = 3 }' in page.locator("pre code").inner_text()
    assert accessibility_violations(page) == []
