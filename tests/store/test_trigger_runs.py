"""Whole runs of a small project with triggers, whose inputs change in between: what they find, tell and keep."""

import json
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from lastword import notifying, results, trigger_results
from lastword.digest import digest_of
from lastword.errors import Refusal
from lastword.explanation import explain_account
from lastword.project import find_project
from lastword.runner import run_stages
from lastword.web import rescorer
from overrides import ledger, reviewing
from overrides.store import open_store
from tests.mail_server import mail_server, receiver
from tests.small_project import small_project

DAY = timedelta(days=1)
NOW = datetime(2026, 6, 1, 6, tzinfo=UTC)
RULES = """
[overrides]
reasons = ["other"]
[[triggers]]
name = "security"
intent = "security"
reaches = 70
[[triggers]]
name = "moved"
column = "industry"
when = { region = "EMEA" }
[[triggers]]
name = "bought"
product = "any"
[[triggers]]
name = "newcomer"
new_account = true
"""
ACCOUNTS = "account_id,name,industry,region\na1,One,Retail,EMEA\na2,Two,Retail,EMEA\na3,Three,Retail,APAC\na4,Four,Media,EMEA\n"
SIGNALS = "account_id,topic,observed_on,strength\na2,security,2026-05-01,50\n"


@pytest.fixture
def acme(tmp_path):
    """A project with triggers, scored once."""
    project = small_project(
        tmp_path / "acme",
        accounts=ACCOUNTS,
        won="account_id,won_on\na4,2026-01-15\n",
        house_list="account_id\na1\na2\na3\n",
        intents=SIGNALS,
        products="account_id,product\na1,P\n",
    )
    text = project.settings_path.read_text(encoding="utf-8") + RULES
    project.settings_path.write_text(text, encoding="utf-8")
    project = find_project(project.folder)
    run_stages(project, "score", NOW)
    yield project
    open_store(project.store_url).close()


def change(project, **files):
    for name, text in files.items():
        (project.folder / "data" / f"{name}.csv").write_text(text, encoding="utf-8")


def rise(project):
    change(project, intents=SIGNALS + "a2,security,2026-06-01,82\n")


def queue(project):
    table = results.review_queue(project)
    return {row["account_id"]: (row["queue_reason"], row["trigger_said"]) for row in table.to_dict("records")}


def fired(outcome):
    report = json.loads((outcome.folder / "triggers.json").read_text(encoding="utf-8"))
    return {each["trigger"]: each["fired"] for each in report["triggers"]}


def test_triggers_from_the_first_run_to_the_decision(acme):
    found = trigger_results.triggers(acme)
    assert "nothing was published before" in found.report["note"]
    assert found.accounts.empty
    assert queue(acme) == {}

    accounts = ACCOUNTS.replace("a1,One,Retail", "a1,One,Energy").replace("a3,Three,Retail", "a3,Three,Energy")
    products = "account_id,product,owned_since\na1,P,2026-01-01\na3,P,2026-01-01\n"
    change(acme, accounts=accounts + "a5,Five,Media,EMEA\n", products=products)
    rise(acme)
    first = run_stages(acme, "rescore", NOW + DAY)
    expected = {
        "a1": ("moved", "industry changed from Retail to Energy"),
        "a2": ("security", "intent in security rose to 82, over 70"),
        "a3": ("bought", "product added: P"),
        "a5": ("newcomer", "a new account"),
    }
    assert queue(acme) == expected
    assert fired(first) == {"security": 1, "moved": 1, "bought": 1, "newcomer": 1}
    assert explain_account(acme, "a2", NOW + DAY).as_json()["trigger_said"] == expected["a2"][1]
    digest = digest_of(acme, NOW + DAY)
    assert digest.new_by_reason == dict.fromkeys(("moved", "security", "bought", "newcomer"), 1)
    assert digest.first[0].link.startswith("http://localhost:8000/account?id=a")

    second = run_stages(acme, "rescore", NOW + DAY + timedelta(hours=1))
    third = run_stages(acme, "rescore", NOW + DAY + timedelta(hours=2))
    assert set(fired(second).values()) == {0}
    assert queue(acme) == expected
    for name in ("triggers.parquet", "review_queue.parquet", "scores.parquet"):
        assert (second.folder / name).read_bytes() == (third.folder / name).read_bytes(), name
    assert digest_of(acme, NOW + 2 * DAY).new_by_reason == {}
    assert digest_of(acme, NOW + 2 * DAY, first.run_id).runs == (third.run_id, second.run_id)

    later = NOW + DAY + timedelta(hours=3)
    ledger.add("a1", "B", "other", "", "ann", None, later, acme.settings)
    reviewing.dismiss("a2", "ann", later)
    reviewing.snooze("a3", (NOW + 3 * DAY).date(), "ann", later)
    ledger.add("a5", "B", "other", "", "ann", None, later, acme.settings)
    ledger.revoke("a5", "", "ann", later + timedelta(minutes=1))
    run_stages(acme, "score", NOW + 2 * DAY)
    assert queue(acme) == {"a5": expected["a5"]}
    standing = trigger_results.triggers(acme).accounts
    assert standing[["account_id", "under_review"]].values.tolist() == [["a3", False], ["a5", True]]

    change(acme, intents=SIGNALS)
    run_stages(acme, "score", NOW + 4 * DAY)
    assert queue(acme) == {"a3": expected["a3"], "a5": expected["a5"]}
    change(acme, intents=SIGNALS + "a2,security,2026-06-05,75\n", accounts=accounts.replace("a1,One,Energy", "a1,One,Media"))
    run_stages(acme, "rescore", NOW + 5 * DAY)
    assert {account: reason for account, (reason, _) in queue(acme).items()} == {"a1": "moved", "a2": "security", "a3": "bought"}


