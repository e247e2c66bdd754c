"""The account list and the page of an account in a browser: accessible, still, and a form that keeps what was filled in."""

from datetime import UTC, datetime
from typing import Any

import pytest

from lastword.project import Project
from tests.browser.conftest import accessibility_violations

pytestmark = pytest.mark.browser

SHIFT = """() => new Promise((resolve) => new PerformanceObserver((list) =>
    resolve(list.getEntries().reduce((sum, entry) => sum + entry.value, 0))).observe({ type: "layout-shift", buffered: true })
    ?? setTimeout(() => resolve(0), 300))"""


def queued() -> Any:
    from overrides.models import Current, Score

    rows = Score.objects.filter(publication__in=Current.objects.values("publication"), open_reason="disparity")
    return next(row for row in rows.order_by("account_id") if row.plan_grade != row.model_grade and row.plan_grade)


def opened(page: Any, account_id: str) -> None:
    page.goto(f"/account?id={account_id}")
    page.locator(".drawing svg").nth(1).wait_for()


@pytest.mark.parametrize(("scheme", "width", "height"), [("light", 1280, 800), ("dark", 1920, 1080)])
def test_nothing_moves_nothing_overflows_and_axe_finds_nothing(page_of, site: Project, scheme: str, width: int, height: int):
    from overrides.ledger import add

    row = queued()
    add(row.account_id, "B", "relationship", "they called", "rolf", None, datetime.now(UTC), site.settings)
    page = page_of("rita", width=width, height=height, scheme=scheme)
    opened(page, row.account_id)
    assert page.evaluate(SHIFT) < 0.01
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.get_by_role("button", name="Decide").bounding_box()["y"] < height
    assert accessibility_violations(page) == []
    page.goto("/accounts?region=EMEA")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert accessibility_violations(page) == []


def test_figures_say_their_unit_and_run_on_focus(page_of):
    page = page_of("vera")
    opened(page, "000004")
    tip = page.locator("#tip-potential")
    assert not tip.is_visible()
    page.locator("[aria-describedby=tip-potential]").focus()
    assert tip.is_visible()
    assert "a year; run" in tip.inner_text()
    assert page.locator("main form").count() == 0


def test_a_decision_by_keyboard_says_what_will_happen_and_counts_at_once(page_of, site: Project):
    row = queued()
    page = page_of("rita")
    opened(page, row.account_id)
    page.get_by_role("radio", name="Accept the plan").focus()
    page.keyboard.press("Space")
    said = page.locator("output.happens")
    assert said.inner_text().startswith(f"The final grade goes from {row.policy_grade} to {row.plan_grade}, in force until 20")
    page.locator("#decision").get_by_label("Reason").select_option("strategic")
    page.get_by_label("Grade", exact=True).select_option("F")
    assert page.get_by_role("radio", name="Another grade").is_checked()
    page.get_by_role("radio", name="Accept the plan").check()
    assert page.get_by_label("Grade", exact=True).input_value() == ""
    page.locator("#decision").get_by_label("Note").fill("a board decision")
    page.locator("#decision").get_by_label("Note").press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("in force", exact=True).wait_for()
    assert page.locator(".figure.wide .grade").inner_text() == row.plan_grade
    assert page.get_by_text("a board decision").count() == 1
    assert page.locator("#decision").get_by_label("Note").input_value() == ""
    page.get_by_role("button", name=f"Take {row.plan_grade} back").click()
    page.get_by_text("taken back").first.wait_for()
    assert page.locator(".figure.wide .grade").inner_text() == row.policy_grade


def test_what_was_filled_in_outlives_a_conflict_a_mistake_and_the_way_back(page_of, site: Project):
    from overrides.ledger import add

    row = queued()
    page = page_of("rita")
    opened(page, row.account_id)
    page.get_by_role("radio", name="Another grade").check()
    page.get_by_label("Grade", exact=True).select_option("C")
    page.locator("#decision").get_by_label("Reason").select_option("budget known")
    page.locator("#decision").get_by_label("Note").fill("they told me so")
    add(row.account_id, "B", "relationship", "", "rolf", None, datetime.now(UTC), site.settings)
    page.get_by_role("button", name="Decide").click()
    page.locator("#alerts").get_by_text("rolf").wait_for()
    assert page.locator(".figure.wide .grade").inner_text() == "B"
    assert page.get_by_label("Grade", exact=True).input_value() == "C"
    assert page.locator("#decision").get_by_label("Reason").input_value() == "budget known"
    assert page.locator("#decision").get_by_label("Note").input_value() == "they told me so"
    assert "from B to C" in page.locator("output.happens").inner_text()

    page.evaluate("document.querySelector('[name=expires_on]').removeAttribute('min')")
    page.get_by_label("In force until").fill("2020-01-01")
    page.get_by_role("button", name="Decide").click()
    page.get_by_text("This can't be done").wait_for()
    page.go_back()
    page.locator("#decision").wait_for()
    assert page.locator("#decision").get_by_label("Note").input_value() == "they told me so"
    page.get_by_label("In force until").fill(f"{datetime.now(UTC).year + 1}-01-31")
    page.get_by_role("button", name="Decide").click()
    page.get_by_text("decided again").wait_for()
    assert page.locator(".figure.wide .grade").inner_text() == "C"
    assert page.locator("#decision").get_by_label("Note").input_value() == ""
