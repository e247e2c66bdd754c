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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_admin_adds_somebody_who_sets_a_password_by_the_link(page_of, scheme):
    admin = page_of("adam", scheme=scheme)
    admin.get_by_role("link", name="Users").click()
    admin.get_by_label("Name").fill("nina")
    admin.get_by_role("button", name="Add", exact=True).click()
    admin.get_by_role("heading", name="A link for nina").wait_for()
    assert accessibility_violations(admin) == []
    link = admin.get_by_role("textbox", name="Link").input_value()
    first, header = admin.locator("tbody tr").first.bounding_box(), admin.locator("thead tr").bounding_box()
    assert first["y"] >= header["y"] + header["height"] - 1  # nothing lies over the first row
    admin.get_by_role("link", name="Tokens").click()
    admin.get_by_label("Name").fill("nightly export")
    admin.get_by_role("button", name="Make", exact=True).click()
    assert admin.get_by_role("textbox", name="Token").input_value().startswith("lw_")
    assert accessibility_violations(admin) == []
    admin.get_by_text("adam").first.click()
    admin.get_by_role("button", name="Sign out").click()
    admin.wait_for_url("**/sign-in")
    admin.goto(link)
    for field in ("New password", "Again"):
        admin.get_by_label(field).fill("three unrelated words here")
    assert accessibility_violations(admin) == []
    admin.get_by_role("button", name="Set the password").click()
    admin.get_by_text("The password is set").wait_for()
    admin.get_by_label("Name").fill("nina")
    admin.get_by_label("Password").fill("three unrelated words here")
    admin.get_by_role("button", name="Sign in", exact=True).click()
    admin.wait_for_url(lambda url: "/sign-in" not in url)
    assert admin.get_by_text("nina").count() >= 1
