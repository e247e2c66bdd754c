"""The list of accounts and the page of one: what is shown adds up, whatever the id and the name; and what is gone is said."""

import html
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from lastword.project import Project

REASON = "relationship"
ODD = ["a/b?c=d&e", "quote \" and ' here", "<script>alert(1)</script>", "Ünïcode 東京", "007", " padded ", "100%_of", "a+b", "#1"]


@pytest.fixture(autouse=True)
def _contexts() -> Iterator[None]:
    """Let answers tell the context of their template."""
    from django.template import Template
    from django.test.utils import instrumented_test_render

    render = Template._render
    Template._render = instrumented_test_render
    yield
    Template._render = render


def page_of(client: Any, account_id: str, status: int = 200) -> str:
    answer = client.get("/account", {"id": account_id})
    assert answer.status_code == status, answer.content[:500]
    return answer.content.decode()


def published(account_id: str) -> Any:
    from overrides.models import Current, Score

    return Score.objects.get(publication__in=Current.objects.values("publication"), account_id=account_id)


def renamed(account_id: str, new_id: str, name: str) -> None:
    """Publish an account under another id and name, as an input might have had it."""
    from overrides.models import Score

    Score.objects.filter(account_id=account_id).update(account_id=new_id, name=name)


def graded_apart() -> Any:
    """An account under review whose two opinions differ in grade."""
    from overrides.models import Current, Score

    current = Score.objects.filter(publication__in=Current.objects.values("publication"), open_reason="disparity")
    return next(row for row in current.order_by("account_id") if row.plan_grade != row.model_grade and row.plan_grade)


def decided(account_id: str, grade: str, by: str, site: Project, note: str = "", days_ago: float = 0.0) -> Any:
    from overrides.ledger import add

    now = datetime.now(UTC) - timedelta(days=days_ago)
    return add(account_id, grade, REASON, note, by, None, now, site.settings)


def test_the_list_has_the_accounts_the_columns_chosen_and_the_next_page(client_of: Callable[[str], Any]):
    client = client_of("vera")
    answer = client.get("/accounts", {"column": ["plan", "final"]})
    text = answer.content.decode()
    assert [column.title for column in answer.context["columns"]] == ["Plan", "Final"]
    assert len(answer.context["rows"]) == 100
    assert answer.context["count"] == 700
    first = answer.context["rows"][0]
    assert f"/account?id={quote(first['account_id'], safe='')}" in text
    following = client.get(answer.context["next"])
    assert [column.title for column in following.context["columns"]] == ["Plan", "Final"]
    assert following.context["rows"][0]["account_id"] > answer.context["rows"][-1]["account_id"]


def test_the_list_follows_the_filters_and_says_when_none_is_left(client_of: Callable[[str], Any]):
    client = client_of("vera")
    answer = client.get("/accounts?region=EMEA&model_grade=A&column=region&column=model")
    assert 0 < answer.context["count"] < 700
    assert {cells[0][1] for cells in (row["cells"] for row in answer.context["rows"])} == {"EMEA"}
    none = client.get("/accounts?region=EMEA&country=JP").content.decode()
    assert "No account meets all of these conditions" in none
    assert client.get("/accounts?plan_points=many").status_code == 400


def test_both_sides_and_the_gap_add_up_to_what_is_shown(client_of: Callable[[str], Any]):
    client = client_of("vera")
    for account_id in ("000001", "000002", "000004", "000007", "000010"):
        context = client.get("/account", {"id": account_id}).context
        row, facts = context["row"], context["facts"]
        assert sum(line.share for line in facts.plan.lines) == pytest.approx(row["plan_points"])
        parts = [side.total for side in context["factors"]]
        assert facts.model.start + sum(parts) == pytest.approx(row["model_points"])
        shown = [sum(factor.contribution for factor in side.strongest) + side.rest for side in context["factors"]]
        assert shown == pytest.approx(parts)
        assert sum(part.gap for _, part in context["gap_rows"]) == pytest.approx(row["disparity"])
        assert row["model_points"] - facts.plan.percentile == pytest.approx(row["disparity"])


def test_the_plan_is_shown_as_the_run_had_it_and_a_change_since_is_said(client_of: Callable[[str], Any], site: Project):
    client = client_of("vera")
    before = client.get("/account", {"id": "000004"}).context["facts"].plan
    assert before.differs == ""
    text = site.plan_path.read_text(encoding="utf-8")
    site.plan_path.write_text(text.replace("weight = 25", "weight = 50").replace('"2026"', '"2027"'), encoding="utf-8")
    answer = client.get("/account", {"id": "000004"})
    after = answer.context["facts"].plan
    assert after.lines == before.lines
    assert after.lines[0].weight == 25
    assert "which scored by version 2026" in answer.content.decode()


