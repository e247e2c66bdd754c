"""The page of customers in Chromium: its picture leads to them, its conditions work by keyboard."""

import pytest

from tests.browser.conftest import AT_REST, SHIFTS_AFTER_LOAD, accessibility_violations

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 1920)])
def test_customers_are_looked_at_and_narrowed(page_of, scheme, width):
    page = page_of("vera", width=width, scheme=scheme)
    page.goto("/planning/customers")
    assert page.evaluate(SHIFTS_AFTER_LOAD) < AT_REST
    assert accessibility_violations(page) == []
    page.get_by_role("link", name="expand: ").first.press("Enter")
    page.wait_for_url("**motion=expand*")
    page.get_by_label("Region").focus()
    page.keyboard.press("E")
    page.wait_for_url("**region=EMEA*")
    assert accessibility_violations(page) == []
    page.get_by_role("link", name="Take away: Motion expand").press("Enter")
    page.wait_for_url(lambda url: "motion" not in url)
    with page.expect_download() as download:
        page.get_by_role("link", name=".csv").click()
    assert download.value.suggested_filename.startswith("customers-")
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
