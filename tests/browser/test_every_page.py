"""Every page that there is, at both widths and in both colours: accessible, nothing cut off, at rest once it is loaded."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import AT_REST, SHIFTS_AFTER_LOAD, accessibility_violations
from tests.web.test_access import routes

pytestmark = pytest.mark.browser

NOT_PAGES = ("api/",)
"""Prefixes of what isn't a page of people's."""


def is_page(answer: Any) -> bool:
    """Whether an address answered with a page, and not with a part of one, a file, a refusal or a way to another page."""
    is_html = answer.headers.get("content-type", "").startswith("text/html")
    return answer.status == 200 and is_html and answer.text().startswith("<!doctype html>")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1920, "dark")])
def test_every_page_is_accessible_and_whole(page_of: Callable[..., Any], width: int, scheme: str):
    page = page_of("adam", width=width, height=800, scheme=scheme)
    addresses = sorted({f"/{route}" for route, _ in routes() if "<" not in route and not route.startswith(NOT_PAGES)})
    seen = []
    for address in addresses:
        if not is_page(page.request.get(address, max_redirects=0)):
            continue
        page.goto(address)
        seen.append(address)
        assert page.evaluate(SHIFTS_AFTER_LOAD) < AT_REST, address
        assert page.evaluate("document.documentElement.scrollWidth") == width, address
        assert accessibility_violations(page) == [], address
    assert {"/", "/queue", "/segments", "/accounts", "/indicators", "/audit", "/runs", "/users", "/tokens"} <= set(seen)
