"""The queue worked by keyboard in a real Chromium, alone and beside a second person."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import accessibility_violations

pytestmark = pytest.mark.browser


SAME_KEY_MILLISECONDS = 350
"""A key pressed twice within less (queue.js: SAME_KEY) was meant once."""


SAME_KEY_MS = 400
"""The same key again within 300 ms was meant once; a page answers sooner."""

PRESSED_TWICE = """() => { for (let time = 0; time < 2; time += 1)
  document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "a", bubbles: true, cancelable: true })) }"""
"""Within the same instant, however busy the computer is: what a finger does that presses twice by mistake."""


def opened(page: Page, address: str = "/queue") -> Page:
    """The page with its first account in the panel."""
    page.goto(address)
    page.locator(".evidence").wait_for()
    return page


def in_focus(page: Page) -> str:
    return page.locator("#queue tr[aria-current]").get_attribute("data-account") or ""


def row(page: Page, account: str):
    return page.locator(f'#queue tr[data-account="{account}"]')


def choose_reason(page: Page) -> None:
    page.locator("#decide [name=reason]").select_option("strategic")


def press(page: Page, key: str, account: str, state: str = "decided") -> None:
    """Press a key that decides on an account, and wait until it has."""
    page.locator(f'.evidence[data-account="{account}"]').wait_for()
    page.keyboard.press(key)
    expect(row(page, account)).to_have_attribute("data-state", state)


def test_decide_by_keyboard_and_take_it_back(page_of):
    page = opened(page_of("rita"), "/queue?region=EMEA")
    total = int(page.locator("#count").inner_text())
    first = in_focus(page)
    page.keyboard.press("a")  # no reason yet: the list of reasons opens
    page.keyboard.press("5")
    page.keyboard.press("Enter")
    expect(row(page, first)).to_have_attribute("data-state", "decided")
    second = in_focus(page)
    assert second != first
    name, following = (row(page, each).get_attribute("data-name") for each in (first, second))
    expect(page.locator("#said")).to_have_text(
        re.compile(rf"{re.escape(name)}: [A-F] by you\. Next: {re.escape(following.rstrip('.'))}\.")
    )
    press(page, "p", second)
    third = in_focus(page)
    press(page, "2", third)
    assert row(page, third).locator(".settled .grade").inner_text() == "B"
    expect(page.locator("#tally")).to_have_text("3 decided today by you, 3 by all")
    expect(page.locator("#count")).to_have_text(str(total - 3))
    page.keyboard.press("u")
    expect(row(page, third)).to_have_attribute("data-state", "open")
    assert in_focus(page) == third
    page.wait_for_timeout(SAME_KEY_MILLISECONDS)
    page.keyboard.press("u")
    expect(row(page, second)).to_have_attribute("data-state", "open")
    expect(page.locator("#count")).to_have_text(str(total - 1))
    press(page, "s", second, "aside")
    press(page, "d", third, "aside")
    row(page, first).get_by_role("button", name="Undo").click()
    expect(row(page, first)).to_have_attribute("data-state", "open")
    opened(page, "/queue?region=EMEA")
    expect(page.locator("#count")).to_have_text(str(total - 2))
    assert page.locator("#decide [name=reason]").input_value() == "strategic"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_is_in_view_and_accessible(page_of, scheme):
    page = opened(page_of("rita", scheme=scheme))
    for shown in (
        page.locator(".opinions"),
        page.locator(".bars"),
        page.get_by_role("button", name="Accept model"),
        page.get_by_role("button", name="Dismiss"),
    ):
        box = shown.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= 800
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert accessibility_violations(page) == []
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    assert accessibility_violations(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_label("Search account or name")).to_be_focused()
    page.keyboard.type("jj1")  # typed, not obeyed
    assert page.get_by_label("Search account or name").input_value() == "jj1"
    page.get_by_label("Search account or name").fill("")
    choose_reason(page)
    row(page, in_focus(page)).locator("input").check()
    page.get_by_role("button", name="Preview").click()
    page.locator("#batch-form").wait_for()
    assert accessibility_violations(page) == []


def test_many_at_once_with_a_preview_and_a_way_back(page_of):
    page = opened(page_of("rita"))
    accounts = [each.get_attribute("data-account") for each in page.locator("#queue tbody tr").all()[:4]]
    page.keyboard.press("x")
    row(page, accounts[3]).locator("input").click(modifiers=["Shift"])
    expect(page.locator("#selected")).to_have_text("4 selected")
    page.get_by_label("What to do with the selected").select_option("grade:C")
    page.get_by_role("button", name="Preview").click()
    form = page.locator("#batch-form")
    expect(form).to_contain_text("Give the grade C: 4 accounts")
    form.get_by_label("Reason for all").select_option("other")
    form.get_by_role("button", name="Decide 4").click()
    expect(page.locator("#batch-bar")).to_contain_text("4 decided")
    for account in accounts:
        expect(row(page, account)).to_have_count(0)
    page.locator("#batch-bar").get_by_role("button", name="Undo").click()
    expect(page.locator("#alerts")).to_contain_text("4 decisions are taken back")
    for account in accounts:
        expect(row(page, account)).to_have_count(1)


def test_two_people_on_one_account(page_of):
    rita, rolf = opened(page_of("rita")), page_of("rolf")
    account = in_focus(rita)
    opened(rolf)
    assert in_focus(rolf) == account
    expect(row(rolf, account)).to_contain_text("rita has this open")
    expect(rolf.locator("#holder")).to_have_text("rita has this open")
    for page in (rita, rolf):
        choose_reason(page)
        row(page, account).get_by_role("link").focus()
    press(rita, "2", account)
    rolf.get_by_label("Note").fill("I know them")
    rolf.keyboard.press("Enter")
    rolf.keyboard.press("4")
    expect(rolf.locator("#problem")).to_contain_text("was decided on since")
    expect(rolf.locator("#problem")).to_contain_text("You chose D")
    expect(row(rolf, account)).to_contain_text("by rita")
    assert in_focus(rolf) == account
    assert rolf.get_by_label("Note").input_value() == "I know them"
    expect(rolf.locator(".evidence .history")).to_contain_text("rita")
    rolf.wait_for_timeout(SAME_KEY_MS)
    rolf.keyboard.press("4")
    expect(row(rolf, account)).to_contain_text("by you")
    assert row(rolf, account).locator(".settled .grade").inner_text() == "D"


def test_a_decision_that_gets_no_answer_is_said_and_tried_again(page_of):
    page = opened(page_of("rita"))
    choose_reason(page)
    account = in_focus(page)
    row(page, account).get_by_role("link").focus()
    sent = []

    def cut(route: Route) -> None:
        sent.append(route.request.post_data)
        route.abort()

    page.route("**/decide", cut)
    page.evaluate(PRESSED_TWICE)
    expect(page.locator("#problem")).to_contain_text("is not decided")
    assert len(sent) == 1
    assert row(page, account).get_attribute("data-state") == "open"
    page.unroute("**/decide")
    page.get_by_role("button", name="Try again").click()
    expect(row(page, account)).to_have_attribute("data-state", "decided")
    expect(page.locator("#tally")).to_have_text("1 decided today by you, 1 by all")


def test_a_viewer_reads_and_decides_nothing(page_of):
    page = opened(page_of("vera"))
    asked = []
    page.on("request", lambda request: request.method == "POST" and asked.append(request.url))
    account = in_focus(page)
    page.keyboard.press("a")
    expect(page.locator("#said")).to_contain_text("decides nothing")
    page.keyboard.press("j")
    assert in_focus(page) != account
    page.locator(f'.evidence[data-account="{in_focus(page)}"]').wait_for()
    assert accessibility_violations(page) == []
    assert not asked
