"""The pictures of docs/review.md and docs/planning.md, taken of the real application on a demo: `make pictures`.

The demo is the same population every time and is kept for the next time; what people decide for a picture happens in a copy.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
from PIL import Image

from tests.serving import ARGUMENTS, chromium_program, served, sign_in
from tests.sites import publish_demo

ROOT = Path(__file__).parents[1]
ACCOUNTS = 2000
WIDTH, HEIGHT = 1280, 800
COLOURS = 128
PATIENCE_MS = 120_000
LARGEST_BYTES = 150_000
TAKEN_OUT = 40
REASON = "relationship"
QUEUE = "/queue?region=EMEA"
"""Of one region: names in scripts that a computer has no letters for would be boxes."""


def main() -> None:
    """Make the demo where there is none, then every picture, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(PICTURES)}")
    parser.add_argument("--demo", type=Path, default=ROOT / ".pictures" / "demo")
    parser.add_argument("--into", type=Path, default=ROOT / "docs" / "pictures")
    asked = parser.parse_args()
    if unknown := [name for name in asked.names if name not in PICTURES]:
        parser.error(f"no picture is called {unknown[0]!r}: expected some of {', '.join(PICTURES)}")
    if chromium_program() is None:
        sys.exit("Chromium is not installed, and the pictures are taken with it")
    if not (asked.demo / ".lastword" / "runs" / "latest.json").is_file():
        publish_demo(asked.demo, ACCOUNTS)
    asked.into.mkdir(parents=True, exist_ok=True)
    for name in asked.names or PICTURES:
        print(_keep(take(name, asked.demo), asked.into / f"{name}.png"))


def take(name: str, demo: Path) -> bytes:
    """One picture, PNG, in a copy of the demo where nobody has decided on anything yet."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "demo"
        shutil.copytree(demo, copy)
        with served(copy) as address, _browser(address) as person:
            page = PICTURES[name](person)
            page.mouse.move(WIDTH - 1, HEIGHT - 1)
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(500)
            taken: bytes = page.screenshot(animations="disabled", caret="hide")
            return taken


def overview(person: Callable[..., Any]) -> Any:
    return _at(person("rita"), "/", "figure.chart svg")


def segments(person: Callable[..., Any]) -> Any:
    return _at(person("rita"), "/segments", "figure.chart svg")


def indicators(person: Callable[..., Any]) -> Any:
    return _at(person("rita"), "/indicators?family=technographic", "table")


def queue(person: Callable[..., Any]) -> Any:
    return _opened(person("rita"))


def queue_dark(person: Callable[..., Any]) -> Any:
    return _opened(person("rita", scheme="dark"))


def keys(person: Callable[..., Any]) -> Any:
    page = _opened(person("rita"))
    page.keyboard.press("?")
    page.locator("#keys").wait_for()
    return page


def decided(person: Callable[..., Any]) -> Any:
    """Two accounts decided by keys, a third in the panel."""
    page = _opened(person("rita"))
    _decide(page, "a")
    _decide(page, "2")
    _panel_of_focus(page)
    return page


def bulk(person: Callable[..., Any]) -> Any:
    """What a decision on eight accounts would do."""
    page = _opened(person("rita"))
    boxes = page.locator("#queue tbody input[type=checkbox]")
    boxes.first.check()
    boxes.nth(7).click(modifiers=["Shift"])
    page.get_by_label("What to do with the selected").select_option("grade:B")
    page.get_by_role("button", name="Preview").click()
    page.locator("#batch-form").wait_for()
    page.locator("#batch-form").get_by_label("Reason for all").select_option(REASON)
    return page


def conflict(person: Callable[..., Any]) -> Any:
    """Two people on one account: the second is told what the first decided, and nothing of theirs is lost."""
    rita, rolf = _opened(person("rita")), _opened(person("rolf"))
    for page in (rita, rolf):
        page.locator("#decide [name=reason]").select_option(REASON)
    rita.locator("#queue tr[aria-current] a").focus()
    _decide(rita, "2")
    rolf.get_by_label("Note").fill("I know them")
    rolf.locator("#queue tr[aria-current] a").focus()
    rolf.keyboard.press("4")
    rolf.locator("#problem").get_by_text("was decided on since").wait_for()
    return rolf


def spreadsheet(person: Callable[..., Any]) -> Any:
    """A workbook taken out, filled in with a mistake, and what it would do."""
    page = person("rita")
    page.goto("/workbook")
    with page.expect_download() as download:
        page.get_by_role("link", name="Review queue as .xlsx").click()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "review.xlsx"
        download.value.save_as(path)
        _fill_in(path)
        page.get_by_label("An .xlsx or .csv").set_input_files(path)
        page.get_by_role("button", name="Show what it would do").click()
        page.get_by_role("link", name="error").wait_for()
    return page


def account(person: Callable[..., Any]) -> Any:
    page = _opened(person("rita"))
    _decide(page, "2", "Their new head of IT is a customer of ours")
    page.locator("#queue tr a").first.click()
    page.get_by_role("link", name="Open the account").click()
    page.locator("figure.chart svg").first.wait_for()
    return page


def audit(person: Callable[..., Any]) -> Any:
    """After a morning of decisions by two people."""
    rita = _opened(person("rita"))
    for key in ("a", "2", "p", "s"):
        _decide(rita, key)
    rita.keyboard.press("u")
    _decide(_opened(person("rolf")), "a")
    return _at(person("anna"), "/audit", "table")


def plan_editor(person: Callable[..., Any]) -> Any:
    """A scenario with another weight, and what it would do."""
    page = person("rita")
    page.goto("/plans/scenario/new")
    page.keyboard.type("Size first")
    page.keyboard.press("Enter")
    page.wait_for_url("**/plans/edit**")
    page.get_by_label("Weight of employee_count as a number").fill("40")
    page.keyboard.press("Tab")
    page.get_by_text("accounts would move").first.wait_for()
    return page


def spend(person: Callable[..., Any]) -> Any:
    return _at(person("rita"), "/planning/spend", "figure.chart svg")


def tiers(person: Callable[..., Any]) -> Any:
    return _at(person("rita"), "/planning/tiers", "figure.chart svg")


def capacity(person: Callable[..., Any]) -> Any:
    return _at(person("rita"), "/planning/capacity", "table")


PICTURES: dict[str, Callable[[Callable[..., Any]], Any]] = {
    "queue": queue,
    "overview": overview,
    "decided": decided,
    "keys": keys,
    "bulk": bulk,
    "conflict": conflict,
    "spreadsheet": spreadsheet,
    "account": account,
    "segments": segments,
    "indicators": indicators,
    "audit": audit,
    "queue-dark": queue_dark,
    "plan-editor": plan_editor,
    "spend": spend,
    "tiers": tiers,
    "capacity": capacity,
}


@contextmanager
def _browser(address: str) -> Any:
    """A function that gives a page in which this person has signed in."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_program(), args=list(ARGUMENTS))

        def person(name: str, scheme: str = "light") -> Any:
            context = browser.new_context(
                viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=scheme, base_url=address, reduced_motion="reduce"
            )
            context.set_default_timeout(PATIENCE_MS)
            page = context.new_page()
            sign_in(page, name)
            return page

        yield person
        browser.close()


