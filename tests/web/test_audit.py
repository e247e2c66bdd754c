"""The audit: what happened under filters, as a file, and the table as it stood."""

import csv
import io
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest

from lastword.errors import ConfigurationError
from lastword.web.audit_filter import FOR_ADMINS, GROUPS, TITLES
from lastword.web.moments import instant_of
from tests.web.contexts import rendered_contexts  # noqa: F401

FORMULA = '=HYPERLINK("http://x")'


def _decide(project, account="000004", grade="D", by="rita", note="", at=None):  # type: ignore[no-untyped-def]
    from overrides.reviewing import decide

    return decide(account, "grade", "relationship", note, by, at or datetime.now(UTC), project.settings, grade=grade)


def _lines(page):  # type: ignore[no-untyped-def]
    return [(shown.line.kind, shown.line.by, shown.line.subject) for shown in page.context["lines"]]


def test_every_kind_has_a_title_and_a_group():
    from overrides.timeline import all_kinds

    assert sorted(TITLES) == sorted(all_kinds())
    assert dict(GROUPS)["People"].keys() == set(FOR_ADMINS)


def test_what_happened_is_listed_newest_first_with_links(site, client_of):
    _decide(site)
    page = client_of("vera").get("/audit")
    kinds = [kind for kind, _, _ in _lines(page)]
    assert kinds[0] == "add" and kinds[-1] == "publication"
    text = page.content.decode()
    assert 'href="/account?id=000004"' in text and 'href="/runs/2026' in text and "Decides D (relationship)" in text


def test_filters_hold_together_and_can_be_taken_back(site, client_of):
    _decide(site, "000004", by="rita")
    _decide(site, "000005", by="rolf", grade="F")
    client = client_of("vera")
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    address = f"/audit?kind=add&kind=revoke&by=rolf&from={today}&until={today}"
    page = client.get(address)
    assert _lines(page) == [("add", "rolf", "000005")]
    chips = {said: href for _, said, href in page.context["chips"]}
    assert chips["rolf"] == f"/audit?kind=add&kind=revoke&from={today}&until={today}"
    assert _lines(client.get("/audit?subject=000004")) == [("add", "rita", "000004")]
    assert _lines(client.get("/audit?kind=add&until=2026-01-01")) == []


def test_pages_follow_each_other_without_loss(site, client_of, monkeypatch):
    from lastword.web.pages import audit

    for place in range(5):
        _decide(site, f"00000{place + 1}", grade="F")
    monkeypatch.setattr(audit, "LINES", 2)
    client, seen, address = client_of("vera"), [], "/audit?kind=add"
    while address:
        page = client.get(address)
        seen += [subject for _, _, subject in _lines(page)]
        address = page.context["next_href"]
    assert seen == ["000005", "000004", "000003", "000002", "000001"]


