"""A workbook taken out, edited and brought in by a person at a browser; the pages pass axe, light and dark, at both widths."""

import openpyxl
import pytest

from tests.browser.conftest import accessibility_violations

pytestmark = pytest.mark.browser


def test_a_workbook_goes_out_and_comes_back(page_of, tmp_path):
    page = page_of("rita", width=1280)
    page.goto("/workbook")
    assert accessibility_violations(page) == []
    with page.expect_download() as download:
        page.get_by_role("link", name="Review queue as .xlsx").click()
    path = tmp_path / "review.xlsx"
    download.value.save_as(path)
    workbook = openpyxl.load_workbook(path)
    sheet = workbook["review"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(2, columns["grade"]).value, sheet.cell(2, columns["reason"]).value = "B", "relationship"
    sheet.cell(3, columns["grade"]).value = "=1+1"
    workbook.save(path)
    page.get_by_label("An .xlsx or .csv").set_input_files(path)
    page.get_by_role("button", name="Show what it would do").click()
    page.get_by_role("heading", name="1 of").wait_for()
    assert accessibility_violations(page) == []
    page.get_by_role("link", name="error").click()
    page.get_by_text("row 3: grade holds a formula (=1+1)").wait_for()
    page.get_by_role("button", name="Apply the 1 clean one").click()
    page.get_by_role("heading", name="1 decision recorded").wait_for()
    assert accessibility_violations(page) == []


def test_indicators_are_sorted_and_pass_axe_in_the_dark(page_of):
    page = page_of("vera", width=1920, height=1080, scheme="dark")
    page.goto("/indicators?family=technographic")
    page.get_by_role("columnheader", name="Lift").get_by_role("link").click()
    page.wait_for_url("**sort=-lift")
    assert accessibility_violations(page) == []
    page.goto("/indicators?family=plan")
    page.get_by_text("Not worked out yet").wait_for()
    assert accessibility_violations(page) == []
