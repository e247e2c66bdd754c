"""Decisions by spreadsheet, through the site: out, edited, seen first, applied; never over what somebody decided meanwhile."""

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import openpyxl
import pandas as pd
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from lastword.web.pages import workbook as page
from lastword.web.uploads import KEPT_FOR, kept
from overrides import ledger
from overrides.events import timeline
from overrides.final import final_table

NOW = datetime.now(UTC)


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def bring(client: Any, content: bytes | str, name: str = "decisions.csv") -> Any:
    sent = content.encode() if isinstance(content, str) else content
    return client.post("/workbook/upload", {"file": SimpleUploadedFile(name, sent)})


def csv_of(*decisions: str) -> str:
    return "\n".join(["account_id,grade,reason,by", *decisions, ""])


def counts_of(answer: Any) -> dict[str, int]:
    """The counts on top of a dry run, by outcome."""
    found = re.findall(r'<span class="counted">([\d,]+)</span> (\w+)', answer.content.decode())
    return {name: int(count.replace(",", "")) for count, name in found}


def accounts_of(answer: Any) -> list[str]:
    """The accounts in the table of a page, in its order."""
    return re.findall(r'<a href="/account\?id=[^"]*">([^<]*)</a>', answer.content.decode())


def queued(client: Any) -> Any:
    return openpyxl.load_workbook(io.BytesIO(body(client.get("/workbook/export?of=queue"))))


def test_the_queue_goes_out_is_filled_in_and_comes_back(client_of: Callable[[str], Any]):
    rita = client_of("rita")
    workbook = queued(rita)
    sheet = workbook["review"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    accounts = [sheet.cell(line, 1).value for line in (2, 3)]
    for line in (2, 3):
        sheet.cell(line, columns["grade"]).value = "B"
        sheet.cell(line, columns["reason"]).value = "relationship"
    saved = io.BytesIO()
    workbook.save(saved)
    address = bring(rita, saved.getvalue(), "review.xlsx")["Location"]
    shown = rita.get(address)
    counts = counts_of(shown)
    assert counts["new"] == 2
    assert counts["unchanged"] == sheet.max_row - 3
    assert ledger.in_force(datetime.now(UTC)).empty, "a dry run records nothing"
    assert accounts_of(rita.get(f"{address}?outcome=new")) == accounts
    applied = rita.post(f"{address}/apply", {"what": "all"})
    assert "2 decisions recorded" in applied.content.decode()
    assert final_table(accounts)[["final_grade", "override_by"]].to_numpy().tolist() == [["B", "rita"]] * 2
    events = {line.kind: line.said for line in timeline(now=datetime.now(UTC), kinds=["import", "export"]).lines}
    assert "review.xlsx" in events["import"]
    assert "for review" in events["export"]
    assert rita.get(address).status_code == 409, "what was applied is gone"


def test_the_author_is_who_signed_in(client_of: Callable[[str], Any]):
    rita = client_of("rita")
    account = final_table()["account_id"].iloc[0]
    address = bring(rita, csv_of(f"{account},A,other,cleo"))["Location"]
    assert "The column by is left out" in rita.get(address).content.decode()
    rita.post(f"{address}/apply", {"what": "all"})
    assert ledger.in_force(datetime.now(UTC))["by"].to_dict() == {account: "rita"}


def test_what_somebody_decides_between_dry_run_and_apply_stands(client_of: Callable[[str], Any], site: Any):
    rita = client_of("rita")
    first, second = final_table()["account_id"].iloc[:2]
    address = bring(rita, csv_of(f"{first},F,other,", f"{second},F,other,"))["Location"]
    assert counts_of(rita.get(address))["new"] == 2
    ledger.add(first, "A", "other", "", "rolf", None, datetime.now(UTC), site.settings)
    refused = rita.post(f"{address}/apply", {"what": "all"})
    assert refused.status_code == 409
    assert "nothing imported: 1 conflicts" in refused.content.decode()
    assert counts_of(refused)["conflict"] == 1
    applied = rita.post(f"{address}/apply", {"what": "clean"})
    assert "1 decision recorded" in applied.content.decode()
    assert accounts_of(applied) == [first]
    assert ledger.in_force(datetime.now(UTC))["by"].to_dict() == {first: "rolf", second: "rita"}


def test_broken_rows_are_applied_by_nobody(client_of: Callable[[str], Any]):
    rita = client_of("rita")
    account = final_table()["account_id"].iloc[0]
    address = bring(rita, csv_of(f"{account},A,other,", "nobody,A,other,"))["Location"]
    page = rita.get(address).content.decode()
    assert "Apply the 1 clean one" in page
    assert rita.post(f"{address}/apply", {"what": "all"}).status_code == 409
    report = pd.read_csv(io.BytesIO(rita.get(f"{address}/report").content), dtype=str)
    assert report["outcome"].tolist() == ["new", "error"]
    rita.post(f"{address}/apply", {"what": "clean"})
    assert list(ledger.in_force(datetime.now(UTC)).index) == [account]


def test_text_of_a_file_can_not_run_in_the_report_or_on_the_page(client_of: Callable[[str], Any]):
    rita = client_of("rita")
    address = bring(rita, csv_of('x,"=HYPERLINK(""http://x"")",<script>alert(1)</script>,'))["Location"]
    assert b"<script>alert" not in rita.get(address).content
    assert "'=HYPERLINK" in rita.get(f"{address}/report").content.decode()


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"%PDF-1.7", "plan.xlsx", "plan.xlsx is a PDF"),
        ("account_id,grade\n1,A\n", "short.csv", "column &#x27;reason&#x27; is missing"),
        ("", "empty.csv", "empty.csv is empty"),
    ],
)
def test_a_wrong_file_is_said_above_the_form(client_of: Callable[[str], Any], content, name, said):
    answer = bring(client_of("rita"), content, name)
    assert answer.status_code == 400
    assert said in answer.content.decode()