def test_a_run_that_kept_no_plan_shows_the_shares_alone(client_of: Callable[[str], Any], site: Project):
    client = client_of("vera")
    (site.run_folder(published("000004").run_id) / "plan.toml").unlink()
    site.plan_path.write_text(site.plan_path.read_text(encoding="utf-8").replace("weight = 25", "weight = 50"), encoding="utf-8")
    answer = client.get("/account", {"id": "000004"})
    plan = answer.context["facts"].plan
    assert {line.weight for line in plan.lines} == {None}
    assert sum(line.share for line in plan.lines) == pytest.approx(answer.context["row"]["plan_points"])
    assert "bands and weights are unknown" in answer.content.decode()


def test_signals_technologies_and_family_are_those_of_the_inputs(client_of: Callable[[str], Any], site: Project):
    import pandas as pd

    client = client_of("vera")
    given = pd.read_parquet(site.folder / "data" / "intents.parquet")
    accounts = pd.read_csv(site.folder / "data" / "accounts.csv", dtype=str)
    child = accounts[accounts["parent_account_id"].notna()].iloc[0]
    context = client.get("/account", {"id": child["account_id"]}).context
    own = given[given["account_id"] == child["account_id"]]
    assert 0 < len(context["facts"].signals) <= len(own)
    assert {signal.topic for signal in context["facts"].signals} <= set(own["topic"])
    assert context["facts"].technologies is not None
    family = {title: [each.account_id for each in members] for title, members, _ in context["family"]["groups"]}
    assert family["Parent"] == [child["parent_account_id"]]
    parents = client.get("/account", {"id": child["parent_account_id"]}).context["family"]["groups"]
    children = {title: [each.account_id for each in members] for title, members, _ in parents}["Children"]
    assert child["account_id"] in children


def test_every_run_and_every_decision_is_listed(client_of: Callable[[str], Any], site: Project):
    client = client_of("rolf")
    row = graded_apart()
    decided(row.account_id, "A", "rita", site, "seen <b>them</b>")
    decided(row.account_id, "F", "rolf", site)
    from overrides.reviewing import snooze

    snooze(row.account_id, datetime.now(UTC).date() + timedelta(days=3), "rita", datetime.now(UTC))
    answer = client.get("/account", {"id": row.account_id})
    words = [words for _, words in answer.context["acts"]]
    assert words == ["snoozed", "decided again", "decided"]
    text = answer.content.decode()
    assert "seen &lt;b&gt;them&lt;/b&gt;" in text
    assert "rolf: relationship, until" in text
    assert text.count(">in force<") == 1
    assert answer.context["record"].scores[0].final_grade == row.policy_grade
    assert answer.context["row"]["final_grade"] == "F"


def test_any_id_and_any_name_can_be_opened_and_decided_on(client_of: Callable[[str], Any]):
    client = client_of("rita")
    for number, odd in enumerate(ODD, 4):
        renamed(f"{number:06}", odd, f"<script>alert('{number}')</script>")
        found = client.get("/accounts", {"search": f"<script>alert('{number}"})
        link = re.search(r'<th scope="row" class="first"><a href="([^"]+)"', found.content.decode())
        assert link is not None, odd
        text = client.get(html.unescape(link[1])).content.decode()
        assert f"&lt;script&gt;alert(&#x27;{number}&#x27;)&lt;/script&gt;" in text
        assert "<script>alert" not in text
        answer = client.post("/decide", form_of(text) | {"choice": "accept_plan", "reason": REASON}, follow=True)
        assert answer.status_code == 200, odd
        assert answer.context["record"].account_id == odd
        assert answer.context["record"].in_force.by == "rita"


def test_an_unknown_id_is_not_found_and_the_nearest_is_named(client_of: Callable[[str], Any]):
    client = client_of("vera")
    text = page_of(client, "00004x", 404)
    assert re.search(r"The nearest id is <a href=\"/account\?id=\d+\"", text)
    for impossible in ("", "\0", "x" * 600):
        assert "No account has the id" in page_of(client, impossible, 404) or impossible in ("", "\0")
    assert "<script>" not in page_of(client, "<script>x</script>", 404).partition("<main")[2]
    assert client.get("/account/picture", {"id": "00004x", "picture": "gap"}).status_code == 404
    assert client.get("/account/picture", {"id": "000004", "picture": "nose"}).status_code == 400


def test_pictures_are_svg_with_words_and_escape_what_the_inputs_hold(client_of: Callable[[str], Any], site: Project):
    import pandas as pd

    client = client_of("vera")
    path = site.run_folder(published("000004").run_id) / "signals.parquet"
    signals = pd.read_parquet(path)
    signals["topic"] = signals["topic"].where(signals["account_id"] != "000004", "<script>alert('topic')</script>")
    signals.to_parquet(path, index=False)
    for name in ("timeline", "gap"):
        svg = client.get("/account/picture", {"id": "000004", "picture": name}).content.decode()
        assert svg.startswith("<svg ")
        assert 'aria-label="' in svg
        assert "<script" not in svg
        assert "style=" not in svg
    assert "&lt;script&gt;alert(&#x27;topic&#x27;)" in page_of(client, "000004")


