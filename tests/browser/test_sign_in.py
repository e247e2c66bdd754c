"""Signing in with a keyboard, in light and dark; nothing that axe objects to."""

import pytest

from tests.browser.conftest import accessibility_violations

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_form_is_accessible_and_says_what_was_wrong(page_of, scheme):
    page = page_of("rita", scheme=scheme)
    page.get_by_text("rita").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    page.keyboard.type("rita")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    page.get_by_text("don't match").wait_for()
    assert accessibility_violations(page) == []