def test_a_file_that_is_too_large_is_not_read(client_of: Callable[[str], Any], site: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(page, "LARGEST_REQUEST", 1000)
    answer = bring(client_of("rita"), "x" * 2000)
    assert answer.status_code == 413
    assert "expected at most 20 MB" in answer.content.decode()
    assert not (site.state_folder / "uploads").exists()


def test_a_form_from_elsewhere_is_refused(client_of: Callable[[str], Any]):
    from django.test import Client

    from lastword.web.models import User

    client_of("")
    strict = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    strict.force_login(User.objects.get(username="rita"))
    assert bring(strict, csv_of()).status_code == 403


def test_an_upload_is_its_owner_s_alone_and_for_a_day(client_of: Callable[[str], Any], site: Any):
    rita, rolf = client_of("rita"), client_of("rolf")
    address = bring(rita, csv_of("1,A,other,"))["Location"]
    assert rolf.get(address).status_code == 409
    assert rolf.post(f"{address}/apply", {"what": "clean"}).status_code == 409
    (path,) = (site.state_folder / "uploads").iterdir()
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(Exception, match="this import is gone"):
        kept(site, path.stem, "rita", datetime.now(UTC) + KEPT_FOR + timedelta(minutes=1))
    assert rita.post(f"{address}/forget").status_code == 302
    assert not path.exists()


def test_a_viewer_takes_out_and_brings_nothing_in(client_of: Callable[[str], Any]):
    vera = client_of("vera")
    assert vera.get("/workbook/export").status_code == 200
    assert "asks for the role reviewer" in vera.get("/workbook").content.decode()
    assert bring(vera, csv_of("1,A,other,")).status_code == 403


def test_the_final_table_goes_out_under_the_filters_in_each_form(client_of: Callable[[str], Any]):
    vera = client_of("vera")
    table = final_table()
    expected = table[table["region"] == "EMEA"]["account_id"].tolist()
    query = "/final-scores/export?region=EMEA&format="
    csv = pd.read_csv(io.BytesIO(body(vera.get(f"{query}csv"))), dtype=str)
    xlsx = openpyxl.load_workbook(io.BytesIO(body(vera.get(f"{query}xlsx")))).worksheets[0]
    parquet = pd.read_parquet(io.BytesIO(body(vera.get(f"{query}parquet"))))
    assert csv["account_id"].tolist() == parquet["account_id"].tolist() == expected
    assert [row[0].value for row in xlsx.iter_rows(min_row=2)] == expected
    assert list(csv.columns) == list(parquet.columns) == list(table.columns)
    empty = body(vera.get("/final-scores/export?region=nowhere&format=parquet"))
    assert list(pd.read_parquet(io.BytesIO(empty)).columns) == list(table.columns)


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/workbook/export?region=nowhere", 409, "no account fits this filter"),
        ("/workbook/export?of=all", 400, "expected queue or accounts"),
        ("/workbook/export?threshold=many", 400, "is no number"),
        ("/final-scores/export?format=pdf", 400, "expected csv, parquet or xlsx"),
        ("/final-scores/export?at=1999-01-01", 409, "nothing had been published by 1999-01-01"),
        ("/final-scores/export?at=soon", 400, "is no time"),
        ("/workbook/nothing-of-the-kind", 409, "this import is gone"),
    ],
)
def test_what_can_not_be_exported_is_said_in_a_sentence(client_of: Callable[[str], Any], address, status, said):
    answer = client_of("rita").get(address)
    assert answer.status_code == status
    assert said in answer.content.decode()
