"""Audit, the table as it stood, runs and what waits, in Chromium."""

import pytest

from tests.browser.conftest import accessibility_violations

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1920)])
def test_the_pages_work_and_are_accessible(page_of, scheme, width):
    page = page_of("adam", width=width, scheme=scheme)
    page.goto("/audit")
    page.get_by_text("Kind", exact=True).click()
    page.get_by_label("signed in").check()
    page.keyboard.press("Escape")
    page.wait_for_url("**/audit?kind=sign_in*")
    assert accessibility_violations(page) == []
    page.goto("/audit")
    page.locator("table.events summary").first.click()
    assert accessibility_violations(page) == []
    page.goto("/audit/as-of")
    page.get_by_role("link", name="UTC").first.click()
    assert page.locator("table.data tbody th a").count() == 100
    assert accessibility_violations(page) == []
    page.goto("/waiting")
    assert accessibility_violations(page) == []
    page.goto("/runs")
    assert accessibility_violations(page) == []
    page.locator("table.runs tbody th a").first.click()
    page.locator(".picture").first.scroll_into_view_if_needed()
    page.locator(".picture svg").first.wait_for()
    assert accessibility_violations(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
