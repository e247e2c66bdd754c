"""Tiers, A/B/C by sales and two lists side by side: figures, links to accounts, lists, files and wrong addresses."""

import html
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import openpyxl
import pandas as pd
import pytest

from lastword import planning_results
from lastword.project import Project
from lastword.results import final_scores
from overrides.events import EXPORT, timeline

TABS = ("/planning/tiers", "/planning/pareto", "/planning/agreement", "/planning/capacity", "/planning/handover")


def text_of(answer: Any) -> str:
    return html.unescape(re.sub(r"\s+", " ", answer.content.decode()))


def listed(client: Any, href: str) -> int:
    """How many accounts a link leads to."""
    return len(pd.read_csv(io.BytesIO(client.get(href.replace("/accounts?", "/final-scores/export?format=csv&")).getvalue())))


@pytest.mark.parametrize("address", TABS)
def test_every_tab_opens_for_those_who_only_look(client_of: Callable[[str], Any], address):
    answer = client_of("vera").get(address)
    assert answer.status_code == 200
    assert answer.content.decode().count("style=") == 0
    assert 'aria-current="page"' in answer.content.decode()


def test_quadrants_bubbles_and_tiers_lead_to_just_their_accounts(client_of: Callable[[str], Any], site: Project):
    vera = client_of("vera")
    page = text_of(vera.get("/planning/tiers"))
    quadrants = planning_results.tiers(site).quadrants.set_index("quadrant")["accounts"]
    for name, count in quadrants.items():
        href = re.search(rf'<a href="([^"]+)">{name}</a>', page)[1]
        assert listed(vera, href) == count
    bubbles = re.findall(r'<a href="([^"]+)" aria-label="Grade [A-F], potential [^:]+: ([\d,]+) accounts"', page)
    assert sum(int(count.replace(",", "")) for _, count in bubbles) == quadrants.sum()
    for href, count in bubbles[::7]:
        assert listed(vera, href) == int(count.replace(",", ""))
    tiers = final_scores(site).groupby(["region", "tier"]).size()
    for (region, tier), count in tiers.items():
        assert f'<a href="/accounts?region={quote(region)}&tier={tier}">{count:,}</a>' in page


def test_the_list_is_by_tier_and_intent_and_narrowed_by_the_address(client_of: Callable[[str], Any], site: Project):
    vera = client_of("vera")
    found = planning_results.tiers(site).accounts
    page = text_of(vera.get("/planning/tiers?tier=2&region=EMEA"))
    expected = found[(found["tier"] == 2) & (found["region"] == "EMEA")]
    shown = re.findall(r'<th scope="row"><a href="/account\?id=[^"]+">([^<]+)</a>', page)
    assert shown == expected["account_id"].head(200).tolist()
    assert expected["intent"].dropna().is_monotonic_decreasing
    assert f"{len(expected):,} account" in page
    assert "No account fits" in text_of(vera.get("/planning/tiers?quadrant=neither&tier=1"))


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/planning/tiers?tier=4", "tier '4' is unknown: expected one of 1, 2, 3, none"),
        ("/planning/tiers?quadrant=x", "quadrant 'x' is unknown"),
        ("/planning/tiers?region=Atlantis", "region 'Atlantis' is unknown"),
        ("/planning/tiers/file?format=doc", "format 'doc' is unknown: expected csv, xlsx or parquet"),
        ("/planning/pareto?region=Atlantis", "territory 'Atlantis' is unknown"),
        ("/planning/pareto?class=D", "class 'D' is unknown"),
        ("/planning/agreement?first=boss", "list 'boss' is unknown: expected one of plan, model, final"),
        ("/planning/agreement?cell=A-Z", "cell 'A-Z' is unknown"),
    ],
)
def test_wrong_addresses_are_answered_in_a_sentence(client_of: Callable[[str], Any], address, said):
    answer = client_of("vera").get(address)
    assert answer.status_code == 400
    assert said in text_of(answer)


def test_files_hold_the_whole_list_and_are_in_the_audit(client_of: Callable[[str], Any], site: Project):
    vera = client_of("vera")
    found = planning_results.tiers(site).accounts
    table = pd.read_csv(io.BytesIO(vera.get("/planning/tiers/file?tier=1").getvalue()), dtype={"account_id": "str"})
    assert table["account_id"].tolist() == found.loc[found["tier"] == 1, "account_id"].tolist()
    table = pd.read_parquet(io.BytesIO(vera.get("/planning/tiers/file?format=parquet").getvalue()))
    assert len(table) == len(found)
    book = openpyxl.load_workbook(io.BytesIO(vera.get("/planning/pareto/file?format=xlsx&class=A").getvalue()))
    classes, _ = planning_results.classes(site)
    assert book.worksheets[0].max_row - 1 == (classes["pareto"] == "A").sum()
    said = [line.said for line in timeline(kinds=(EXPORT,), limit=3, now=datetime.now(UTC)).lines]
    assert said[0].startswith("Exports customers by class (A) as .xlsx")
    assert said[2] == f"Exports the tiers (tier 1) as .csv: {(found['tier'] == 1).sum():,} rows"


