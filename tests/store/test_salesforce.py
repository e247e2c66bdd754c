"""Pushing to and pulling from a stand-in of Salesforce's Bulk API 2.0: only what changed, resumable, every failure a sentence."""

import csv
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import DatabaseError, connection

from lastword.errors import ConfigurationError, Refusal
from lastword.salesforce.client import connect, instance_address
from lastword.salesforce.pull import pull
from lastword.salesforce.push import push, rehearse
from lastword.settings import Salesforce
from overrides import events, ledger
from overrides.salesforce_pushes import latest_rows
from tests.salesforce_server import TOKEN, running
from tests.stores import scores_of

NOW = datetime.now(UTC).replace(microsecond=0)
IDS = ["007", "Ünï", "a b"]


@pytest.fixture
def salesforce():
    with running() as organisation:
        yield organisation


@pytest.fixture
def published(project, tmp_path):
    project.publish(scores_of(IDS), "r1", now=NOW)
    settings = SimpleNamespace(name="Acme", currency="EUR", salesforce=Salesforce(), overrides=project.settings.overrides, seed=7)
    return SimpleNamespace(
        store_url=project.store_url,
        settings=settings,
        folder=tmp_path,
        run_folder=lambda run_id: project.runs_folder / run_id,
        inner=project,
    )


def pushed(published, salesforce, minutes=0, **options):
    client = connect(salesforce.environment, 0.01)
    return push(published, client, salesforce.address, NOW + timedelta(minutes=minutes), "ann", **options)


def target(salesforce):
    return f"{salesforce.address.removeprefix('http://')} Account"


def test_a_push_fills_the_fields_and_the_next_sends_what_changed_alone(published, salesforce):
    first = pushed(published, salesforce)
    assert (first.accounts, first.changed, first.accepted, first.failures) == (3, 3, 3, {})
    assert salesforce.objects["Ünï"]["Lastword_Grade__c"] == "B"
    assert salesforce.objects["007"]["Lastword_Reasons__c"] == "The model gives A (62 points)."
    ledger.add("a b", "F", "other", "", "ann", None, NOW, published.settings)
    assert pushed(published, salesforce, 1).changed == 1
    assert salesforce.objects["a b"]["Lastword_Grade__c"] == "F"
    assert salesforce.objects["a b"]["Lastword_Decided_By__c"] == "override"
    again = pushed(published, salesforce, 2)
    assert (again.changed, again.jobs) == (0, [])


def test_a_dry_run_says_what_would_be_sent_and_sends_nothing(published, salesforce):
    said = rehearse(published, salesforce.address, NOW)
    assert (said.changed, [row["Lastword_Id__c"] for row in said.first]) == (3, sorted(IDS))
    assert salesforce.requests == []
    assert latest_rows(target(salesforce)) == {}
    pushed(published, salesforce)
    assert rehearse(published, salesforce.address, NOW).changed == 0
    assert rehearse(published, "https://sandbox.my.salesforce.com", NOW).changed == 3


def test_a_refused_row_is_told_and_tried_again(published, salesforce):
    salesforce.refuses = {"Ünï": "FIELD_CUSTOM_VALIDATION_EXCEPTION:no such tier"}
    first = pushed(published, salesforce)
    assert (first.accepted, first.failures) == (2, salesforce.refuses)
    salesforce.refuses = {}
    second = pushed(published, salesforce, 1)
    assert (second.changed, second.accepted, second.failures) == (1, 1, {})


def test_a_job_that_fails_as_a_whole_tells_why_of_every_row(published, salesforce):
    salesforce.fails_jobs = "InvalidBatch : Field name not found : Lastword_Tier__c"
    assert set(pushed(published, salesforce).failures.values()) == {salesforce.fails_jobs}
    salesforce.fails_jobs = ""
    assert pushed(published, salesforce, 1).accepted == 3


@pytest.mark.parametrize(("step", "times_sent"), [("create", 1), ("upload", 1), ("close", 1), ("state", 1), ("results", 1)])
def test_a_push_that_was_cut_off_goes_on_where_it_was(published, salesforce, step, times_sent):
    salesforce.cut = step
    with pytest.raises(Refusal, match="Salesforce answers 500"):
        pushed(published, salesforce, rows_per_job=2)
    second = pushed(published, salesforce, 1, rows_per_job=2)
    assert sorted(salesforce.objects) == sorted(IDS)
    assert second.accepted == 3
    assert sorted(salesforce.uploads()) == sorted(IDS * times_sent)  # nothing was taken in twice
    assert {row.outcome for row in latest_rows(target(salesforce)).values()} == {"accepted"}


def test_a_job_that_salesforce_has_forgotten_is_sent_again(published, salesforce):
    salesforce.cut = "close"
    with pytest.raises(Refusal):
        pushed(published, salesforce)
    salesforce.jobs.clear()
    assert pushed(published, salesforce, 1).accepted == 3