def test_who_signs_in_is_shown_to_admins_alone(site, client_of):
    from overrides.events import record

    now = datetime.now(UTC)
    for kind in FOR_ADMINS:
        record(kind, "mallory", "mallory", f"{kind} by mallory", now)
    for name in ("vera", "rita", "anna"):
        page = client_of(name).get("/audit")
        assert "mallory" not in page.content.decode()
        assert not set(FOR_ADMINS) & {kind for kind, _, _ in _lines(page)}
        refused = client_of(name).get("/audit?kind=sign_in_failed")
        assert refused.status_code == 400 and "is for admins" in refused.content.decode()
    assert b"mallory" not in b"".join(client_of("vera").get("/audit/export"))
    assert b"mallory" in b"".join(client_of("adam").get("/audit/export"))
    assert {kind for kind, _, _ in _lines(client_of("adam").get("/audit?by=mallory"))} == set(FOR_ADMINS)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("kind=nonsense", "is unknown"),
        ("from=yesterday", "is no day"),
        ("from=2026-03-02&until=2026-03-01", "is after until"),
        ("before=nonsense", "no place in the timeline"),
        ("by=%00", "can&#x27;t be stored"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(site, client_of, query, said):
    page = client_of("vera").get(f"/audit?{query}")
    assert page.status_code == 400 and said in page.content.decode()


def test_an_export_has_the_filter_runs_no_formula_and_is_an_event(site, client_of):
    from overrides.events import record

    record("import", FORMULA, "overrides.csv", "=1+1", datetime.now(UTC), {"new": 3})
    client = client_of("vera")
    body = b"".join(client.get("/audit/export?kind=import&format=csv")).decode()
    (row,) = csv.DictReader(io.StringIO(body))
    assert (row["by"], row["said"], row["details"]) == (f"'{FORMULA}", "'=1+1", '{"new": 3}')
    workbook = openpyxl.load_workbook(io.BytesIO(b"".join(client.get("/audit/export?kind=import&format=xlsx"))))
    cells = list(workbook.active.rows)[1]
    assert [cell.data_type for cell in cells[1:]] == ["s"] * 5 and cells[4].value == "=1+1"
    exports = [shown.line for shown in client.get("/audit?kind=export").context["lines"]]
    assert [line.said for line in exports] == ["Exports the audit as .xlsx: imported", "Exports the audit as .csv: imported"]
    assert client.get("/audit/export?format=pdf").status_code == 400


def test_an_export_goes_on_over_pages_and_ends_at_its_bound(site, client_of, monkeypatch):
    from lastword.web.pages import audit

    for place in range(7):
        _decide(site, f"00000{place + 1}", grade="F")
    monkeypatch.setattr(audit, "LARGEST_PAGE", 2)
    monkeypatch.setattr(audit, "MOST_LINES", 6)
    rows = list(csv.DictReader(io.StringIO(b"".join(client_of().get("/audit/export?kind=add")).decode())))
    assert [row["subject"] for row in rows] == ["000007", "000006", "000005", "000004", "000003", "000002"]


def test_the_table_as_it_stood_before_and_after_a_decision(site, client_of):
    before = datetime.now(UTC)
    decided_at = before + timedelta(milliseconds=1)
    _decide(site, "000004", "F", at=decided_at)
    client = client_of("vera")
    for instant, decided_by in ((before, "model"), (decided_at, "override")):
        page = client.get("/audit/as-of", {"at": instant.isoformat(), "search": "000004"})
        assert [row["decided_by"] for row in page.context["rows"]] == [decided_by]
    page = client.get("/audit/as-of", {"at": before.isoformat()})
    apart = {each.grade: each.difference for each in page.context["grades"]}
    assert apart["F"] == 1 and sum(apart.values()) == 0 and len(page.context["rows"]) == 100
    following = client.get(page.context["next_href"])
    assert following.context["rows"][0]["account_id"] > page.context["rows"][-1]["account_id"]
    assert 'href="/account?id=000004"' in page.content.decode()
    body = b"".join(client.get(page.context["export_href"])).decode()
    rows = {row["account_id"]: row for row in csv.DictReader(io.StringIO(body))}
    assert len(rows) == 700 and rows["000004"]["decided_by"] == "model"


def test_before_the_first_publication_the_first_possible_instant_is_said_and_works(site, client_of):
    client = client_of("vera")
    page = client.get("/audit/as-of?at=2020-01-01")
    assert page.status_code == 200 and "Nothing had been published by" in page.content.decode()
    assert client.get(f"/audit/as-of?at={page.context['first_at']}").context["run"].run_id.startswith("2026")


@pytest.mark.parametrize(("at", "said"), [("soon", "is no time"), ("2999-01-01", "is yet to come"), ("0001-01-01", "is no time")])
def test_an_instant_that_is_none_is_said_on_the_page(site, client_of, at, said):
    page = client_of("vera").get("/audit/as-of", {"at": at})
    assert page.status_code == 400 and said in page.content.decode()


def test_a_day_alone_is_its_end_in_utc_and_today_is_now(site, client_of):
    assert instant_of("at", "2026-11-20") == datetime(2026, 11, 20, 23, 59, 59, 999999, UTC)
    assert instant_of("at", "2026-11-20T12:00") == datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert instant_of("at", "2026-11-20T12:00+02:00") == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert instant_of("at", " ") is None
    with pytest.raises(ConfigurationError, match="is no time"):
        instant_of("at", "20.11.2026")
    page = client_of("vera").get("/audit/as-of", {"at": f"{datetime.now(UTC):%Y-%m-%d}"})
    assert page.context["instant"] <= datetime.now(UTC) and len(page.context["rows"]) == 100
