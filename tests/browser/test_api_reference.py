"""The API's reference in a real browser: no other host, no script in line, nothing that axe finds."""

import pytest

from tests.browser.conftest import accessibility_violations

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1920, "dark")])
def test_the_reference_opens_and_leads_from_an_operation_to_its_body(page_of, width, scheme):
    page = page_of("vera", width=width, scheme=scheme)
    page.goto("/api/v1/docs")
    assert page.get_by_role("heading", name="GET /api/v1/final-scores", exact=True).is_visible()
    page.get_by_role("link", name="POST /overrides", exact=True).click()
    page.get_by_role("link", name="DecisionBody").click()
    assert page.locator("#schema-DecisionBody").get_by_text("expected_run_id").is_visible()
    assert not accessibility_violations(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