def test_busy_is_waited_for_a_bounded_number_of_times(published, salesforce):
    salesforce.busy = 3
    assert pushed(published, salesforce).accepted == 3
    ledger.add("007", "F", "other", "", "ann", None, NOW, published.settings)
    salesforce.busy, before = 1000, len(salesforce.requests)
    with pytest.raises(Refusal, match="still busy after 5 tries"):
        pushed(published, salesforce, 1)
    assert len(salesforce.requests) - before == 5


def test_an_expired_token_is_a_sentence_without_the_token(published, salesforce):
    salesforce.expired = True
    with pytest.raises(Refusal, match=r"access token .*Session expired.* SALESFORCE_ACCESS_TOKEN") as told:
        pushed(published, salesforce)
    assert TOKEN not in str(told.value)
    assert "cut off" in events.timeline(now=NOW).lines[0].said


def test_nobody_there_is_a_sentence(published, salesforce):
    environment = salesforce.environment | {"SALESFORCE_INSTANCE_URL": "http://127.0.0.1:9"}
    with pytest.raises(Refusal, match="can't be reached"):
        push(published, connect(environment, 0.01), "http://127.0.0.1:9", NOW, "ann")


def test_the_auditor_finds_what_was_sent_and_the_token_nowhere(published, salesforce):
    done = pushed(published, salesforce)
    line = next(line for line in events.timeline(now=NOW).lines if line.kind == "export")
    assert (line.by, line.said) == ("ann", "Sends 3 changed accounts of 3 to Salesforce: 3 taken")
    with connection.cursor() as cursor:
        cursor.execute("SELECT outcome, job_id, by FROM lastword_salesforce_push ORDER BY id")
        rows = cursor.fetchall()
        assert rows == [("sent", done.jobs[0], "ann")] * 3 + [("accepted", done.jobs[0], "ann")] * 3
        cursor.execute("SELECT * FROM lastword_salesforce_push")
        assert TOKEN not in str(cursor.fetchall())
        cursor.execute("SELECT * FROM lastword_event")
        assert TOKEN not in str(cursor.fetchall())


@pytest.mark.parametrize(
    "statement", ["UPDATE lastword_salesforce_push SET outcome = 'failed'", "DELETE FROM lastword_salesforce_push"]
)
def test_the_record_of_pushes_is_append_only(published, salesforce, statement):
    pushed(published, salesforce)
    with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("address", ["", "acme.my.salesforce.com", "http://acme.my.salesforce.com", "https://me:pw@acme.com"])
def test_only_an_https_address_will_do(address):
    with pytest.raises(ConfigurationError, match="SALESFORCE_INSTANCE_URL"):
        instance_address({"SALESFORCE_INSTANCE_URL": address})


def test_without_a_token_nothing_is_asked():
    with pytest.raises(ConfigurationError, match="SALESFORCE_ACCESS_TOKEN isn't set"):
        connect({"SALESFORCE_INSTANCE_URL": "https://acme.my.salesforce.com"})


@pytest.fixture
def answering(salesforce):
    fields = list(Salesforce().pull.accounts.values())
    salesforce.answers = {
        "Account": [dict.fromkeys(fields, "") | {"Id": f"00{n}", "Name": f'Nä"me, {n}\nGmbH'} for n in range(5)],
        "Opportunity": [{"AccountId": "001", "CloseDate": "2026-01-31", "Amount": "10.5"}],
    }
    return salesforce


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_accounts_and_wins_are_pulled_page_by_page(answering, tmp_path):
    project = SimpleNamespace(folder=tmp_path, settings=SimpleNamespace(salesforce=Salesforce()))
    written = pull(project, connect(answering.environment, 0.01))
    assert list(written.values()) == [5, 1]
    accounts = read(tmp_path / "data" / "accounts.csv")
    assert [(row["account_id"], row["name"]) for row in accounts] == [(f"00{n}", f'Nä"me, {n}\nGmbH') for n in range(5)]
    assert read(tmp_path / "data" / "won.csv") == [{"account_id": "001", "won_on": "2026-01-31", "amount": "10.5"}]
    assert "WHERE IsWon = true" in answering.jobs["750001"]["query"]


def test_a_pull_writes_over_nothing_unless_forced_and_all_or_nothing(answering, tmp_path):
    project = SimpleNamespace(folder=tmp_path, settings=SimpleNamespace(salesforce=Salesforce()))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "won.csv").write_text("mine")
    with pytest.raises(Refusal, match=r"won\.csv is there already"):
        pull(project, connect(answering.environment, 0.01))
    answering.answers["Opportunity"] = [{"AccountId": "001"}]
    answering.expired = True
    with pytest.raises(Refusal, match="access token"):
        pull(project, connect(answering.environment, 0.01), force=True)
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["won.csv"]
    assert (tmp_path / "data" / "won.csv").read_text() == "mine"
    answering.expired = False
    assert list(pull(project, connect(answering.environment, 0.01), force=True).values()) == [5, 1]
