"""Plans, scenarios, comparison and adoption in Chromium."""

import pytest

from tests.browser.conftest import AT_REST, SHIFTS_AFTER_LOAD, accessibility_violations

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_scenario_is_made_compared_and_adopted_by_keyboard(page_of, scheme):
    page = page_of("anna", scheme=scheme)

    def sound():
        assert accessibility_violations(page) == []
        assert page.evaluate(SHIFTS_AFTER_LOAD) < AT_REST
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")

    page.goto("/plans")
    page.get_by_role("link", name="New scenario").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/plans/scenario/new")
    sound()
    page.keyboard.type("By keyboard")  # the name has the focus
    page.keyboard.press("Enter")
    page.wait_for_url("**=1")
    page.goto("/plans/scenario?id=1")
    sound()
    page.goto("/plans")
    page.get_by_label("Compare By keyboard").focus()
    page.keyboard.press("Space")
    page.get_by_label("Compare version 2026").check()
    sound()
    page.get_by_role("button", name="Compare the ticked").press("Enter")
    page.wait_for_url("**/plans/compare?*")
    assert page.locator("table.compare thead th").count() == 2
    sound()
    page.goto("/plans/scenario/adopt?scenario=1")
    sound()
    page.get_by_label("As version").fill("2027")
    page.get_by_label("Why").fill("the board said so")
    page.get_by_role("button", name="Adopt the scenario").press("Enter")
    page.wait_for_url("**/plans")
    assert page.get_by_role("heading", name="Plan 2027 is adopted").is_visible()
    page.get_by_text("1 adopted or dropped").click()
    assert accessibility_violations(page) == []
