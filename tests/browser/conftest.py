"""Pages in a real Chromium against a real server; skipped, saying why, where Chromium isn't installed."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lastword.project import Project
from tests.sites import PASSWORD, published_demo, site  # noqa: F401

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop runs in the tests' own thread; nothing here is asynchronous

ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-sandbox",
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A headless Chromium for the whole session."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium is installed: pages are tested without a browser alone")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def address(site: Project) -> Iterator[str]:  # noqa: F811
    """The address of a server of this project, running as `lastword web` runs it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "lastword.cli", "web", "--port", str(port), "--project", str(site.folder)]
    server = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
    found = f"http://127.0.0.1:{port}"
    try:
        _wait_for(found, server)
        yield found
    finally:
        server.terminate()
        server.wait(timeout=30)


@pytest.fixture
def page_of(chromium: Any, address: str) -> Iterator[Callable[..., Any]]:
    """A page in which this person has signed in by the form. What asks another host or breaks the policy fails the test."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def page(name: str = "rita", width: int = 1280, height: int = 800, scheme: str = "light") -> Any:
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, base_url=address)
        contexts.append(context)
        opened = context.new_page()
        opened.on(
            "request", lambda request: request.url.startswith((address, "data:")) or wrong.append(f"request to {request.url}")
        )
        opened.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        opened.on("console", lambda said: "Content Security Policy" in said.text and wrong.append(said.text))
        opened.goto("/sign-in")
        opened.get_by_label("Name").fill(name)
        opened.get_by_label("Password").fill(PASSWORD)
        opened.get_by_role("button", name="Sign in").click()
        opened.wait_for_url(lambda url: "/sign-in" not in url)
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


def _wait_for(address: str, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode}")
        try:
            urllib.request.urlopen(f"{address}/sign-in", timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"no answer from {address}")