def test_reasons_that_are_gone_are_said_and_the_stores_part_stays(client_of: Callable[[str], Any], site: Project):
    client = client_of("rita")
    row = published("000004")
    decided("000004", "C", "rita", site)
    for folder in site.runs_folder.iterdir():
        if folder.is_dir():
            shutil.rmtree(folder)
    text = page_of(client, "000004")
    assert f"The tables of run {row.run_id} are gone" in text
    assert "rita: relationship, until" in text
    assert 'id="decision"' in text
    assert client.get("/account/picture", {"id": "000004", "picture": "timeline"}).content.startswith(b"<svg ")


def test_an_account_that_is_no_longer_scored_keeps_its_history(client_of: Callable[[str], Any], site: Project):
    from overrides.models import Score

    client = client_of("vera")
    decided("000004", "C", "rita", site)
    Score.objects.filter(account_id="000004").delete()
    text = page_of(client, "000004")
    assert "among the current scores any more" in text
    assert "relationship" in text


def test_a_viewer_sees_no_form_and_a_reviewer_sees_what_would_happen(client_of: Callable[[str], Any]):
    row = graded_apart()
    seen = page_of(client_of("vera"), row.account_id)
    assert "<form" not in seen.partition("<main")[2]
    answer = client_of("rita").get("/account", {"id": row.account_id})
    words = answer.context["consequences"]
    assert words[row.plan_grade].startswith(f"The final grade goes from {row.policy_grade} to {row.plan_grade}, in force until")
    assert words[row.policy_grade].startswith(f"The final grade stays {row.policy_grade}")


def test_the_form_decides_takes_back_and_asks_a_second_person(client_of: Callable[[str], Any], site: Project):
    client, row = client_of("rita"), graded_apart()
    until = datetime.now(UTC).date() + timedelta(days=30)
    given = {"choice": "accept_plan", "reason": REASON, "note": "they told me", "expires_on": until.isoformat()}
    answer = client.post("/decide", form_of(page_of(client, row.account_id)) | given, follow=True)
    in_force = answer.context["record"].in_force
    assert (in_force.grade, in_force.note, in_force.expires_on) == (row.plan_grade, "they told me", until)
    assert answer.context["row"]["final_grade"] == row.plan_grade
    text = answer.content.decode()
    back = form_of(text, action="/undo")
    answer = client.post("/undo", back, follow=True)
    assert answer.context["record"].in_force is None
    assert answer.context["row"]["final_grade"] == row.policy_grade


def test_a_move_too_far_waits_and_its_proposer_or_an_approver_settles_it(client_of: Callable[[str], Any], site: Project):
    limited = site.settings.overrides.model_copy(update={"approve_from_steps": 1})
    from dataclasses import replace

    from django.test import override_settings

    project = replace(site, settings=site.settings.model_copy(update={"overrides": limited}))
    row = graded_apart()
    with override_settings(LASTWORD_PROJECT=project):
        client = client_of("rita")
        page = client.get("/account", {"id": row.account_id})
        assert page.context["consequences"][row.plan_grade].startswith("It waits for a second person")
        given = {"choice": "accept_plan", "reason": REASON}
        text = client.post("/decide", form_of(page.content.decode()) | given, follow=True).content.decode()
        assert "Waits for a second person:" in text
        assert 'action="/withdraw"' in text
        assert 'action="/approve"' not in text
        approver = client_of("anna")
        seen = page_of(approver, row.account_id)
        answer = approver.post("/approve", form_of(seen, action="/approve"), follow=True)
        assert answer.context["record"].in_force.approved_by == "anna"
        assert "approved by anna" in answer.content.decode()


def test_whoever_comes_second_is_told_what_stands_now(client_of: Callable[[str], Any], site: Project):
    rita, row = client_of("rita"), graded_apart()
    form = form_of(page_of(rita, row.account_id))
    decided(row.account_id, "B", "rolf", site)
    answer = rita.post("/decide", form | {"choice": "accept_model", "reason": REASON}, follow=True)
    assert answer.context["record"].in_force.by == "rolf"
    said = " ".join(str(message) for message in answer.context["messages"])
    assert "rolf" in said


def test_a_page_is_small_without_its_pictures(client_of: Callable[[str], Any]):
    client = client_of("rita")
    assert len(page_of(client, "000004")) < 150_000
    assert len(client.get("/accounts").content) < 150_000


def form_of(text: str, action: str = "/decide") -> dict[str, str]:
    """The hidden fields of the form with this address."""
    form = re.search(rf'<form[^>]*action="{action}"[^>]*>(.*?)</form>', text, re.S)
    assert form is not None, f"no form to {action}"
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[1])
    return {name: html.unescape(value) for name, value in hidden}


def test_dates_of_signals_are_those_known_on_the_day_of_scoring(client_of: Callable[[str], Any]):
    context = client_of("vera").get("/account", {"id": "000004"}).context
    assert context["row"]["as_of"] == date(2026, 6, 1)
    assert all(signal.observed_on < date(2026, 6, 1) for signal in context["facts"].signals)
    first = context["row"]["as_of"] - timedelta(days=context["window_days"])
    assert all(first <= topic.newest for topic in context["topics"])
    counted = sum(topic.signals for topic in context["topics"])
    assert counted == sum(signal.observed_on >= first for signal in context["facts"].signals)