def test_a_rescore_takes_what_came_since_the_publication_and_what_fired(acme):
    change(
        acme,
        intents=SIGNALS + "a3,backup,2026-06-01,10\na1,backup,2026-05-31,10\n",
        products="account_id,product,owned_since\na1,P,2026-01-01\na4,Q,2026-01-01\n",
    )
    outcome = run_stages(acme, "rescore", NOW + DAY)
    final = pd.read_parquet(outcome.folder / "final_scores.parquet").set_index("account_id")
    assert final.index[final["run_id"] == outcome.run_id].tolist() == ["a1", "a3", "a4"]
    text = acme.settings_path.read_text(encoding="utf-8")
    acme.settings_path.write_text(text[: text.index("[[triggers]]")], encoding="utf-8")
    plain = find_project(acme.folder)
    rescorer.main(str(acme.folder), "2026-06-01")  # what the process does that a program's request begins
    done = rescorer.RESCORING.progress(plain, datetime.now(UTC))
    assert (done.state, done.said) == ("done", "Done")
    latest = json.loads((plain.runs_folder / "latest.json").read_text(encoding="utf-8"))["run_id"]
    assert latest != outcome.run_id
    assert not list(plain.run_folder(latest).glob("triggers.*"))
    assert queue(plain) == {}
    with pytest.raises(Refusal, match="was made without triggers"):
        trigger_results.triggers(plain)


def notified(project, text):
    """The same project with these settings of [notify]."""
    start = project.settings_path.read_text(encoding="utf-8")
    project.settings_path.write_text(f"{start}[notify]\n{text}\n", encoding="utf-8")
    return find_project(project.folder)


def test_every_run_tells_by_each_way_once_and_catches_up_on_what_failed(acme, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with mail_server() as mails, receiver() as hook:
        project = notified(
            acme,
            f'after_runs = true\nwebhook.url = "{hook.url}"\nemail.host = "127.0.0.1"\nemail.port = {mails.port}\n'
            'email.starttls = false\nemail.sender = "lw@example.com"\nemail.to = ["ann@example.com"]',
        )
        mails.down = True
        rise(project)
        failed = run_stages(project, "score", NOW + DAY)
        assert len(failed.warnings) == 1
        assert failed.warnings[0].startswith("not told by email: the mail server 127.0.0.1")
        assert (len(mails.messages), len(hook.posts)) == (0, 1)
        mails.down = False
        outcome = run_stages(project, "score", NOW + 2 * DAY)
        assert outcome.warnings == ()
        assert (len(mails.messages), len(hook.posts)) == (1, 2)
        assert "1 account newly in the queue" in mails.messages[0]["Subject"]
        assert "nobody newly" in json.loads(hook.posts[1][1])["text"]
        assert json.loads(hook.posts[1][1])["run_id"] == outcome.run_id
        again = notifying.notify(project, NOW + 2 * DAY)
        assert [(each.way, each.state) for each in again] == [("email", "already"), ("webhook", "already")]
        assert (len(mails.messages), len(hook.posts)) == (1, 2)