def _at(page: Any, address: str, shown: str) -> Any:
    page.goto(address)
    page.locator(shown).first.wait_for()
    return page


def _opened(page: Any) -> Any:
    """The queue with its first account in the panel."""
    page.goto(QUEUE)
    _panel_of_focus(page)
    return page


def _panel_of_focus(page: Any) -> None:
    page.locator("#queue tr[aria-current]").wait_for()
    page.locator(f'.evidence[data-account="{_in_focus(page)}"]').wait_for()


def _in_focus(page: Any) -> str:
    return page.locator("#queue tr[aria-current]").get_attribute("data-account") or ""


def _decide(page: Any, key: str, note: str = "") -> None:
    """Press a key on the account in focus and wait until its row says what became of it."""
    reason = page.locator("#decide [name=reason]")
    if reason.input_value() == "":
        reason.select_option(REASON)
    _panel_of_focus(page)
    if note:
        page.get_by_label("Note").fill(note)
    account = _in_focus(page)
    page.locator(f'#queue tr[data-account="{account}"] a').first.focus()
    page.keyboard.press(key)
    page.locator(f'#queue tr[data-account="{account}"]:not([data-state="open"])').wait_for()


def _fill_in(path: Path) -> None:
    """Grades for the first rows, one of them a grade that there isn't, and one without a reason."""
    workbook = openpyxl.load_workbook(path)
    sheet = workbook["review"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    for row in range(2, TAKEN_OUT + 2):
        sheet.cell(row, columns["grade"]).value = "ABC"[row % 3]
        sheet.cell(row, columns["reason"]).value = REASON
    sheet.cell(4, columns["grade"]).value = "E"
    sheet.cell(7, columns["reason"]).value = None
    workbook.save(path)


def _keep(picture: bytes, path: Path) -> str:
    """Write a picture with a palette of its own, and say how large it is."""
    with Image.open(BytesIO(picture)) as taken:
        taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    if size > LARGEST_BYTES:
        sys.exit(f"{path.name} has {size:,} bytes: expected at most {LARGEST_BYTES:,}")
    return f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}  {size / 1000:.0f} kB"


if __name__ == "__main__":
    main()
