"""Pages in a real Chromium against a real server; skipped, saying why, where Chromium isn't installed."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lastword.project import Project
from tests.serving import ARGUMENTS, chromium_program, served, sign_in
from tests.sites import published_demo, site  # noqa: F401

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop runs in the tests' own thread; nothing here is asynchronous

PATIENCE_MS = 60_000
"""A busy computer is no mistake of a page."""

SHIFTS_AFTER_LOAD = """() => new Promise((resolve) => {
  const loaded = performance.getEntriesByType("navigation")[0].loadEventEnd || performance.now();
  let moved = 0;
  new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) if (shift.startTime >= loaded) moved += shift.value;
  }).observe({type: "layout-shift", buffered: true});
  setTimeout(() => resolve(moved), 500);
})"""
"""How far the page moved once it was loaded. Text that is still arriving on a slow line may push what is beside it."""


AT_REST = 0.01
"""Nobody sees so small a shift; a tenth of what counts as good. A busy computer draws in more steps than one."""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A headless Chromium for the whole session."""
    program = chromium_program()
    if program is None:
        pytest.skip("no Chromium is installed: pages are tested without a browser alone")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def address(site: Project) -> Iterator[str]:  # noqa: F811
    """The address of a server of this project, running as `lastword web` runs it."""
    with served(site.folder) as found:
        yield found


@pytest.fixture
def page_of(chromium: Any, address: str) -> Iterator[Callable[..., Any]]:
    """A page in which this person has signed in by the form. What asks another host or breaks the policy fails the test."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def page(name: str = "rita", width: int = 1280, height: int = 800, scheme: str = "light") -> Any:
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, base_url=address)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        opened = context.new_page()
        opened.on(
            "request", lambda request: request.url.startswith((address, "data:")) or wrong.append(f"request to {request.url}")
        )
        opened.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        opened.on("console", lambda said: "Content Security Policy" in said.text and wrong.append(said.text))
        sign_in(opened, name)
        return opened

    yield page
    for context in contexts:
        context.close()
    assert not wrong, wrong


def accessibility_violations(page: Any) -> list[str]:
    """What axe finds on the page as it is, a line each."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [f"{item['id']}: {item['help']} {[node['target'] for node in item['nodes'][:3]]}" for item in found]