def test_a_territory_says_its_test_its_weight_and_its_watched(client_of: Callable[[str], Any], site: Project):
    vera = client_of("vera")
    customers, territories = planning_results.classes(site)
    for row in territories.to_dict("records"):
        page = text_of(vera.get(f"/planning/pareto?region={row['region']}"))
        assert f"{row['region']} is {row['territory']}" in page
        assert f"<strong>{row['weight']:.0%}".replace("%", " %") in page
        assert f"{row['region']}: a fifth of the customers bring {row['share_top']:.0%}".replace("%", " %") in page
    watched = customers[customers["watched"].astype(bool)]
    region = watched["region"].iloc[0]
    page = text_of(vera.get(f"/planning/pareto?region={region}&class=watched"))
    assert f"{(watched['region'] == region).sum()} watched customer" in page
    assert page.count("new in the year</span>") == min(200, (watched["region"] == region).sum())


def test_two_opinions_their_cross_table_and_their_differences(client_of: Callable[[str], Any], site: Project):
    vera = client_of("vera")
    found = planning_results.lists_compared(site, "plan", "model")
    page = text_of(vera.get("/planning/agreement"))
    assert f"Plan and model agree on {found.same:.1%}".replace("%", " %") in page
    assert ("not met" in page) == (not found.reached)
    assert f"{len(found.differences)} differences" in page
    first = found.differences.iloc[0]
    count = ((found.differences["first"] == first["first"]) & (found.differences["second"] == first["second"])).sum()
    href = f"/accounts?plan_grade={first['first']}&model_grade={first['second']}"
    assert f'<a href="{href}">{count}</a>' in page
    assert listed(vera, href) == count
    same = text_of(vera.get("/planning/agreement?first=final&second=final"))
    assert "Final and final agree on 100.0 %" in same
    assert "No difference" in same


def test_a_manager_s_list_is_compared_with_a_representative_s(client_of: Callable[[str], Any], site: Project):
    rita, rolf = client_of("rita"), client_of("rolf")
    accounts = final_scores(site)["account_id"].head(4).tolist()
    rep = bring(rita, "rep.csv", "\n".join(["account_id,grade", *map(",".join, zip(accounts, "ABAB", strict=True))]))
    assert rep.status_code == 302
    book = openpyxl.Workbook()
    for row in [("Account_ID", "Grade"), *zip(accounts, "abbb", strict=True), ("unknown", "F")]:
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    source = re.search(r"second=([^&]+)", rep["Location"])[1]
    manager = bring(rita, "manager.xlsx", content.getvalue(), side="first", second=source.replace("%3A", ":"))
    page = text_of(rita.get(manager["Location"]))
    assert "Manager.xlsx and rep.csv agree on 75.0 % of 4 accounts" in page
    assert re.search(r"κ</dt><dd>0\.50", page)
    assert '<span class="tag tag-good">met</span>' in page
    assert re.search(r"In manager\.xlsx alone</dt><dd>1<", page)
    narrowed = text_of(rita.get(manager["Location"] + "&cell=B-A"))
    assert "1 difference of B against A" in narrowed
    csv = rita.get(manager["Location"].replace("agreement?", "agreement/file?")).getvalue().decode()
    assert csv.splitlines()[1].startswith(accounts[2] + ",")
    assert rolf.get(manager["Location"]).status_code == 409, "a file is for whoever brought it"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.csv", "account_id,grade\na,Q\n", "'Q' of account 'a' is no grade; give one of A, B, C, D, F"),
        ("x.csv", "account_id,grade\na,A\na,B\n", "account 'a' is there twice"),
        ("x.csv", "account_id\na\n", "lacks a column: a list of grades needs account_id and grade"),
        ("x.csv", "", "x.csv is empty: expected a header and rows"),
        ("x.pdf", "%PDF-1.7", "expected .xlsx or .csv"),
        ("x.xlsx", "PK\x03\x04nothing", "isn't a readable .xlsx workbook"),
    ],
)
def test_a_file_that_can_t_be_read_is_said_at_its_field(client_of: Callable[[str], Any], site: Project, name, content, said):
    answer = bring(client_of("rita"), name, content)
    assert answer.status_code == 400
    page = text_of(answer)
    assert said in re.search(r'id="file-error" role="alert">(.*?)</p>', page)[1]
    assert 'aria-invalid="true"' in page
    assert not (site.state_folder / "lists").exists()


def test_a_formula_in_a_list_is_no_grade(client_of: Callable[[str], Any]):
    book = openpyxl.Workbook()
    book.active.append(["account_id", "grade"])
    book.active.append(["a", '="A"'])
    content = io.BytesIO()
    book.save(content)
    assert "row 2: grade holds a formula" in text_of(bring(client_of("rita"), "x.xlsx", content.getvalue()))


def test_bringing_a_list_asks_for_a_reviewer(client_of: Callable[[str], Any]):
    assert bring(client_of("vera"), "x.csv", "account_id,grade\na,A\n").status_code == 403
    assert "asks for the role reviewer" in text_of(client_of("vera").get("/planning/agreement"))


def bring(client: Any, name: str, content: str | bytes, side: str = "second", **fields: str) -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    file = SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode("latin-1"))
    return client.post("/planning/agreement/upload", {"side": side, "first": "plan", "second": "model", **fields, "file": file})
