"""Potential spend, customers and an account's entry on it, in Chromium."""

import pytest

from tests.browser.conftest import AT_REST, SHIFTS_AFTER_LOAD, accessibility_violations

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1920)])
def test_potential_spend_is_looked_at_and_a_method_tried_by_keyboard(page_of, scheme, width):
    page = page_of("rita", width=width, scheme=scheme)
    page.goto("/planning/spend")
    assert page.evaluate(SHIFTS_AFTER_LOAD) < AT_REST
    assert accessibility_violations(page) == []
    assert not page.get_by_label("Growth in %").is_visible()
    page.locator("form.try select[name=method]").select_option("growth")
    page.get_by_label("Growth in %").fill("lots")
    page.keyboard.press("Enter")
    page.get_by_text("A growth in % 'lots' is no number").wait_for()
    assert page.evaluate("document.activeElement.name") == "growth"
    assert accessibility_violations(page) == []
    page.get_by_label("Growth in %").fill("10")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Copy").wait_for()
    assert "growth = 0.1" in page.get_by_label("Text for lastword.toml").inner_text()
    page.locator("figure summary").first.click()
    assert accessibility_violations(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_what_somebody_knows_is_entered_on_the_page_of_an_account(page_of):
    page = page_of("rita")
    page.goto("/planning/customers")
    page.locator("th.cut a").first.click()
    page.get_by_label("How much").fill("lots")
    page.keyboard.press("Enter")
    page.get_by_text("The value 'lots' is no number").wait_for()
    assert page.evaluate("document.activeElement.name") == "amount"
    assert accessibility_violations(page) == []
    page.get_by_label("How much").fill("120,000")
    page.get_by_label("How you know").fill("they told us")
    page.keyboard.press("Enter")
    page.get_by_text("From the next scoring on: 120,000 USD a year").wait_for()
    assert accessibility_violations(page) == []
    page.get_by_role("button", name="Take back what was entered").press("Enter")
    page.get_by_role("cell", name="taken back").wait_for()
