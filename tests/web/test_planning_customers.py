"""Existing customers: counted, narrowed, listed, as files, and on the page of each."""

import html
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlencode

import pandas as pd
import pytest

from lastword.project import Project
from overrides import events
from overrides.publish import current_run
from overrides.spreadsheet import read_table


@pytest.fixture
def customers(site: Project) -> pd.DataFrame:
    found = pd.read_parquet(site.run_folder(current_run().run_id) / "customers.parquet")
    return found[found["account_status"] == "customer"]


def text_of(answer: Any) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def test_customers_are_counted_by_motion_and_stage(client_of: Callable[[str], Any], customers: pd.DataFrame):
    answer = client_of("vera").get("/planning/customers")
    said = text_of(answer)
    assert answer.status_code == 200
    assert f"{len(customers):,} customers, " in said
    for name in ("motion", "stage"):
        for value, rows in customers.groupby(name):
            assert re.search(rf"{value} {len(rows):,} .*?{rows['whitespace'].sum():,.0f}", said)
    assert "Health can't see declining usage, departed champion, late renewal" in said
    assert "style=" not in answer.content.decode()
    assert 'aria-label="expand: ' in answer.content.decode()


def test_conditions_narrow_everything_and_can_be_taken_away(client_of: Callable[[str], Any], customers: pd.DataFrame):
    vera = client_of("vera")
    product = customers["next_product"].value_counts().index[0]
    fits = customers[(customers["motion"] == "expand") & (customers["next_product"] == product)]
    answer = vera.get(f"/planning/customers?{urlencode({'motion': 'expand', 'next_product': product})}")
    said = text_of(answer)
    assert f"{len(fits):,} customers of {len(customers):,}" in said
    listed = re.findall(r'<th scope="row" class="cut"><a href="/account\?id=([^"]+)"', answer.content.decode())
    ordered = fits.sort_values(["whitespace", "account_id"], ascending=[False, True])["account_id"].tolist()
    assert [unquote(each) for each in listed] == ordered[:200]
    assert f'href="/planning/customers?{urlencode({"next_product": product})}"' in answer.content.decode()
    assert "No customer fits" in text_of(vera.get("/planning/customers?motion=expand&region=Atlantis"))
    assert vera.get(f"/planning/customers?region={'x' * 600}").status_code == 400


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet"])
def test_the_whole_list_goes_out_as_a_file_and_the_export_is_in_the_audit(
    client_of: Callable[[str], Any], customers: pd.DataFrame, tmp_path: Any, form: str
):
    answer = client_of("vera").get(f"/planning/customers/export?format={form}&motion=expand")
    content = b"".join(answer.streaming_content)
    path = tmp_path / f"customers.{form}"
    path.write_bytes(content)
    found = pd.read_parquet(io.BytesIO(content)) if form == "parquet" else read_table(path)
    fits = customers[customers["motion"] == "expand"]
    assert sorted(found["account_id"]) == sorted(fits["account_id"])
    assert {"name", "region", "industry", "motion", "health_reason", "whitespace"} <= set(found.columns)
    (line,) = events.timeline(now=datetime.now(UTC), kinds=["export"]).lines
    assert (line.by, line.subject) == ("vera", "customers")
    assert line.said == f"Exports customers (Motion: expand) as .{form}: {len(fits):,} rows"


def test_an_unknown_format_is_refused_and_exports_nothing(client_of: Callable[[str], Any]):
    assert client_of("vera").get("/planning/customers/export?format=pdf").status_code == 400
    assert events.timeline(now=datetime.now(UTC), kinds=["export"]).lines == ()


def test_health_is_told_with_its_signs(client_of: Callable[[str], Any], site: Project):
    path = site.run_folder(current_run().run_id) / "customers.parquet"
    rows = pd.read_parquet(path)
    first, second = rows.index[rows["account_status"] == "customer"][:2]
    rows.loc[[first, second], "health"] = "at risk"
    rows.loc[first, "health_reason"] = "declining usage, late renewal; not given: departed champion"
    rows.loc[second, "health_reason"] = "late renewal"
    rows.loc[[first, second], "motion"] = "defend"
    rows.to_parquet(path, index=False)
    said = text_of(client_of("vera").get("/planning/customers?health=at+risk"))
    assert "2 customers of" in said
    assert re.search(r"at risk 2 .* late renewal 2 .* declining usage 1 ", said)


def test_products_are_told_with_what_is_open(client_of: Callable[[str], Any], site: Project, customers: pd.DataFrame):
    rows = pd.read_parquet(site.run_folder(current_run().run_id) / "customer_products.parquet")
    said = text_of(client_of("vera").get("/planning/customers"))
    for product, part in rows.groupby("product"):
        offered = part[~part["owned"]]
        owners, worth = int(part["owned"].sum()), offered["typical_value"].sum()
        assert re.search(rf"{product} {owners:,} {100 * owners / len(part):.0f} % {len(offered):,} [\d,]+ {worth:,.0f} ", said)


def test_the_page_of_a_customer_says_where_it_stands(client_of: Callable[[str], Any], customers: pd.DataFrame):
    row = customers[customers["next_product"].notna()].iloc[0]
    said = text_of(client_of("vera").get(f"/account?id={row['account_id']}"))
    assert f"As a customer {row['motion']} Stage {row['stage']} Health {row['health']} {row['health_reason']}" in said
    assert f"Next product {row['next_product']}" in said
    assert f"Whitespace {row['whitespace']:,.0f} USD a year" in said


def test_the_page_of_a_prospect_says_nothing_of_it(client_of: Callable[[str], Any], site: Project):
    rows = pd.read_parquet(site.run_folder(current_run().run_id) / "customers.parquet")
    prospect = rows.loc[rows["account_status"] == "prospect", "account_id"].iloc[0]
    assert "As a customer" not in text_of(client_of("vera").get(f"/account?id={prospect}"))


def test_without_customers_the_page_says_what_to_do(client_of: Callable[[str], Any], site: Project):
    (site.run_folder(current_run().run_id) / "customers.parquet").unlink()
    answer = client_of("vera").get("/planning/customers")
    assert answer.status_code == 200
    assert "lastword score" in text_of(answer)
    assert client_of("vera").get("/planning/customers/export").status_code == 409
