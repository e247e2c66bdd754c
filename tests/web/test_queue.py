"""The queue's page: what its address says and what it shows, how many questions it asks the store, and views that are kept."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from lastword.project import Project
from tests.sites import published_demo, site  # noqa: F401

HTMX = {"HX-Request": "true"}


def accounts_of(page: str) -> list[str]:
    return re.findall(r'<tr data-account="([^"]+)"', page)


def text_of(client: Any, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content.decode()
    found: str = answer.content.decode()
    return found


def test_a_page_holds_fifty_accounts_and_the_next_goes_on_where_it_ended(client_of: Callable[[str], Any]):
    client = client_of("vera")
    first = text_of(client, "/queue")
    following = re.search(r'href="([^"]+)" id="next-page"', first)
    assert following is not None
    second = text_of(client, following[1].replace("&amp;", "&"))
    assert len(accounts_of(first)) == 50
    assert not set(accounts_of(first)) & set(accounts_of(second))
    assert 'id="count" data-count="146" data-exact' in first


def test_filters_threshold_and_order_are_the_address(client_of: Callable[[str], Any]):
    client = client_of("vera")
    wide = text_of(client, "/queue?threshold=60&measure=points&order=disparity&region=EMEA&columns=gap,region")
    shown = re.findall(r"<span class=\"cut\">(\w+)</span>", wide)
    assert set(shown) == {"EMEA"}
    gaps = [abs(int(gap.replace("−", "-"))) for gap in re.findall(r"higher\">([+−]\d+) ", wide)]
    assert len(gaps) == len(accounts_of(wide))
    assert "Worth" not in re.search(r"<thead>.*?</thead>", wide, re.DOTALL)[0]
    assert 'value="60"' in wide
    assert "Region" in re.search(r'class="chips in-force".*?</div>', wide, re.DOTALL)[0]


UNREADABLE = (
    ("/queue?after=nonsense", "can&#x27;t be read"),
    ("/queue?threshold=far", "expected 0 to 100 points"),
    ("/queue?threshold=101", "expected 0 to 100 points"),
    ("/queue?threshold=nan", "expected 0 to 100 points"),
    ("/queue?measure=miles", "expected one of rank, points, grade"),
    ("/queue?order=luck", "expected value_of_information or disparity"),
    ("/queue?columns=plan,stars", "is unknown: expected some of plan, model"),
    ("/queue?plan_points=many", "expected LOW..HIGH"),
)


def test_what_cant_be_read_is_said_in_a_sentence(client_of: Callable[[str], Any]):
    client = client_of("vera")
    for address, said in UNREADABLE:
        answer = client.get(address)
        assert answer.status_code == 400, address
        assert said in answer.content.decode()


def test_columns_are_remembered(client_of: Callable[[str], Any]):
    client = client_of("vera")
    text_of(client, "/queue?columns=owner&columns=plan")
    assert 'data-columns="plan.owner"' in text_of(client, "/queue")
    client.cookies["lastword_columns"] = "of.an.older.version"
    assert 'data-columns="plan.model.gap.worth.why.age.owner"' in text_of(client, "/queue")


def test_no_accounts_under_the_filters_says_so_and_how_to_clear_them(client_of: Callable[[str], Any]):
    page = text_of(client_of("vera"), "/queue?search=there-is-no-such-account")
    assert "Nothing to review under these filters" in page
    assert 'href="/queue">Clear all filters' in page


def test_before_the_first_run_the_page_says_what_to_run(site: Project, client_of: Callable[[str], Any]):  # noqa: F811
    from overrides.models import Current

    Current.objects.all().delete()
    page = text_of(client_of("vera"), "/queue")
    assert "Nothing is published yet" in page
    assert "lastword run --project" in page


def test_where_no_model_serves_there_is_no_gap(site: Project, client_of: Callable[[str], Any]):  # noqa: F811
    from overrides.models import Score

    Score.objects.all().update(model_points=None, model_grade=None, disparity=None, propensity=None)
    assert "No model serves" in text_of(client_of("vera"), "/queue")


def test_the_panel_shows_both_opinions_and_why_they_part(client_of: Callable[[str], Any]):
    client = client_of("vera")
    account = accounts_of(text_of(client, "/queue"))[0]
    panel = text_of(client, f"/queue/row?id={account}")
    for shown in ("Plan", "Model", "Why they part", "The model gives", "The plan ignores", "Nobody has decided", "Lift"):
        assert shown in panel
    whole = text_of(client, f"/queue?open={account}")
    assert f'<article class="evidence" data-account="{account}"' in whole
    assert "open=" not in re.search(r'href="([^"]+)" id="next-page"', whole)[1]


def test_an_unknown_account_has_no_panel(client_of: Callable[[str], Any]):
    answer = client_of("vera").get("/queue/row?id=nobody", headers=HTMX)
    assert answer.status_code == 409
    assert "unknown" in answer.content.decode()


def test_a_viewer_gets_no_button_that_decides(client_of: Callable[[str], Any]):
    page = text_of(client_of("vera"), "/queue")
    assert 'id="decide"' not in page
    assert 'id="batch"' not in page
    assert "decide nothing" in page


def test_who_has_an_account_open_is_shown_to_the_others(client_of: Callable[[str], Any]):
    rita, rolf = client_of("rita"), client_of("rolf")
    account = accounts_of(text_of(rita, "/queue"))[0]
    assert rolf.post("/claim", {"account_id": account}, headers=HTMX).json() == {"by": "rolf", "mine": True}
    assert "rolf has this open" in text_of(rita, "/queue")
    assert rita.post("/claim", {"account_id": account}, headers=HTMX).json() == {"by": "rolf", "mine": False}
    assert rita.get(f"/queue/claims?id={account}&id=other").json() == {account: "rolf"}
    assert rolf.get(f"/queue/claims?id={account}").json() == {}
    rolf.post("/release", {"account_id": account}, headers=HTMX)
    assert rita.get(f"/queue/claims?id={account}").json() == {}


def test_queries_dont_grow_with_the_rows(site: Project, client_of: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch):  # noqa: F811
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from lastword.web.pages import queue

    client = client_of("rita")
    text_of(client, "/queue")
    counts = []
    for rows in (5, 50):
        monkeypatch.setattr(queue, "PAGE_ROWS", rows)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert len(accounts_of(text_of(client, "/queue"))) == rows
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 20


def test_a_page_is_small(client_of: Callable[[str], Any]):
    assert len(client_of("rita").get("/queue").content) < 100_000


def test_a_view_is_kept_shared_and_forgotten(client_of: Callable[[str], Any]):
    vera, rita = client_of("vera"), client_of("rita")
    kept = vera.post("/queue/views/keep", {"name": "Mine", "address": "region=EMEA&open=1&after=x", "shared": "yes"})
    assert kept["Location"] == "/queue?region=EMEA"
    assert 'href="/queue?region=EMEA">Mine</a>' in text_of(rita, "/queue")
    vera.post("/queue/views/keep", {"name": "Mine", "address": "region=APAC"})
    assert "Mine</a>" not in text_of(rita, "/queue")
    assert 'href="/queue?region=APAC">Mine</a>' in text_of(vera, "/queue")
    assert rita.post("/queue/views/forget", {"name": "Mine"}).status_code == 400
    vera.post("/queue/views/forget", {"name": "Mine"})
    assert "No view is kept yet" in text_of(vera, "/queue")
    assert vera.post("/queue/views/keep", {"name": " ", "address": ""}).status_code == 400


def test_accounts_of_any_id_and_name_are_shown_as_they_are(site: Project, client_of: Callable[[str], Any]):  # noqa: F811
    from overrides.models import Score

    client = client_of("rita")
    account = accounts_of(text_of(client, "/queue"))[0]
    strange = '00/7 "><script>alert(1)</script>&é'
    Score.objects.filter(account_id=account).update(account_id=strange, name="<b>bold</b>")
    page = text_of(client, "/queue")
    assert "<script>alert" not in page
    assert "<b>bold" not in page
    asked = {"account_id": strange, "choice": "grade", "grade": "B", "reason": "other", "part": "row", "expected_entry_id": ""}
    answer = client.post("/decide", asked, headers=HTMX)
    assert answer.status_code == 200
    assert "&lt;b&gt;bold&lt;/b&gt;: B by you." in answer.content.decode()


def test_a_move_that_waits_says_so(site: Project, client_of: Callable[[str], Any]):  # noqa: F811
    from django.conf import settings

    limited = site.settings.model_copy(update={"overrides": site.settings.overrides.model_copy(update={"approve_from_steps": 1})})
    settings.LASTWORD_PROJECT = replace(site, settings=limited)
    client = client_of("rita")
    account = accounts_of(text_of(client, "/queue?model_grade=A"))[0]
    asked = {"account_id": account, "choice": "grade", "grade": "F", "reason": "other", "part": "row"}
    answer = client.post("/decide", asked, headers=HTMX).content.decode()
    assert 'data-state="waiting"' in answer
    assert "waits for approval" in answer
    assert "waits for approval" in text_of(client_of("vera"), f"/queue?search={account}")
    preview = client.post("/batch/preview", {"choice": "grade:D", "account_id": [account], "reason": "other"}, headers=HTMX)
    assert json.dumps({account: ""}).replace('"', "&quot;") in preview.content.decode()
