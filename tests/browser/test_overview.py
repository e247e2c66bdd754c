"""Overview and segments as a reader meets them: filtered by menus, followed from a bar to its accounts, at rest and legible."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import AT_REST, SHIFTS_AFTER_LOAD, accessibility_violations

pytestmark = pytest.mark.browser


def test_a_region_is_chosen_in_its_menu_and_taken_back_by_its_chip(page_of: Callable[..., Any]):
    page = page_of("vera")
    menu = page.locator("details.filter").first
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    first, second = menu.get_by_role("checkbox").nth(0), menu.get_by_role("checkbox").nth(1)
    first.check()
    second.check()
    page.locator("h1").click()
    page.wait_for_url(lambda url: url.count("region=") == 2)
    chips = page.get_by_role("group", name="Filters in force")
    assert chips.get_by_role("link").count() == 3
    chips.get_by_role("link").first.click()
    page.wait_for_url(lambda url: url.count("region=") == 1)
    assert accessibility_violations(page) == []
    chips.get_by_role("link", name="Clear all").click()
    page.wait_for_url(lambda url: "region=" not in url)


def test_a_bar_leads_to_its_accounts_by_keyboard(page_of: Callable[..., Any]):
    page = page_of("vera")
    bar = page.get_by_role("link", name=re.compile(r"^A by model: \d+ accounts$")).first
    bar.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts?model_grade=A")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1920, "dark")])
def test_nothing_moves_nothing_is_cut_off_and_axe_is_content(page_of: Callable[..., Any], width: int, scheme: str):
    page = page_of("vera", width=width, height=800, scheme=scheme)
    for address in ("/", "/segments?attribute=country", "/segments?attribute=ownership&measure=share", "/?country=Atlantis"):
        page.goto(address)
        assert page.evaluate(SHIFTS_AFTER_LOAD) < AT_REST
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert accessibility_violations(page) == []


def test_the_measure_changes_with_its_menu(page_of: Callable[..., Any]):
    page = page_of("vera")
    page.goto("/segments?region=EMEA")
    page.get_by_role("combobox", name="Measure").select_option("share")
    page.wait_for_url(lambda url: "measure=share" in url and "region=EMEA" in url)
    page.get_by_text("% of accounts by region and grade").wait_for()
